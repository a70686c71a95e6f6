"""Verdicts of many cases: arrays inside, one verdict in full when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.cases.attribution import Floats
from analysis.cases.conditions import Facts, Flags
from analysis.cases.explain import explanation_of
from analysis.cases.gaps import silenced
from analysis.cases.hits import hits_of
from analysis.cases.minutes import Bits
from analysis.cases.rules import CAUSES, Ruleset
from analysis.cases.verdicts import (
    CASE_KINDS,
    PARTIES,
    UNDETERMINED,
    CaseKind,
    Hit,
    Missing,
    Verdict,
    VerdictKind,
)
from analysis.errors import UnknownName

#: Less of a minute is nothing, in what is listed.
LEAST_SHOWN = 0.05
#: A missing field that moves less than this share of what another does decides nothing.
LEAST_OF_LARGEST = 0.2


@dataclass(slots=True)
class Judged:
    """What was found of each case; arrays, one row a case.

    Attributes:
        frame: Facts, with those derived for the rules.
        kind: Why it is a case, as a place in ``CASE_KINDS``.
        label: Parties as bits; 0 for undetermined.
        is_open: Undetermined since missing evidence may change it.
        minutes_late: NaN where the case is not one of minutes.
        minutes: Certain minutes by party, NaN as above, shape (cases, parties).
        causes: Certain minutes by cause, shape (cases, causes).
        over: Minutes over plan by cause.
        rules: Minutes by rule; for rules about events 1 where they fire.
        gaps: Minutes that a missing field might move, by field; above 0 where missing.
    """

    frame: pd.DataFrame
    kind: NDArray[np.int64]
    label: Bits
    is_open: Flags
    minutes_late: Floats
    minutes: Floats
    causes: Floats
    over: Floats
    rules: Floats
    gaps: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def empty(
        cls, frame: pd.DataFrame, kind: NDArray[np.int64], ruleset: Ruleset
    ) -> Judged:
        """Before anything is judged: every case undetermined."""
        size = len(frame)
        return cls(
            frame=frame,
            kind=kind,
            label=np.zeros(size, dtype=np.int64),
            is_open=np.zeros(size, dtype=bool),
            minutes_late=np.full(size, np.nan),
            minutes=np.full((size, len(PARTIES)), np.nan),
            causes=np.full((size, len(CAUSES)), np.nan),
            over=np.full((size, len(CAUSES)), np.nan),
            rules=np.zeros((size, len(ruleset.rules))),
        )

    def note_gap(self, name: str, rows: NDArray[np.intp], minutes: Floats) -> None:
        """Note what a missing field might move in these cases."""
        known = self.gaps.setdefault(name, np.zeros(len(self.frame)))
        known[rows] = np.maximum(known[rows], minutes)

    @property
    def rest(self) -> Floats:
        """Minutes that no party can be charged with; NaN where there are none."""
        return self.minutes_late - self.minutes.sum(axis=1)


class Verdicts(Sequence[Verdict]):
    """Verdicts of many cases, in the order in which the cases were given.

    ``verdicts[0]`` is one verdict in full, ``verdicts.of(order_no)`` that of an order;
    ``to_frame()`` is all of them, one row each.
    """

    def __init__(self, judged: Judged, ruleset: Ruleset) -> None:
        self._judged = judged
        self._signatures: NDArray[np.object_] | None = None
        self.ruleset = ruleset

    def __len__(self) -> int:
        return len(self._judged.frame)

    @overload
    def __getitem__(self, place: int) -> Verdict: ...

    @overload
    def __getitem__(self, place: slice) -> list[Verdict]: ...

    def __getitem__(self, place: int | slice) -> Verdict | list[Verdict]:
        if isinstance(place, slice):
            return [self._one(at) for at in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        return self._one(place % len(self))

    def __iter__(self) -> Iterator[Verdict]:
        return (self._one(place) for place in range(len(self)))

    @property
    def facts(self) -> pd.DataFrame:
        """The facts that were judged, with those derived for the rules."""
        return self._judged.frame

    @property
    def signatures(self) -> NDArray[np.object_]:
        """Root-cause keys of the cases, see ``signatures_of``."""
        if self._signatures is None:
            self._signatures = signatures_of(self._judged, self.ruleset)
        return self._signatures

    def of(self, order_no: int) -> Verdict:
        """The verdict of an order.

        Raises:
            UnknownName: if the order is not among the cases.
        """
        places = np.flatnonzero(self._judged.frame["order_no"] == order_no)
        if not len(places):
            raise UnknownName.of("case", order_no, ())
        return self._one(int(places[0]))

    def to_frame(self) -> pd.DataFrame:
        """One row a case, in the order of the cases.

        Returns:
            ``order_no``, ``case_kind``, ``kind``, ``party``, ``minutes_late``,
            ``<party>_minutes`` for each of ``PARTIES`` (blanks as underscores) and
            ``undetermined_minutes``, ``rules`` (ids of those that fired, joined by
            blanks), ``missing`` (fields that may have changed it, joined by blanks),
            ``signature``, ``ruleset`` and ``ruleset_version``.
        """
        judged = self._judged
        ids = [rule.id for rule in self.ruleset.rules]
        party = _by_pattern(judged.label, party_name)
        rules = _joined(judged.rules > _least(judged), ids)
        minutes = {
            f"{name.replace(' ', '_')}_minutes": judged.minutes[:, place]
            for place, name in enumerate(PARTIES)
        }
        return pd.DataFrame(
            {
                "order_no": judged.frame["order_no"].to_numpy(),
                "case_kind": np.array(CASE_KINDS, dtype=object)[judged.kind],
                "kind": _by_pattern(judged.label, verdict_kind),
                "party": party,
                "minutes_late": judged.minutes_late,
                **minutes,
                "undetermined_minutes": judged.rest,
                "rules": rules,
                "missing": _joined(*_decisive(judged)),
                "signature": self.signatures,
                "ruleset": self.ruleset.name,
                "ruleset_version": self.ruleset.version,
            }
        )

    def _one(self, place: int) -> Verdict:
        judged = self._judged
        case_kind = cast("CaseKind", CASE_KINDS[judged.kind[place]])
        is_late = case_kind == "late"
        kind = verdict_kind(int(judged.label[place]))
        parties = parties_of(int(judged.label[place]))
        hits = self._hits(place)
        missing = self._missing(place)
        late = float(judged.minutes_late[place]) if is_late else None
        causes = _listed(judged.causes[place], CAUSES, late)
        return Verdict(
            order_no=int(judged.frame["order_no"].iloc[place]),
            case_kind=case_kind,
            kind=kind,
            parties=parties,
            minutes_late=late,
            minutes_by_party=_listed(judged.minutes[place], PARTIES, late),
            minutes_by_cause=causes,
            hits=hits,
            missing=missing,
            explanation=explanation_of(
                case_kind, parties, late=late, causes=causes, hits=hits, missing=missing
            ),
            signature=str(self.signatures[place]),
            ruleset=self.ruleset.name,
            version=self.ruleset.version,
        )

    def _hits(self, place: int) -> tuple[Hit, ...]:
        judged = self._judged
        figures = {
            f"{cause}_over": judged.over[[place], at] for at, cause in enumerate(CAUSES)
        }
        facts = Facts(judged.frame.iloc[[place]], figures)
        least = float(_least(judged)[place, 0])
        return hits_of(facts, judged.rules[place], self.ruleset, least=least)

    def _missing(self, place: int) -> tuple[Missing, ...]:
        judged = self._judged
        decisive, names = _decisive(judged, [place])
        decides = dict(zip(names, decisive[0].tolist(), strict=True))
        is_late = not np.isnan(judged.minutes_late[place])
        found = [
            Missing(
                field=name,
                rules=silenced(name, self.ruleset),
                minutes=float(minutes[place]) if is_late else None,
                is_decisive=decides[name],
            )
            for name, minutes in judged.gaps.items()
            if minutes[place] > LEAST_SHOWN
        ]
        return tuple(sorted(found, key=lambda item: -(item.minutes or 0.0)))


def party_name(bits: int) -> str:
    """Names of the parties in a set of bits, joined, or ``undetermined``."""
    return " + ".join(parties_of(bits)) or UNDETERMINED


def parties_of(bits: int) -> tuple[str, ...]:
    """Names of the parties in a set of bits, in the order of ``PARTIES``."""
    return tuple(name for place, name in enumerate(PARTIES) if bits >> place & 1)


def verdict_kind(bits: int) -> VerdictKind:
    """Whether a set of parties is one, several or none."""
    count = len(parties_of(bits))
    return "undetermined" if count == 0 else "sole" if count == 1 else "shared"


def signatures_of(judged: Judged, ruleset: Ruleset) -> NDArray[np.object_]:
    """Root-cause keys, such as ``late/merchant/M1``.

    Kind of case, parties, and of each party the rule that gave it most; undetermined
    cases are alike where the same evidence is missing.
    """
    ids = [rule.id for rule in ruleset.rules]
    strongest = _joined(_strongest(judged, ruleset), ids)
    party = _by_pattern(judged.label, party_name)
    kind = np.array(CASE_KINDS, dtype=object)[judged.kind]
    last = np.where(judged.label > 0, strongest, _joined(*_decisive(judged)))
    return np.array(
        ["/".join(parts) for parts in zip(kind, party, last, strict=True)], dtype=object
    )


def _strongest(judged: Judged, ruleset: Ruleset) -> Flags:
    """Of each party named, the rule with most minutes, shape (cases, rules)."""
    found = np.zeros(judged.rules.shape, dtype=bool)
    every = np.arange(len(judged.rules))
    for place, name in enumerate(PARTIES):
        own = np.array([_may_name(rule.party, name) for rule in ruleset.rules])
        minutes = np.where(own, judged.rules, 0.0)
        best = minutes.argmax(axis=1)
        named = (judged.label >> place & 1).astype(bool)
        found[every, best] |= named & (minutes[every, best] > 0)
    return found


def _may_name(party: str, name: str) -> bool:
    return party in (name, "largest")


def _least(judged: Judged) -> Floats:
    """From where on a rule counts as fired: minutes for late cases, else any."""
    return np.where(np.isnan(judged.minutes_late), 0.0, LEAST_SHOWN)[:, None]


def _decisive(
    judged: Judged, places: Sequence[int] | None = None
) -> tuple[Flags, list[str]]:
    """Fields that may have changed a verdict, (cases, fields), and their names."""
    names = sorted(judged.gaps)
    rows = slice(None) if places is None else list(places)
    is_open = judged.is_open[rows]
    if not names:
        return np.zeros((len(is_open), 0), dtype=bool), names
    minutes = np.stack([judged.gaps[name][rows] for name in names], axis=1)
    least = np.maximum(LEAST_SHOWN, LEAST_OF_LARGEST * minutes.max(axis=1))
    return is_open[:, None] & (minutes > least[:, None]), names


def _joined(flags: Flags, names: Sequence[str]) -> NDArray[np.object_]:
    """Names of the columns that are set, joined by blanks, row by row."""
    if not names:
        return np.full(len(flags), "", dtype=object)
    packed = np.ascontiguousarray(np.packbits(flags, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).reshape(-1)
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    texts = [
        " ".join(name for name, there in zip(names, row, strict=True) if there)
        for row in flags[first]
    ]
    return np.array(texts, dtype=object)[which.reshape(-1)]


def _by_pattern(bits: Bits, text_of: Callable[[int], str]) -> NDArray[np.object_]:
    values, which = np.unique(bits, return_inverse=True)
    texts = [text_of(int(value)) for value in values]
    return np.array(texts, dtype=object)[which.reshape(-1)]


def _listed(
    minutes: Floats, names: Sequence[str], late: float | None
) -> dict[str, float]:
    """Minutes by name, most first, with what is left as undetermined; they sum up."""
    if late is None:
        return {}
    found = {
        name: float(value)
        for name, value in zip(names, minutes, strict=True)
        if value > LEAST_SHOWN
    }
    rest = late - sum(found.values())
    ordered = dict(sorted(found.items(), key=lambda item: -item[1]))
    if abs(rest) <= LEAST_SHOWN and ordered:
        first = next(iter(ordered))
        return ordered | {first: ordered[first] + rest}
    return ordered | {UNDETERMINED: rest}

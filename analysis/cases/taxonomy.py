"""Parties, root causes, solutions and exemptions: the lists a decision chooses from.

The lists lie in ``taxonomy.yaml``. The exemptions follow the list of events that do not
count in iFood's score for couriers, the longest that is published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from analysis.files import read_yaml
from analysis.words import N_

SHARED: Final = "shared"
UNDETERMINED: Final = "undetermined"

#: Who can be responsible, with the text shown.
PARTIES: Final[Mapping[str, str]] = {
    "rider": N_("Rider"),
    "merchant": N_("Merchant"),
    "customer": N_("Customer"),
    "platform": N_("Platform"),
    "partner": N_("Delivery partner"),
    "force_majeure": N_("Force majeure"),
    SHARED: N_("Shared"),
    UNDETERMINED: N_("Undetermined, the platform bears"),
}

#: Other names that files and rule sets have for a party, in lower case.
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "courier": "rider", "driver": "rider", "骑手": "rider", "entregador": "rider",
    "restaurant": "merchant", "store": "merchant", "shop": "merchant",
    "商家": "merchant", "商户": "merchant", "loja": "merchant",
    "user": "customer", "顾客": "customer", "用户": "customer", "cliente": "customer",
    "system": "platform", "dispatch": "platform", "平台": "platform",
    "plataforma": "platform",
    "3pl": "partner", "delivery partner": "partner", "合作商": "partner",
    "不可抗力": "force_majeure", "força maior": "force_majeure",
    "多方": "shared", "共同": "shared",
    "unknown": "undetermined", "unclear": "undetermined", "无法判定": "undetermined",
    "无法判责": "undetermined", "indeterminado": "undetermined",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list.

    Attributes:
        code: As it is stored.
        label: Text shown, a key of the catalogues.
        parent: Code of the entry above it (a detail's cause); empty at the top.
        party: Party it points to; empty if to none.
        help: When to choose it, a key of the catalogues.
    """

    code: str
    label: str
    parent: str = ""
    party: str = ""
    help: str = ""


def party_code(name: str) -> str:
    """The code of a party as files or rule sets name it; empty if it is none.

    Several joined by ``+`` are ``shared``.

    >>> [party_code(name) for name in ("Force majeure", "3PL", "rider + merchant")]
    ['force_majeure', 'partner', 'shared']
    """
    parts = [_one_code(part) for part in name.split("+")]
    if len(parts) > 1:
        return SHARED if all(parts) else ""
    return parts[0]


def load_causes() -> tuple[Choice, ...]:
    """Root causes, first level, in the order shown."""
    return tuple(_choices("causes"))


def load_details(cause: str) -> tuple[Choice, ...]:
    """Root causes, second level, below one of the first."""
    return tuple(
        Choice(parent=cause, **detail)
        for entry in _content()["causes"]
        if entry["code"] == cause
        for detail in entry["details"]
    )


def load_solutions() -> tuple[Choice, ...]:
    """What can be done about a case."""
    return tuple(_choices("solutions"))


def load_exemptions() -> tuple[Choice, ...]:
    """Why a case does not count against the party."""
    return tuple(_choices("exemptions"))


def _one_code(name: str) -> str:
    plain = " ".join(name.replace("_", " ").casefold().split())
    code = _OTHER_NAMES.get(plain, plain.replace(" ", "_"))
    return code if code in PARTIES else ""


def _choices(part: str) -> Iterator[Choice]:
    for entry in _content()[part]:
        yield Choice(**{key: entry[key] for key in entry if key != "details"})


@cache
def _content() -> Mapping[str, list[Any]]:
    path = Path(__file__).with_name("taxonomy.yaml")
    content: Mapping[str, list[Any]] = read_yaml(path)
    return content

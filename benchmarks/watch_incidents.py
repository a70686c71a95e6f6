"""How many of the planted incidents ``watch`` lists, without being told where to look.

Run with ``python -m benchmarks.watch_incidents --seeds 17 18``. Worlds of the demo's
size are simulated, published and watched with the defaults; what is listed is held
against the truth:

- *listed*: a finding overlaps the days of the incident, is on its side and agrees with
  its segment on every dimension that both name, where a zone names its city and its
  type; of two opposite ones both; a data fault called one; the outage by hour.
- *named*: a finding listed like this names the very segment that was planted.
- *by chance*: what is listed if the days of all incidents were others.

With ``--clean`` the worlds have no plants, and all that is listed is beyond them.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from statsmodels.stats.proportion import proportion_confint

from analysis import orders
from analysis.engine.dataset import Dataset
from analysis.trends import watch
from analysis.trends.findings import Finding, Watch
from analysis.workspace import Workspace
from sample_data.simulate import simulate
from sample_data.world import ZONE_TYPES, ZONES_PER_CITY, cities, zone_types

ORDERS = 400_000
NAME = "World"
#: Tables that the watched metrics come from.
TABLES = (
    "orders", "complaints", "contacts", "merchants", "offers", "reviews",
    "riders",
)  # fmt: skip
#: Days by which the truth is shifted to see what is met by chance.
SHIFTS = (-28, -21, -14, 14, 21, 28)
#: How far the first day (or hour) may be from the true one.
NEAR = {"one-hour outage": timedelta(hours=1), "slow drift": timedelta(days=10)}
NEAR_OTHERWISE = timedelta(days=1)
MIX, FAULT, OUTAGE, DRIFT = "mix effect", "data fault", "one-hour outage", "slow drift"


@dataclass(frozen=True, slots=True)
class Planted:
    """One incident: all its parts must be found.

    Attributes:
        name: Its name.
        type: Its kind.
        first: First day, or hour where it is one of hours.
        last: Last day.
        segments: Segment of each part, its city and zone type filled in.
        worse: Whether each part made things worse.
    """

    name: str
    type: str
    first: datetime
    last: date
    segments: tuple[dict[str, str], ...]
    worse: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Met:
    """How one incident fared.

    Attributes:
        is_listed: Whether all its parts are among the findings.
        is_named: Whether they are under their own names.
        is_in_time: Whether they begin when they should.
        found: The findings.
    """

    is_listed: bool
    is_named: bool
    is_in_time: bool
    found: tuple[Finding, ...]


def published(
    folder: Path, seed: int, *, plants: bool
) -> tuple[Dataset, list[Planted]]:
    """A world of a seed, from the folder if it is there, and what was planted."""
    own = folder / f"{ORDERS}-{seed}{'' if plants else '-clean'}"
    if not (own / "done").exists():
        shutil.rmtree(own, ignore_errors=True)
        simulate(own / "out", orders=ORDERS, seed=seed, truth=own / "truth",
                 plants=plants)  # fmt: skip
        workspace = Workspace.open(own / "workspace")
        orders.publish([own / "out" / name for name in TABLES], workspace=workspace,
                       name=NAME)  # fmt: skip
        shutil.rmtree(own / "out")
        (own / "done").touch()
    dataset = orders.open_dataset(Workspace.open(own / "workspace"), NAME)
    truth = yaml.safe_load((own / "truth" / "truth.yaml").read_text("utf-8"))
    listed = truth.get("incidents", ())
    return dataset, [planted(item) for item in listed if item["counts"]]


def planted(item: dict[str, Any]) -> Planted:
    parts = item["segments"]
    hours = parts[0].get("local_hours", [0])
    begin = datetime.combine(item["first_day"], datetime.min.time())
    return Planted(
        name=item["name"],
        type=item["type"],
        first=begin + timedelta(hours=int(hours[0])),
        last=item["last_day"],
        segments=tuple(completed({
            name: value for name, value in part.items()
            if name in ("city", "zone", "zone_type", "merchant_type", "capacity_type")
        }) for part in parts),
        worse=tuple(
            item["type"] == FAULT or part.get("minutes", 1) > 0 for part in parts
        ),
    )  # fmt: skip


def completed(segment: dict[str, Any]) -> dict[str, Any]:
    """A segment with the city and type of its zone."""
    for city in cities():
        for place, zone in enumerate(city.zones):
            if segment.get("zone") == zone.name:
                kind = zone_types()[city.index * ZONES_PER_CITY + place]
                implied = {"city": city.name, "zone_type": ZONE_TYPES[kind]}
                return {**implied, **segment}
    return segment


def met(planted: Planted, findings: Sequence[Finding]) -> Met:
    """Hold one incident against what is listed."""
    parts = [
        [item for item in findings if is_of(item, planted, segment, worse=worse)]
        for segment, worse in zip(planted.segments, planted.worse, strict=True)
    ]
    named = [
        [item for item in some if completed(dict(item.segment)) == segment]
        for some, segment in zip(parts, planted.segments, strict=True)
    ]
    best = [own or some for own, some in zip(named, parts, strict=True)]
    near = NEAR.get(planted.type, NEAR_OTHERWISE)
    in_time = all(
        any(abs(item.began - planted.first) <= near for item in some) for some in best
    )
    return Met(all(parts), all(named), in_time,
               tuple(item for some in parts for item in some))  # fmt: skip


def is_of(
    item: Finding, planted: Planted, segment: dict[str, str], *, worse: bool
) -> bool:
    """Whether a finding can be one part of an incident."""
    ended = item.ended.date() if item.ended else date.max
    meets = item.began.date() <= planted.last and ended >= planted.first.date()
    own = completed(dict(item.segment))
    agrees = all(own[name] == segment[name] for name in own.keys() & segment.keys())
    right = {FAULT: item.kind == "data_fault", MIX: item.kind == "mix_shift"}
    kind = right.get(planted.type, item.kind == "segment")
    by_hour = planted.type != OUTAGE or item.grain == "hour"
    return meets and agrees and kind and by_hour and item.is_worse == worse


def blamed(mix: Planted, findings: Sequence[Finding]) -> list[Finding]:
    """Findings that call a mix shift a segment gone bad, in part or as a whole."""
    segments = mix.segments[0]
    return [
        item for item in findings
        if is_of(item, replace(mix, type=""), segments, worse=True)
        and abs(item.began - mix.first) <= NEAR_OTHERWISE
    ]  # fmt: skip


def by_chance(planted: Planted, found: Watch) -> tuple[float, float]:
    """Shares of shifts in time at which an incident is listed, and named."""
    listed, named = [], []
    for days in SHIFTS:
        moved = timedelta(days=days)
        other = replace(planted, first=planted.first + moved,
                        last=planted.last + moved)  # fmt: skip
        inside = found.period.first <= other.first.date() <= found.period.last
        if inside:
            # Without what is the incident itself: it may last into the shifted days.
            others = set(map(id, met(planted, found.findings).found))
            rest = [item for item in found.findings if id(item) not in others]
            seen = met(other, rest)
            listed.append(seen.is_listed)
            named.append(seen.is_named)
    count = max(len(listed), 1)
    return sum(listed) / count, sum(named) / count


def told(item: Finding) -> str:
    segment = ", ".join(f"{name} {value}" for name, value in item.segment) or "all"
    ended = f"{item.ended:%m-%d %H}" if item.ended else "-"
    side = "" if item.is_worse else " better"
    return (
        f"{item.metric} [{segment}] {item.kind} {item.shape}{side}"
        f" {item.began:%m-%d %H} to {ended}: {item.excess:+.0f},"
        f" {item.observed:.3f} for {item.expected:.3f}"
    )


class Tally:
    """Counts over worlds."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()
        self.chance: dict[str, list[tuple[float, float]]] = {}
        self.others: list[int] = []
        self.blamed: list[int] = []
        self.seconds: list[float] = []
        self.series: list[int] = []

    def add(self, found: Watch, truth: Sequence[Planted], *, aloud: bool) -> None:
        """Count what was found of one world."""
        own: set[int] = set()
        for item in truth:
            seen = met(item, found.findings)
            own |= set(map(id, seen.found))
            self.counts[item.name, "worlds"] += 1
            self.counts[item.name, "listed"] += seen.is_listed
            self.counts[item.name, "named"] += seen.is_named
            self.counts[item.name, "in time"] += seen.is_listed and seen.is_in_time
            self.chance.setdefault(item.name, []).append(by_chance(item, found))
            if item.type == MIX:
                self.blamed.append(len(blamed(item, found.findings)))
            if aloud:
                print(f"  {item.name}: {'listed' if seen.is_listed else 'MISSED'}"
                      f"{', named' if seen.is_named else ''}"
                      f"{', in time' if seen.is_in_time else ''}"
                      f" ({item.first:%m-%d %H} to {item.last:%m-%d})")  # fmt: skip
                print(*(f"    {told(one)}" for one in seen.found), sep="\n")
        others = [item for item in found.findings if id(item) not in own]
        self.others.append(len(others))
        if aloud:
            print("  others:", *(f"    {told(one)}" for one in others), sep="\n")

    def report(self) -> None:
        """Print the figures of all worlds."""
        names = list(dict.fromkeys(name for name, _ in self.counts))
        print(f"{'':24} worlds listed named in time  by chance (named)")
        for name in names:
            worlds = self.counts[name, "worlds"]
            shares = zip(*self.chance[name], strict=True)
            listed, own = (sum(item) / worlds for item in shares)
            counts = (
                self.counts[name, kind] for kind in ("listed", "named", "in time")
            )
            print(f"{name:24} {worlds:6} ", *(f"{count:6}" for count in counts),
                  f"  {listed:.2f} ({own:.2f})")  # fmt: skip
        kept = [name for name in names if name != "permits"]
        worlds = sum(self.counts[name, "worlds"] for name in kept)
        for kind in ("listed", "named", "in time"):
            count = sum(self.counts[name, kind] for name in kept)
            if worlds:
                low, high = proportion_confint(count, worlds, method="beta")
                print(f"{kind}: {count} of {worlds} ({count / worlds:.1%};"
                      f" 95 % interval {low:.1%} to {high:.1%})")  # fmt: skip
        count = max(len(self.others), 1)
        print(f"other findings a world: {sum(self.others) / count:.1f}"
              f" ({min(self.others)} to {max(self.others)});"
              f" of {sum(self.series) / count:.0f} series;"
              f" mix shift as a segment gone bad: {sum(map(bool, self.blamed))} worlds;"
              f" CPU {sum(self.seconds) / count:.1f} s a watch")  # fmt: skip


def main(arguments: Iterable[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument(
        "--cache", type=Path, help="folder that published worlds stay in"
    )
    parser.add_argument("--clean", action="store_true", help="worlds without plants")
    parser.add_argument("--aloud", action="store_true", help="print every finding")
    parser.add_argument("--only-publish", action="store_true")
    asked = parser.parse_args(None if arguments is None else list(arguments))
    tally = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        for seed in asked.seeds:
            dataset, truth = published(asked.cache or Path(scratch), seed,
                                       plants=not asked.clean)  # fmt: skip
            if asked.only_publish:
                continue
            before = time.process_time()
            found = watch(dataset)
            tally.seconds.append(time.process_time() - before)
            tally.series.append(found.series)
            print(f"seed {seed}: {len(found.findings)} findings", flush=True)
            tally.add(found, truth, aloud=asked.aloud)
    if not asked.only_publish:
        tally.report()


if __name__ == "__main__":
    main()

"""Plans from the team's own history: a published dataset in place of a data frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import stats

from analysis.engine.dataset import Dataset
from analysis.errors import InvalidInput, NotEnoughData, UnknownName
from analysis.metrics import Period, Selection, measure
from analysis.metrics.registry import parse_reference
from analysis.strategies import planning
from analysis.strategies.contract import DESIGNS, Strategy
from analysis.strategies.planning import Aim, Plan
from analysis.strategies.results import text
from analysis.words import N_

#: Days of history that a plan is read from, where the dataset has them; places need
#: more, since a length is tried only where the history is twice as long.
HISTORY_DAYS: Final = 56
PLACE_DAYS: Final = 112
_PLACES: Final = {
    "zone-hour": "zone",
    "zone": "zone",
    "city-day": "city",
    "city": "city",
}
_PEOPLE: Final = {"rider": "rider_id", "merchant": "merchant_id"}
_UNITS: Final = {
    "switchback": "zone-hour", "did": "zone", "staggered": "zone", "its": "city",
    "synthetic_control": "city",
}  # fmt: skip
_LENGTHS: Final = (7, 14, 28, 56)
_FEWER_DRAWS: Final = 40
#: Share of the days on which a place must have orders.
_NEARLY_ALL: Final = 0.9
_LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is asked for.

    Attributes:
        design: One of ``DESIGNS``.
        unit: What is assigned.
        metric: Primary metric with its settings.
        effect: Effect to find, in the unit of the metric, > 0.
        share: Share of the treated.
        power: Chance to find it.
        alpha: Two-sided level.
        block: Hours between two drawings of a switchback.
        adjusted: Whether units are adjusted for their own past (CUPED).
        draws: Placebo treatments per length, where there is no formula.
    """

    design: str
    unit: str
    metric: str
    effect: float
    share: float = 0.5
    power: float = 0.8
    alpha: float = 0.05
    block: int = 3
    adjusted: bool = True
    draws: int = 100

    def __post_init__(self) -> None:
        if self.design not in DESIGNS:
            raise UnknownName.of("design", self.design, DESIGNS)
        for name in ("share", "power", "alpha"):
            if not 0 < getattr(self, name) < 1:
                raise InvalidInput(
                    N_("{name} is {seen}."),
                    hint=N_("Give a share between 0 and 1."),
                    name=name,
                    seen=getattr(self, name),
                )
        if not self.effect > 0:
            raise InvalidInput(
                N_("The effect to find is {seen}."),
                hint=N_("Give the smallest effect that matters, above 0."),
                seen=self.effect,
            )


def plan_from_history(
    dataset: Dataset, wish: Wish, *, selection: Selection | None = None, seed: int = 0
) -> Plan:
    """Say how much data and time a strategy needs, from what orders did before.

    Orders and people follow a formula, with the clustering of orders by their rider or
    merchant and the gain of their own past; places are simulated: treatments that never
    were are drawn over the history.

    Args:
        dataset: A published version.
        wish: What is planned.
        selection: The orders it would be about.
        seed: Of the draws.

    Returns:
        For A/B ``n`` counts orders or people, ``days`` days; else ``days`` days.

    Raises:
        MissingField: the dataset lacks a column that this needs.
        NotEnoughData: the history is too short or never varies.
    """
    orders = selection or Selection()
    if wish.design != "ab":
        return _of_places(dataset, wish, orders, seed)
    period = recent(dataset, HISTORY_DAYS)
    if wish.unit in _PEOPLE:
        return _of_people(dataset, wish, orders, period)
    return _of_orders(dataset, wish, orders, period)


def compare_designs(
    dataset: Dataset, wish: Wish, *, selection: Selection | None = None
) -> pd.DataFrame:
    """What every design would need for the same effect.

    Returns:
        Columns ``design``, ``unit``, ``n``, ``days``, ``detectable``; designs that the
        history does not allow are left out.
    """
    rows = []
    for design, unit in [("ab", "order"), ("ab", "rider"), *_UNITS.items()]:
        asked = replace(wish, design=design, unit=unit, draws=min(wish.draws, 60))
        try:
            found = plan_from_history(dataset, asked, selection=selection)
        except (NotEnoughData, InvalidInput):
            continue
        rows.append(
            {"design": design, "unit": unit, "n": found.n, "days": found.days,
             "detectable": found.detectable}
        )  # fmt: skip
    return pd.DataFrame(rows, columns=["design", "unit", "n", "days", "detectable"])


def recent(dataset: Dataset, days: int) -> Period:
    """The last days of a dataset.

    Raises:
        NotEnoughData: it has no dates.
    """
    if dataset.period is None:
        raise NotEnoughData(
            N_("{dataset} has no dates."),
            hint=N_("Map the time of the order, and publish again."),
            dataset=dataset.name,
        )
    first, last = dataset.period
    return Period(max(first, last - timedelta(days=days - 1)), last)


def _of_orders(
    dataset: Dataset, wish: Wish, selection: Selection, period: Period
) -> Plan:
    """Variance of an order from the metric's own interval."""
    row = measure(dataset, [wish.metric], period=period, selection=selection).iloc[0]
    n = float(row[f"{wish.metric}_n"])
    variance = _variance(row, wish.metric, n)
    _insist(variance, n, wish)
    return _by_formula(wish, variance, n, period.days, gain=0.0)


def _variance(row: pd.Series, metric: str, n: float) -> float:
    if parse_reference(metric).definition.kind == "rate":
        return float(row[metric] * (1 - row[metric]))
    half = (row[f"{metric}_high"] - row[f"{metric}_low"]) / 2
    reach = stats.t.ppf((1 + _LEVEL) / 2, max(n - 1, 1))
    return float((half / reach) ** 2 * n)


def _of_people(
    dataset: Dataset, wish: Wish, selection: Selection, period: Period
) -> Plan:
    """People as units: their sums as a ratio metric, adjusted for their own past."""
    half = period.days // 2
    middle = period.first + timedelta(days=half)
    past = Period(period.first, middle - timedelta(days=1))
    table = _sums(dataset, wish, selection, Period(middle, period.last))
    before = _sums(dataset, wish, selection, past)
    rate = before["num"] / before["n"]
    mean = float(before["num"].sum() / before["n"].sum())
    table["before"] = table["unit"].map(rate.set_axis(before["unit"])).fillna(mean)
    strategy = Strategy(
        "ab", "num", denominator="n", treatment="arm", unit="unit",
        covariates=("before",) if wish.adjusted else (),
        smallest_effect=wish.effect,
    )  # fmt: skip
    found = planning.plan(
        table, strategy, effect=wish.effect, share=wish.share, alpha=wish.alpha,
        power=wish.power,
    )  # fmt: skip
    return replace(found, days=_days_of_people(found, table, period.days - half))


def _days_of_people(found: Plan, table: pd.DataFrame, days: int) -> float:
    """Days until the people there are tell the effect; infinite where they never do.

    More days bring no more people: they narrow what varies from day to day within a
    person, not what differs between people for good.
    """
    if not np.isfinite(found.n):
        return float(found.n)
    lasting = _lasting_share(table)
    between = lasting * (1 - lasting if found.gain > 0 else 1)
    within = (1 - lasting) * days
    raw = found.variance / (1 - found.gain)
    allowed = len(table) * found.variance / found.n / raw
    return float(np.ceil(within / (allowed - between))) if allowed > between else np.inf


def _lasting_share(table: pd.DataFrame) -> float:
    """Correlation of people's figures in the two halves, weighted by their orders."""
    known = table[table["n"] > 0]
    after, past = known["num"] / known["n"], known["before"]
    table_of = np.cov(after, past, aweights=known["n"])
    spread = np.sqrt(table_of[0, 0] * table_of[1, 1])
    return float(np.clip(table_of[0, 1] / spread, 0, 0.99)) if spread > 0 else 0.0


def _sums(
    dataset: Dataset, wish: Wish, selection: Selection, period: Period
) -> pd.DataFrame:
    column = _PEOPLE[wish.unit]
    table = measure(
        dataset, [wish.metric], by=[column], period=period, selection=selection
    )
    return _standard(table, wish.metric, unit=column)


def _standard(table: pd.DataFrame, metric: str, *, unit: str) -> pd.DataFrame:
    found = pd.DataFrame(
        {
            "unit": table[unit],
            "num": table[f"{metric}_num"].astype("float64"),
            "n": table[f"{metric}_n"].astype("float64"),
        }
    )
    if "period" in table:
        found["time"] = table["period"]
    found = found.dropna()
    return found[found["n"] > 0].reset_index(drop=True)


def _of_places(dataset: Dataset, wish: Wish, selection: Selection, seed: int) -> Plan:
    place = _PLACES.get(wish.unit, "zone")
    hourly = wish.design == "switchback"
    table = measure(
        dataset, [wish.metric], by=[place], grain="hour" if hourly else "day",
        period=recent(dataset, HISTORY_DAYS if hourly else PLACE_DAYS),
        selection=selection,
    )  # fmt: skip
    panel = _standard(table, wish.metric, unit=place)
    daily = 1.0
    if hourly:
        panel, daily = _blocks(panel, wish.block)
    else:
        panel = _without_gaps(panel)
    slow = wish.design in ("staggered", "switchback")
    lengths = _LENGTHS[:-1] if wish.design == "its" else _LENGTHS
    found = planning.plan(
        panel, _place_strategy(wish, panel), effect=wish.effect, share=wish.share,
        alpha=wish.alpha, power=wish.power,
        periods=[int(np.ceil(days * daily)) for days in lengths],
        draws=min(wish.draws, _FEWER_DRAWS) if slow else wish.draws, seed=seed,
    )  # fmt: skip
    return _in_days(found, daily)


def _blocks(panel: pd.DataFrame, hours: int) -> tuple[pd.DataFrame, float]:
    """Hours summed up to blocks in which every place has orders, and blocks a day."""
    times = pd.to_datetime(panel["time"])
    summed = (
        panel.assign(time=times.dt.floor(f"{hours}h"))
        .groupby(["time", "unit"], as_index=False)[["num", "n"]]
        .sum()
    )
    full = summed.groupby("time")["unit"].transform("size") == summed["unit"].nunique()
    kept = summed[full].reset_index(drop=True)
    days = kept["time"].dt.date.nunique()
    number = pd.factorize(kept["time"], sort=True)[0]
    blocks = int(number.max()) + 1 if len(kept) else 0
    return kept.assign(time=number), blocks / max(days, 1)


def _without_gaps(panel: pd.DataFrame) -> pd.DataFrame:
    """Places seen on nearly all days, on the days on which all of them are seen."""
    days = panel["time"].nunique()
    seen = panel.groupby("unit")["time"].transform("nunique")
    kept = panel[seen >= _NEARLY_ALL * days]
    full = kept.groupby("time")["unit"].transform("size") == kept["unit"].nunique()
    return kept[full].reset_index(drop=True)


def _place_strategy(wish: Wish, panel: pd.DataFrame) -> Strategy:
    more: dict[str, Any] = {"treatment": "arm", "unit": "unit"}
    if wish.design == "its":
        more = {"start": panel["time"].iloc[len(panel) // 2]}
    if wish.design == "switchback":
        more |= {"block": 1, "lags": 1}
    return Strategy(wish.design, "num", denominator="n", time="time", **more)


def _in_days(found: Plan, daily: float) -> Plan:
    """Periods as days."""
    curve = found.curve.assign(periods=found.curve["periods"] / daily)
    return replace(
        found,
        days=float(np.ceil(found.days / daily)),
        available=found.available / daily,
        curve=curve,
    )


def _insist(variance: float, n: float, wish: Wish) -> None:
    if not variance > 0 or not n > 1:
        raise NotEnoughData(
            N_(
                "The history of {name} has a variance of {seen:g} over {n:,.0f} orders."
            ),
            hint=N_("Without variation no size can be planned: choose other orders."),
            name=wish.metric,
            seen=variance,
            n=n,
        )


def _by_formula(
    wish: Wish, variance: float, n: float, days: int, *, gain: float
) -> Plan:
    aim = Aim(wish.effect, wish.share, wish.alpha, wish.power)
    treated = planning.sample_size(variance, wish.effect, aim)
    needed = float(np.ceil(treated / wish.share))
    return Plan(
        design="ab",
        method="formula",
        effect=wish.effect,
        n=needed,
        n_per_arm=treated,
        days=float(np.ceil(needed * days / n)),
        detectable=planning.detectable_effect(variance, n, aim),
        available=n,
        power=planning.power_of(variance, n, wish.effect, aim),
        variance=variance,
        gain=gain,
        curve=planning.power_curve(variance, aim, needed),
        assumptions=(
            text(N_("The metric varies as in the history of {n} rows."), n=int(n)),
            text(N_("Orders are drawn one by one and do not touch each other.")),
        ),
    )

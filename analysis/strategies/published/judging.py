"""What is said of a finding besides the effect: checks, segments, series, opinions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import pandas as pd

from analysis.metrics.periods import Period
from analysis.strategies.checks import enough, missing_change, trend_of_effects
from analysis.strategies.contract import Strategy
from analysis.strategies.few_clusters import LEAST
from analysis.strategies.published import conditions, days_off, over_time, spill
from analysis.strategies.published.adjusted import covaried
from analysis.strategies.published.contract import SecondOpinion, Segments
from analysis.strategies.published.contrasts import put_together
from analysis.strategies.published.cuts import Plan
from analysis.strategies.published.panel_segments import panel_segments
from analysis.strategies.published.panels import PanelPlan
from analysis.strategies.published.second import as_check, second_opinion, sides
from analysis.strategies.published.segments import (
    dimensions_for,
    effects_by,
    read_segments,
    sample_ratio_by,
)
from analysis.strategies.results import Check, Finding, Verdict, text
from analysis.strategies.study import Study
from analysis.strategies.treatment import exposure, first_treated
from analysis.words import N_

_BOTH = "two_arms"


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding with everything around it.

    Attributes:
        finding: With all checks and the series.
        segments: For whom.
        second: What another method says.
        sql: Further queries that were run.
        days: Days that count after the start.
    """

    finding: Finding
    segments: Segments | None
    second: SecondOpinion | None
    sql: tuple[str, ...]
    days: int


def judge_arms(plan: Plan, study: Study, finding: Finding) -> Judged:
    """Everything around an A/B comparison."""
    judged, control = sides(finding)
    bound = plan.bound
    by_rank = study.cells is None
    given = covaried(study, finding)
    segmented = read_segments(
        plan, dimensions_for(bound, bound.scope.segments), adjusted=given is not None
    )
    plain = finding.raw or finding.estimate
    daily = over_time.read_daily(plan, judged=judged, control=control)
    groups = [
        effects_by(one, judged=judged, control=control, given=given)
        for one in segmented
    ]
    known = [group for group in groups if group is not None]
    segments = replace(
        put_together(known, finding.estimate, alpha=study.alpha),
        adjusted=given is not None,
    )
    second = second_opinion(study, finding, daily)
    found = [
        sample_ratio_by(segmented),
        None if by_rank else over_time.novelty(daily, plain),
        _reversals(segments) if known and not by_rank else None,
        conditions.whole_weeks([day.date() for day in daily.every]),
        conditions.definition(bound),
        None if second is None else as_check(second),
    ]
    series = None
    if not by_rank:
        series = over_time.series(daily, plain, alpha=study.alpha)
    sql = (*(one.sql for one in segmented), daily.sql)
    return Judged(
        _with(finding, found, series), None if by_rank else segments, second, sql,
        len(daily.every),
    )  # fmt: skip


def judge_panel(plan: PanelPlan, study: Study, finding: Finding) -> Judged:
    """Everything around a panel or a series."""
    start = _start(study)
    second = second_opinion(study, finding, None)
    found = [
        *_panel_checks(plan, study, finding, start),
        _few_places(study),
        conditions.season(plan.bound, plan.period, start),
        _holidays(plan, study, start),
        conditions.definition(plan.bound),
    ]
    if second is not None:
        kept = [check for check in finding.checks if check.name != "second_opinion"]
        finding = replace(finding, checks=tuple(kept))
        found.append(as_check(second))
    segments = panel_segments(
        plan.bound, plan.period, finding.estimate, alpha=study.alpha, seed=study.seed
    )
    after = (
        plan.period if start is None else Period(start, max(plan.period.last, start))
    )
    found.insert(0, conditions.whole_weeks(conditions.days_of(after)))
    if segments is not None and not segments.table.empty:
        found.append(_reversals(segments))
    made = _with(finding, found, finding.series)
    return Judged(made, segments, second, (), after.days)


def _with(
    finding: Finding, found: Sequence[Check | None], series: pd.DataFrame | None
) -> Finding:
    made = tuple(check for check in found if check is not None)
    shown = finding.series if series is None else series
    checks = _once((*finding.checks, *made))
    return replace(finding, checks=checks, series=shown)


def _once(found: Sequence[Check]) -> tuple[Check, ...]:
    """Units in two arms once, by the worse of the figures.

    They are looked for in the table of the assignment, and again in the units of the
    orders where the method needs a row for each.
    """
    both = [check for check in found if check.name == _BOTH]
    worst = max(both, key=lambda check: check.value, default=None)
    return tuple(check for check in found if check.name != _BOTH or check is worst)


def _start(study: Study) -> date | None:
    """First treated day of any unit."""
    if study.strategy.design == "switchback":
        return None
    if study.strategy.design == "staggered":
        first = first_treated(study).min()
        return None if pd.isna(first) else first.date()
    start = study.strategy.start
    return None if start is None else pd.Timestamp(start).date()


def _few_places(study: Study) -> Check | None:
    """Whether a handful of places can tell the strategy from what else happened."""
    if study.strategy.design != "did" or "unit" not in study.rows:
        return None
    count = int(study.rows["unit"].nunique())
    if count >= LEAST:
        return None
    sentence = text(
        N_("{count} places are compared, and errors are those of days: whatever else "
           "happened in one of them from then on counts as effect. Try the starts of "
           "your own history on the page Calibration."),
        count=count,
    )  # fmt: skip
    return Check("few_places", "amber", float(count), sentence)


def _holidays(plan: PanelPlan, study: Study, start: date | None) -> Check | None:
    """Whether days off weigh alike before and after, and here and there."""
    if study.strategy.design == "its":
        known = days_off.COLUMN in study.covariates
        return days_off.holidays_alike(plan.bound, plan.period, start, in_model=known)
    if start is None:
        return None
    treated = study.rows.loc[_ever_treated(study).to_numpy(), "unit"].astype("str")
    return days_off.holidays_alike(
        plan.bound, plan.period, start,
        treated=sorted(treated.unique()), unit=plan.bound.key(plan.unit),
    )  # fmt: skip


def _panel_checks(
    plan: PanelPlan, study: Study, finding: Finding, start: date | None
) -> list[Check | None]:
    design = study.strategy.design
    if design == "its":
        return []
    cities = spill.cities_of(plan)
    if design == "switchback":
        return [_enough(study, exposure(study)), spill.switch_spill_over(study, cities)]
    treated = _ever_treated(study)
    if start is None:
        return [_enough(study, treated.astype(float)), _novelty(finding)]
    near = spill.spill_over(study.rows, treated, start, cities)
    late = study.rows["time"] >= pd.Timestamp(start)
    return [
        _enough(study, treated.astype(float)), near, _novelty(finding),
        missing_change(study.rows, treated, late),
    ]  # fmt: skip


def _enough(study: Study, side: pd.Series) -> Check:
    """Whether treated and untreated orders are many enough."""
    names = side.map({0.0: N_("untreated"), 1.0: N_("treated")}).to_numpy()
    return enough(study.rows["size"].groupby(names).sum().to_dict())


def _ever_treated(study: Study) -> pd.Series:
    strategy, rows = study.strategy, study.rows
    if strategy.design == "staggered":
        return first_treated(study).notna()
    if "treatment" in rows:
        return exposure(study) == 1
    asked = strategy.treated
    names = asked if isinstance(asked, tuple | list | set) else (asked,)
    return rows["unit"].astype("str").isin({str(name) for name in names})


def _novelty(finding: Finding) -> Check | None:
    """Whether the effect grows or fades with the periods since the start."""
    table = finding.extra.get("dynamic", finding.estimates)
    if not isinstance(table, pd.DataFrame) or not {"event_time", "se"} <= set(table):
        return None
    late = table[(table["event_time"] >= 0) & (table["se"] > 0)]
    late = late.sort_values("event_time")
    return trend_of_effects(
        late["effect"].to_numpy(dtype=float), 1 / late["se"].to_numpy(dtype=float) ** 2
    )


def _reversals(segments: Segments) -> Check:
    """Whether the effect is the other way round for anybody."""
    p_value = float(segments.table["p_adjusted"].min())
    if segments.reversed:
        return Check("reversal", "amber", p_value, segments.sentences[0])
    sentence = text(N_("In no segment is the effect the other way round."))
    return Check("reversal", "green", p_value, sentence)


def with_reversal(verdict: Verdict, segments: Segments | None) -> Verdict:
    """No roll-out to all where the effect is the other way round for some."""
    if segments is None or not segments.reversed or verdict.decision != "roll out":
        return verdict
    names = ", ".join(f"{name} = {value}" for name, value in segments.reversed)
    reason = text(
        N_("It works on the whole, but not for {names}: the effect reverses there. "
           "Leave them out, or find out why."),
        names=names,
    )  # fmt: skip
    return Verdict("go on", reason)


def smallest_of(strategy: Strategy) -> float:
    """Smallest effect that matters, or the margin; 0 where neither is given."""
    return strategy.smallest_effect or strategy.margin or 0.0

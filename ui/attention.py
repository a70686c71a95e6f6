"""What needs a look today: figures that got worse, stale data, checks with findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from analysis.engine.dataset import Dataset
from analysis.metrics import Selection, measure
from analysis.metrics.availability import availability_of
from analysis.orders.schema import fields_of
from analysis.strategies.registry import entries
from analysis.trends import Finding, Watch
from analysis.words import N_
from ui import cached, demo, fired
from ui.counted import counted
from ui.data.words import place_label
from ui.format import day, number, percent
from ui.kpis import doubt, standing
from ui.kpis.axes import axes_of
from ui.kpis.figures import Figure, name_of
from ui.kpis.view import KpiView, look_at
from ui.show import plain
from ui.state import View
from ui.strategies.view import PAGE, StrategyView
from ui.texts import fill, language, t, translate

#: Figures that are watched here, over this many days against those before.
WATCHED: Final = (
    "late_rate", "p90_minutes_late", "delivery_minutes", "cancellation_rate",
    "complaint_rate", "low_rating_rate", "refusal_rate", "contact_rate",
)  # fmt: skip
WATCHED_DAYS: Final = 28
#: What stands out beyond these is a click away on the KPI page.
MAX_FINDINGS: Final = 3
#: Strategies that are named.
MAX_NAMES: Final = 3
#: Checks beyond the most telling ones are a click away on the Data page.
MAX_CHECKS: Final = 3
#: Data older than this many days are called stale.
STALE_DAYS: Final = 7
#: What was done with findings, the gravest first.
_ACTIONS: Final[Mapping[str, str]] = {
    "set_aside": N_("set aside"),
    "missing": N_("set to missing"),
    "keep": N_("kept as they are"),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to look at.

    Attributes:
        icon: Material icon.
        text: One sentence, translated and safe for Markdown.
        detail: Its figures.
        page: Address of the page where it can be looked at.
        view: What that page is to show.
    """

    icon: str
    text: str
    detail: str
    page: str
    view: View | None = None


def notices(dataset: Dataset, *, today: date) -> tuple[Notice, ...]:
    """Everything about a dataset that asks for a look, the most urgent first."""
    return (
        *_fired(dataset),
        *_decidable(dataset),
        *_stands_out(dataset),
        *_worse(dataset),
        *_freshness(dataset, today=today),
        *_checks(dataset),
    )


def _fired(dataset: Dataset) -> Iterator[Notice]:
    """Alerts that fired on this version, by name."""
    for item in fired.alerts(dataset):
        yield Notice(
            icon=":material/notifications_active:",
            text=t("**Alert: {name}**", name=plain(item.rule.name)),
            detail=plain(fired.sentence(item), limit=200),
            page="kpis",
            view=item.view,
        )


def _decidable(dataset: Dataset) -> Iterator[Notice]:
    """Strategies that have ended and wait for a decision."""
    found = entries(cached.records(), dataset)
    ended = [one for one in found if one.status == "ended" and one.decision is None]
    if not ended:
        return
    names = [plain(one.plan.name, limit=60) for one in ended[:MAX_NAMES]]
    more = ["…"] if len(ended) > MAX_NAMES else []
    yield Notice(
        icon=":material/gavel:",
        text=counted(
            N_("**One strategy can be decided**"),
            N_("**{count} strategies can be decided**"),
            len(ended),
        ),
        detail=t(", ").join([*names, *more]),
        page=PAGE,
        view=StrategyView(
            status="ended", strategy=ended[0].id if len(ended) == 1 else ""
        ),
    )


def _stands_out(dataset: Dataset) -> Iterator[Notice]:
    """What the watch found, the dearest first; faults of the data after it."""
    found = standing.found_of(dataset)
    if found is None:
        return
    problems, faults = standing.apart(standing.worse_first(found.findings))
    for item in problems[:MAX_FINDINGS]:
        yield _finding(dataset, found, item)
    if len(faults) > standing.MAX_FAULTS:
        yield _faults(dataset, faults)
        return
    for item in faults:
        yield _finding(dataset, found, item)


def _finding(dataset: Dataset, found: Watch, item: Finding) -> Notice:
    axes = cached.result(axes_of, dataset)
    return Notice(
        icon=standing.icon(item),
        text=f"**{plain(standing.title(axes, item))}**",
        detail=standing.sentence(item),
        page="kpis",
        view=standing.view_of(dataset, found, item),
    )


def _faults(dataset: Dataset, faults: list[Finding]) -> Notice:
    """Many faults of the data as one line, so that they hide nothing else."""
    axes = cached.result(axes_of, dataset)
    names = [plain(standing.title(axes, item)) for item in faults[:MAX_NAMES]]
    more = ["…"] if len(faults) > MAX_NAMES else []
    return Notice(
        icon=standing.icon(faults[0]),
        text=t("**The data look wrong ({count})**", count=number(len(faults))),
        detail=t("; ").join([*names, *more]),
        page="kpis",
        view=KpiView(selection=Selection(metric=faults[0].metric)),
    )


def _worse(dataset: Dataset) -> Iterator[Notice]:
    """Figures whose change against the days before is for the worse, beyond chance."""
    if dataset.period is None:
        return
    first, last = dataset.period
    begin = last - timedelta(days=WATCHED_DAYS - 1)
    if begin - timedelta(days=WATCHED_DAYS) < first:
        return
    metrics = [name for name in WATCHED if not availability_of(dataset, name).missing]
    found = cached.result(
        measure, dataset, metrics, period=(begin, last), compare="previous"
    )
    for name in metrics:
        figure = Figure.of(found.iloc[0].to_dict(), name)
        if figure.verdict == "worse":
            yield _worsened(dataset, figure, name)


def _worsened(dataset: Dataset, figure: Figure, name: str) -> Notice:
    view = KpiView(selection=Selection(metric=name), span="last_28")
    fault = doubt.behind_change(look_at(dataset, view)[0], figure)
    direction = "up" if figure.change > 0 else "down"
    values = {"metric": plain(name_of(name)), "value": plain(figure.written())}
    detail = t(
        "{change} against the {days} days before, {grounds}",
        change=figure.written_change(),
        days=WATCHED_DAYS,
        grounds=figure.grounds(),
    )
    if fault is None:
        text = t("**{metric} got worse: {value}**", **values)
    else:
        text = t("**{metric} seems to have got worse: {value}**", **values)
        days = standing.days_of(fault)
        detail = t(
            "{figures}, but the data look wrong {days}", figures=detail, days=days
        )
    return Notice(
        icon=f":material/trending_{direction}:",
        text=text, detail=detail, page="kpis", view=view,
    )  # fmt: skip


def _freshness(dataset: Dataset, *, today: date) -> Iterator[Notice]:
    if dataset.period is None or dataset.name == demo.NAME:
        return
    last = dataset.period[1]
    days = (today - last).days
    if days > STALE_DAYS:
        yield Notice(
            icon=":material/history:",
            text=t("The last order is {days} days old", days=number(days)),
            detail=t("Data end on {day}", day=day(last)),
            page="data",
        )


def _checks(dataset: Dataset) -> Iterator[Notice]:
    found = [check for check in dataset.manifest.get("checks", ()) if _asks(check)]
    found.sort(key=_gravity)
    for check in found[:MAX_CHECKS]:
        yield Notice(
            icon=":material/rule:",
            text=_sentence(check),
            detail=_figures(check),
            page="data",
        )


def _asks(check: Mapping[str, Any]) -> bool:
    """Whether a check found something, other than how a column is filled."""
    profile = str(check["name"]).startswith("column_") or check["name"] == "freshness"
    return bool(check["count"]) and not profile


def _gravity(check: Mapping[str, Any]) -> tuple[int, float]:
    order = list(_ACTIONS)
    action = check["action"]
    rank = order.index(action) if action in order else len(order)
    return rank, -check["count"] / max(check["of"], 1)


def _sentence(check: Mapping[str, Any]) -> str:
    values = {name: _named(value) for name, value in check["values"].items()}
    return fill(translate(str(check["text"]), language()), values)


def _named(value: object) -> str:
    """A field of the order model under its name in the language, else as it is."""
    field = fields_of("orders").get(str(value))
    return plain(field.label(language()) if field else place_label(str(value)))


def _figures(check: Mapping[str, Any]) -> str:
    return t(
        "{count} of {rows} ({share}), {action}",
        count=number(check["count"]),
        rows=number(check["of"]),
        share=percent(check["count"] / max(check["of"], 1), digits=2),
        action=t(_ACTIONS.get(check["action"], check["action"])),
    )

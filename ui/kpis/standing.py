"""What stands out: the findings of the watch as sentences, each a way to its orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Final, NamedTuple

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.metrics import Condition, Period
from analysis.metrics.registry import parse_reference
from analysis.trends import Finding, Watch, watch
from analysis.trends.gaps import MISSING
from analysis.trends.watched import USUAL_METRICS
from analysis.words import N_
from ui import cached, errors
from ui.counted import counted, sentences
from ui.format import day, moment, number
from ui.format import period as written_period
from ui.jobs import Job
from ui.kpis import within
from ui.kpis.axes import Axis, condition_label, next_level
from ui.kpis.figures import excess_text, is_few, name_of, write
from ui.kpis.view import KpiView, Look
from ui.show import plain
from ui.state import write_view
from ui.texts import fill, t, translate
from ui.texts import language as current_language


class _Texts(NamedTuple):
    """How a sort of finding is told: while it lasts, when over, and of one day."""

    going_on: str
    over: str
    once: str


KIND: Final = "watch"
MAX_SHOWN: Final = 6
#: Faults of the data beyond so many are folded, all of them.
MAX_FAULTS: Final = 2
ANCHOR: Final = "stands-out"
POLL_SECONDS: Final = 1.0
#: What a small finding is opened with, so that its trend shows something.
DAYS_BEFORE: Final = timedelta(days=28)
#: So many days are drawn by the hour.
HOURLY_DAYS: Final = 2
_TOLD: Final[Mapping[str, _Texts]] = {
    "segment": _Texts(
        N_("{value} instead of {expected} since {since}, still going on: {excess}."),
        N_("{value} instead of {expected} from {since} to {until}: {excess}."),
        N_("{value} instead of {expected} on {since}: {excess}."),
    ),
    "mix_shift": _Texts(
        N_("Other orders than before since {since}, each kind as ever."),
        N_("Other orders than before from {since} to {until}, each kind as ever."),
        N_("Other orders than before on {since}, each kind as ever."),
    ),
    "data_fault": _Texts(
        N_("The data look wrong since {since}: {value} instead of {expected}."),
        N_(
            "The data look wrong from {since} to {until}: {value} instead of "
            "{expected}."
        ),
        N_("The data look wrong on {since}: {value} instead of {expected}."),
    ),
    "missing": _Texts(
        N_("Data are missing since {since}."),
        N_("Data are missing from {since} to {until}."),
        N_("Data are missing on {since}."),
    ),
}


def job_of(dataset: Dataset) -> Job:
    """The watch of a version: the one that runs or has run, else a new one."""
    subject = str(dataset.path)
    found = cached.jobs().find(KIND, subject)
    return found or cached.jobs().start(KIND, subject, _work(dataset))


def _work(dataset: Dataset):  # noqa: ANN202 - the work of a job
    def work(job: Job) -> Watch:
        job.progress(0.0, N_("Looking through all segments"))
        return watch(dataset, progress=job.progress)

    return work


def found_of(dataset: Dataset) -> Watch | None:
    """What the watch of a version found; None while it runs or if it could not."""
    job = cached.jobs().find(KIND, str(dataset.path))
    return job.result if job and isinstance(job.result, Watch) else None


def waiting(job: Job) -> None:
    """How far a watch is that ran when the page began; runs the page again at its end.

    Args:
        job: From ``job_of``, taken before anything of its findings was shown.
    """
    _running(job)


def panel(look: Look) -> None:
    """The ranked list; while the watch runs, how far it is."""
    st.subheader(t("What stands out"), anchor=ANCHOR)
    job = job_of(look.dataset)
    if job.state == "running":
        _running(job)
    elif isinstance(job.result, Watch):
        _list(look, job.result)
    elif job.error is not None:
        problem, *_ = errors.safe_sentences(job.error)
        st.caption(problem)
    else:
        st.caption(t("This could not be worked out."))


@st.fragment(run_every=POLL_SECONDS)
def _running(job: Job) -> None:
    if job.state != "running":
        st.rerun()
    st.progress(job.share, text=t(job.step))
    st.caption(_watched_text())


def _watched_text() -> str:
    names = t(", ").join(name_of(name) for name in USUAL_METRICS)
    return t(
        "Looked through in every segment of the last weeks, as far as the data have "
        "them: {names}.",
        names=names,
    )


def _list(look: Look, found: Watch) -> None:
    inside, outside = within.split(look, found.findings)
    if not found.findings:
        series = f"{found.series:,}"
        st.caption(t("Nothing in {count} series is beyond chance.", count=series))
    elif not inside:
        st.caption(t("Nothing that stands out lies within these filters and days."))
    if look.period is not None and look.period.first < found.period.first:
        days = written_period(found.period.first, found.period.last)
        st.caption(t("Only {days} are looked through.", days=days))
    problems, faults = apart(inside)
    with st.container(gap="small", key="kpis_findings"):
        for place, item in enumerate(problems[:MAX_SHOWN]):
            _entry(look, found, item, place=place)
    more = t("{count} more", count=len(problems) - MAX_SHOWN)
    _folded(look, found, problems[MAX_SHOWN:], name=more, first=MAX_SHOWN, key="more")
    _faults(look, found, faults, first=len(problems))
    others = counted(
        N_("One outside these filters and days"),
        N_("{count} outside these filters and days"),
        len(outside),
    )
    _folded(look, found, outside, name=others, first=len(inside), key="outside")


def _faults(look: Look, found: Watch, faults: list[Finding], *, first: int) -> None:
    """Where the data are wrong, not the deliveries: a group of its own."""
    if not faults:
        return
    if len(faults) > MAX_FAULTS:
        name = t("The data look wrong ({count})", count=len(faults))
        _folded(look, found, faults, name=name, first=first, key="faults")
        return
    with st.container(gap="small", key="kpis_faults"):
        st.markdown(f"**{t('The data look wrong')}**")
        for place, item in enumerate(faults, start=first):
            _entry(look, found, item, place=place)


def _folded(
    look: Look, found: Watch, items: list[Finding], *, name: str, first: int, key: str
) -> None:
    """Findings that are made once they are unfolded."""
    if not items:
        return
    rest = st.expander(name, key=f"kpis_findings_{key}", on_change="rerun")
    if rest.open:
        with rest:
            for place, item in enumerate(items, start=first):
                _entry(look, found, item, place=place)


def _entry(look: Look, found: Watch, item: Finding, *, place: int) -> None:
    """One finding: a button that opens its orders, and its figures."""
    with st.container(gap=None):
        st.button(
            f"{icon(item)} {plain(title(look.axes, item))}",
            key=f"kpis_finding_{place}",
            type="tertiary",
            help=t("Show these orders on these days; if few, with four weeks before"),
            on_click=_open,
            args=(look, found, item),
        )
        st.caption(sentence(item))


def _open(look: Look, found: Watch, item: Finding) -> None:
    with errors.boundary():
        write_view(view_of(look.dataset, found, item))


def view_of(dataset: Dataset, found: Watch, item: Finding) -> KpiView:
    """The page on the orders of a finding: its segment, its days, its metric.

    One of hours opens with these alone. Another with too few orders for a trend opens
    with the four weeks before it.
    """
    chosen = item.selection(datetime.combine(found.period.last, time()))
    chosen = replace(chosen, dataset=dataset.name, version=dataset.version)
    if item.grain == "hour" and item.ended is not None:
        hours = range(item.began.hour, item.ended.hour + 1)
        chosen = chosen.narrow(Condition("hour", values=tuple(hours)))
    elif chosen.period is not None and is_small(item, chosen.period.days):
        chosen = replace(chosen, period=_with_before(dataset, chosen.period))
    last = item.segment[-1][0] if item.segment else ""
    taken = {name for name, _ in item.segment}
    below = next_level(dataset, last) if last else ""
    return KpiView(
        selection=chosen, span="days", by="" if below in taken else below, order="worst"
    )


def is_small(item: Finding, days: int) -> bool:
    """Whether the steps of its own days hold too few orders to be drawn."""
    steps = days if days > HOURLY_DAYS else 24 * days
    return is_few(parse_reference(item.metric).definition, item.orders / steps)


def _with_before(dataset: Dataset, days: Period) -> Period:
    """The days and four weeks before them, as far as the data go."""
    first = days.first - DAYS_BEFORE
    whole = Period.of(dataset.period)
    return Period(max(first, whole.first) if whole else first, days.last)


def days_of(item: Finding) -> str:
    """The days of a finding: from when to when, one day, or from when on."""
    first = day(item.began.date())
    if item.ended is None:
        return t("from {day} on", day=first)
    last = day(item.ended.date())
    if first == last:
        return t("on {day}", day=first)
    return t("from {first} to {last}", first=first, last=last)


def icon(item: Finding) -> str:
    """Which sort of finding it is."""
    if item.kind == "data_fault":
        return ":material/database_off:"
    if item.kind == "mix_shift":
        return ":material/shuffle:"
    if item.is_neutral:
        return ":material/swap_vert:"
    return ":material/trending_down:" if not item.is_worse else ":material/warning:"


def title(axes: dict[str, Axis], item: Finding) -> str:
    """Where it is: the segment and the metric, not made safe for Markdown."""
    return f"{place(axes, item)} · {name_of(item.metric)}"


def place(axes: dict[str, Axis], item: Finding) -> str:
    """Its segment in words, not made safe for Markdown."""
    chosen = item.selection(item.began).conditions
    where = ", ".join(condition_label(axes, condition) for condition in chosen)
    return where or t("All orders")


def sentence(item: Finding) -> str:
    """What it is and what it costs, safe for Markdown."""
    definition = parse_reference(item.metric).definition
    values = {
        "value": write(item.observed, definition),
        "expected": write(item.expected, definition),
        "excess": _excess(item),
        "since": _when(item, item.began),
        "until": _when(item, end) if (end := end_of(item)) else "",
    }
    texts = _TOLD["missing" if item.reason in MISSING else item.kind]
    if item.ended is None:
        text = t(texts.going_on, **values)
    else:
        one = values["since"] == values["until"]
        text = t(texts.once if one else texts.over, **values)
    return sentences(text, _reason(item), _begin(item))


def _excess(item: Finding) -> str:
    """What it costs: orders; or minutes, with the orders that they are ranked like."""
    definition = parse_reference(item.metric).definition
    if item.beyond is not None:
        return t(
            "{count} orders beyond {value}",
            count=number(item.excess, sign=True),
            value=write(item.beyond, definition),
        )
    excess = excess_text(item.metric, item.excess)
    if definition.kind not in ("mean", "ratio") or item.is_neutral:
        return excess
    return counted(
        N_("{excess} in total, ranked like one bad order"),
        N_("{excess} in total, ranked like {count} bad orders"),
        max(round(abs(item.cost)), 1),
        excess=excess,
    )


def _reason(item: Finding) -> str:
    if not item.reason:
        return ""
    values: dict[str, object] = {
        name: plain(value) for name, value in item.values.items()
    }
    return fill(translate(item.reason, current_language()), values)


def _begin(item: Finding) -> str:
    """Between which days it began, where that cannot be told to the day."""
    if item.begin_range is None or item.begin_range[0] == item.begin_range[1]:
        return ""
    first, last = (day(when.date()) for when in item.begin_range)
    return t(
        "It began between {first} and {last}, with 95 % certainty.",
        first=first,
        last=last,
    )


def end_of(item: Finding) -> datetime | None:
    """When it was over: the last day of one by day, the end of the last hour else."""
    if item.ended is None or item.grain != "hour":
        return item.ended
    return item.ended + timedelta(hours=1)


def _when(item: Finding, when: datetime) -> str:
    return moment(when) if item.grain == "hour" else day(when.date())


def worse_first(found: Iterable[Finding]) -> list[Finding]:
    """What costs something, the dearest first, faults of the data after the others.

    A mere change of the mix is left out.
    """
    problems, faults = apart(
        item for item in found if item.is_worse and item.kind != "mix_shift"
    )
    return [*problems, *faults]


def apart(found: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Real problems and faults of the data, each in the order they came."""
    items = list(found)
    return (
        [item for item in items if item.kind != "data_fault"],
        [item for item in items if item.kind == "data_fault"],
    )

"""What stands behind a number: its SQL, its definition, where it is from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.engine.dataset import Dataset
from analysis.metrics import measure, sql_of
from analysis.metrics.components import bind_metric
from analysis.metrics.registry import Reference, Source, parse_reference
from ui import cached
from ui.chart_frame import Behind
from ui.format import period as written_period
from ui.kpis.axes import filter_names
from ui.kpis.figures import digits_of, name_of
from ui.kpis.view import Look
from ui.texts import language, t


def measured(look: Look, metrics: Sequence[str], **arguments: Any) -> pd.DataFrame:  # noqa: ANN401
    """``measure`` for the orders and days looked at, computed once for a version."""
    asked = look.measured() | arguments
    if asked["period"] is None:
        asked["compare"] = None
    return cached.result(measure, look.dataset, tuple(dict.fromkeys(metrics)), **asked)


def sql(look: Look, metrics: Sequence[str], **arguments: Any) -> str:  # noqa: ANN401
    """The query that ``measured`` runs for the same arguments."""
    asked = look.measured() | arguments
    if asked["period"] is None:
        asked["compare"] = None
    return cached.result(sql_of, look.dataset, tuple(dict.fromkeys(metrics)), **asked)


def behind(
    look: Look,
    metric: str,
    table: pd.DataFrame,
    *,
    title: str,
    query: str,
    shares: Sequence[str] = (),
) -> Behind:
    """What the row under a chart shows; ``shares`` are columns of shares in its table.

    Other columns are written as the unit of the metric asks for.
    """
    return Behind(
        name=title,
        table=table,
        sql=query,
        definition=definition_text(look, metric),
        formula=formula_text(look, metric),
        notes=notes(look),
        source=(look.dataset.name, look.dataset.version),
        formats=formats_of(metric, table) | dict.fromkeys(shares, "percent"),
    )


def formats_of(metric: str, table: pd.DataFrame) -> dict[str, str]:
    """How the columns of a table that are in the unit of a metric are shown."""
    definition = parse_reference(metric).definition
    known = [name for name in table.columns if str(name).startswith(name_of(metric))]
    if definition.kind == "count" or not known:
        return {}
    style = f"%.{digits_of(definition, 1.0)}f"
    if definition.unit == "share":
        style = "percent"
    beside = (
        t("95 % low"), t("95 % high"), t("Expected"), t("Expected, low"),
        t("Expected, high"), t("Shrunk"), t("Shrunk, 95 % low"),
        t("Shrunk, 95 % high"), t("Before"), t("Change"),
    )  # fmt: skip
    return {
        name: style
        for name in table.select_dtypes("number").columns
        if name in beside or name in known
    }


def definition_text(look: Look, metric: str) -> str:
    """What a metric means, as plain text: what readers need first comes first."""
    reference = parse_reference(metric)
    definition = reference.definition
    lines = [
        name_of(metric),
        definition.definition_in(language()),
        "",
        t("Owner: {owner}", owner=definition.owner),
        t("Version: {version}", version=definition.version),
    ]
    if definition.reference:
        lines.append(t("Source: {source}", source=definition.reference))
    lines += [
        t("Minimum sample: {rows}", rows=definition.minimum_sample),
        t("Interval: 95 %, {method}", method=_method(definition.kind)),
        _direction(definition.direction),
        t("Time: {time}", time=definition.time),
        *_settings(reference),
    ]
    if not look.locked(metric) and look.assumed(metric):
        lines.append(
            t("Assumed: the promise is a rule of the mapping, not in the data.")
        )
    return "\n".join(lines)


def _settings(reference: Reference) -> list[str]:
    """The settings that apply, a line each."""
    return [
        t(
            "{name}: {values}",
            name=setting.label[language().startswith("zh")],
            values=reference.settings[name],
        )
        for name, setting in reference.applicable.items()
    ]


def notes(look: Look) -> dict[str, str]:
    """Where numbers come from, for downloads."""
    filters = filter_names(look.axes, look.orders)
    days = look.period
    before = look.before
    found = {
        t("Dataset"): look.dataset.name,
        t("Version"): look.dataset.version,
        t("Period"): written_period(days.first, days.last) if days else t("all"),
        t("Compared with"): written_period(before.first, before.last) if before else "",
        t("Filters"): "; ".join(filters),
    }
    return {name: text for name, text in found.items() if text}


def formula_text(look: Look, metric: str) -> str:
    """Numerator and denominator as the registry writes them; empty if locked."""
    if look.locked(metric):
        return ""
    source = cached.result(source_of, look.dataset, metric)
    texts = {
        t("Numerator"): source.numerator or source.measure,
        t("Denominator"): source.denominator,
        t("Table"): " / ".join(filter(None, (source.numerator_table, source.table))),
    }
    return "\n".join(
        t("{name}: {values}", name=name, values=text)
        for name, text in texts.items()
        if text
    )


def source_of(dataset: Dataset, metric: str) -> Source:
    """The source of a metric that the dataset has the columns for."""
    return bind_metric(dataset, parse_reference(metric)).source


def _direction(direction: str) -> str:
    names = {"higher": t("Higher is better"), "lower": t("Lower is better")}
    return names.get(direction, t("Neither higher nor lower is better"))


def _method(kind: str) -> str:
    names = {
        "rate": t("Wilson; of a change, Newcombe"),
        "mean": t("Student; of a change, Welch"),
        "percentile": t("order statistics"),
        "ratio": t("delta method"),
        "per": t("exact Poisson"),
    }
    return names.get(kind, t("none, a count"))

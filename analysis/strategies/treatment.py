"""Who was treated when, read from the column that says so."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from analysis.errors import DataProblem, InvalidInput, UnknownName
from analysis.strategies.study import Study
from analysis.strategies.times import never, read_times, show
from analysis.words import N_


def first_treated(study: Study) -> pd.Series:
    """First treated time of each row's unit, NaN or NaT for never.

    The treatment column may hold the first treated time itself, or 0/1 exposure.
    """
    rows = study.rows
    values = rows["treatment"]
    if _is_exposure(values) and "unit" in rows:
        exposed = rows["time"].where(values.astype("float64") == 1)
        return exposed.groupby(rows["unit"]).transform("min")
    times = _moments_of(values, rows["time"], str(study.strategy.treatment))
    return times.mask(never(times, last=rows["time"].max()))


def _moments_of(values: pd.Series, times: pd.Series, name: str) -> pd.Series:
    dated = pd.api.types.is_datetime64_any_dtype(times)
    if dated and pd.api.types.is_numeric_dtype(values):
        years = values.where(values.between(1, 9000)).astype("Int64").astype("str")
        return pd.to_datetime(years, format="%Y", errors="coerce")
    read = read_times(_without_words(values), name=name)
    if pd.api.types.is_datetime64_any_dtype(read) != dated:
        raise DataProblem(
            N_(
                "First treated time {name} holds {seen!r}, periods look like {example}."
            ),
            hint=N_("Give both in the same form."),
            name=name,
            seen=values.dropna().iloc[0],
            example=show(times.iloc[0]),
        )
    return read


def _without_words(values: pd.Series) -> pd.Series:
    """First treated times without the words for "never"."""
    if pd.api.types.is_numeric_dtype(values) or not (
        pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values)
    ):
        return values
    words = values.astype("str").str.strip().str.lower()
    return values.mask(words.isin(_NEVER_WORDS))


def _is_exposure(values: pd.Series) -> bool:
    if not (
        pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)
    ):
        return False
    return set(values.dropna().astype("float64").unique()) == {0.0, 1.0}


def exposure(study: Study) -> pd.Series:
    """0/1 exposure from the treatment column, for did, switchback, synthetic control.

    Raises:
        DataProblem: the column holds something else than two values.
    """
    values = study.rows["treatment"]
    levels = list(pd.unique(values))
    if len(levels) == 1 or len(levels) > 2:  # noqa: PLR2004 - on and off
        raise DataProblem(
            N_("Treatment column {name} holds {count} different values: {seen}."),
            hint=N_("It needs two: 1 where treated and 0 elsewhere."),
            name=study.strategy.treatment,
            count=len(levels),
            seen=", ".join(str(level) for level in levels[:5]),
        )
    off = control_label(values, study.strategy.control)
    return (values != off).astype("float64")


_NEVER_WORDS = (
    "", "never", "none", "no", "not", "nan", "nat", "na", "n/a", "-", "inf", "control",
    "untreated", "never treated", "never-treated", "从未", "未处理", "nunca",
)  # fmt: skip
_CONTROL_WORDS = (
    "control", "ctrl", "0", "0.0", "false", "off", "none", "no", "placebo", "baseline",
    "old", "holdout", "untreated", "before", "a", "status quo",
    "对照", "对照组", "controle",
)  # fmt: skip


def control_label(values: pd.Series, given: Hashable) -> Hashable:
    """The label of the control arm, as it stands in the column.

    Raises:
        UnknownName: the label given is not there.
        InvalidInput: none is given and none of the labels is a usual word for it.
    """
    levels = list(pd.unique(values.dropna()))
    if given is not None:
        for level in levels:
            if level == given or str(level) == str(given):
                return level
        raise UnknownName.of("arm", given, levels)
    words = {str(level).strip().lower(): level for level in levels}
    for word in _CONTROL_WORDS:
        if word in words:
            return words[word]
    starts = [
        level
        for word, level in words.items()
        if word.startswith(("control", "no_", "no "))
    ]
    if len(starts) == 1:
        return starts[0]
    raise InvalidInput(
        N_("None of the arms is known to be the control: {seen}."),
        hint=N_("Name it with control=."),
        seen=", ".join(str(level) for level in levels[:10]),
    )

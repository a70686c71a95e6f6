"""Further settings of a design: what hangs together, strata, carry-over, washout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import streamlit as st

from analysis.engine.dataset import Dataset
from analysis.strategies.registration import Options
from ui import cached
from ui.kpis.axes import axes_of
from ui.show import shortened
from ui.strategies.form_fields import field, get, put
from ui.strategies.words import UNITS
from ui.texts import N_, t

#: What errors may hang together in besides the unit itself, by design and unit.
CLUSTERS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {
    ("ab", "order"): ("rider", "merchant", "zone", "city", "city-day", "day"),
    ("ab", "rider"): ("merchant", "zone", "city-day", "day"),
    ("ab", "merchant"): ("rider", "zone", "city-day", "day"),
    ("did", "zone"): ("city",),
    ("staggered", "zone"): ("city",),
}
#: Dimensions that a draw may have been made within, by design.
STRATA: Final[Mapping[str, tuple[str, ...]]] = {
    "ab": ("city", "zone", "zone_type", "capacity_type", "merchant_type", "category"),
    "staggered": ("city", "zone_type"),
}
PEOPLE: Final = ("rider", "merchant")
USUAL_LAGS: Final = 1
MOST_HOURS: Final = 24
_DAY: Final = N_("day")


def settings(dataset: Dataset) -> None:
    """The settings of the design at hand, folded: usual values suit most."""
    clusters, strata = clusters_of(dataset), strata_of(dataset)
    switchback = get("design") == "switchback"
    if not (clusters or strata or switchback):
        return
    with st.expander(t("Further settings"), icon=":material/tune:"):
        if clusters:
            _clusters(clusters)
        if strata:
            _strata(dataset, strata)
        if switchback:
            _carry_over()


def clusters_of(dataset: Dataset) -> tuple[str, ...]:
    """What errors may hang together in, of what the dataset has."""
    asked = CLUSTERS.get((get("design"), get("unit")), ())
    there = [name for name in asked if dataset.has("orders", *_columns(name))]
    return tuple(dict.fromkeys([*there, *_own("cluster")]))


def strata_of(dataset: Dataset) -> tuple[str, ...]:
    """Dimensions that can be strata, of what the dataset has."""
    axes = cached.result(axes_of, dataset)
    there = [name for name in STRATA.get(get("design"), ()) if name in axes]
    return tuple(dict.fromkeys([*there, *_own("strata")]))


def _own(name: str) -> tuple[str, ...]:
    """What the plan that is edited says itself, whatever is usual."""
    options, (design, *_) = get("options"), get("options_of") or ("",)
    if options is None or design != get("design"):
        return ()
    return tuple(one for one in getattr(options, name) if one != get("unit"))


def chosen(dataset: Dataset) -> dict[str, Any]:
    """What the settings say, as arguments of ``Options``."""
    found: dict[str, Any] = {"cluster": _chosen_clusters(dataset)}
    strata = strata_of(dataset)
    found["strata"] = tuple(name for name in get("strata") or [] if name in strata)
    switchback = get("design") == "switchback"
    washout = int(get("washout") or 0) if switchback else 0
    lags = get("lags")
    by_lags = switchback and not washout and lags is not None
    return found | {"washout": washout, "lags": int(lags) if by_lags else None}


def of_options(options: Options, unit: str) -> dict[str, Any]:
    """What the inputs show of a plan's settings."""
    return {
        "cluster": [name for name in options.cluster if name != unit],
        "strata": list(options.strata),
        "washout": options.washout,
        "lags": USUAL_LAGS if options.lags is None else options.lags,
    }


def _columns(name: str) -> tuple[str, ...]:
    columns = {"rider": "rider_id", "merchant": "merchant_id", "day": "local_date"}
    return (columns.get(name, name.removesuffix("-day")),)


def _chosen_clusters(dataset: Dataset) -> tuple[str, ...]:
    known = clusters_of(dataset)
    found = tuple(name for name in get("cluster") or [] if name in known)
    if found and get("unit") in PEOPLE:
        # Orders of one rider hang together whatever else does.
        return (get("unit"), *found[:1])
    return found[:2]


def cluster_name(name: str) -> str:
    """A cluster in words."""
    return t(UNITS.get(name, _DAY if name == "day" else name))


def _clusters(names: tuple[str, ...]) -> None:
    put("cluster", [name for name in get("cluster") or [] if name in names])
    people = get("unit") in PEOPLE
    one = people or len(names) == 1
    st.multiselect(
        t("Errors hang together by"), names, max_selections=1 if one else 2,
        format_func=cluster_name,
        placeholder=t("{unit} alone", unit=t(UNITS[get("unit")])),
        **field("cluster"),
    )  # fmt: skip
    st.caption(
        t("Beside the unit itself, which always counts: name what several units share.")
        if people
        else t(
            "Name what was really drawn or what shares its luck, such as the rider of "
            "an order. Too few of them make the interval wide."
        )
    )


def _strata(dataset: Dataset, names: tuple[str, ...]) -> None:
    axes = cached.result(axes_of, dataset)
    put("strata", [name for name in get("strata") or [] if name in names])
    st.multiselect(
        t("Drawn or compared within"), names, max_selections=2,
        format_func=lambda name: shortened(axes[name].label),
        placeholder=t("No strata"), **field("strata"),
    )  # fmt: skip
    st.caption(
        t(
            "Places are compared with those of the same stratum only, so that the "
            "weather or a holiday of one city is no effect."
        )
        if get("design") == "staggered"
        else t(
            "Name these where arms were drawn within each of their values; differences "
            "between strata then are no noise."
        )
    )


def _carry_over() -> None:
    for name, usual in (("lags", USUAL_LAGS), ("washout", 0)):
        if get(name) is None:
            put(name, usual)
    one, two = st.columns(2)
    one.number_input(
        t("Carry-over (hours)"), min_value=0, max_value=MOST_HOURS, step=1,
        disabled=bool(get("washout")), **field("lags"),
    )  # fmt: skip
    two.number_input(
        t("Washout (hours)"), min_value=0, max_value=MOST_HOURS, step=1,
        **field("washout"),
    )  # fmt: skip
    st.caption(
        t(
            "Carry-over: hours in which what was on still works after it is off; it is "
            "estimated. A washout drops the hours after a switch instead."
        )
    )

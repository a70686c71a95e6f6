"""Every line of the table of calibration."""

from __future__ import annotations

from functools import partial

from benchmarks import calibrate_cases as cases
from benchmarks import calibrate_panels as panels
from benchmarks.calibrate_cases import Case


def _its(name: str, label: str, method: str, *, judged: bool = True) -> Case:
    draw = panels.rates if method in ("poisson", "quasi_binomial") else panels.series
    return Case(name, "its", label, partial(draw, method=method), judged=judged)


def _synthetic(name: str, label: str, method: str) -> Case:
    draw = partial(panels.synthetic, method=method)
    return Case(name, "synthetic_control", label, draw)


def _bands(name: str, label: str, method: str) -> Case:
    draw = partial(panels.bands, method=method)
    return Case(name, "staggered", label, draw, panels.outside_bands)


CASES: tuple[Case, ...] = (
    Case("means", "ab", "Means of riders (Welch)", cases.means),
    Case("proportions", "ab", "Proportions of orders", cases.proportions),
    Case("ratio", "ab", "Ratio of sums by rider (delta method)", cases.ratio),
    Case("cuped", "ab", "Means with a covariate (CUPED)", cases.cuped),
    Case("stratified", "ab", "Means within strata", cases.stratified),
    Case("clusters", "ab", "60 clusters (cluster-robust)", cases.many_clusters),
    Case("few", "ab", "14 clusters (wild bootstrap)", cases.few_clusters),
    Case("fewest", "ab", "10 clusters (randomisation)", cases.fewest_clusters),
    Case("two_way", "ab", "50 riders x 50 days (two-way)", cases.two_way),
    Case("switchback", "switchback", "Zone-hours with carry-over", cases.switchback),
    Case("did", "did", "60 zones, one start", panels.did),
    Case("did_few", "did", "16 zones, one start (wild bootstrap)", panels.did_few),
    Case("callaway", "staggered", "Callaway-Sant'Anna", panels.callaway),
    Case("imputation", "staggered", "Imputation", panels.imputation),
    _its("its_segmented", "Segmented regression", "segmented"),
    _its("its_newey_west", "Segmented, plain Newey-West", "newey_west", judged=False),
    _its("its_level", "Level before and after", "level"),
    _its("its_arima", "ARMA errors", "arima"),
    _its("its_components", "Unobserved components", "unobserved_components"),
    _its("its_poisson", "Poisson rates", "poisson"),
    _its("its_binomial", "Quasi-binomial shares", "quasi_binomial"),
    _synthetic("sc", "Synthetic control", "synthetic_control"),
    _synthetic("sc_demeaned", "Demeaned synthetic control", "demeaned"),
    _synthetic("sc_did", "Synthetic difference in differences", "sdid"),
    Case(
        "guardrail", "ab", "Guardrail exactly at its margin", cases.guardrail,
        cases.held, kind="guardrail",
    ),
    Case(
        "always", "ab", "Always-valid interval, 28 daily looks", cases.sequence,
        cases.ever_outside, kind="always",
    ),
    _bands("bands", "All steps in their bands, imputation", "imputation"),
    _bands(
        "bands_callaway", "All steps in their bands, Callaway-Sant'Anna",
        "callaway_santanna",
    ),
    Case(
        "bands_rare", "staggered", "All steps in their bands, events of 5 %",
        panels.bands_rare, panels.outside_bands, judged=False, kind="always",
    ),
)  # fmt: skip

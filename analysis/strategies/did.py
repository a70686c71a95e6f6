"""Difference in differences with one start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import InvalidInput, UnknownName
from analysis.strategies import event_study, few_clusters
from analysis.strategies.arm_means import ArmMeans
from analysis.strategies.cells import CellMeans, cell_means
from analysis.strategies.checks import cluster_count
from analysis.strategies.least_squares import Fit, Term, fit
from analysis.strategies.moments import Moments
from analysis.strategies.panel import Panel, read_panel, treated_clusters
from analysis.strategies.results import (
    Check,
    Estimate,
    Finding,
    Light,
    Text,
    as_share,
    student,
    text,
)
from analysis.strategies.study import Study
from analysis.strategies.twfe import two_way
from analysis.words import N_

METHODS = ("did", "twfe", "robust", *few_clusters.REFERENCES)
_ALIASES = {
    "two_by_two": "did",
    "2x2": "did",
    "two_way_fixed_effects": "twfe",
    "cluster": "cluster_robust",
    "permutation": "randomisation",
    "hc1": "robust",
}
#: Estimates this many standard errors apart are called different.
_APART = 1.0


def evaluate_did(study: Study) -> Finding:
    """Compare the change of treated units with that of the others."""
    panel = read_panel(study)
    method, estimate, notes, means = _estimated(panel)
    gaps = _gaps(panel)
    return Finding(
        estimate=estimate,
        method=method,
        estimand=_estimand(panel),
        reference=_reference(method),
        n=len(panel.rows),
        estimates=event_study.event_table(
            gaps, _before(panel, gaps), alpha=study.alpha
        ),
        baseline=float(means.level[0]),
        relative=_relative(means, estimate, method, study.alpha),
        checks=_checks(panel, gaps, estimate, method),
        why=text(N_("Places or units were treated from one day on, others never.")),
        notes=(*panel.notes, *notes),
        raw=_raw(panel) if study.covariates else None,
        extra={"cells": _cells(panel)},
    )


def estimate_did(study: Study) -> Estimate:
    """Only the effect, with the interval and p-value that `evaluate_did` gives it."""
    return _estimated(read_panel(study))[1]


def _estimated(panel: Panel) -> tuple[str, Estimate, tuple[Text, ...], ArmMeans]:
    method = _method(panel)
    fitted, moments = _regression(panel, method)
    means = _means(panel, fitted, moments, method)
    estimate = means.difference(1, 0, alpha=panel.study.alpha)
    return *_inference(panel, method, estimate, fitted), means


def _relative(
    means: ArmMeans, estimate: Estimate, method: str, alpha: float
) -> Estimate | None:
    if method in ("did", "robust"):
        return means.relative(1, 0, alpha=alpha)
    return as_share(estimate, float(means.level[0]))


def _method(panel: Panel) -> str:
    asked = panel.study.strategy.method
    name = "did" if asked is None else _ALIASES.get(asked, asked)
    if name not in METHODS:
        raise UnknownName.of("method", asked, (*METHODS, *_ALIASES))
    if name == "robust" and panel.study.cells is not None:
        raise InvalidInput(
            N_("Method {seen} takes rows as independent; those of places are not."),
            hint=N_("Name clusters with cluster=, or leave the method out."),
            seen=asked,
        )
    needs = name in ("twfe", *few_clusters.REFERENCES)
    if needs and not (panel.clusters and (name != "twfe" or panel.repeated)):
        raise InvalidInput(
            N_("Method {seen} needs units that are seen again and again."),
            hint=N_("Name them with unit=, or use the method did."),
            seen=asked,
        )
    return name


def _regression(panel: Panel, method: str) -> tuple[Fit, Moments]:
    rows = panel.rows
    by = list(panel.clusters)
    if method == "robust":
        rows, by = rows.assign(row=np.arange(len(rows))), ["row"]
    names = panel.study.covariates
    moments = panel.study.sums(
        rows, ["outcome", *names], by=["treated", "post", *by],
        weights=rows["weight"].to_numpy(),
    )  # fmt: skip
    return fit(moments, "outcome", _terms(moments, names)), moments


def _terms(moments: Moments, covariates: Sequence[str]) -> list[Term]:
    treated = moments.groups["treated"].to_numpy(dtype=float)
    post = moments.groups["post"].to_numpy(dtype=float)
    ones = np.ones(len(treated))
    terms = [
        Term("constant", ones),
        Term("treated", treated),
        Term("post", post),
        Term("effect", treated * post),
    ]
    return terms + [Term(name, ones, name) for name in covariates]


def _means(panel: Panel, fitted: Fit, moments: Moments, method: str) -> ArmMeans:
    """Treated units after the start: without treatment, and with it."""
    if method == "robust":
        covariance, df = fitted.clustered(["row"])[0], fitted.df
    elif panel.clusters:
        covariance, df = fitted.clustered(panel.clusters)
    else:
        covariance, df = fitted.classical(), fitted.df
    pick = np.zeros((2, len(fitted.names)))
    pick[:, :3] = 1
    pick[1, 3] = 1
    centre = float(moments.centre[moments.index("outcome")])
    pair = pick @ covariance @ pick.T
    return ArmMeans(
        ("without", "with"), pick @ fitted.coef, pair, np.array([df, df]),
        np.ones(2), common=True, centre=centre,
    )  # fmt: skip


def _inference(
    panel: Panel, method: str, estimate: Estimate, fitted: Fit
) -> tuple[str, Estimate, tuple[Text, ...]]:
    if method == "twfe":
        return _two_way(panel)
    if not panel.clusters or method == "robust":
        return method, estimate, ()
    cluster = min(panel.clusters, key=lambda name: panel.rows[name].nunique())
    treated = treated_clusters(panel, cluster)
    count = panel.rows[cluster].nunique()
    procedure = few_clusters.choose(
        count, treated=None if treated is None else int(treated.sum()), asked=method
    )
    if procedure == "cluster_robust":
        return "did", estimate, ()
    return _redrawn(panel, procedure, estimate, fitted, cluster)


def _redrawn(
    panel: Panel, procedure: str, estimate: Estimate, fitted: Fit, cluster: str
) -> tuple[str, Estimate, tuple[Text, ...]]:
    study = panel.study
    how = few_clusters.Draws(
        study.alpha, study.strategy.draws, study.rng, study.strategy.null
    )
    if procedure == "wild_bootstrap":
        weights = np.zeros(len(fitted.names))
        weights[fitted.index("effect")] = 1.0
        found, test = few_clusters.bootstrapped(
            estimate, fitted, weights, [cluster], how
        )
    else:
        treated = treated_clusters(panel, cluster)
        if treated is None:
            raise InvalidInput(
                N_("Treatment varies within {name}, so clusters cannot be permuted."),
                hint=N_("Use the method wild_bootstrap."),
                name=cluster,
            )
        rows = _without_covariates(panel, fitted)
        test = few_clusters.permuted_changes(rows, cluster, treated, how)
        found = few_clusters.with_test(estimate, test)
    note = text(
        N_("{count} clusters: {draws} draws give interval and p-value; the standard "
           "error shown is the cluster-robust one."),
        count=panel.rows[cluster].nunique(), draws=test.draws,
    )  # fmt: skip
    return procedure, found, (note,)


def _without_covariates(panel: Panel, fitted: Fit) -> pd.DataFrame:
    rows = panel.rows
    names = [name for name in panel.study.covariates if name in fitted.names]
    slopes = fitted.coef[[fitted.index(name) for name in names]]
    explained = rows[names].to_numpy(dtype=float) @ slopes if names else 0.0
    return rows.assign(outcome=rows["outcome"] - explained)


def _two_way(panel: Panel) -> tuple[str, Estimate, tuple[Text, ...]]:
    rows = panel.rows
    found = two_way(
        rows,
        (rows["treated"] * rows["post"]).to_numpy(),
        covariates=panel.study.covariates,
        cluster=panel.clusters[0],
    )
    note = text(
        N_("The small-sample factor does not count unit effects, which are nested in "
           "the clusters.")
    )  # fmt: skip
    estimate = student(found.effect, found.se, alpha=panel.study.alpha, df=found.df)
    return "twfe", estimate, (note,)


def _gaps(panel: Panel) -> CellMeans:
    rows = panel.rows
    if panel.study.covariates:
        rows = _without_covariates(panel, _regression(panel, "did")[0])
    periods = event_study.usable_periods(rows, panel.periods)
    return cell_means(
        rows[rows["time"].isin(periods)], clusters=panel.clusters, periods=periods
    )


def _before(panel: Panel, gaps: CellMeans) -> int:
    return max(sum(period < panel.start for period in gaps.periods), 1)


def _checks(
    panel: Panel, gaps: CellMeans, estimate: Estimate, method: str
) -> tuple[Check, ...]:
    before = _before(panel, gaps)
    found: list[Check | None] = [event_study.pre_trend(gaps, before)]
    found.append(
        event_study.sensitivity_check(
            event_study.sensitivity(gaps, before, estimate.interval)
        )
    )
    if panel.clusters:
        count = min(panel.rows[name].nunique() for name in panel.clusters)
        found.append(cluster_count(count, few=few_clusters.FEW, procedure=method))
    found.append(_second_opinion(panel, estimate))
    return tuple(check for check in found if check is not None)


def _second_opinion(panel: Panel, estimate: Estimate) -> Check | None:
    """Two-way fixed effects beside the comparison of means."""
    if not panel.repeated:
        return None
    other = _two_way(panel)[1]
    apart = abs(other.effect - estimate.effect) / (other.se or np.inf)
    light: Light = "green" if apart < _APART else "amber"
    sentence = text(N_("Two-way fixed effects give {effect:.4g}."), effect=other.effect)
    return Check("second_opinion", light, float(other.effect), sentence)


def _raw(panel: Panel) -> Estimate:
    bare = replace(panel, study=replace(panel.study, covariates=()), notes=())
    fitted, moments = _regression(bare, "did")
    return _means(bare, fitted, moments, "did").difference(
        1, 0, alpha=panel.study.alpha
    )


def _cells(panel: Panel) -> pd.DataFrame:
    grouped = panel.rows.groupby(["treated", "post"])["outcome"]
    table = grouped.agg(mean="mean", se="sem", n="size").reset_index()
    return table.astype({"treated": int, "post": int})


def _estimand(panel: Panel) -> Text:
    return text(
        N_("Effect on the treated after the start, if both groups would have moved "
           "alike: mean of {what}."),
        what=panel.study.strategy.outcome,
    )  # fmt: skip


def _reference(method: str) -> str:
    return few_clusters.REFERENCES.get(
        method, "Card and Krueger 1994; Roth et al. 2023"
    )

"""Group-time effects and how they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import DataProblem
from analysis.strategies.cohorts import NEVER, Codes, Cohorts
from analysis.strategies.doubly_robust import difference, doubly_robust
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate, student
from analysis.words import N_

Used = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects with the influence of each unit on them.

    Attributes:
        labels: One row per effect.
        effect: (effects,)
        influence: (units, effects)
        cluster: Cluster code of each unit.
        cohort: Cohort of each unit.
        freedom: Degrees of freedom of each effect; None is clusters minus 1.
        used: Units that an effect is told from, (units, effects); None is those of
            cohorts with any influence on it.
    """

    labels: pd.DataFrame
    effect: Floats
    influence: Floats
    cluster: Codes
    cohort: Codes
    freedom: Floats | None = None
    used: Used | None = None

    def by_cluster(self) -> Floats:
        """Influence of each cluster, (clusters, effects)."""
        sums = np.zeros((int(self.cluster.max()) + 1, self.influence.shape[1]))
        np.add.at(sums, self.cluster, self.influence)
        return sums

    def covariance(self) -> Floats:
        """Cluster-robust covariance of the effects."""
        sums = self.by_cluster()
        return sums.T @ sums / len(self.influence) ** 2

    @property
    def df(self) -> float:
        """Clusters minus 1."""
        return float(len(np.unique(self.cluster)) - 1)

    def estimate(self, place: int, *, alpha: float) -> Estimate:
        """One of the effects."""
        se = float(np.sqrt(self._variance(self.influence[:, place])))
        df = self.df if self.freedom is None else float(self.freedom[place])
        return student(self.effect[place], se, alpha=alpha, df=df)

    def _variance(self, influence: Floats) -> float:
        sums = np.bincount(self.cluster, influence)
        return float(sums @ sums) / len(influence) ** 2

    def table(self, *, alpha: float) -> pd.DataFrame:
        """Labels, effects and pointwise intervals."""
        sums = self.by_cluster()
        se = np.sqrt((sums**2).sum(axis=0)) / len(self.influence)
        df = self.df if self.freedom is None else self.freedom
        half = stats.t.isf(alpha / 2, df) * se
        with np.errstate(divide="ignore", invalid="ignore"):
            p_value = 2 * stats.t.sf(np.abs(self.effect) / se, df)
        return self.labels.reset_index(drop=True).assign(
            effect=self.effect, se=se, low=self.effect - half,
            high=self.effect + half, p_value=p_value,
        )  # fmt: skip


def group_time_effects(cohorts: Cohorts) -> Effects:
    """ATT(g, t) of every cohort g and period t.

    After the start the base is the last period before it (before anticipation); earlier
    periods are compared with the one before them.

    Reference:
        Callaway and Sant'Anna 2021, https://doi.org/10.1016/j.jeconom.2020.12.001
    """
    ahead = cohorts.study.strategy.anticipation
    labels, found = [], []
    for group in cohorts.groups:
        for period in range(1, len(cohorts.periods)):
            base = period - 1 if period < group - ahead else group - 1 - ahead
            if base < 0:
                continue
            one = _one(cohorts, int(group), period, int(base))
            if one is None:
                continue
            labels.append((int(group), period, period - int(group), one.n))
            found.append(one)
    if not any(event >= 0 for _, _, event, _ in labels):
        raise DataProblem(
            N_("No treated period has untreated units to compare with ({seen})."),
            hint=N_("Use comparison='not_yet', or data with untreated units."),
            seen=cohorts.study.strategy.comparison,
        )
    return _stack(cohorts, labels, found)


def _stack(cohorts: Cohorts, labels: list, found: list[_Mean]) -> Effects:
    table = pd.DataFrame(labels, columns=["g", "t", "event_time", "n"])
    table.insert(0, "group", [cohorts.periods[g] for g in table["g"]])
    table.insert(1, "period", [cohorts.periods[t] for t in table["t"]])
    return Effects(
        table,
        np.array([one.effect for one in found]),
        np.stack([one.influence for one in found], axis=1),
        cohorts.cluster,
        cohorts.cohort,
        used=np.stack([one.used for one in found], axis=1),
    )


def _one(cohorts: Cohorts, group: int, period: int, base: int) -> _Mean | None:
    change = cohorts.outcome[:, period] - cohorts.outcome[:, base]
    seen = np.isfinite(change)
    treated = (cohorts.cohort == group) & seen
    controls = _controls(cohorts, group, max(period, base)) & seen
    if not treated.any() or not controls.any():
        return None
    used = treated | controls
    weight = cohorts.weight[used]
    x = _covariates(cohorts, used, base)
    one = (
        doubly_robust(change[used], treated[used], weight, x)
        if x.shape[1]
        else difference(change[used], treated[used], weight)
    )
    influence = np.zeros(len(change))
    influence[used] = one.influence * len(change) / used.sum()
    return _Mean(one.effect, influence, used, int((cohorts.cohort == group).sum()))


def _covariates(cohorts: Cohorts, used: NDArray[np.bool_], base: int) -> Floats:
    """Covariates in the base period, and dummies of the strata."""
    levels = np.arange(1, int(cohorts.stratum.max()) + 1)
    dummies = cohorts.stratum[used, None] == levels[None, :]
    return np.column_stack([cohorts.covariates[used, base], dummies.astype(float)])


def _controls(cohorts: Cohorts, group: int, period: int) -> NDArray[np.bool_]:
    never = cohorts.cohort == NEVER
    if cohorts.study.strategy.comparison == "never":
        return never
    later = cohorts.cohort > period + cohorts.study.strategy.anticipation
    return (never | later) & (cohorts.cohort != group)


def aggregate(cohorts: Cohorts, effects: Effects, by: str) -> tuple[Effects, Effects]:
    """One overall effect, and effects by time since start, group or period.

    Args:
        cohorts: The panel.
        effects: Group-time effects.
        by: ``simple``, ``dynamic``, ``group`` or ``calendar``.

    Returns:
        The overall effect (a single one) and the parts it is made of.
    """
    labels = effects.labels
    after = (labels["event_time"] >= 0).to_numpy()
    if by == "simple":
        overall = _joined(cohorts, [_mean(cohorts, effects, after)])
        overall.labels.insert(0, "effect", "overall")
        return overall, effects
    key, kept = _KEYS[by]
    chosen = np.ones(len(labels), dtype=bool) if kept == "all" else after
    of_rows = labels[key].to_numpy()
    values = np.unique(of_rows[chosen])
    parts = [_mean(cohorts, effects, chosen & (of_rows == value)) for value in values]
    table = _joined(cohorts, parts)
    table.labels.insert(0, key, values)
    return _overall(cohorts, table, by), _named(cohorts, table, key)


_KEYS = {
    "dynamic": ("event_time", "all"),
    "group": ("g", "after"),
    "calendar": ("t", "after"),
}


def _shares(cohorts: Cohorts, groups: Codes) -> tuple[Floats, Floats]:
    """Share of each group among all units, and each unit's influence on it."""
    weight = cohorts.weight / cohorts.weight.mean()
    inside = (cohorts.cohort[:, None] == groups[None, :]) * weight[:, None]
    share = inside.mean(axis=0)
    return share, inside - share


@dataclass(frozen=True, slots=True)
class _Mean:
    """One effect, each unit's influence on it, which are used, how many it is of."""

    effect: float
    influence: Floats
    used: Used
    n: int


def _mean(cohorts: Cohorts, effects: Effects, chosen: NDArray[np.bool_]) -> _Mean:
    """Group-time effects weighted by the shares of their groups, estimated too."""
    groups = effects.labels["g"].to_numpy(dtype=np.int64)[chosen]
    share, influence = _shares(cohorts, groups)
    weights = share / share.sum()
    effect = effects.effect[chosen]
    overall = float(weights @ effect)
    own = effects.influence[:, chosen] @ weights
    own = own + influence @ (effect - overall) / share.sum()
    seen = effects.influence != 0 if effects.used is None else effects.used
    used = np.asarray(seen[:, chosen].any(axis=1))
    return _Mean(overall, own, used, int(effects.labels["n"].to_numpy()[chosen].sum()))


def _joined(cohorts: Cohorts, parts: Sequence[_Mean]) -> Effects:
    return Effects(
        pd.DataFrame({"n": [part.n for part in parts]}),
        np.array([part.effect for part in parts]),
        np.stack([part.influence for part in parts], axis=1),
        cohorts.cluster,
        cohorts.cohort,
        used=np.stack([part.used for part in parts], axis=1),
    )


def _overall(cohorts: Cohorts, table: Effects, by: str) -> Effects:
    label = pd.DataFrame([{"effect": "overall"}])
    if by == "group":
        groups = table.labels["g"].to_numpy(dtype=np.int64)
        share, influence = _shares(cohorts, groups)
        weights = share / share.sum()
        overall = float(weights @ table.effect)
        own = table.influence @ weights
        own = own + influence @ (table.effect - overall) / share.sum()
        return Effects(
            label, np.array([overall]), own[:, None], table.cluster, table.cohort
        )
    after = np.ones(len(table.effect), dtype=bool)
    if by == "dynamic":
        after = (table.labels["event_time"] >= 0).to_numpy()
    weights = after / after.sum()
    return Effects(
        label,
        np.array([float(weights @ table.effect)]),
        (table.influence @ weights)[:, None],
        table.cluster,
        table.cohort,
    )


def _named(cohorts: Cohorts, table: Effects, key: str) -> Effects:
    if key == "event_time":
        return table
    name = {"g": "group", "t": "period"}[key]
    labels = table.labels.rename(columns={key: name})
    labels[name] = [cohorts.periods[place] for place in labels[name]]
    return replace(table, labels=labels)

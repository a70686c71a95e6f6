"""Group-time effects and how they are put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.errors import DataProblem
from analysis.strategies.cohorts import NEVER, Codes, Cohorts
from analysis.strategies.doubly_robust import Contrast, difference, doubly_robust
from analysis.strategies.moments import Floats
from analysis.strategies.results import Estimate, student
from analysis.words import N_

#: Clusters of a cohort from which its drawn scatter is told from its mean.
_SCATTERED: Final = 6
_NO_SCATTER: Final = 1e-9
#: Share of an effect's squared influence that may be rounding.
_ROUNDING: Final = 1e-20


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
    """

    labels: pd.DataFrame
    effect: Floats
    influence: Floats
    cluster: Codes
    cohort: Codes
    freedom: Floats | None = None

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
            size = int((cohorts.cohort == group).sum())
            labels.append((int(group), period, period - int(group), size))
            found.append(one)
    if not any(event >= 0 for _, _, event, _ in labels):
        raise DataProblem(
            N_("No treated period has untreated units to compare with ({seen})."),
            hint=N_("Use comparison='not_yet', or data with untreated units."),
            seen=cohorts.study.strategy.comparison,
        )
    return _stack(cohorts, labels, found)


def _stack(cohorts: Cohorts, labels: list, found: list[Contrast]) -> Effects:
    table = pd.DataFrame(labels, columns=["g", "t", "event_time", "n"])
    table.insert(0, "group", [cohorts.periods[g] for g in table["g"]])
    table.insert(1, "period", [cohorts.periods[t] for t in table["t"]])
    return Effects(
        table,
        np.array([one.effect for one in found]),
        np.stack([one.influence for one in found], axis=1),
        cohorts.cluster,
        cohorts.cohort,
    )


def _one(cohorts: Cohorts, group: int, period: int, base: int) -> Contrast | None:
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
    return Contrast(one.effect, influence)


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
    """One effect with the influence of each unit on it, and how many units it is of."""

    effect: float
    influence: Floats
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
    return _Mean(overall, own, int(effects.labels["n"].to_numpy()[chosen].sum()))


def _joined(cohorts: Cohorts, parts: Sequence[_Mean]) -> Effects:
    return Effects(
        pd.DataFrame({"n": [part.n for part in parts]}),
        np.array([part.effect for part in parts]),
        np.stack([part.influence for part in parts], axis=1),
        cohorts.cluster,
        cohorts.cohort,
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
    return Effects(labels, table.effect, table.influence, table.cluster, table.cohort)


def simultaneous_bands(
    effects: Effects, *, alpha: float, draws: int, rng: np.random.Generator
) -> Floats:
    """Critical values by which all intervals hold together, (effects,).

    Signs of clusters are drawn, and each draw is measured by an error of its own
    (bootstrap-t): where steps rest on a dozen units, their scatter is not known.
    Effects with degrees of freedom of their own get at least Student's quantile by
    Sidak, all others at least that of their own interval.

    Reference:
        Callaway and Sant'Anna 2021, https://doi.org/10.1016/j.jeconom.2020.12.001;
        Cameron, Gelbach and Miller 2008, https://doi.org/10.1162/rest.90.3.414;
        Sidak 1967, "Rectangular confidence regions for the means of multivariate
        normal distributions", JASA 62, 626-633.
    """
    sums = effects.by_cluster()
    usable = (sums != 0).any(axis=0)
    if not usable.any():  # without any noise every band is its effect
        return np.zeros(len(usable))
    signs = rng.choice([-1.0, 1.0], size=(draws, len(sums)))
    cohorts, kinds = _cohorts_of(effects), _scattering(effects)
    ratios = _drawn_ratios(sums[:, usable], signs, cohorts, kinds)
    count = int(usable.sum())
    drawn = float(np.quantile(ratios.max(axis=1), 1 - alpha))
    drawn = min(drawn, _most_critical(kinds, alpha, count))
    return np.maximum(drawn, _least_critical(effects, alpha, count))


def _drawn_ratios(sums: Floats, signs: Floats, cohorts: Codes, kinds: Codes) -> Floats:
    """Drawn effects over their errors, (draws, effects).

    Args:
        sums: Influence of each cluster, (clusters, effects).
        signs: (draws, clusters)
        cohorts: (clusters,)
        kinds: What has a mean of its own that its clusters scatter around, one or more
            cohorts; -1 where the scatter is taken for known, (clusters,).
    """
    total = (sums**2).sum(axis=0)
    left = np.tile(total, (len(signs), 1))
    counted = _counted(sums, cohorts)
    for kind in np.unique(kinds[kinds >= 0]):
        at = kinds == kind
        count = np.maximum(counted[at].sum(axis=0), 1)
        left -= (signs[:, at] @ sums[at]) ** 2 / count
    return np.abs(signs @ sums) / np.sqrt(np.maximum(left, _NO_SCATTER * total))


def _counted(sums: Floats, cohorts: Codes) -> NDArray[np.bool_]:
    """Clusters of cohorts that an effect is of, (clusters, effects).

    A cluster of these counts even if its own influence is 0: where outcomes are 0 or
    1, most do not move, and those that do say how far they scatter.
    """
    squares = sums**2
    there = np.zeros(squares.shape, dtype=bool)
    for cohort in np.unique(cohorts):
        at = cohorts == cohort
        there[at] = squares[at].sum(axis=0) > _ROUNDING * squares.sum(axis=0)
    return there


def _cohorts_of(effects: Effects) -> Codes:
    """Cohort of each cluster, that of its first unit; -1 without, (clusters,)."""
    there, first = np.unique(effects.cluster, return_index=True)
    found = np.full(int(there[-1]) + 1, -1)
    found[there] = np.unique(effects.cohort[first], return_inverse=True)[1]
    return found


def _scattering(effects: Effects) -> Codes:
    """The cohort that each cluster scatters in, small ones all together, (clusters,).

    Reduced errors know of their own scatter by their degrees of freedom.
    """
    cohorts = _cohorts_of(effects)
    found = np.full(len(cohorts), -1)
    if effects.freedom is not None:
        return found
    there = cohorts >= 0
    kinds = cohorts[there]
    sizes = np.bincount(kinds)
    small = sizes[kinds] < _SCATTERED
    if 0 < small.sum() < _SCATTERED:  # the largest takes them in
        small |= kinds == sizes.argmax()
    found[there] = np.where(small, len(sizes), kinds)
    return found


def _most_critical(kinds: Codes, alpha: float, count: int) -> float:
    """Student's quantile by Sidak, were all scatter that of the smallest kind.

    No band need be wider. Clusters that move by the same step scatter not at all in
    draws in which all their signs agree.
    """
    if (kinds < 0).all():
        return float("inf")
    df = np.bincount(kinds[kinds >= 0])
    least = max(int(df[df > 0].min()) - 1, 1)
    return float(stats.t.isf((1 - (1 - alpha) ** (1 / count)) / 2, least))


def _least_critical(effects: Effects, alpha: float, count: int) -> Floats:
    """Student's quantile below which no band may be, (effects,)."""
    if effects.freedom is None:
        df, level = np.full(len(effects.effect), effects.df), alpha
    else:
        df, level = effects.freedom, 1 - (1 - alpha) ** (1 / count)
    return np.asarray(stats.t.isf(level / 2, df), dtype=np.float64)

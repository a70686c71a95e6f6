"""Agreement against hand-worked figures, statsmodels and closed forms."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import aggregate_raters, cohens_kappa, fleiss_kappa

from analysis.cases.agreements import (
    NO_SPREAD,
    ONE_LABEL,
    Agreement,
    agreement,
    alpha_of,
)
from analysis.errors import InvalidInput, NotEnoughData

#: Both say fault, only the first, only the second, neither.
TABLES = {
    (90, 10, 10, 90): (0.8000, 0.8005, 0.8000),
    (2, 5, 5, 188): (0.2598, 0.2617, 0.9464),
}
LABELS = ("rider", "merchant", "customer", "platform")
ROUNDED = 0.00005
pairs = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=2, max_size=60
)


def labels_of(counts):
    pairs = (("fault", "fault"), ("fault", "no"), ("no", "fault"), ("no", "no"))
    each = [
        pair for pair, count in zip(pairs, counts, strict=True) for _ in range(count)
    ]
    return [first for first, _ in each], [second for _, second in each]


def of(pairs, **options) -> Agreement:
    first, second = zip(*pairs, strict=True)
    return agreement(first, second, draws=50, **options)


@pytest.mark.parametrize("counts", TABLES)
def test_hand_worked_tables(counts):
    found = agreement(*labels_of(counts))
    kappa, alpha, ac1 = TABLES[counts]
    assert found.kappa.value == pytest.approx(kappa, abs=ROUNDED)
    assert found.alpha.value == pytest.approx(alpha, abs=ROUNDED)
    assert found.ac1.value == pytest.approx(ac1, abs=ROUNDED)
    assert found.percent.value == (counts[0] + counts[3]) / sum(counts)
    assert found.matrix.to_numpy().ravel().tolist() == list(counts)
    assert (found.n, found.is_small) == (200, False)
    for figure in (found.kappa, found.alpha, found.ac1, found.percent):
        assert figure.low < figure.value < figure.high
        assert figure.note == ""


def test_intervals_are_those_of_resampled_cases():
    """Against a bootstrap written the long way, and statsmodels' standard error."""
    first, second = map(np.array, labels_of((40, 12, 8, 60)))
    found = agreement(first, second, draws=4_000, seed=1)
    rng = np.random.default_rng(2)
    codes = 2 * (first == "no") + (second == "no")
    drawn = []
    for _ in range(600):
        table = np.bincount(rng.choice(codes, len(codes)), minlength=4).reshape(2, 2)
        drawn.append(cohens_kappa(table, return_results=False))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert found.kappa.low == pytest.approx(low, abs=0.03)
    assert found.kappa.high == pytest.approx(high, abs=0.03)
    known = cohens_kappa(found.matrix.to_numpy())
    width = found.kappa.high - found.kappa.low
    assert width == pytest.approx(2 * 1.96 * known.std_kappa, rel=0.1)


def test_a_seed_gives_the_same_interval():
    first, second = labels_of((20, 5, 4, 11))
    assert (
        agreement(first, second, seed=3).kappa == agreement(first, second, seed=3).kappa
    )


@given(pairs)
@settings(max_examples=80, deadline=None)
def test_kappa_is_that_of_statsmodels(cases):
    found = of(cases)
    if found.kappa.value is not None:
        with np.errstate(all="ignore"):
            known = cohens_kappa(found.matrix.to_numpy(), return_results=False)
        assert found.kappa.value == pytest.approx(known, abs=1e-12)


@given(pairs)
@settings(max_examples=80, deadline=None)
def test_alpha_is_scotts_pi_corrected_for_few_cases(cases):
    """Of two reviewers: 1 - alpha = (1 - pi) (2n - 1) / 2n; Fleiss' kappa is pi."""
    found = of(cases)
    if found.alpha.value is not None:
        ratings, _ = aggregate_raters(np.array(cases))
        pi, n = fleiss_kappa(ratings), len(cases)
        assert 1 - found.alpha.value == pytest.approx((1 - pi) * (2 * n - 1) / (2 * n))


@given(pairs)
@settings(max_examples=80, deadline=None)
def test_ac1_is_its_definition(cases):
    found = of(cases, labels=LABELS)
    n = len(cases)
    same = sum(first == second for first, second in cases) / n
    share = [sum(pair.count(label) for pair in cases) / (2 * n) for label in LABELS]
    chance = sum(part * (1 - part) for part in share) / (len(LABELS) - 1)
    assert found.ac1.value == pytest.approx((same - chance) / (1 - chance))


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_figures_do_not_depend_on_who_is_first_or_on_names(cases):
    found = of(cases)
    swapped = of([(second, first) for first, second in cases])
    renamed = of([(f"z{first}", f"z{second}") for first, second in cases])
    for name in ("kappa", "alpha", "ac1", "percent"):
        value = getattr(found, name).value
        for other in (swapped, renamed):
            assert (value is None) == (getattr(other, name).value is None)
            if value is not None:
                assert value == pytest.approx(getattr(other, name).value)
                assert value <= 1 + 1e-12
    assert found.matrix.to_numpy().sum() == found.n == len(cases)


@given(st.lists(st.sampled_from(LABELS), min_size=2, max_size=40))
@settings(max_examples=40, deadline=None)
def test_who_never_differs_agrees_wholly(labels):
    found = agreement(labels, labels, draws=20)
    assert found.percent.value == 1
    for figure in (found.kappa, found.alpha, found.ac1):
        if len(set(labels)) == 1:
            assert (figure.value, figure.low, figure.note) == (None, None, ONE_LABEL)
        else:
            assert figure.value == pytest.approx(1)
            assert (figure.low, figure.note) == (None, NO_SPREAD)


def test_one_label_says_so_instead_of_a_number():
    found = agreement(["rider"] * 40, ["rider"] * 40)
    assert found.kappa.value is found.alpha.value is found.ac1.value is None
    assert found.kappa.note == ONE_LABEL
    assert found.percent.value == 1
    known = agreement(["rider"] * 40, ["rider"] * 40, labels=LABELS)
    assert known.kappa.value is None
    assert known.ac1.value == pytest.approx(1)


def test_missing_labels_are_left_out_and_few_cases_are_marked():
    found = agreement(["a", None, "b", float("nan"), "a"], ["a", "b", "b", "a", "b"])
    assert (found.n, found.is_small) == (3, True)
    with pytest.raises(NotEnoughData, match="Of 2 cases none"):
        agreement(["a", None], [None, "b"])
    with pytest.raises(InvalidInput, match="1 labels of one reviewer and 2"):
        agreement(["a"], ["a", "b"])
    with pytest.raises(InvalidInput, match="label c"):
        agreement(["c"], ["a"], labels=["a", "b"])


def test_alpha_of_many_reviewers_with_gaps():
    """Krippendorff's own example: four observers, twelve units, nominal: 0.743."""
    gap = None
    ratings = pd.DataFrame(
        [
            [1, 2, 3, 3, 2, 1, 4, 1, 2, gap, gap, gap],
            [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, gap, 3],
            [gap, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, gap],
            [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, gap],
        ]
    ).T
    assert alpha_of(ratings) == pytest.approx(0.743, abs=0.0005)


@given(pairs)
@settings(max_examples=60, deadline=None)
def test_alpha_of_two_is_alpha(cases):
    value = of(cases).alpha.value
    many = alpha_of(pd.DataFrame(cases))
    assert (value is None) == (many is None)
    if value is not None:
        assert many == pytest.approx(value)
    single = pd.DataFrame({"a": ["x", "y"], "b": [None, None]})
    assert alpha_of(single) is None


def test_alpha_of_three_is_the_mean_over_pairs_of_values():
    """Against the definition: disagreement seen over that of all pairs of values."""
    ratings = pd.DataFrame({"a": list("xxyyz"), "b": list("xyyyz"), "c": list("xxyzz")})
    seen = np.mean(
        [one != two for row in ratings.to_numpy()
         for one, two in itertools.permutations(row, 2)]
    )  # fmt: skip
    values = ratings.to_numpy().ravel()
    chance = np.mean([a != b for a, b in itertools.permutations(values, 2)])
    assert alpha_of(ratings) == pytest.approx(1 - seen / chance)

"""A metric row by row adds up to the metric, whatever kind it is."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from analysis.errors import InvalidInput
from analysis.metrics import availability, dimensions_of, load_definitions, measure
from analysis.metrics.cells import read_moments, read_rows
from analysis.metrics.figures import figure_of
from analysis.metrics.moments import Cut
from analysis.metrics.periods import Period
from tests.sample_world import SampleWorld, sample_world

__all__ = ["sample_world"]

KINDS = ("rate", "mean", "ratio", "per")
BY_ROW = [
    name for name, one in load_definitions().items()
    if one.kind in KINDS and not one.locked
]  # fmt: skip


@pytest.mark.parametrize("metric", BY_ROW)
def test_sums_by_city_are_the_metric_by_city(
    sample_world: SampleWorld, metric: str
) -> None:
    dataset = sample_world.dataset
    if not availability(dataset)[metric].is_available:
        pytest.skip("the demo world lacks its columns")
    figure = figure_of(dataset, metric)
    city = dimensions_of(dataset)["city"].expression
    cells = read_moments(dataset, Cut(figure, {"city": city}, weighted=True))
    moments = cells.moments
    expected = measure(dataset, metric, by="city").set_index("city")[metric]
    kept = moments.weight > 0
    found = dict(
        zip(moments.groups["city"][kept], moments.means()[kept, 0], strict=True)
    )
    for place, value in expected.dropna().items():
        assert found[place] == pytest.approx(value, rel=1e-9, abs=1e-12), place


def test_both_ways_of_a_ratio_agree(sample_world: SampleWorld) -> None:
    dataset = sample_world.dataset
    figure = figure_of(dataset, "cpo")
    city = dimensions_of(dataset)["city"].expression
    plain = read_moments(dataset, Cut(figure, {"city": city})).moments
    weighted = read_moments(dataset, Cut(figure, {"city": city}, weighted=True)).moments
    means = plain.means()
    ratio = means[:, 0] / means[:, 1]
    assert weighted.means()[:, 0] == pytest.approx(ratio, rel=1e-12)
    assert weighted.n == pytest.approx(plain.n)
    assert weighted.weight == pytest.approx(means[:, 1] * plain.n)


def test_products_are_those_of_the_rows(sample_world: SampleWorld) -> None:
    """Also with a second column, rows without it left out."""
    dataset = sample_world.dataset
    figure = figure_of(dataset, "delivery_minutes")
    dimensions = dimensions_of(dataset)
    cut = Cut(
        figure, {"zone": dimensions["zone"].expression},
        {"hour": dimensions["hour"].expression},
        period=Period(date(2026, 6, 22), date(2026, 6, 28)),
    )  # fmt: skip
    rows = read_rows(dataset, cut).dropna(subset=["outcome", "hour"])
    cells = read_moments(dataset, cut)
    covariance = cells.moments.covariances()
    for place, zone in enumerate(cells.moments.groups["zone"]):
        part = rows.loc[rows["zone"] == zone, ["outcome", "hour"]].to_numpy(dtype=float)
        assert covariance[place] == pytest.approx(np.cov(part.T), rel=1e-9)


def test_a_count_has_no_value_by_row(sample_world: SampleWorld) -> None:
    with pytest.raises(InvalidInput, match="counts rows"):
        figure_of(sample_world.dataset, "orders")

"""Charts take any column name, keep wall-clock times and say what they show."""

import json
import re

import pandas as pd
import pytest

from analysis.errors import InvalidInput
from ui import chart_grid, charts, export

NAMES = ["a.b:Q", "![x](https://evil.test)", "datum['x']", "", "客诉率", "x" * 10_000]


def frame(name="value", rows=5):
    return pd.DataFrame(
        {
            "when": pd.date_range("2026-03-29 00:30", periods=rows, freq="h"),
            name: [value / 10 for value in range(rows)],
            "low": [value / 10 - 0.05 for value in range(rows)],
            "high": [value / 10 + 0.05 for value in range(rows)],
            "group": [f"g{value}" for value in range(rows)],
            "n": [100] * rows,
        }
    )


@pytest.mark.parametrize("name", NAMES)
def test_any_column_name_is_data(name):
    data = frame(name)
    for chart in (
        charts.trend(data, time="when", value=name, low="low", high="high", target=0.3),
        charts.bars(data, label="group", value=name, low="low", high="high", pick=True),
    ):
        text = json.dumps(chart.to_dict())
        assert '"field": "value"' in text
        assert not name or len(name) < 3 or name not in text


@pytest.mark.parametrize("label", NAMES)
def test_any_label_is_data(label):
    data = frame().assign(group=label)
    drawn = charts.bars(data, label="group", value="value").to_dict()
    assert "evil.test" not in json.dumps(drawn["layer"])


def test_times_are_sent_as_the_clock_on_the_wall():
    chart = charts.trend(frame(), time="when", value="value").to_dict()
    (values,) = chart["datasets"].values()
    assert values[0]["time"] == "2026-03-29T00:30:00"


def test_bars_start_at_zero_and_trends_say_where_they_do_not():
    drawn = json.dumps(charts.bars(frame(), label="group", value="value").to_dict())
    assert '"zero": true' in drawn
    assert '"zero": false' not in drawn


def test_no_more_bars_than_can_be_read():
    chart = charts.bars(frame(rows=40), label="group", value="value").to_dict()
    assert all(len(rows) <= charts.MAX_BARS + 1 for rows in chart["datasets"].values())


def test_values_without_a_number_leave_gaps():
    data = frame()
    data.loc[2, ["value", "low", "high"]] = None
    drawn = charts.trend(data, time="when", value="value", low="low", high="high")
    assert "–" in json.dumps(drawn.to_dict(), ensure_ascii=False)


def test_a_picture_has_its_title_and_bounds():
    data = frame()
    chart = charts.trend(data, time="when", value="value", unit="percent")
    picture = export.svg_bytes(charts.standalone(chart, title="Late\nrate <b>"))
    assert b"Late rate" in picture
    assert b"<b>" not in picture
    many = charts.trend(frame(rows=6_000), time="when", value="value")
    with pytest.raises(InvalidInput, match="too many points"):
        charts.standalone(many, title="x")


def test_a_spark_has_no_axes():
    drawn = charts.spark([1, None, 3]).to_dict()
    assert drawn["encoding"]["x"]["axis"] is None
    assert drawn["encoding"]["y"]["axis"] is None


def drawn_heights(chart):
    """Heights in pixels: of the whole drawing, and of what lies inside its axes."""
    picture = export.svg_bytes(chart.to_dict()).decode()
    whole = re.search(r'<svg [^>]*?height="([\d.]+)"', picture)
    plot = re.search(
        r'class="background"[^>]*? d="M[\d.]+,[\d.]+h[\d.]+v([\d.]+)', picture
    )
    return float(whole[1]), float(plot[1])


def trends(**options):
    spans = pd.DataFrame(
        {
            "time": pd.to_datetime(["2026-03-29 01:00"]),
            "until": pd.to_datetime(["2026-03-29 03:00"]),
            "label": ["closed"],
            "lane": [2],
        }
    )
    data = frame().assign(before=0.2, least=0.1, most=0.4, few=[True] + [False] * 4)
    return charts.trend(
        data, time="when", value="value", before="before", muted="few", spans=spans,
        expected=("least", "most"), target=0.3, axis="share", **options,
    )  # fmt: skip


@pytest.mark.parametrize("rows", [1, 5, charts.MAX_BARS + 1])
@pytest.mark.parametrize("whole", [{}, {"axis": "share", "reference": 0.2}])
def test_bars_are_as_high_as_they_say_and_their_rows_as_asked(rows, whole):
    chart = charts.bars(frame(rows=rows), label="group", value="value", **whole)
    height, plot = drawn_heights(chart)
    assert height == chart.height
    assert plot == pytest.approx(rows * charts.BAR_HEIGHT, abs=25)


@pytest.mark.parametrize("names", [("", ""), ("now", "before")])
def test_a_trend_is_as_high_as_it_says_with_all_that_is_around_it(names):
    height, plot = drawn_heights(trends(names=names, height=300))
    assert height == 300
    assert 180 < plot < 280


def test_a_grid_is_as_high_as_it_says():
    chart = chart_grid.heat(
        cells([0.1, 0.2, 0.3]), column="column", row="row", value="value",
        columns=["a", "b", "c"], rows=["one"],
    )  # fmt: skip
    height, plot = drawn_heights(chart)
    assert height == chart.height
    assert chart_grid.CELL_HEIGHT <= plot < 4 * chart_grid.CELL_HEIGHT


def cells(values):
    places = range(len(values))
    return pd.DataFrame({"column": places, "row": 0, "value": values, "few": False})


def shades(values):
    names = [str(place) for place in range(len(values))]
    chart = chart_grid.heat(
        cells(values), column="column", row="row", value="value", columns=names,
        rows=["one"], muted="few",
    ).to_dict()  # fmt: skip
    colour = chart["encoding"]["color"]["condition"]
    return colour["scale"], colour["legend"]


@pytest.mark.parametrize("far", [100.0, 250.0, 5_000.0])
def test_the_shades_of_a_grid_end_at_its_highest_value(far):
    values = [float(value) for value in range(100)] + [far]
    scale, legend = shades(values)
    assert scale["domain"][0] == 0
    assert scale["domain"][-1] == far
    assert legend["values"] == scale["domain"]
    assert len(scale["range"]) == len(scale["domain"])
    assert len(set(scale["range"])) == len(scale["range"])


def test_a_value_far_off_leaves_the_others_their_shades():
    near, _ = shades([float(value) for value in range(101)])
    far, _ = shades([float(value) for value in range(100)] + [5_000.0])
    assert len(near["domain"]) == 2
    low, most, _ = far["domain"]
    assert low == 0
    assert 95 <= most <= 99
    assert far["range"][:2] == near["range"]


def test_the_text_beside_the_longest_bar_has_room():
    data = frame().assign(note="9.5 % (6,172)", ring=[0.0, 0.0, 0.0, 0.0, 0.9])
    drawn = charts.bars(data, label="group", value="value", note="note", ring="ring")
    top = drawn.to_dict()["layer"][0]["encoding"]["x"]["scale"]["domainMax"]
    assert top > 0.9 * 1.2
    nothing = frame().assign(value=0.0)
    scale = charts.bars(nothing, label="group", value="value").to_dict()
    assert "domainMax" not in scale["layer"][0]["encoding"]["x"]["scale"]


def test_no_share_beyond_all_of_them_is_on_the_axis():
    data = frame().assign(value=[0.9, 0.1, 0.2, 0.3, 0.05])
    x = charts.bars(data, label="group", value="value", unit="percent").to_dict()
    x = x["layer"][0]["encoding"]["x"]
    assert x["scale"]["domainMax"] > 1
    assert max(x["axis"]["values"]) == 1

"""A kept chart is the chart: same specification, same data, and its own key."""

import io
import json

import pandas as pd
import pyarrow as pa

from ui import cached, chart_frame, chart_grid, charts, export
from ui.chart_finished import content, finish


def frame(value=0.1):
    return pd.DataFrame(
        {
            "when": pd.date_range("2026-03-29", periods=3),
            "value": [value, None, 0.3],
            "low": [0.05, 0.1, 0.2],
            "high": [0.2, 0.3, 0.4],
            "group": ["a", "b", "c"],
            "n": [100, 50, 7],
        }
    )


def makers():
    data = frame()
    return (
        lambda: charts.trend(data, time="when", value="value", pick=True, target=0.2),
        lambda: charts.bars(data, label="group", value="value", pick=True),
        lambda: charts.spark([1, None, 3]),
        lambda: chart_grid.curve(
            data, x="n", value="value", low="low", high="high", sample="n",
            name="group", x_title="x", y_title="y",
        ),
    )  # fmt: skip


def rows_of(stream):
    return pa.ipc.open_stream(io.BytesIO(stream)).read_all().to_pylist()


def named(spec, found):
    """A specification with its data in the place of their names."""
    if isinstance(spec, dict):
        if set(spec) == {"name"} and spec["name"] in found:
            return found[spec["name"]]
        return {name: named(item, found) for name, item in spec.items()}
    return [named(item, found) for item in spec] if isinstance(spec, list) else spec


def without_numbers(spec):
    """Altair numbers its views through, from chart to chart."""
    return {name: item for name, item in spec.items() if name not in ("name", "params")}


def test_it_is_what_altair_gives():
    for make in makers():
        usual = make().to_dict()
        kept = finish(make)
        sets = {name: rows_of(data) for name, data in kept.data.items()}
        spec = named(json.loads(kept.spec), sets)
        wanted = named(usual, usual.pop("datasets"))
        del wanted["config"]
        for place, layer in enumerate(wanted.get("layer", [])):
            assert without_numbers(spec["layer"][place]) == without_numbers(layer)
        assert without_numbers(spec | {"layer": []}) == without_numbers(
            wanted | {"layer": []}
        )
        assert len(spec.get("params", [])) == len(wanted.get("params", []))


def test_any_cell_and_any_option_makes_another_chart():
    options = {"label": "group", "value": "value"}
    one = cached.drawing(charts.bars, frame(), **options).finished
    assert cached.drawing(charts.bars, frame(), **options).finished.spec == one.spec
    assert cached.drawing(charts.bars, frame(0.11), **options).finished != one
    other = cached.drawing(charts.bars, frame(), **options, unit="percent").finished
    assert other != one
    assert content(frame()) != content(frame().astype({"n": "float"}))
    assert content(pd.DataFrame({"a": ["1"]})) != content(pd.DataFrame({"a": [1]}))


def test_the_language_is_part_of_the_key(monkeypatch):
    def drawn():
        return cached.drawing(
            charts.trend, frame(), time="when", value="value", target=0.2
        ).finished

    english = drawn()
    monkeypatch.setattr(cached, "language", lambda: "zh_CN")
    monkeypatch.setattr("ui.texts.language", lambda: "zh_CN")
    assert drawn() != english


def test_it_can_still_be_a_picture():
    kept = cached.drawing(charts.bars, frame(), label="group", value="value")
    picture = export.svg_bytes(charts.standalone(kept.make(), title="x"))
    assert b"<svg" in picture
    assert chart_frame.Drawing is type(kept)

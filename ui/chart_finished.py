"""Charts as they are sent to the browser: built once, kept, and sent again as they are.

Building a chart with Altair takes ten times as long as all else that a page does for
it, so ``ui.cached.drawing`` keeps what comes out here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd
import pyarrow as pa
from altair.utils.schemapi import debug_mode

from ui.chart_parts import Chart


@dataclass(frozen=True, slots=True)
class Finished:
    """A chart without anything left to work out.

    Attributes:
        spec: Its Vega-Lite specification without data, as JSON.
        data: Its data as Arrow streams, by the names the specification has for them.
    """

    spec: str
    data: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart that is kept finished.

    Attributes:
        make: Builds it anew, for what needs more than its specification.
        finished: What is sent to the browser.
    """

    make: Callable[[], Chart]
    finished: Finished

    def to_vega_lite(self) -> dict[str, Any]:
        """The specification with its data, for ``st.vega_lite_chart``."""
        return json.loads(self.finished.spec) | {"datasets": dict(self.finished.data)}


def finish(make: Callable[[], Chart]) -> Finished:
    """Build a chart and take its data out of it.

    The data go by name: what turns frames into text in Altair is one setting for all
    threads, and so are its themes, whose sizes ours do without.
    """
    # Validation looks for slips of whoever writes a chart, which tests do as well.
    with debug_mode(arg=False):
        chart = make()
        data: dict[str, bytes] = {}
        for part in (chart, *getattr(chart, "layer", ())):
            if isinstance(part.data, pd.DataFrame):
                stream = _stream(part.data)
                name = hashlib.sha256(stream).hexdigest()
                data[name] = stream
                part.data = alt.NamedData(name=name)
        spec = chart.to_dict(validate=False)
    spec.pop("config", None)
    return Finished(json.dumps(spec), data)


def content(frame: pd.DataFrame) -> list[Any]:
    """All that is in a frame, in text and numbers that differ whenever it differs."""
    cells = frame.astype(object).to_numpy().tolist()
    return [list(frame.columns), [str(item) for item in frame.dtypes], cells]


def _stream(frame: pd.DataFrame) -> bytes:
    """A frame as an Arrow stream."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()

"""Arrow columns from numpy arrays, without a Python loop over rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

_TIME = pa.timestamp("ms", tz="UTC")
_DIGIT_0 = 48


def _bitmap(valid: NDArray[np.bool_] | None) -> pa.Buffer | None:
    if valid is None or bool(valid.all()):
        return None
    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _primitive(
    values: NDArray, kind: pa.DataType, valid: NDArray[np.bool_] | None
) -> pa.Array:
    buffers = [_bitmap(valid), pa.py_buffer(np.ascontiguousarray(values))]
    return pa.Array.from_buffers(kind, len(values), buffers)


def times(seconds: NDArray, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Instants from seconds since 1970 in UTC; missing where ``valid`` is False."""
    return _primitive(seconds.astype(np.int64) * 1000, _TIME, valid)


def integers(values: NDArray, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Whole numbers."""
    return _primitive(values.astype(np.int32), pa.int32(), valid)


def numbers(values: NDArray, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Floating-point numbers."""
    return _primitive(values.astype(np.float64), pa.float64(), valid)


def amounts(cents: NDArray, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Money from whole cents."""
    return numbers(cents / 100, valid)


def flags(values: NDArray[np.bool_]) -> pa.Array:
    """Truth values."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def choices(codes: NDArray, values: Sequence[str]) -> pa.DictionaryArray:
    """Texts from codes into a list of values; a negative code is missing."""
    valid = codes >= 0
    indices = _primitive(codes.astype(np.int32), pa.int32(), valid)
    return pa.DictionaryArray.from_arrays(indices, pa.array(values, pa.string()))


def constant(value: str, size: int) -> pa.DictionaryArray:
    """The same text in every row."""
    return choices(np.zeros(size, dtype=np.int32), [value])


def keys(
    prefix: str,
    numbered: NDArray,
    *,
    width: int,
    valid: NDArray[np.bool_] | None = None,
    suffix: str = "",
) -> pa.StringArray:
    """Identifiers: a prefix and a number with leading zeros, as ``KW00012``."""
    head = np.frombuffer(prefix.encode(), dtype=np.uint8)
    tail = np.frombuffer(suffix.encode(), dtype=np.uint8)
    size, stop = len(numbered), len(head) + width
    length = stop + len(tail)
    letters = np.empty((size, length), dtype=np.uint8)
    letters[:, : len(head)] = head
    letters[:, stop:] = tail
    rest = numbered.astype(np.int64)
    for place in range(stop - 1, len(head) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + _DIGIT_0
    offsets = np.arange(size + 1, dtype=np.int32) * length
    buffers = [_bitmap(valid), pa.py_buffer(offsets), pa.py_buffer(letters)]
    return pa.Array.from_buffers(pa.string(), size, buffers)


def degrees(values: NDArray, valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """Coordinates, to about a metre."""
    return _primitive(values.astype(np.float32), pa.float32(), valid)

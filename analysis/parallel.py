"""Work that releases the interpreter's lock, on all processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


def each(function: Callable[[Given], Result], items: Sequence[Given]) -> list[Result]:
    """``function`` of each item, in their order, several at a time.

    For queries and large arrays: plain Python gains nothing from threads.

    Raises:
        Exception: what ``function`` raised of the first item for which it did.
    """
    workers = min(os.cpu_count() or 1, len(items))
    if workers <= 1:
        return [function(item) for item in items]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, items))

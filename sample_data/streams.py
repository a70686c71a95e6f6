"""Random numbers: one named stream per purpose, city and day.

A stream depends on nothing but the seed, its purpose and its keys, so what one part
draws never moves what another part sees. Draws are whole numbers below 65,536 that
look up quantile tables with rounded entries: no exponential or logarithm of a draw is
ever computed, so the last bit of a processor's mathematics cannot show.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import cache

import numpy as np
from numpy.random import PCG64DXSM, Generator, SeedSequence
from numpy.typing import NDArray
from scipy.special import ndtri

#: Number of distinct draws, and of entries of a quantile table.
LEVELS = 65_536

Draws = NDArray[np.uint16]


def stream(seed: int, purpose: str, *keys: int) -> Generator:
    """The generator of one purpose.

    Args:
        seed: Seed of the world.
        purpose: Name of what is drawn, such as ``kitchen``.
        *keys: Further whole numbers, such as city and day.
    """
    path = (zlib.crc32(purpose.encode()), *keys)
    return Generator(PCG64DXSM(SeedSequence(seed, spawn_key=path)))


def draws(seed: int, purpose: str, size: int, *keys: int) -> Draws:
    """``size`` whole numbers from 0 to 65,535, each equally likely."""
    raw = stream(seed, purpose, *keys).bytes(2 * size)
    return np.frombuffer(raw, dtype="<u2")


def daily_draws(
    seed: int, purpose: str, sizes: Iterable[tuple[int, int]], city: int
) -> Draws:
    """Draws of several days in a row; ``sizes`` pairs each day with its number."""
    parts = [draws(seed, purpose, size, city, day) for day, size in sizes]
    return np.concatenate(parts) if parts else np.zeros(0, np.uint16)


def share(probability: float) -> int:
    """How many of the 65,536 levels a probability takes.

    >>> share(0.5)
    32768
    """
    return round(probability * LEVELS)


def _levels() -> NDArray[np.float64]:
    return (np.arange(LEVELS) + 0.5) / LEVELS


def _rounded(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return (np.round(values * 4096) / 4096).astype(np.float32)


@cache
def lognormal(sigma: float) -> NDArray[np.float32]:
    """Quantiles of a log-normal with median 1."""
    return _rounded(np.exp(sigma * ndtri(_levels())))


@cache
def normal(sigma: float = 1.0) -> NDArray[np.float32]:
    """Quantiles of a normal with mean 0."""
    return _rounded(sigma * ndtri(_levels()))


@cache
def exponential(mean: float = 1.0) -> NDArray[np.float32]:
    """Quantiles of an exponential."""
    return _rounded(-mean * np.log1p(-_levels()))


def weighted(weights: NDArray[np.float64]) -> NDArray[np.int32]:
    """Table from a draw to an index, each index as often as its weight says."""
    edges = np.cumsum(weights) / np.sum(weights)
    return np.searchsorted(edges, _levels(), side="right").astype(np.int32)

"""Sufficient statistics; they lie in ``stats``, so that a database can sum them too."""

from __future__ import annotations

from analysis.stats.moments import Floats, Moments, moments_of

__all__ = ["Floats", "Moments", "moments_of"]

"""Sufficient statistics; they lie in ``stats``, so that a database can sum them too."""

from __future__ import annotations

from analysis.stats.moments import Floats, Moments, codes_of, moments_of

__all__ = ["Floats", "Moments", "codes_of", "moments_of"]

"""Prophet as a baseline for daily late rates, each day told from the days before it."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
from scipy.stats import norm

from benchmarks.daily_rates import DAYS, FIRST, Floats, Rates

#: Days that one fit foretells: a fit a week is what a team would run.
EVERY = 7
#: Its interval; a day outside is called.
INSIDE = 0.99
#: The same in standard deviations.
LIMIT = float(norm.isf((1 - INSIDE) / 2))


def by_prophet(rates: Rates) -> Floats:
    """How far each day is from what Prophet foretold, in its standard deviations.

    Reference:
        Taylor and Letham 2018, "Forecasting at scale", The American Statistician 72,
        37-45.
    """
    logging.disable(logging.INFO)  # it tells of every fit
    scores = [_one(row) for row in rates.late / rates.orders]
    logging.disable(logging.NOTSET)
    return np.array(scores)


def _one(share: Floats) -> Floats:
    scores = np.zeros(DAYS)
    days = pd.DataFrame({"ds": pd.date_range("2026-01-05", periods=DAYS), "y": share})
    for begin in range(FIRST, DAYS, EVERY):
        told = _foretold(days[:begin], days[begin : begin + EVERY])
        middle = (told["yhat_upper"] + told["yhat_lower"]).to_numpy() / 2
        deviation = (told["yhat_upper"] - told["yhat_lower"]).to_numpy() / (2 * LIMIT)
        scores[begin : begin + EVERY] = (
            np.abs(share[begin : begin + EVERY] - middle) / deviation
        )
    return scores


def _foretold(past: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    from prophet import Prophet  # noqa: PLC0415 - only `make bench` installs it

    model = Prophet(
        interval_width=INSIDE, weekly_seasonality=True,
        daily_seasonality=False, yearly_seasonality=False,
    )  # fmt: skip
    np.random.seed(1)  # noqa: NPY002 - its intervals are drawn from the global generator
    return model.fit(past, seed=1).predict(ahead)

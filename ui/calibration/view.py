"""What the page Calibration looks at: its address."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field

from ui.state import View

PAGE: Final = "calibration"

#: What can be split at random without a plan.
Unit = Literal["rider", "order", "merchant"]


class CalibrationView(View):
    """What the page Calibration looks at.

    Attributes:
        strategy: Id of the strategy whose procedure is tried; empty for an A/B test.
        metric: Metric of that A/B test; the usual one if empty.
        unit: What it assigns.
    """

    strategy: str = Field("", max_length=64)
    metric: str = Field("", max_length=200)
    unit: Unit = "rider"

"""Published results, printed beside what Doorstep computes from the same figures.

The data ship with statsmodels or are small enough to be restated; where a design has no
such result, the truth is known by construction, and the source says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from analysis.strategies import published_figures as figures
from analysis.words import N_


@dataclass(frozen=True, slots=True)
class Printed:
    """A published result.

    Attributes:
        design: Design it stands for.
        title: What it is about, marked with ``N_``.
        source: Where it is printed.
        figures: Names of its figures, marked with ``N_``, with what is printed and how
            far the computed one may be off: half a unit of the last printed digit.
        compute: Gives the same figures in order.
    """

    design: str
    title: str
    source: str
    figures: tuple[tuple[str, float, float], ...]
    compute: Callable[[], Sequence[float]]


@dataclass(frozen=True, slots=True)
class Compared:
    """One printed figure beside the computed one.

    Attributes:
        design: Design it stands for.
        title: What it is about, marked with ``N_``.
        figure: Which figure, marked with ``N_``.
        source: Where it is printed.
        printed: As printed.
        computed: As computed here.
        tolerance: How far they may be apart.
    """

    design: str
    title: str
    figure: str
    source: str
    printed: float
    computed: float
    tolerance: float

    @property
    def difference(self) -> float:
        """Computed minus printed."""
        return self.computed - self.printed

    @property
    def agrees(self) -> bool:
        """Whether the difference is one of rounding."""
        return bool(abs(self.difference) <= self.tolerance)


EFFECT, ERROR, LOW, HIGH, P_VALUE = (
    N_("effect"), N_("standard error"), N_("lower bound"), N_("upper bound"),
    N_("p-value"),
)  # fmt: skip

PRINTED: tuple[Printed, ...] = (
    Printed(
        "ab", N_("Two soporifics, 10 patients each (Welch)"),
        "Student 1908; R documentation, t.test(extra ~ group, sleep)",
        ((EFFECT, 1.58, 5e-3), (LOW, -0.2054832, 5e-8), (HIGH, 3.3654832, 5e-8),
         (P_VALUE, 0.07939, 5e-6)),
        figures.soporifics,
    ),
    Printed(
        "ab", N_("Weights of plants, one variance (Student)"),
        "Dobson 1990; R documentation, lm(weight ~ group)",
        ((EFFECT, -0.371, 5e-4), (ERROR, 0.3114, 5e-5), (P_VALUE, 0.249, 5e-4)),
        figures.plants,
    ),
    Printed(
        "ab", N_("Revenue by user from sums alone (Welch)"),
        "Sums of 3,407 and 3,461 users; R, t.test",
        ((LOW, 0.04538, 5e-6), (HIGH, 0.53462, 5e-6), (P_VALUE, 0.02016, 5e-6)),
        figures.revenue,
    ),
    Printed(
        "ab", N_("The same in per cent by the delta method"),
        "Deng, Knoblich and Lu 2018",
        ((EFFECT, 0.70732, 5e-6), (LOW, -0.03526, 5e-6), (HIGH, 1.44989, 5e-6)),
        figures.revenue_in_per_cent,
    ),
    Printed(
        "ab", N_("56 of 70 against 48 of 80 (Miettinen-Nurminen)"),
        "Newcombe 1998, table II, method 6",
        ((LOW, 0.0528, 5e-5), (HIGH, 0.3382, 5e-5)), figures.miettinen_nurminen,
    ),
    Printed(
        "ab", N_("56 of 70 against 48 of 80 (Mee)"),
        "Newcombe 1998, table II, method 5",
        ((LOW, 0.0533, 5e-5), (HIGH, 0.3377, 5e-5)), figures.mee,
    ),
    Printed(
        "ab", N_("56 of 70 against 48 of 80 (Newcombe)"),
        "Newcombe 1998, table II, method 10",
        ((LOW, 0.0524, 5e-5), (HIGH, 0.3339, 5e-5)), figures.newcombe_of_both,
    ),
    Printed(
        "ab", N_("Aspirin and heart attacks among physicians"),
        "Agresti 2007, section 2.2: 189 of 11,034 and 104 of 11,037",
        ((EFFECT, 0.0077, 5e-5), (ERROR, 0.0015, 5e-5), (LOW, 0.005, 5e-4),
         (HIGH, 0.011, 5e-4)),
        figures.aspirin,
    ),
    Printed(
        "ab", N_("Teaching economics, adjusted for ability"),
        "Spector and Mazzeo 1980; Greene 2003, linear probability model",
        ((EFFECT, 0.378555, 5e-7), (ERROR, 0.139173, 5e-7)), figures.teaching,
    ),
    Printed(
        "ab", N_("Regression of employment on six series (NIST)"),
        "Longley 1967; NIST StRD, certified values of the year's coefficient",
        ((EFFECT, 1829.15146461355, 1e-3), (ERROR, 455.478499142212, 1e-4)),
        figures.longley,
    ),
    Printed(
        "ab", N_("The lady tasting tea: 8 cups, 4 of each kind (randomisation)"),
        "Fisher 1935, chapter II: 1 in 70, one-sided",
        ((P_VALUE, 1 / 70, 1e-9),), figures.tea,
    ),
    Printed(
        "ab", N_("Sample-ratio mismatch of 821,588 and 815,482"),
        "Kohavi, Tang and Xu 2020, chapter 3", ((P_VALUE, 1.8e-6, 5e-8),),
        figures.mismatch,
    ),
    Printed(
        "ab", N_("Rows per arm for 5 % of a rate of 5 %"),
        "Kohavi, Longbotham, Sommerfield and Henne 2009, section 3.2",
        ((N_("rows"), 121_600.0, 0.5),), figures.sample_size,
    ),
    Printed(
        "ab", N_("15 hypotheses on thrombolysis"), "Benjamini and Hochberg 1995",
        ((N_("rejected, Benjamini-Hochberg"), 4.0, 0.0),
         (N_("rejected, Bonferroni"), 3.0, 0.0)),
        figures.thrombolysis,
    ),
    Printed(
        "did", N_("Investment of ten firms, two-way fixed effects"),
        "Grunfeld 1958; Baltagi 2005, table 3.1",
        ((N_("value of the firm"), 0.118, 5e-4), (N_("capital"), 0.358, 5e-4)),
        figures.grunfeld,
    ),
    Printed(
        "staggered", N_("Two groups of which two-way fixed effects get the sign wrong"),
        "de Chaisemartin and D'Haultfoeuille 2020, section I",
        ((N_("two-way fixed effects"), -0.5, 1e-9), (N_("first effect"), 1.0, 1e-9)),
        figures.wrong_sign,
    ),
    Printed(
        "its", N_("The Nile before and after 1899"),
        "Cobb 1978; means 1,097.75 and 849.97",
        ((EFFECT, -247.78, 5e-3), (N_("level before"), 1097.75, 5e-3)), figures.nile,
    ),
    Printed(
        "switchback", N_("Effects of 0.6 now and 0.4 a period later"),
        "By construction: an outcome without noise",
        ((EFFECT, 1.0, 1e-9), (N_("carry-over"), 0.4, 1e-9)), figures.carried,
    ),
    Printed(
        "synthetic_control", N_("A place that is 0.3 of one and 0.7 of another"),
        "By construction: a mix without noise, and an effect of 2",
        ((EFFECT, 2.0, 1e-6), (N_("largest weight"), 0.7, 1e-6)), figures.mixed,
    ),
)  # fmt: skip


@cache
def self_test() -> tuple[Compared, ...]:
    """Compute every published result, once a process."""
    found: list[Compared] = []
    for one in PRINTED:
        for (name, printed, tolerance), computed in zip(
            one.figures, one.compute(), strict=True
        ):
            found.append(
                Compared(
                    one.design, one.title, name, one.source, printed,
                    float(computed), tolerance,
                )
            )  # fmt: skip
    return tuple(found)


def self_test_table(found: Sequence[Compared]) -> pd.DataFrame:
    """The comparison with one row per figure."""
    return pd.DataFrame(
        {
            "design": [one.design for one in found],
            "title": [one.title for one in found],
            "figure": [one.figure for one in found],
            "printed": [one.printed for one in found],
            "computed": [one.computed for one in found],
            "difference": [one.difference for one in found],
            "agrees": np.array([one.agrees for one in found], dtype=bool),
            "source": [one.source for one in found],
        }
    )

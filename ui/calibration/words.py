"""Names of what was calibrated, for the catalogues of texts."""

from __future__ import annotations

from typing import Final

from analysis.words import N_

#: The lines of ``make calibrate``, as they stand in its table.
LABELS: Final = (
    N_("Means of riders (Welch)"), N_("Proportions of orders"),
    N_("Ratio of sums by rider (delta method)"), N_("Means with a covariate (CUPED)"),
    N_("Means within strata"), N_("60 clusters (cluster-robust)"),
    N_("14 clusters (wild bootstrap)"), N_("10 clusters (randomisation)"),
    N_("50 riders x 50 days (two-way)"), N_("Zone-hours with carry-over"),
    N_("60 zones, one start"), N_("16 zones, one start (wild bootstrap)"),
    N_("Callaway-Sant'Anna"), N_("Imputation"), N_("Segmented regression"),
    N_("Segmented, plain Newey-West"), N_("Level before and after"),
    N_("ARMA errors"), N_("Unobserved components"), N_("Poisson rates"),
    N_("Quasi-binomial shares"), N_("Synthetic control"),
    N_("Demeaned synthetic control"), N_("Synthetic difference in differences"),
    N_("Guardrail exactly at its margin"), N_("Always-valid interval, 28 daily looks"),
    N_("All steps in their bands, imputation"),
    N_("All steps in their bands, Callaway-Sant'Anna"),
    N_("All steps in their bands, events of 5 %"),
)  # fmt: skip

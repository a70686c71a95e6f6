"""Settings of the filters, shared by their two forms."""

from __future__ import annotations

from scipy.stats import norm

#: Variance of the level's step, as a share of the noise: one filter for each.
WALKS = (0.0, 0.003, 0.02, 0.1, 1.0)
#: Weight of older errors in how a filter is judged, a step.
MEMORY = 0.985
#: Steps over which the noise is learned, at most.
NOISE_STEPS = 60.0
#: How fast effects of seasons change, as a share of the noise a step.
SEASON_WALK = 0.002
#: Errors are bounded at so many standard deviations.
BOUND = 2.0
#: Errors beyond this are events while they are fewer than this share of so many steps.
OUTLYING = 2.8
OUTLYING_SHARE = 0.15
OUTLYING_STEPS = 30
#: How uncertain the level is before any point, as a multiple of the noise, in variance.
START_VARIANCE = 10.0
#: A level left for another is remembered for so many steps.
RETURN_STEPS = 60
#: Freedom of the density by which filters are weighted.
HEAVY = 5.0


def _of_bounded_squares() -> tuple[float, float, float]:
    """What squared standard normals, bounded and without far ones, tell of noise.

    Returns:
        Their mean; how the mean of those divided by it moves with the variance, as a
        share; their variance.
    """
    far, drawn = 2 * norm.sf(OUTLYING), 2 * norm.sf(BOUND)
    low = drawn - far
    second = 1 - drawn - 2 * BOUND * norm.pdf(BOUND)
    fourth = 3 * (1 - drawn) - 2 * (BOUND**3 + 3 * BOUND) * norm.pdf(BOUND)
    kept = (second + BOUND**2 * low) / (1 - far)
    # A smaller variance makes far points, which count as 1, of bounded ones.
    slope = second / kept - OUTLYING * norm.pdf(OUTLYING) * (BOUND**2 / kept - 1)
    scatter = (fourth + BOUND**4 * low) / kept**2 + far - 1
    return float(kept), float(slope), float(scatter)


#: What bounded squares tell of the noise, see the function.
KEPT, SLOPE, SCATTER = _of_bounded_squares()
#: Degrees of freedom that one more point adds, and how far the noise follows it.
STEP, GAIN = 2 * SLOPE**2 / SCATTER, 2 * SLOPE / SCATTER

"""Confidence intervals: of a mean over machine IDs (bootstrap), and of a share (Wilson).

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap.
Wilson (1927), Probable inference, the law of succession, and statistical inference.
"""

import math
import statistics

import numpy as np

from pygoodvibes.evaluation.averages import Values

LEAST_IDS = 3
"""With fewer machine IDs there is no interval: resampling two says nothing."""


def interval(
    values: Values, *, resamples: int, confidence: float, seed: int
) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of the mean of types over machine IDs.

    Machine IDs are resampled with replacement, all types together; each carries the weight that
    it has in the mean of types. Given differences of two detectors on the same machine IDs, this
    is the paired bootstrap.

    Parameters
    ----------
    values : mapping of (machine, id) to float
        One value a machine ID.
    resamples : int >= 0
        How many.
    confidence : float
        Coverage, between 0 and 1.
    seed : int >= 0
        Same seed, same interval.

    Returns
    -------
    tuple of float, or None
        Lower and upper bound; None with fewer than `LEAST_IDS` machine IDs, or no resamples.
    """
    if len(values) < LEAST_IDS or not resamples:
        return None
    keys = sorted(values)
    machines = [machine for machine, _ in keys]
    weights = np.array([1 / machines.count(machine) for machine in machines])
    numbers = np.array([values[key] for key in keys])
    counts = np.random.default_rng(seed).multinomial(
        len(keys), np.full(len(keys), 1 / len(keys)), resamples
    )
    means = (counts * weights) @ numbers / (counts @ weights)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def share_interval(part: float, whole: float, *, confidence: float) -> tuple[float, float] | None:
    """Return the Wilson score interval of a share.

    Parameters
    ----------
    part, whole : float >= 0
        So many of so many clips; an effective number of clips need not be whole.
    confidence : float
        Coverage, between 0 and 1.

    Returns
    -------
    tuple of float, or None
        Lower and upper bound, shares from 0 to 1; None of nothing.
    """
    if not whole:
        return None
    z = statistics.NormalDist().inv_cdf(0.5 + confidence / 2)
    share = part / whole
    middle = (share + z**2 / (2 * whole)) / (1 + z**2 / whole)
    reach = z / (1 + z**2 / whole) * math.sqrt(share * (1 - share) / whole + (z / whole / 2) ** 2)
    # at the ends, rounding would leave the bound a hair away from them
    low = 0.0 if part == 0 else middle - reach
    return low, 1.0 if part == whole else middle + reach

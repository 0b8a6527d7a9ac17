"""Local density whose number of neighbours each training clip finds from its own gaps.

Where few clips are of another domain, a fixed number of neighbours reaches out of their group, and
their density then is the distance to the others. So each training clip counts its neighbours up to
the first gap in their sorted distances that chance would hardly make.

In a place of even density the distances d_1 <= d_2 <= ... of a point to its neighbours have gaps
k ln(d_(k+1) / d_k) that are independent and exponential, with a mean of one over the dimension,
whatever the density. That mean is taken over all training clips. A gap is an exit if the largest
of so many would exceed it with a probability of `ALPHA` only.

References
----------
Levina and Bickel (2004), Maximum likelihood estimation of intrinsic dimension (the law of the
gaps). arXiv 2602.18777 (a number of neighbours per reference by the exit from its cluster); only
its idea was known here, not its rule.
"""

import math
from typing import Literal

import numpy as np

from pygoodvibes.detectors.local_density import STATES as OF_FIXED
from pygoodvibes.detectors.local_density import LocalDensity
from pygoodvibes.detectors.local_density import Settings as FixedSettings
from pygoodvibes.detectors.state import Object
from pygoodvibes.util.settings import Count

ALPHA = 0.05
"""Probability that an even place has an exit."""


def neighbours_before_exit(distances: np.ndarray) -> np.ndarray:
    """Count the neighbours before the first gap that chance would hardly make.

    Parameters
    ----------
    distances : np.ndarray [shape=(n, k + 1)]
        Distances of all training clips to their nearest neighbours, rising; k > 0.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=int]
        From 1 to k; k where there is no such gap.
    """
    most = distances.shape[1] - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log(distances[:, 1:] / distances[:, :-1])
    # copies of one clip lie at distance 0 of each other: what follows is no gap between groups
    steps[~np.isfinite(steps)] = 0
    gaps = np.arange(1, most + 1) * steps
    # half of exponential gaps are below ln 2 of their mean; exits don't move the median. Where most
    # clips are copies, it is 0, and tells nothing
    mean = float(np.median(gaps)) / math.log(2) or math.inf
    exits = gaps > mean * math.log(most / ALPHA)
    return np.where(exits.any(axis=1), exits.argmax(axis=1) + 1, most)


class LocalDensityGaps(LocalDensity):
    """As `LocalDensity`, with `n_neighbors` at most; each training clip finds its own number."""

    @property
    def neighbours_looked_at(self) -> int:
        """Return one more than `n_neighbors`: the gap after the last one is looked at, too."""
        return self.n_neighbors + 1

    def spacing(self, nearest: np.ndarray) -> np.ndarray:
        """Return the mean distance to the neighbours before the first gap, shape (n,)."""
        nearest = np.sort(nearest, axis=1)
        if nearest.shape[1] == 1:
            return nearest[:, 0]
        counts = neighbours_before_exit(nearest)
        sums = np.cumsum(nearest, axis=1)
        return sums[np.arange(len(sums)), counts - 1] / counts


class Settings(FixedSettings):
    """Local density with as many neighbours as a training clip has before the first gap."""

    method: Literal["local_density_gaps"]
    n_neighbors: Count = 16
    """Most neighbours of a training clip whose mean distance is its density."""

    def build(self, *, n_clips: int, seed: int) -> LocalDensityGaps:
        """Return the estimator for `n_clips` training clips."""
        return LocalDensityGaps(**vars(super().build(n_clips=n_clips, seed=seed)))


STATES = {"LocalDensityGaps": OF_FIXED["LocalDensity"]}

FITTED = Object("local_density_gaps.LocalDensityGaps", d="d")

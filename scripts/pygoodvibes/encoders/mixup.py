"""Mixup: two clips come in, one between them goes out, and so do their classes.

References
----------
Zhang et al. (2018), mixup: Beyond empirical risk minimization.
"""

import jax
import numpy as np


def draw(rng: np.random.Generator, n_clips: int, *, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw which clips of a batch are mixed with which.

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    n_clips : int > 0
        Clips of the batch.
    share : float
        Of these that are mixed.

    Returns
    -------
    partner : np.ndarray [shape=(n_clips,), dtype=int32]
        The other clip of each.
    weight : np.ndarray [shape=(n_clips,), dtype=float32]
        Of the clip itself; 1 where it stays as it is, else evenly drawn between 0 and 1.
    """
    partner = rng.permutation(n_clips).astype(np.int32)
    weight = np.where(rng.random(n_clips) < share, rng.random(n_clips), 1.0)
    return partner, weight.astype(np.float32)


def mix(values: jax.Array, partner: jax.Array, weight: jax.Array) -> jax.Array:
    """Mix what belongs to clips: inputs or classes, the clips along the first axis.

    Parameters
    ----------
    values : array [shape=(n_clips, ...)]
        Frames in dB, magnitudes of spectra, or shares of classes.
    partner, weight
        As from `draw`.
    """
    weight = weight.reshape(-1, *[1] * (values.ndim - 1))
    return weight * values + (1 - weight) * values[partner]

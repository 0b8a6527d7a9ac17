"""Clips made up of two others, and the classes to tell them by, where machine IDs alone are few.

Values of the clips of a batch come in, with a partner for some of them; those of made-up clips go
out. Beside the classes of whole clips there are as many for the one part of a made-up clip, and as
many for the other, so that even with one class there is something to learn: what belongs together.

References
----------
Chen et al. (2023), Effective anomalous sound detection based on statistics exchange and deep metric
learning (StatEx).
Wilkinghoff (2024), Self-supervised learning for anomalous sound detection (FeatEx).
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

PARTS = 3
"""Classes for each class of whole clips: itself, and the two parts of made-up clips."""

_DEVIATION_FLOOR = 1e-3
"""dB."""


def draw(rng: np.random.Generator, n_clips: int, *, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw which clips of a batch are made up, and from which other clip.

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    n_clips : int > 0
        Clips of the batch.
    share : float
        Of these that are made up.

    Returns
    -------
    partner : np.ndarray [shape=(n_clips,), dtype=int32]
        Another clip of the batch for each.
    chosen : np.ndarray [shape=(n_clips,), dtype=bool]
        Which are made up; none where a clip would be its own partner.
    """
    order = rng.permutation(n_clips)
    partner = np.empty(n_clips, np.int32)
    partner[order] = np.roll(order, 1)
    chosen = (rng.random(n_clips) < share) & (partner != np.arange(n_clips))
    return partner, chosen


def exchange_statistics(frames: jax.Array, partner: jax.Array, chosen: jax.Array) -> jax.Array:
    """Give clips the mean and standard deviation over time of each band of another clip.

    Parameters
    ----------
    frames : array [shape=(n_clips, n_frames, n_mels)]
        Log-mel frames, dB.
    partner, chosen
        As from `draw`.
    """
    mean = frames.mean(1, keepdims=True)
    deviation = jnp.sqrt(frames.var(1, keepdims=True) + _DEVIATION_FLOOR**2)
    made_up = (frames - mean) / deviation * deviation[partner] + mean[partner]
    return jnp.where(chosen[:, None, None], made_up, frames)


def exchange_features(
    vectors: Mapping[str, jax.Array], partner: jax.Array, chosen: jax.Array
) -> dict[str, jax.Array]:
    """Give clips the vectors of another clip in all branches but the first.

    Parameters
    ----------
    vectors : mapping of str to array [shape=(n_clips, d)]
        Of each branch.
    partner, chosen
        As from `draw`.
    """
    first, *others = vectors
    exchanged = {
        name: jnp.where(chosen[:, None], vectors[name][partner], vectors[name]) for name in others
    }
    return {first: vectors[first], **exchanged}


def exchange_targets(targets: jax.Array, partner: jax.Array, chosen: jax.Array) -> jax.Array:
    """Return the shares of classes of clips, some of which are made up.

    Parameters
    ----------
    targets : array [shape=(n_clips, n_classes)]
        Of the clips as they were.
    partner, chosen
        As from `draw`.

    Returns
    -------
    array [shape=(n_clips, 3 * n_classes)]
        Of a whole clip its own and zeros; of a made-up one zeros, half of its own, and half of its
        partner's.
    """
    none = jnp.zeros_like(targets)
    whole = jnp.concatenate([targets, none, none], axis=1)
    made_up = jnp.concatenate([none, targets / 2, targets[partner] / 2], axis=1)
    return jnp.where(chosen[:, None], made_up, whole)

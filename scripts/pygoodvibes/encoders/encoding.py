"""Encoding of training clips while an encoder is trained: clips come in, their vectors go out."""

import numpy as np

from pygoodvibes.encoders.clips import Clips
from pygoodvibes.encoders.encoder import FRAMES, SPECTRUM, Encoder, Variables

_CLIPS = 32
"""Clips at a time."""


def encode_windows(
    encoder: Encoder,
    weights: Variables,
    state: Variables,
    clips: Clips,
    index: np.ndarray,
) -> np.ndarray:
    """Encode the beginnings of clips, not as in training.

    Parameters
    ----------
    encoder, weights, state
        The encoder.
    clips : Clips
        All clips.
    index : np.ndarray [shape=(n,), dtype=int]
        Numbers of those to encode.

    Returns
    -------
    np.ndarray [shape=(n, d), dtype=float32]
        The vectors of all branches, one beside the other.
    """
    rows = []
    for begin in range(0, len(index), _CLIPS):
        # always as many, the last ones again: compiled once
        some = index[np.minimum(np.arange(begin, begin + _CLIPS), len(index) - 1)]
        inputs = inputs_of(clips, some, names=tuple(encoder.branches))
        vectors = encoder.compiled(weights, state, inputs)
        joined = np.concatenate([np.asarray(each) for each in vectors.values()], axis=1)
        rows.append(joined[: len(index) - begin])
    return np.concatenate(rows)


def inputs_of(
    clips: Clips,
    index: np.ndarray,
    *,
    names: tuple[str, ...],
    rng: np.random.Generator | None = None,
) -> dict[str, np.ndarray]:
    """Return the inputs of an encoder for some clips.

    Parameters
    ----------
    clips, index
        As in `encode_windows`.
    names : tuple of str
        Of the inputs.
    rng : np.random.Generator, optional
        As in `Clips.windows`.
    """
    inputs = {FRAMES: clips.windows(index, rng)}
    if SPECTRUM in names:
        inputs[SPECTRUM] = np.asarray(clips.spectra[index], dtype=np.float32)
    return inputs

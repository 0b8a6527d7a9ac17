"""Where in time and frequency a clip departs from the normal clips of its machine ID.

Each mel band has a typical level and a typical spread over the frames of normal training clips; the
map counts how many spreads a frame lies above or below. A band that is restless by nature, as in a
machine that works in strokes, has a wide spread and does not light up.

References
----------
Rousseeuw and Croux (1993), Alternatives to the median absolute deviation (robust scale).
"""

import dataclasses
from collections.abc import Iterable

import numpy as np

from pygoodvibes.util.errors import UserError

FRAMES_A_CLIP = 200
"""Frames of each training clip that are looked at, evenly spaced."""


LEVELS = 8
"""Levels that stand for all frames of a clip, in each mel band."""


@dataclasses.dataclass(frozen=True)
class Normal:
    """What is normal in each mel band.

    Attributes
    ----------
    level : np.ndarray [shape=(n_mels,)]
        Median over frames of training clips, dB.
    spread : np.ndarray [shape=(n_mels,)]
        Robust standard deviation over these frames, dB, at least 0.1.
    smooth : int > 0
        Frames over which levels are averaged first.
    """

    level: np.ndarray
    spread: np.ndarray
    smooth: int


def smoothed(frames: np.ndarray, smooth: int) -> np.ndarray:
    """Average each frame with its neighbours.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB.
    smooth : int > 0
        Frames that are averaged; at both ends only those that there are.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float64]
        dB.
    """
    frames = np.asarray(frames, dtype=np.float64)
    before, after = (smooth - 1) // 2, smooth // 2
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0)])
    number = np.arange(len(frames))
    start, stop = np.maximum(number - before, 0), np.minimum(number + after + 1, len(frames))
    return (total[stop] - total[start]) / (stop - start)[:, None]


def learn_normal(clips: Iterable[np.ndarray], *, smooth: int = 9) -> Normal:
    """Learn what is normal from training clips.

    Parameters
    ----------
    clips : iterable of np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrograms of normal training clips, dB.
    smooth : int > 0
        Frames that are averaged.

    Returns
    -------
    Normal
        Level and spread of each band.

    Raises
    ------
    UserError
        If there is no clip.
    """
    parts = [_sampled(frames, smooth) for frames in clips]
    if not parts:
        raise UserError("there is no normal training clip to compare with; train on some first")
    levels = np.concatenate(parts)
    parts.clear()  # of thousand clips these are a hundred megabytes
    return _over(levels, smooth)


def _sampled(frames: np.ndarray, smooth: int) -> np.ndarray:
    chosen = np.unique(np.linspace(0, len(frames) - 1, FRAMES_A_CLIP).astype(int))
    return smoothed(frames, smooth)[chosen]


def _over(levels: np.ndarray, smooth: int) -> Normal:
    # a band at a time: the quantiles of all at once are taken of a copy of all
    of_bands = [np.quantile(band, (0.25, 0.5, 0.75)) for band in levels.T]
    low, level, high = np.ascontiguousarray(np.transpose(of_bands))
    # of a normal distribution: 1.349 standard deviations between the quartiles
    return Normal(level, np.maximum((high - low) / 1.349, 0.1), smooth)


def clip_levels(frames: np.ndarray, *, smooth: int = 9) -> np.ndarray:
    """Return a few levels that stand for all frames of a clip in each mel band.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB.
    smooth : int > 0
        Frames that are averaged.

    Returns
    -------
    np.ndarray [shape=(LEVELS, n_mels), dtype=float32]
        dB, rising: the middle of each of `LEVELS` equal shares of the frames.
    """
    places = (np.arange(LEVELS) + 0.5) / LEVELS
    return np.quantile(_sampled(frames, smooth), places, axis=0).astype(np.float32)


def normal_of(levels: np.ndarray, *, smooth: int = 9) -> Normal:
    """Learn what is normal from the levels of training clips, nearly as from their frames.

    Parameters
    ----------
    levels : np.ndarray [shape=(n_clips, LEVELS, n_mels)]
        Of `clip_levels`; each clip counts as much as any other.
    smooth : int > 0
        Frames that were averaged.
    """
    return _over(levels.reshape(-1, levels.shape[-1]).astype(np.float64), smooth)


def deviation_map(frames: np.ndarray, normal: Normal) -> np.ndarray:
    """Map how far each point of a clip lies from normal.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram of the clip, dB.
    normal : Normal
        From `learn_normal` on clips with the same bands.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels)]
        In units of the band's spread: above 0 louder, below 0 quieter than normal.

    Raises
    ------
    UserError
        If the number of bands differs.
    """
    if frames.ndim != 2 or frames.shape[1] != len(normal.level):
        raise UserError(
            "a spectrogram of shape {shape} can't be compared with {bands} mel bands; "
            "give (n_frames, n_mels)",
            shape=frames.shape,
            bands=len(normal.level),
        )
    return (smoothed(frames, normal.smooth) - normal.level) / normal.spread

"""Where in time and frequency a clip departs from the normal clips of its machine ID.

Each mel band has a typical level and a typical spread over the frames of normal training clips; the
map counts how many spreads a frame lies above or below. A band that is restless by nature, as in a
machine that works in strokes, has a wide spread and does not light up.

References
----------
Rousseeuw and Croux (1993), Alternatives to the median absolute deviation (robust scale).
"""

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from pygoodvibes.util.errors import UserError

FRAMES_A_CLIP = 200
"""Frames of each training clip that are looked at, evenly spaced."""


_AT_ONCE = 64
_BESIDE = 8
_QUARTILES = (0.25, 0.5, 0.75)

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
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0)])
    start, stop = _window(np.arange(len(frames)), len(frames), smooth)
    return (total[stop] - total[start]) / (stop - start)[:, None]


def _window(places: np.ndarray, length: int, smooth: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first frame that is averaged at each place, and the one after the last."""
    before, after = (smooth - 1) // 2, smooth // 2
    return np.maximum(places - before, 0), np.minimum(places + after + 1, length)


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
    parts = [_sampled(alike, smooth) for alike in _alike(clips)]
    if not parts:
        raise UserError("there is no normal training clip to compare with; train on some first")
    return _over(lambda band: np.concatenate([part[band] for part in parts]), len(parts[0]), smooth)


def _alike(clips: Iterable[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """Return clips that follow each other and have one length, `_AT_ONCE` at most."""
    for _, group in itertools.groupby(clips, np.shape):
        while some := list(itertools.islice(group, _AT_ONCE)):
            yield some


def _sampled(clips: Sequence[np.ndarray], smooth: int) -> np.ndarray:
    """Return the smoothed levels of clips of one length, shape (n_mels, n_clips * n_chosen).

    They are computed as float64 and kept as float32, as the frames are.
    """
    length, n_mels = clips[0].shape
    start, stop = _chosen(length, smooth)
    beside = min(len(clips), _BESIDE)
    # the same arrays for all clips: the system's fresh pages take longer than the sums
    levels = np.empty((n_mels, len(clips) * len(start)), dtype=np.float32)
    total = np.zeros((length + 1, beside, n_mels))
    means, before_them = np.empty((2, len(start), beside, n_mels))
    for first in range(0, len(clips), beside):
        some = clips[first : first + beside]
        for number, frames in enumerate(some):
            total[1:, number] = frames
        # row by row and of several clips: cumsum waits for each sum before it adds the next
        for before, row in itertools.pairwise(total):
            np.add(before, row, out=row)
        np.take(total, stop, axis=0, out=means, mode="clip")
        means -= np.take(total, start, axis=0, out=before_them, mode="clip")
        means /= (stop - start)[:, None, None]
        place = slice(first * len(start), (first + len(some)) * len(start))
        levels[:, place] = means[:, : len(some)].reshape(-1, n_mels).T
    return levels


@functools.lru_cache(maxsize=16)
def _chosen(length: int, smooth: int) -> tuple[np.ndarray, np.ndarray]:
    """Return what `_window` does, of the frames that are looked at."""
    chosen = np.unique(np.linspace(0, length - 1, FRAMES_A_CLIP).astype(int))
    return _window(chosen, length, smooth)


def _over(band_of: Callable[[int], np.ndarray], n_mels: int, smooth: int) -> Normal:
    # a band at a time: the quantiles of all at once are taken of a copy of all
    low, level, high = _quartiles(band_of(band) for band in range(n_mels))
    # of a normal distribution: 1.349 standard deviations between the quartiles
    return Normal(level, np.maximum((high - low) / 1.349, 0.1), smooth)


def _quartiles(bands: Iterable[np.ndarray]) -> np.ndarray:
    """Return what `np.quantile` does of each band, shape (3, n_mels), in a sixth of its time.

    It looks for all places at once, and NumPy has vector instructions for one place alone. The
    bands are put in another order.
    """
    around: list[list[tuple[float, float]]] = [[], [], []]
    last = 0
    for values in bands:
        last = len(values) - 1
        low, middle, high = (int(share * last) for share in _QUARTILES)
        values.partition(middle)
        if low < middle:
            values[:middle].partition(low)
        if high > middle:
            values[middle + 1 :].partition(high - middle - 1)
        for pairs, place in zip(around, (low, middle, high), strict=True):
            pairs.append((values[place], values[min(place + 1, last) :].min()))
    return np.stack(
        [
            np.quantile(np.array(pairs, dtype=np.float64), share * last % 1, axis=1)
            for pairs, share in zip(around, _QUARTILES, strict=True)
        ]
    )


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
    return np.quantile(_sampled([frames], smooth), places, axis=1).astype(np.float32)


def normal_of(levels: np.ndarray, *, smooth: int = 9) -> Normal:
    """Learn what is normal from the levels of training clips, nearly as from their frames.

    Parameters
    ----------
    levels : np.ndarray [shape=(n_clips, LEVELS, n_mels)]
        Of `clip_levels`; each clip counts as much as any other.
    smooth : int > 0
        Frames that were averaged.
    """
    bands = levels.reshape(-1, levels.shape[-1]).T.astype(np.float64, order="C")
    return _over(bands.__getitem__, len(bands), smooth)


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

"""Which bands and moments of a clip drive a detector's score.

A part of the spectrogram at a time is brought back to within one spread of normal, and the clip is
scored again. What the score loses is what the oddness of that part adds to it.

References
----------
Zeiler and Fergus (2014), Visualizing and understanding convolutional networks (occlusion).
"""

import dataclasses
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from pygoodvibes.explanation.deviation import Normal, deviation_map

Score = Callable[[Sequence[np.ndarray]], np.ndarray]
"""From log-mel spectrograms, each (n_frames, n_mels) in dB, to scores, shape (n,)."""


@dataclasses.dataclass(frozen=True)
class Drivers:
    """What parts of a clip add to its score; negative where a part makes it look more normal.

    Attributes
    ----------
    score : float
        Of the clip as it is.
    bands, moments : np.ndarray [shape=(n_bands,)], [shape=(n_moments,)]
        Score lost when this group of mel bands, or this stretch of time, sounds normal.
    band_limits, moment_limits : np.ndarray [shape=(n + 1,), dtype=int]
        First mel band of each group, first frame of each stretch, and the end.
    """

    score: float
    bands: np.ndarray
    moments: np.ndarray
    band_limits: np.ndarray
    moment_limits: np.ndarray


def tamed(frames: np.ndarray, normal: Normal, deviation: np.ndarray) -> np.ndarray:
    """Bring a spectrogram back to within one spread of normal, where it lies beyond.

    Parameters
    ----------
    frames, deviation : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB, and its deviation map.
    normal : Normal
        Level and spread of each band.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        dB. What varies from frame to frame stays as it is.
    """
    excess = np.sign(deviation) * np.maximum(np.abs(deviation) - 1.0, 0.0)
    return (frames - excess * normal.spread).astype(np.float32)


def find_drivers(
    frames: np.ndarray, normal: Normal, score: Score, *, bands: int = 12, moments: int = 10
) -> Drivers:
    """Find out which parts of a clip drive its score.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB.
    normal : Normal
        From `pygoodvibes.explanation.deviation.learn_normal`.
    score : callable
        Scores spectrograms, all at once; higher = more anomalous.
    bands, moments : int > 0
        Groups of mel bands, and stretches of time, of about equal size.
    """
    calm = tamed(frames, normal, deviation_map(frames, normal))
    limits = [
        np.unique(np.linspace(0, size, number + 1).astype(int))
        for size, number in zip(frames.shape[::-1], (bands, moments), strict=True)
    ]
    tried = [np.asarray(frames, dtype=np.float32)]
    for axis, places in zip((1, 0), limits, strict=True):
        for start, stop in itertools.pairwise(places):
            changed = tried[0].copy()
            place = (slice(None), slice(start, stop)) if axis else (slice(start, stop), slice(None))
            changed[place] = calm[place]
            tried.append(changed)
    scores = np.asarray(score(tried), dtype=np.float64)
    lost = scores[0] - scores[1:]
    count = len(limits[0]) - 1
    return Drivers(float(scores[0]), lost[:count], lost[count:], *limits)

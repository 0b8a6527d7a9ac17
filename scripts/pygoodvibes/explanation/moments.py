"""The moments and bands of a clip that stand out most from the normal clips of its machine ID."""

import dataclasses

import numpy as np

LEAST = 3.0
"""Least deviation, in spreads, of a point that stands out; few points of normal sounds do."""


@dataclasses.dataclass(frozen=True)
class Moment:
    """A connected part of a deviation map.

    Attributes
    ----------
    start, stop : float
        When, s from the start of the clip.
    low, high : float
        Which frequencies, Hz.
    deviation : float
        Mean over its points, in spreads: above 0 louder, below 0 quieter than normal.
    weight : float
        Sum over its points of the spreads beyond `LEAST`; moments are listed by it.
    """

    start: float
    stop: float
    low: float
    high: float
    deviation: float
    weight: float


def strongest(
    deviation: np.ndarray,
    *,
    edges: np.ndarray,
    seconds_a_frame: float,
    count: int = 5,
    least: float = LEAST,
) -> list[Moment]:
    """Find the parts of a clip that stand out.

    Parameters
    ----------
    deviation : np.ndarray [shape=(n_frames, n_mels)]
        From `pygoodvibes.explanation.deviation.deviation_map`, in spreads.
    edges : np.ndarray [shape=(n_mels + 2,)]
        Of the mel bands, Hz, from `pygoodvibes.audio.mel.band_edges`.
    seconds_a_frame : float > 0
        Time from one frame to the next.
    count : int > 0
        How many parts at most.
    least : float > 0
        Deviation from which on points belong to a part; louder and quieter ones are kept apart.

    Returns
    -------
    list of Moment
        The heaviest first. Where a part is ragged, its bounds hold 90 % of its weight in time, and
        in frequency.
    """
    from scipy import ndimage

    moments = []
    for sign in (1.0, -1.0):
        excess = np.maximum(sign * np.asarray(deviation, dtype=np.float64) - least, 0.0)
        parts, number = ndimage.label(excess > 0)
        weights = ndimage.sum_labels(excess, parts, np.arange(1, number + 1))
        places = ndimage.find_objects(parts)
        for label in np.argsort(-weights, kind="stable")[:count]:
            frames, bands = places[label]
            inside = parts[frames, bands] == label + 1
            weight_inside = np.where(inside, excess[frames, bands], 0.0)
            first, last = _core(weight_inside.sum(axis=1))
            lowest, highest = _core(weight_inside.sum(axis=0))
            moments.append(
                Moment(
                    start=(frames.start + first) * seconds_a_frame,
                    stop=(frames.start + last + 1) * seconds_a_frame,
                    # a band counts as what lies between the centres of its neighbours
                    low=float(edges[bands.start + lowest]),
                    high=float(edges[bands.start + highest + 2]),
                    deviation=float(np.asarray(deviation)[frames, bands][inside].mean()),
                    weight=float(weights[label]),
                )
            )
    return sorted(moments, key=lambda moment: -moment.weight)[:count]


def _core(weights: np.ndarray) -> tuple[int, int]:
    """Return the first and last place of the middle 90 % of weights."""
    share = np.cumsum(weights) / weights.sum()
    return int(np.searchsorted(share, 0.05)), int(np.searchsorted(share, 0.95))

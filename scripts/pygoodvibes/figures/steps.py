"""Histograms and envelopes: levels between edges, drawn into axes whose limits are set."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import StepPatch


def draw_steps(
    axes: Axes, values: np.ndarray, edges: np.ndarray, *, baseline: float | np.ndarray, **looks
) -> StepPatch:
    """Draw levels between edges.

    `Axes.stairs` does the same, and then looks for the limits of the axes in each line of the
    outline, which takes ten times as long.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        Axes whose limits are set by others.
    values : np.ndarray [shape=(n,)]
        The levels.
    edges : np.ndarray [shape=(n + 1,)]
        Where they begin and end.
    baseline : float or np.ndarray [shape=(n,)]
        Where they stand.
    **looks
        As of a `matplotlib.patches.Patch`.

    Returns
    -------
    matplotlib.patches.StepPatch
        The outline, in the axes.
    """
    patch = StepPatch(values, edges, baseline=baseline, **looks)
    axes.add_artist(patch)
    return patch

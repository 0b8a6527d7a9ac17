"""Statistics over time: values frame by frame come in, a few numbers of each row of them go out.

References
----------
Guan et al. (2023), Time-weighted frequency domain audio representation with GMM estimator for
anomalous sound detection (global weighted ranking pooling, GWRP).
"""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from pygoodvibes.util.settings import Section

Decay = Annotated[float, Field(ge=0, le=1)]


class Pooling(Section):
    """Which statistics over time are kept, each in the unit of the values."""

    method: str
    mean: bool = True
    """Mean over time."""

    std: bool = True
    """Standard deviation over time."""

    max: bool = True
    """Maximum over time."""

    delta: bool = True
    """Mean absolute difference from one frame to the next: how restless it is, whatever its level
    (0 for a clip of one frame)."""

    quantiles: list[Annotated[float, Field(ge=0, le=1)]] = Field(default=[])
    """Quantiles over time (0.5 = median), linear between order statistics."""

    gwrp: list[Decay] = Field(default=[0.9])
    """Decays r of ranked pooling (GWRP): 1 = mean, 0 = maximum."""

    @model_validator(mode="after")
    def _each_value_once(self) -> "Pooling":
        for key in ("quantiles", "gwrp"):
            names = [f"{value:g}" for value in getattr(self, key)]
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: a value comes twice ({', '.join(names)})")
        return self


def ranked_pooling(descending: np.ndarray, decay: float) -> np.ndarray:
    """Pool sorted values with weights that fall geometrically from the largest on.

    Parameters
    ----------
    descending : np.ndarray [shape=(n_frames, k)]
        Values of each column, largest first.
    decay : float in [0, 1]
        Weight of the n-th largest value is decay ** n, counted from 0: 1 gives the mean, 0 the
        maximum.

    Returns
    -------
    np.ndarray [shape=(k,)]
        Weighted mean of each column, in the units of the input.
    """
    weights = np.power(float(decay), np.arange(len(descending)))  # 0 ** 0 is 1
    return (weights / weights.sum()) @ descending


def pool(values: np.ndarray, settings: Pooling) -> list[np.ndarray]:
    """Compute the statistics over time.

    Parameters
    ----------
    values : np.ndarray [shape=(n_frames, k)]
        At least one frame.
    settings : Pooling
        Which statistics.

    Returns
    -------
    list of np.ndarray [shape=(k,)]
        In the order of `names`.
    """
    values = np.asarray(values)
    parts = []
    if settings.mean:
        parts.append(values.mean(axis=0, dtype=np.float64))
    if settings.std:
        parts.append(values.std(axis=0, dtype=np.float64))
    if settings.max:
        parts.append(values.max(axis=0))
    if settings.delta:
        steps = np.abs(values[1:] - values[:-1])
        nothing = np.zeros(values.shape[1])
        parts.append(steps.mean(axis=0, dtype=np.float64) if len(steps) else nothing)
    if settings.quantiles or settings.gwrp:
        # columns as rows: sorting along memory takes a third of the time
        ascending = np.sort(np.ascontiguousarray(values.T), axis=1).T.astype(np.float64)
        for quantile in settings.quantiles:
            position = quantile * (len(ascending) - 1)
            low = int(position)
            high = min(low + 1, len(ascending) - 1)
            parts.append(ascending[low] + (position - low) * (ascending[high] - ascending[low]))
        parts.extend(ranked_pooling(ascending[::-1], decay) for decay in settings.gwrp)
    return parts


def names(settings: Pooling) -> list[str]:
    """Name the statistics that are switched on, e.g. mean, q0.5, gwrp0.9."""
    switched_on = [name for name in ("mean", "std", "max", "delta") if getattr(settings, name)]
    quantiles = [f"q{quantile:g}" for quantile in settings.quantiles]
    return [*switched_on, *quantiles, *(f"gwrp{decay:g}" for decay in settings.gwrp)]

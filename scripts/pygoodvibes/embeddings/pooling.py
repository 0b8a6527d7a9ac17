"""Statistics over time: values frame by frame come in, a few numbers of each row of them go out.

References
----------
Guan et al. (2023), Time-weighted frequency domain audio representation with GMM estimator for
anomalous sound detection (global weighted ranking pooling, GWRP).
"""

import functools
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from pygoodvibes.embeddings import pooling_kernel
from pygoodvibes.util.settings import Section

Decay = Annotated[float, Field(ge=0, le=1)]

_BLOCK = 64  # frames


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


def ranked_pooling(ascending: np.ndarray, decay: float) -> np.ndarray:
    """Pool sorted values with weights that fall geometrically from the largest on.

    Parameters
    ----------
    ascending : np.ndarray [shape=(k, n_frames)]
        Values of each row, largest last.
    decay : float in [0, 1]
        Weight of the n-th largest value is decay ** n, counted from 0: 1 gives the mean, 0 the
        maximum.

    Returns
    -------
    np.ndarray [shape=(k,)]
        Weighted mean of each row, in the units of the input.
    """
    # `@` would copy the values to float64 first
    return np.einsum("kn,n->k", ascending, _weights(float(decay), ascending.shape[1]))


@functools.lru_cache(maxsize=16)
def _weights(decay: float, n_frames: int) -> np.ndarray:
    """Return the weights of sorted values, the smallest first, shape (n_frames,); they sum to 1."""
    weights = np.power(decay, np.arange(n_frames))[::-1]  # 0 ** 0 is 1
    return weights / weights.sum()


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compute statistics over time of which each frame counts alike.

    Parameters
    ----------
    values : np.ndarray [shape=(n_frames, k)]
        At least one frame.

    Returns
    -------
    mean, variance : np.ndarray [shape=(k,), dtype=float64]
        Over time.
    maximum : np.ndarray [shape=(k,)]
        Of the type of the values.
    step : np.ndarray [shape=(k,), dtype=float64]
        Mean absolute difference from one frame to the next; 0 for one frame.
    """
    precise = values.astype(np.float64)
    mean = precise.mean(axis=0)
    precise -= mean
    precise *= precise
    steps = values[1:] - values[:-1]
    np.abs(steps, out=steps)
    nothing = np.zeros(values.shape[1])
    step = steps.mean(axis=0, dtype=np.float64) if len(steps) else nothing
    return mean, precise.mean(axis=0), values.max(axis=0), step


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
    asked = [settings.mean, settings.std, settings.max, settings.delta]
    parts = []
    if any(asked):
        compute = pooling_kernel.moments if pooling_kernel.can_take(values) else moments
        mean, variance, maximum, step = compute(values)
        known = (mean, np.sqrt(variance), maximum, step)
        parts = [part for part, kept in zip(known, asked, strict=True) if kept]
    if settings.quantiles or settings.gwrp:
        ascending = _columns_as_rows(values)  # sorting along memory takes a third of the time
        ascending.sort(axis=1)
        for quantile in settings.quantiles:
            position = quantile * (len(values) - 1)
            low = int(position)
            high = min(low + 1, len(values) - 1)
            at_low, at_high = ascending[:, [low, high]].T.astype(np.float64)
            parts.append(at_low + (position - low) * (at_high - at_low))
        parts.extend(ranked_pooling(ascending, decay) for decay in settings.gwrp)
    return parts


def _columns_as_rows(values: np.ndarray) -> np.ndarray:
    """Return a transposed copy, made in blocks that stay in the processor's cache."""
    rows = np.empty(values.shape[::-1], dtype=values.dtype)
    for start in range(0, len(values), _BLOCK):
        rows[:, start : start + _BLOCK] = values[start : start + _BLOCK].T
    return rows


def names(settings: Pooling) -> list[str]:
    """Name the statistics that are switched on, e.g. mean, q0.5, gwrp0.9."""
    switched_on = [name for name in ("mean", "std", "max", "delta") if getattr(settings, name)]
    quantiles = [f"q{quantile:g}" for quantile in settings.quantiles]
    return [*switched_on, *quantiles, *(f"gwrp{decay:g}" for decay in settings.gwrp)]

"""Statistics of each mel band over time.

References
----------
Guan et al. (2023), Time-weighted frequency domain audio representation with GMM estimator for
anomalous sound detection (global weighted ranking pooling, GWRP).
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from pygoodvibes.util.settings import Section

Decay = Annotated[float, Field(ge=0, le=1)]


class Settings(Section):
    """Per-band statistics over time; each one switched on adds n_mels values to the embedding."""

    method: Literal["statistics"]
    mean: bool = True
    """Mean over time, dB."""

    std: bool = True
    """Standard deviation over time, dB."""

    max: bool = True
    """Maximum over time, dB."""

    delta: bool = True
    """Mean absolute difference from one frame to the next, dB: how restless a band is, whatever its
    level (0 for a clip of one frame)."""

    quantiles: list[Annotated[float, Field(ge=0, le=1)]] = Field(default=[])
    """Quantiles over time, dB (0.5 = median), linear between order statistics."""

    gwrp: list[Decay] = Field(default=[0.9])
    """Decays r of ranked pooling (GWRP): 1 = mean, 0 = maximum."""

    modulation: Annotated[int, Field(ge=0, le=8)] = 0
    """How many octaves of the modulation frequency the standard deviation over time (dB) is split
    into, by how fast the level changes: 1/2 to 1/4 cycle a frame, 1/4 to 1/8, and so on; the last
    has everything slower (0: none)."""

    @model_validator(mode="after")
    def _not_empty(self) -> "Settings":
        names = ("mean", "std", "max", "delta", "quantiles", "gwrp", "modulation")
        if not any(getattr(self, name) for name in names):
            raise ValueError("no statistic is switched on; set mean, std, max or delta to true")
        for key in ("quantiles", "gwrp"):
            names = [f"{value:g}" for value in getattr(self, key)]
            if len(set(names)) < len(names):
                raise ValueError(f"{key}: a value comes twice ({', '.join(names)})")
        return self


def ranked_pooling(descending: np.ndarray, decay: float) -> np.ndarray:
    """Pool sorted values with weights that fall geometrically from the largest on.

    Parameters
    ----------
    descending : np.ndarray [shape=(n_frames, n_mels)]
        Values of each band, largest first.
    decay : float in [0, 1]
        Weight of the n-th largest value is decay ** n, counted from 0: 1 gives the mean, 0 the
        maximum.

    Returns
    -------
    np.ndarray [shape=(n_mels,)]
        Weighted mean of each band, in the units of the input.
    """
    weights = np.power(float(decay), np.arange(len(descending)))  # 0 ** 0 is 1
    return (weights / weights.sum()) @ descending


def modulation_spread(frames: np.ndarray, octaves: int) -> np.ndarray:
    """Split the variance over time of each band by how fast its level changes.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB.
    octaves : int > 0
        Octaves of the modulation frequency, from half a cycle a frame downwards; the last one takes
        all that is slower.

    Returns
    -------
    np.ndarray [shape=(octaves, n_mels)]
        Standard deviation that the changes of each octave make, dB, the fastest first; their
        squares add up to the variance over time.
    """
    count = len(frames)
    power = np.abs(np.fft.rfft(frames, axis=0)) ** 2 / count**2
    power[1 : (count + 1) // 2] *= 2  # these stand for the negative frequencies, too
    cycles = np.fft.rfftfreq(count)[1:]
    # a quarter of a cycle belongs to the first octave, an eighth to the second; rounding aside
    octave = np.ceil(-np.log2(cycles) - 1e-9).astype(int) - 2
    octave = np.clip(octave, 0, octaves - 1)
    return np.sqrt([power[1:][octave == number].sum(axis=0) for number in range(octaves)])


def embed(frames: np.ndarray, settings: Settings) -> np.ndarray:
    """Compute the statistics of one clip.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB; at least one frame.
    settings : Settings
        Which statistics.

    Returns
    -------
    np.ndarray [shape=(d,), dtype=float32]
        The statistics in the order of `columns`, n_mels values each.
    """
    frames = np.asarray(frames)
    parts = []
    if settings.mean:
        parts.append(frames.mean(axis=0, dtype=np.float64))
    if settings.std:
        parts.append(frames.std(axis=0, dtype=np.float64))
    if settings.max:
        parts.append(frames.max(axis=0))
    if settings.delta:
        steps = np.abs(frames[1:] - frames[:-1])
        nothing = np.zeros(frames.shape[1])
        parts.append(steps.mean(axis=0, dtype=np.float64) if len(steps) else nothing)
    if settings.quantiles or settings.gwrp:
        # bands as rows: sorting along memory takes a third of the time
        ascending = np.sort(np.ascontiguousarray(frames.T), axis=1).T.astype(np.float64)
        for quantile in settings.quantiles:
            position = quantile * (len(ascending) - 1)
            low = int(position)
            high = min(low + 1, len(ascending) - 1)
            parts.append(ascending[low] + (position - low) * (ascending[high] - ascending[low]))
        parts.extend(ranked_pooling(ascending[::-1], decay) for decay in settings.gwrp)
    if settings.modulation:
        parts.extend(modulation_spread(frames, settings.modulation))
    return np.concatenate(parts).astype(np.float32)


def columns(n_mels: int, settings: Settings) -> list[str]:
    """Name the values of the embedding, e.g. 'mean_017' for the mean of mel band 17."""
    statistics = [name for name in ("mean", "std", "max", "delta") if getattr(settings, name)]
    statistics += [f"q{quantile:g}" for quantile in settings.quantiles]
    statistics += [f"gwrp{decay:g}" for decay in settings.gwrp]
    statistics += [f"mod{2 ** (number + 2)}" for number in range(settings.modulation)]
    return [f"{statistic}_{band:03d}" for statistic in statistics for band in range(n_mels)]

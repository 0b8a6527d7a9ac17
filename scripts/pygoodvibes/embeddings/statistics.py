"""Statistics of each mel band over time: log-mel frames come in, one vector a clip goes out."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from pygoodvibes.embeddings.pooling import Pooling, names, pool


class Settings(Pooling):
    """Statistics of each mel band over time, dB; each one switched on adds n_mels values."""

    method: Literal["statistics"]
    modulation: Annotated[int, Field(ge=0, le=8)] = 0
    """How many octaves of the modulation frequency the standard deviation over time (dB) is split
    into, by how fast the level changes: 1/2 to 1/4 cycle a frame, 1/4 to 1/8, and so on; the last
    has everything slower (0: none)."""

    @model_validator(mode="after")
    def _not_empty(self) -> "Settings":
        if not names(self) and not self.modulation:
            raise ValueError("no statistic is switched on; set mean, std, max or delta to true")
        return self


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
    parts = pool(frames, settings)
    if settings.modulation:
        parts.extend(modulation_spread(frames, settings.modulation))
    return np.concatenate(parts).astype(np.float32)


def columns(n_mels: int, settings: Settings) -> list[str]:
    """Name the values of the embedding, e.g. 'mean_017' for the mean of mel band 17."""
    statistics = names(settings)
    statistics += [f"mod{2 ** (number + 2)}" for number in range(settings.modulation)]
    return [f"{statistic}_{band:03d}" for statistic in statistics for band in range(n_mels)]

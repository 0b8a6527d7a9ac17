"""How a clip was recorded and stored: what of its samples tells that, and little of the machine.

Comes in: the samples of a clip, or an audio file. Goes out: cells of a table with a row a clip.
What is usual for a machine ID and what is not is decided in `pygoodvibes.data.condition`.
"""

import functools
import pathlib

import numpy as np

from pygoodvibes.audio import extremes, mel_plan
from pygoodvibes.audio.extremes import Extremes
from pygoodvibes.audio.mel import band_power, window_function
from pygoodvibes.audio.read import inspect_storage

COLUMNS = ("floors", "peak", "clipped")
"""Cells that `measure` fills."""

BANDS = 16
"""Bands of equal width, from 0 to half the sample rate."""

SILENT = -140.0
"""Level, dB, of a band without any sound."""

_FRAME = 512
_MOST_FRAMES = 1000  # evenly over the clip: an hour takes no longer than half a minute


def measure(signal: np.ndarray) -> dict[str, str]:
    """Measure the condition of a clip.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,), real]
        Amplitude of one channel; full scale is 1.

    Returns
    -------
    dict of str to str
        `floors`: for each of `BANDS` bands the power that nine tenths of the frames exceed, dB;
        0 is white noise of standard deviation 1; numbers between spaces, '' for a clip of less
        than a frame (512 samples). `peak`: largest amplitude. `clipped`: share of samples
        that lie in a run of three or more at the highest or the lowest value.
    """
    signal = np.asarray(signal, dtype=np.float32)
    found = extremes.find(signal)
    return {
        "floors": " ".join(f"{level:.2f}" for level in _floors(signal)),
        "peak": f"{max(-found.lowest, found.highest):.6g}",
        "clipped": f"{_flat_share(signal, found):.6g}",
    }


def stored_as(path: str | pathlib.Path) -> dict[str, object]:
    """Say how a file stores its samples: cells `codec`, `channels` and `sample_rate`, Hz.

    Of what is no file that can be read twice, such as a pipe, nothing is said.

    Raises
    ------
    UserError
        If it can't be read, or is no audio.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        return {}
    codec, channels, sample_rate = inspect_storage(path)
    return {"codec": codec, "channels": channels, "sample_rate": sample_rate}


@functools.cache
def _plan() -> mel_plan.Plan:
    """Return the tables for bands of equal width."""
    window = window_function("hann", win_length=_FRAME, n_fft=_FRAME)
    bank = np.zeros((BANDS, 1 + _FRAME // 2), dtype=np.float32)
    bank[:, 1:] = np.repeat(np.eye(BANDS), _FRAME // 2 // BANDS, axis=1)
    bank[0, 1] = 0  # a constant is spread by the window to the first two
    return mel_plan.make(window, bank)


def _floors(signal: np.ndarray) -> np.ndarray:
    if len(signal) < _FRAME:
        return np.zeros(0)
    apart = -(-(len(signal) // _FRAME) // _MOST_FRAMES)
    power = band_power(signal, apart * _FRAME, _plan())
    floor = np.partition(power, len(power) // 10, axis=0)[len(power) // 10].astype(np.float64)
    window = window_function("hann", win_length=_FRAME, n_fft=_FRAME)
    floor /= _FRAME / 2 / BANDS * np.sum(np.square(window, dtype=np.float64))
    return 10.0 / np.log(10.0) * np.log(np.maximum(floor, 10 ** (SILENT / 10)))


def _flat_share(signal: np.ndarray, found: Extremes) -> float:
    flat = 0
    at = {found.lowest: found.at_lowest, found.highest: found.at_highest}
    for extreme, count in at.items():
        if count < 3:  # as in most clips; to find the places takes twice as long
            continue
        places = np.flatnonzero(signal == np.float32(extreme))
        runs = np.diff(np.flatnonzero(np.diff(places, prepend=-2, append=len(signal) + 1) > 1))
        flat += int(runs[runs >= 3].sum())
    return flat / len(signal)

"""How a clip was recorded and stored: what of its samples tells that, and little of the machine.

Comes in: the samples of a clip, or an audio file. Goes out: cells of a table with a row a clip.
What is usual for a machine ID and what is not is decided in `pygoodvibes.data.condition`.
"""

import pathlib

import numpy as np

from pygoodvibes.audio.mel import window_function
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
    lowest, highest = float(signal.min()), float(signal.max())
    return {
        "floors": " ".join(f"{level:.2f}" for level in _floors(signal)),
        "peak": f"{max(-lowest, highest):.6g}",
        "clipped": f"{_flat_share(signal, lowest, highest):.6g}",
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


def _floors(signal: np.ndarray) -> np.ndarray:
    import scipy.fft

    if len(signal) < _FRAME:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(signal, _FRAME)[::_FRAME]
    frames = frames[:: -(-len(frames) // _MOST_FRAMES)]
    window = window_function("hann", win_length=_FRAME, n_fft=_FRAME)
    spectrum = scipy.fft.rfft(frames * window, axis=1)[:, 1:]  # without a constant
    spectrum[:, 0] = 0  # where the window spreads it
    squares = np.square(np.ascontiguousarray(spectrum).view(np.float32))
    power = squares.reshape(len(frames), BANDS, -1).sum(axis=2)
    floor = np.partition(power, len(power) // 10, axis=0)[len(power) // 10].astype(np.float64)
    floor /= _FRAME / 2 / BANDS * np.sum(np.square(window, dtype=np.float64))
    return 10.0 / np.log(10.0) * np.log(np.maximum(floor, 10 ** (SILENT / 10)))


def _flat_share(signal: np.ndarray, lowest: float, highest: float) -> float:
    flat = 0
    for extreme in {lowest, highest}:
        places = np.flatnonzero(signal == np.float32(extreme))
        if len(places) >= 3:
            runs = np.diff(np.flatnonzero(np.diff(places, prepend=-2, append=len(signal) + 1) > 1))
            flat += int(runs[runs >= 3].sum())
    return flat / len(signal)

"""The lowest and the highest sample of a signal, and how many samples have these values.

Comes in: samples. Goes out: four numbers, by compiled code where that is there, else by NumPy.
"""

from typing import NamedTuple

import numpy as np

from pygoodvibes.util.compiled import Compiled

WORTH_SAMPLES = 80_000_000
"""Samples of a process from which on compiling is worth it: it takes as long as it saves on 500
clips of 10 s."""


class Extremes(NamedTuple):
    """What `find` returns."""

    lowest: float
    highest: float
    at_lowest: int
    """Samples that have the lowest value."""
    at_highest: int


def _write() -> str:
    from pygoodvibes.audio.extremes_code import write

    return write()


_compiled = Compiled("extremes", _write, "pnpp", what="the search for extremes")

_LEAST = 32  # samples of a block


def prepare() -> bool:
    """Compile, unless that is done; return whether compiled code is there."""
    return _compiled.function() is not None


def find(signal: np.ndarray) -> Extremes:
    """Find the extremes of a signal.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,), dtype=float32]
        At least one sample; all are finite.
    """
    fits = len(signal) >= _LEAST and signal.flags.c_contiguous
    if fits and _compiled.worth_it(len(signal), least=WORTH_SAMPLES):
        values, counts = np.empty(2, dtype=np.float32), np.empty(2, dtype=np.int64)
        _compiled.run(signal.ctypes.data, len(signal), values.ctypes.data, counts.ctypes.data)
        return Extremes(*values.tolist(), *counts.tolist())
    return by_numpy(signal)


def by_numpy(signal: np.ndarray) -> Extremes:
    """Find the extremes of a signal, as `find`, without compiled code."""
    lowest, highest = signal.min(), signal.max()
    counts = [int(np.count_nonzero(signal == value)) for value in (lowest, highest)]
    return Extremes(float(lowest), float(highest), *counts)

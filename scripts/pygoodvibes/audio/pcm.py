"""From samples of 16 bit to amplitudes, and the range that they lie in, in one pass.

Comes in: samples as they lie in a file. Goes out: amplitudes, by compiled code where that is there,
else by NumPy, to the same bytes.
"""

from typing import NamedTuple

import numpy as np

from pygoodvibes.util.compiled import Compiled

WORTH_SAMPLES = 160_000_000
"""Samples of a process from which on compiling is worth it: it takes as long as it saves on a
thousand clips of 10 s."""

GROUP = 16
"""Samples that compiled code needs at least."""


class Amplitudes(NamedTuple):
    """What `amplitudes` returns."""

    signal: np.ndarray
    """Shape (n_samples,), float32; full scale is 1."""
    lowest: int
    """Of the samples, as they were."""
    highest: int


def _write() -> str:
    from pygoodvibes.audio.pcm_code import write

    return write()


_compiled = Compiled("amplitudes", _write, "pnpp", what="the conversion of samples")


def prepare() -> bool:
    """Compile, unless that is done; return whether compiled code is there."""
    return _compiled.function() is not None


def amplitudes(samples: np.ndarray) -> Amplitudes:
    """Convert samples.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_samples,), dtype=int16]
        At least one.
    """
    fits = len(samples) >= GROUP and samples.flags.c_contiguous and samples.dtype.isnative
    if fits and _compiled.worth_it(len(samples), least=WORTH_SAMPLES):
        signal = np.empty(len(samples), dtype=np.float32)
        lanes = np.empty((2, GROUP), dtype=np.int16)
        _compiled.run(samples.ctypes.data, len(samples), signal.ctypes.data, lanes.ctypes.data)
        return Amplitudes(signal, int(lanes[0].min()), int(lanes[1].max()))
    return by_numpy(samples)


def by_numpy(samples: np.ndarray) -> Amplitudes:
    """Convert samples, as `amplitudes`, without compiled code."""
    signal = samples.astype(np.float32)
    signal *= np.float32(1 / 32768)
    return Amplitudes(signal, int(samples.min()), int(samples.max()))

"""Mean, variance, maximum and mean step of columns by compiled code, read twice and copied never.

Comes in: values frame by frame. Goes out: what `pooling.moments` gives by NumPy, to the same bytes.
Eight columns lie in a register, and each is added up frame by frame as NumPy does it, in float64.
Multiplications and additions are not fused and not reordered, so that nothing depends on the
processor.
"""

import numpy as np

from pygoodvibes.util.compiled import Compiled

GROUP = 8
"""Columns that are computed side by side; fewer are left to NumPy."""

WORTH_FRAMES = 100_000
"""Frames of a process from which on compiling is worth it: it takes as long as it saves on 300
clips of 10 s."""


def _write() -> str:
    from pygoodvibes.embeddings.pooling_code import write

    return write()


_compiled = Compiled("moments", _write, "pnnpp", what="statistics over time")


def prepare() -> bool:
    """Compile, unless that is done; return whether compiled code is there."""
    return _compiled.function() is not None


def can_take(values: np.ndarray) -> bool:
    """Return whether values can be computed here, and compiling is done or worth it for them.

    Parameters
    ----------
    values : np.ndarray [shape=(n_frames, k)]
        Those of `moments`.
    """
    fits = values.dtype == np.float32 and values.flags.c_contiguous and values.shape[1] >= GROUP
    return fits and _compiled.worth_it(len(values), least=WORTH_FRAMES)


def moments(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Compute statistics over time.

    Parameters
    ----------
    values : np.ndarray [shape=(n_frames, k), dtype=float32]
        At least one frame and `GROUP` columns, as they lie in memory.

    Returns
    -------
    mean, variance, maximum, step : np.ndarray [shape=(k,)]
        As `pooling.moments`.

    Raises
    ------
    RuntimeError
        If there is no compiled code (`prepare`).
    """
    n_frames, k = values.shape
    sums, maximum = np.empty((3, k)), np.empty(k, dtype=np.float32)
    _compiled.run(values.ctypes.data, n_frames, k, sums.ctypes.data, maximum.ctypes.data)
    mean, squares, steps = sums
    return mean, squares / n_frames, maximum, steps / max(n_frames - 1, 1)

"""A step of Adam: changes values by the gradients they have had, in place.

Comes in: values, their gradient, and what Adam remembers. Goes out: nothing; they are changed, by
compiled code where that is there, else by NumPy, which gives the same bytes in five times as long.

References
----------
Kingma and Ba (2015), Adam: a method for stochastic optimization.
"""

import numpy as np

from pygoodvibes.util.compiled import Compiled

DECAYS = 0.9, 0.999
"""By which the means of the gradients, and of their squares, forget."""

EPSILON = 1e-8
"""Added to the root of the mean square."""

GROUP = 8
"""Values that compiled code changes at a time; it takes whole multiples only."""

WORTH_VALUES = 40_000_000
"""Values of a process, over all steps, from which on compiling is worth it: it takes a
seventeenth of a second, a step of 190,000 values then 0.4 ms less."""

BLOCK = 2**15
"""Values at a time for all that NumPy does with them: they stay in the processor's cache."""


def _write() -> str:
    from pygoodvibes.detectors.adam_code import write

    return write()


_compiled = Compiled("adam", _write, "pppppn", what="a step of Adam")


def prepare() -> bool:
    """Compile, unless that is done; return whether compiled code is there."""
    return _compiled.function() is not None


def step(
    values: np.ndarray,
    gradient: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    *,
    number: int,
    learning_rate: float,
) -> None:
    """Take a step down a gradient.

    Parameters
    ----------
    values, gradient, mean, square : np.ndarray [shape=(n,), dtype=float32 or float64]
        What is changed, its gradient, and the means of earlier gradients and of their squares, both
        0 at first; best a multiple of `GROUP`. The gradient is used up.
    number : int > 0
        Which step it is.
    learning_rate : float > 0
        How far it goes.
    """
    numbers = constants(values.dtype.type, number, learning_rate)
    parts = (values, gradient, mean, square)
    fits = values.dtype == np.float32 and not len(values) % GROUP
    fits = fits and all(part.flags.c_contiguous for part in parts)
    if fits and _compiled.worth_it(len(values), least=WORTH_VALUES):
        _compiled.run(*(part.ctypes.data for part in (*parts, numbers)), len(values))
    else:
        by_numpy(*parts, numbers)


def constants(dtype: type, number: int, learning_rate: float) -> np.ndarray:
    """Return the numbers of a step that are the same for all values, shape (6,).

    They are the share of the mean that stays, that of the gradient, the same for the squares,
    `EPSILON`, and the rate, in which the beginning from 0 is made up for.
    """
    unbiased = [1 - decay**number for decay in DECAYS]
    rate = learning_rate * np.sqrt(unbiased[1]) / unbiased[0]
    first, second = map(dtype, DECAYS)
    return np.array([first, 1 - first, second, 1 - second, EPSILON, rate], dtype=dtype)


def by_numpy(
    values: np.ndarray,
    gradient: np.ndarray,
    mean: np.ndarray,
    square: np.ndarray,
    constants: np.ndarray,
) -> None:
    """Take a step, as `step`, without compiled code."""
    first, of_new, second, of_new_square, epsilon, rate = constants
    for start in range(0, len(values), BLOCK):
        own, change, remembered, squares = (
            part[start : start + BLOCK] for part in (values, gradient, mean, square)
        )
        remembered *= first
        remembered += of_new * change
        squares *= second
        change *= change
        change *= of_new_square
        squares += change
        np.sqrt(squares, out=change)
        change += epsilon
        np.divide(remembered, change, out=change)
        change *= rate
        own -= change

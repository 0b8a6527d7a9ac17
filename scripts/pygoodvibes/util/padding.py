"""Batches whose rows come out the same whatever stands beside them.

Matrix products handle the rows left over by their unrolled loops in another order, so a clip scored
alone would differ from the same clip among others in its last digits (up to 1e-7 of the score where
components are rounded to float32), and a verdict close to the threshold could differ with them.
"""

import numpy as np

ROWS = 16
"""Products see a multiple of so many rows: at least what the widest unrolled loop takes."""


def padded(values: np.ndarray) -> np.ndarray:
    """Repeat the last row until the number of rows is a multiple of `ROWS`.

    Parameters
    ----------
    values : np.ndarray [shape=(n, d)]
        At least one row; what is computed from the rows added is to be thrown away.
    """
    missing = -len(values) % ROWS
    return np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]) if missing else values

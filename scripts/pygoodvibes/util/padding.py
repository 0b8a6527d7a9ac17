"""Batches in which the result of a row doesn't depend on the other rows.

Matrix products work in unrolled loops, and handle the rows left over in another order. So a clip
scored alone would differ from the same clip among others in its last digits: by up to 1e-7 of the
score where components are rounded to float32. A verdict close to the threshold could differ, too.
"""

import numpy as np

ROWS = 16
"""Batches have a multiple of so many rows, at least as many as the widest unrolled loop takes."""


def padded(values: np.ndarray) -> np.ndarray:
    """Repeat the last row until the number of rows is a multiple of `ROWS`.

    Parameters
    ----------
    values : np.ndarray [shape=(n, d)]
        At least one row. The caller drops the results of the added rows.
    """
    missing = -len(values) % ROWS
    return np.concatenate([values, np.repeat(values[-1:], missing, axis=0)]) if missing else values

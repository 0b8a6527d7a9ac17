"""The leading eigenvectors of a symmetric matrix, at two thirds of the price of all.

Comes in: a matrix. Goes out: all eigenvalues, and as many eigenvectors as are asked for once these
are known. LAPACK's own way to some of the eigenvectors takes longer than to all, and tells no
share of the whole.

References
----------
Golub and Van Loan (2013), Matrix computations (section 8.3, reduction to a tridiagonal matrix;
section 8.4, divide and conquer).
"""

from collections.abc import Callable

import numpy as np

_BLOCK = 64
"""Reflections that LAPACK applies at a time."""


def decompose(matrix: np.ndarray) -> tuple[np.ndarray, Callable[[int], np.ndarray]]:
    """Find the eigenvalues of a matrix, and what gives its eigenvectors.

    Parameters
    ----------
    matrix : np.ndarray [shape=(d, d), dtype=float64]
        Symmetric.

    Returns
    -------
    values : np.ndarray [shape=(d,), dtype=float64]
        Eigenvalues, falling.
    leading : callable
        Takes a number k, and returns the unit eigenvectors of the k largest eigenvalues as rows,
        shape (k, d).

    Raises
    ------
    np.linalg.LinAlgError
        If it doesn't converge.
    """
    d = len(matrix)
    if d < 3:
        values, vectors = np.linalg.eigh(matrix)
        return values[::-1], lambda count: vectors[:, ::-1].T[:count]
    # here, since most jobs fit no projection
    from scipy.linalg import lapack

    size, _ = lapack.dsytrd_lwork(d, lower=1)
    reflections, diagonal, beside, factors, failed = lapack.dsytrd(matrix, lower=1, lwork=int(size))
    if not failed:
        values, vectors, failed = lapack.dstevd(diagonal, beside)
    if failed:
        raise np.linalg.LinAlgError("Eigenvalues did not converge")

    def leading(count: int) -> np.ndarray:
        # the first row and column are reflected by none
        found = np.asfortranarray(vectors[:, ::-1][:, :count])
        turned, _, failed = lapack.dormqr(
            "L", "N", reflections[1:, :-1], factors, found[1:], lwork=_BLOCK * max(count, _BLOCK)
        )
        if failed:
            raise np.linalg.LinAlgError("Eigenvectors were not found")
        found[1:] = turned
        return found.T

    return values[::-1], leading

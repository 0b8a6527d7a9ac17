"""Scores of clips, with scikit-learn's sign turned, and held-out scores of members."""

import numpy as np

from pygoodvibes.util.padding import padded


def anomaly_score(estimator: object, values: np.ndarray) -> np.ndarray:
    """Score clips: the one place where scikit-learn's sign is turned.

    Parameters
    ----------
    estimator : object
        Fitted, with `score_samples` (higher = more normal).
    values : np.ndarray [shape=(n_clips, d)]
        The clips, in the form that the estimator was fitted on.

    Returns
    -------
    np.ndarray [shape=(n_clips,), dtype=float64]
        Higher = more anomalous.
    """
    if not len(values):
        return np.zeros(0)
    # frames come clip by clip; matrices as one product
    batch = padded(values) if isinstance(values, np.ndarray) else values
    return -np.asarray(estimator.score_samples(batch), dtype=np.float64)[: len(values)]


def held_out_parts(estimator: object) -> np.ndarray:
    """Return the held-out scores of training clips by each member of an estimator.

    Parameters
    ----------
    estimator : object
        Fitted.

    Returns
    -------
    np.ndarray [shape=(n_train, n_members)]
        Without rows if the estimator has no members, or didn't have to measure them.
    """
    return getattr(estimator, "held_out_", np.zeros((0, 0)))

"""The score of clips: scikit-learn's sign turned, and that of parts that were held out."""

import numpy as np

from pygoodvibes.util.padding import padded


def anomaly_score(estimator: object, values: np.ndarray) -> np.ndarray:
    """Score clips: the one place where scikit-learn's sign is turned.

    Parameters
    ----------
    estimator : object
        Fitted, with `score_samples` (higher = more normal).
    values : np.ndarray [shape=(n_clips, d)]
        What the estimator was fitted on for other clips.

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
    """Return what the parts of an estimator score training clips that they had not seen.

    Parameters
    ----------
    estimator : object
        Fitted.

    Returns
    -------
    np.ndarray [shape=(n_train, n_members)]
        Of no clip if the estimator isn't made of parts, or didn't have to measure them.
    """
    return getattr(estimator, "held_out_", np.zeros((0, 0)))

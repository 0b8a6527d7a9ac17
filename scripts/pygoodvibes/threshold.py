"""From what score on a clip is called anomalous, told from normal clips alone."""

import numpy as np


def threshold(scores: np.ndarray, *, false_alarm_rate: float, method: str = "quantile") -> float:
    """Set a threshold on held-out scores of normal clips.

    A clip is called anomalous if its score lies above the threshold.

    Parameters
    ----------
    scores : np.ndarray [shape=(n,)]
        Scores of normal training clips from fits that have not seen them; NaN are passed over.
    false_alarm_rate : float in (0, 1)
        Expected share of normal clips above the threshold.
    method : {'quantile', 'gamma'}
        'quantile': the smallest score that at most that share of `scores` lies above. 'gamma': the
        quantile of a gamma distribution fitted to the scores after a shift to positive values (the
        DCASE baselines since 2021 fit one unshifted, which fails for scores of both signs).

    Returns
    -------
    float
        In the units of the scores; NaN if there is no score.
    """
    scores = np.asarray(scores, dtype=np.float64)
    scores = scores[np.isfinite(scores)]
    if not len(scores):
        return float("nan")
    if method == "quantile" or np.ptp(scores) == 0:
        return float(np.quantile(scores, 1.0 - false_alarm_rate, method="inverted_cdf"))
    if method != "gamma":
        raise ValueError(f"method must be 'quantile' or 'gamma', not {method!r}")
    from scipy.stats import gamma

    # the lowest score must stay above 0, where a gamma density may be infinite
    shift = scores.min() - 0.05 * np.ptp(scores)
    shape, location, scale = gamma.fit(scores - shift, floc=0.0)
    return float(gamma.ppf(1.0 - false_alarm_rate, shape, location, scale) + shift)


def sweep_rates(*, settings: int, low: float, high: float) -> np.ndarray:
    """Return the expected false-alarm rates of the sweep, evenly spaced, shape (settings,).

    The original PyGoodVibes swept nu of the one-class SVM and the contamination of LOF over 25
    values from 0.0001 to 0.5; here the same values set the threshold of every detector.
    """
    return np.linspace(low, high, settings)

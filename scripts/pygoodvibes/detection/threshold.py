"""The score above which a clip is called anomalous, found from normal clips alone.

References
----------
David and Nagaraja (2003), Order Statistics, 3rd edition, chapter 2 (what share of all values lies
above the k-th smallest of n).
Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world (conformal prediction: the
place of a new value among those before).
Clopper and Pearson (1934), The use of confidence or fiducial limits illustrated in the case of the
binomial (the same for a threshold between two of them).
"""

import math

import numpy as np

LOOSE = 4.0
"""Largest ratio of the upper to the lower bound of a false-alarm rate. Beyond it, verdicts come
with a caution; at a rate of 0.1 this happens with fewer than some 50 clips."""


def threshold(scores: np.ndarray, *, false_alarm_rate: float, method: str = "quantile") -> float:
    """Set a threshold on held-out scores of normal clips.

    A clip is called anomalous if its score lies above the threshold.

    Parameters
    ----------
    scores : np.ndarray [shape=(n,)]
        Held-out scores of normal training clips; NaN are passed over.
    false_alarm_rate : float in (0, 1)
        Expected share of normal clips above the threshold.
    method : {'quantile', 'gamma', 'dcase'}
        'quantile': the k-th smallest of n scores, k the least whole number of
        (1 - `false_alarm_rate`) (n + 1) or more. A new normal clip is as likely to have any place
        among n + 1, so that it lies above with at most the expected probability (Vovk et al.,
        2005). Too few scores can't give that: then it is the highest. 'gamma': the quantile of a
        gamma distribution, fitted to the scores after a shift to positive values. 'dcase': the
        same quantile of a gamma distribution whose place is fitted too, as the organisers'
        baselines since 2021 have it (they with a rate of 0.1, on scores of clips that the detector
        was fitted to).

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
        n = len(scores)
        # the allowance keeps rounding from asking for one score more
        k = math.ceil((1.0 - false_alarm_rate) * (n + 1) - 1e-9)
        return float(np.sort(scores)[min(k, n) - 1])
    if method not in ("gamma", "dcase"):
        raise ValueError(f"method must be 'quantile', 'gamma' or 'dcase', not {method!r}")
    from scipy.stats import gamma

    if method == "dcase":
        return float(gamma.ppf(1.0 - false_alarm_rate, *gamma.fit(scores)))
    # the lowest score must stay above 0, where a gamma density may be infinite
    shift = scores.min() - 0.05 * np.ptp(scores)
    shape, location, scale = gamma.fit(scores - shift, floc=0.0)
    return float(gamma.ppf(1.0 - false_alarm_rate, shape, location, scale) + shift)


def rate_interval(
    scores: np.ndarray, limit: float, *, confidence: float = 0.9
) -> tuple[float, float]:
    """Return an interval for the false-alarm rate of a threshold, by the number of scores.

    Let n clips be drawn at random, and take the k-th smallest of their scores. The share of all
    normal clips above it has a Beta(n - k + 1, k) distribution, for any distribution of the scores
    (David and Nagaraja, 2003). A threshold between the k-th and the next score gets the upper bound
    of the k-th and the lower bound of the next (Clopper and Pearson, 1934).

    Parameters
    ----------
    scores : np.ndarray [shape=(n,)]
        Held-out scores of normal clips; NaN are passed over.
    limit : float
        The threshold.
    confidence : float in (0, 1)
        Probability that the rate lies in the interval, before the clips are drawn.

    Returns
    -------
    tuple of float
        Lower and upper bound, shares from 0 to 1; (0, 1) without a score.
    """
    scores = np.asarray(scores, dtype=np.float64)
    scores = scores[np.isfinite(scores)]
    n, k = len(scores), int(np.sum(scores <= limit))
    following = k if np.any(scores == limit) else k + 1
    tail = (1 - confidence) / 2
    low = _beta_quantile(n - following + 1, following, tail)
    return low, _beta_quantile(n - k + 1, k, 1 - tail)


def planned_interval(
    n: int, false_alarm_rate: float, *, confidence: float = 0.9
) -> tuple[float, float]:
    """Return the interval of `rate_interval` for a threshold that is a quantile of n scores."""
    places = np.arange(float(n))
    limit = threshold(places, false_alarm_rate=false_alarm_rate)
    return rate_interval(places, limit, confidence=confidence)


def is_loose(interval: tuple[float, float]) -> bool:
    """Say whether an interval of a false-alarm rate is so wide that a caution is due."""
    low, high = interval
    return high > LOOSE * low


def _beta_quantile(a: int, b: int, share: float) -> float:
    """Return the quantile of a Beta(a, b) distribution; 0 if a is 0, 1 if b is 0.

    A Beta(a, b) number lies below x with a binomial probability: that of at least a successes in
    a + b - 1 trials, each with probability x. It is computed here because importing SciPy's
    function takes as long as scoring a clip.
    """
    if a <= 0 or b <= 0:
        return 0.0 if a <= 0 else 1.0
    n = a + b - 1
    logarithms = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, n + 1)))])  # of factorials
    count = np.arange(a, n + 1)
    ways = logarithms[n] - logarithms[count] - logarithms[n - count]
    low, high = 0.0, 1.0
    for _ in range(60):
        x = (low + high) / 2
        below = np.exp(ways + count * np.log(x) + (n - count) * np.log1p(-x)).sum()
        low, high = (x, high) if below < share else (low, x)
    return (low + high) / 2


def sweep_rates(*, settings: int, low: float, high: float) -> np.ndarray:
    """Return the expected false-alarm rates of the sweep, evenly spaced, shape (settings,).

    The original PyGoodVibes swept nu of the one-class SVM and the contamination of LOF over 25
    values from 0.0001 to 0.5; here the same values set the threshold of every detector.
    """
    return np.linspace(low, high, settings)

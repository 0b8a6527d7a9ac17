"""How well scores tell anomalous from normal clips.

Labels are booleans, true = anomalous; scores are higher for more anomalous clips. Values are shares
from 0 to 1; NaN means that the clips at hand don't define it.

References
----------
Fawcett (2006), An introduction to ROC analysis.
McClish (1989), Analyzing a portion of the ROC curve.
"""

import functools

import numpy as np

BLOCK = 128
"""Resamples worked on at a time: those of a machine ID's clips stay in the processor's cache."""

COUNTED = 512
"""The same where areas are counted."""


def roc_curve(anomalous: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ROC curve.

    Parameters
    ----------
    anomalous : np.ndarray [shape=(n,), dtype=bool]
        Truth.
    scores : np.ndarray [shape=(n,)]
        Higher = more anomalous; clips with equal scores are passed in one step.

    Returns
    -------
    false_positive_rate, true_positive_rate : np.ndarray [shape=(steps + 1,)]
        Rising, from (0, 0) to (1, 1); NaN if a class has no clip.
    """
    anomalous, scores = _checked(anomalous, scores)
    return tuple(rates[0] for rates in _weighted_roc(anomalous, scores, np.ones((1, len(scores)))))


def auc(anomalous: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the ROC curve: how often an anomalous clip outscores a normal one.

    Parameters
    ----------
    anomalous : np.ndarray [shape=(n,), dtype=bool]
        Truth.
    scores : np.ndarray [shape=(n,)]
        Higher = more anomalous. Ties count one half.

    Returns
    -------
    float
        0.5 is chance; NaN if a class has no clip.
    """
    return float(_area(*(rates[None] for rates in roc_curve(anomalous, scores)))[0])


def partial_auc(anomalous: np.ndarray, scores: np.ndarray, *, max_fpr: float = 0.1) -> float:
    """Return the area under the ROC curve up to a false-positive rate, standardised.

    McClish's standardisation maps chance to 0.5 and perfection to 1, as in scikit-learn's
    `roc_auc_score(max_fpr=...)` and the official DCASE evaluators; it can fall below 0.5. It is not
    the area divided by `max_fpr`.

    Parameters
    ----------
    anomalous, scores
        As in `auc`.
    max_fpr : float in (0, 1]
        Highest false-positive rate counted.

    Returns
    -------
    float
        NaN if a class has no clip.
    """
    fpr, tpr = roc_curve(anomalous, scores)
    return float(_standardised_area(fpr[None], tpr[None], max_fpr)[0])


def bootstrap(
    anomalous: np.ndarray,
    scores: np.ndarray,
    *,
    max_fpr: float = 0.1,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Resample the clips, normal and anomalous ones apart, with replacement.

    Parameters
    ----------
    anomalous, scores, max_fpr
        As in `partial_auc`.
    resamples : int >= 0
        How many.
    seed : int >= 0
        Same seed, same resamples.

    Returns
    -------
    auc, partial_auc : np.ndarray [shape=(resamples,)]
        Of each resample; their quantiles bound a confidence interval (percentile bootstrap).

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap.
    """
    anomalous, scores = _checked(anomalous, scores)
    drawn = _drawn(anomalous.tobytes(), resamples, seed)
    places = _places(anomalous, scores)
    areas = np.empty((2, resamples))
    size = COUNTED if places else BLOCK
    for start in range(0, resamples, size):
        block = slice(start, start + size)
        bad, good = (times[:, block] for times in drawn)
        if places:
            areas[:, block] = _counted_areas(bad, good, *places, max_fpr=max_fpr)
        else:
            weights = np.empty((bad.shape[1], len(scores)))
            weights[:, anomalous], weights[:, ~anomalous] = bad.T, good.T
            areas[:, block] = weighted_areas(anomalous, scores, weights, max_fpr=max_fpr)
    return areas[0], areas[1]


def weighted_areas(
    anomalous: np.ndarray, scores: np.ndarray, weights: np.ndarray, *, max_fpr: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Return AUC and pAUC of clips that count several times or not at all.

    Parameters
    ----------
    anomalous, scores, max_fpr
        As in `partial_auc`.
    weights : np.ndarray [shape=(resamples, n)]
        How often each clip counts.

    Returns
    -------
    auc, partial_auc : np.ndarray [shape=(resamples,)]
        NaN where a class has no clip.
    """
    fpr, tpr = _weighted_roc(anomalous, scores, weights)
    return _area(fpr, tpr), _standardised_area(fpr, tpr, max_fpr)


@functools.lru_cache(maxsize=1)
def _drawn(anomalous: bytes, resamples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return how often each anomalous and each normal clip is drawn, shape (clips, resamples).

    The detectors of a machine ID share the draws.
    """
    labels = np.frombuffer(anomalous, dtype=bool)
    rng = np.random.default_rng(seed)
    times_of = []
    for of_class in (labels, ~labels):
        count = int(of_class.sum())
        times = np.zeros((count, resamples), dtype=np.int32)
        # counted by hand: a multinomial draw of the counts takes five times as long
        for start in range(0, resamples if count else 0, BLOCK):
            size = min(BLOCK, resamples - start)
            drawn = rng.integers(count, size=(size, count), dtype=np.int32)
            cells = drawn * np.int64(size) + np.arange(size)[:, None]
            counts = np.bincount(cells.ravel(), minlength=count * size)
            times[:, start : start + size] = counts.reshape(count, size)
        times.flags.writeable = False
        times_of.append(times)
    return times_of[0], times_of[1]


def _places(
    anomalous: np.ndarray, scores: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Return the order of the anomalous and of the normal clips, and who lies above whom.

    Both orders are by falling scores, and the last are the numbers of anomalous clips above each
    normal one in its order. None if a normal clip ties with an anomalous one, or if a class has no
    clip.
    """
    bad, good = scores[anomalous], scores[~anomalous]
    if not len(bad) or not len(good):
        return None
    of_bad, of_good = np.argsort(-bad, kind="stable"), np.argsort(-good, kind="stable")
    rising, falling = bad[of_bad[::-1]], good[of_good]
    below = np.searchsorted(rising, falling, side="left")
    if (below != np.searchsorted(rising, falling, side="right")).any():
        return None
    return of_bad, of_good, len(bad) - below


def _counted_areas(
    bad: np.ndarray,
    good: np.ndarray,
    of_bad: np.ndarray,
    of_good: np.ndarray,
    above: np.ndarray,
    *,
    max_fpr: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return AUC and pAUC of resamples of clips whose classes don't tie.

    Every step of the curve then leads upwards or to the right, so that the areas are counts of
    pairs: a sixth of the time that `weighted_areas` takes, and nothing is rounded but the end.
    What it takes comes from `_drawn` and `_places`.
    """
    resamples = bad.shape[1]
    hits = np.zeros((len(bad) + 1, resamples), dtype=np.int32)
    for place, clip in enumerate(of_bad):  # NumPy's cumsum takes four times as long
        np.add(hits[place], bad[clip], out=hits[place + 1])
    hits, times = hits.take(above, axis=0), good.take(of_good, axis=0)
    pairs = len(bad) * len(good)
    whole = np.int32 if pairs < 2**31 else np.int64
    auc = np.einsum("ij,ij->j", hits, times, dtype=whole) / pairs
    # only the first of the normal clips lie below max_fpr
    most = max_fpr * len(good)
    area, passed, before = np.zeros(resamples), np.zeros(resamples), np.zeros(resamples)
    for hit, time in zip(hits, times, strict=True):
        passed += time
        reached = np.minimum(passed, most)
        area += (reached - before) * hit
        before = reached
        if before.min() >= most:
            break
    return auc, _standardised(area / pairs, max_fpr)


def confusion(anomalous: np.ndarray, decision: np.ndarray) -> dict[str, float]:
    """Return the rates of a decision.

    Parameters
    ----------
    anomalous, decision : np.ndarray [shape=(n,), dtype=bool]
        Truth, and what was called anomalous.

    Returns
    -------
    dict
        sensitivity (= recall): share of anomalous clips found; specificity: share of normal clips
        passed; precision: share of alarms that are right; recall; f1. NaN where undefined.
    """
    anomalous, decision = np.asarray(anomalous, bool), np.asarray(decision, bool)
    hits = int((anomalous & decision).sum())
    recall = _ratio(hits, anomalous.sum())
    return {
        "sensitivity": recall,
        "specificity": _ratio((~anomalous & ~decision).sum(), (~anomalous).sum()),
        "precision": _ratio(hits, decision.sum()),
        "recall": recall,
        "f1": _ratio(2 * hits, anomalous.sum() + decision.sum()) if anomalous.any() else np.nan,
    }


def harmonic_mean(values: np.ndarray) -> float:
    """Return the harmonic mean, the official average of the DCASE tasks since 2021.

    It is 0 if a value is 0, and NaN for no values.
    """
    values = np.asarray(values, dtype=np.float64)
    if not len(values):
        return float("nan")
    return 0.0 if (values == 0).any() else float(len(values) / (1.0 / values).sum())


def _checked(anomalous: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    anomalous, scores = np.asarray(anomalous, bool), np.asarray(scores, np.float64)
    if anomalous.shape != scores.shape or scores.ndim != 1:
        raise ValueError(f"{anomalous.shape} labels do not go with {scores.shape} scores")
    if np.isnan(scores).any():
        raise ValueError("scores must not be NaN")
    return anomalous, scores


def _ratio(count: int, whole: int) -> float:
    return float(count / whole) if whole else float("nan")


def _weighted_roc(
    anomalous: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return fpr and tpr, shape (resamples, steps + 1), for clips weighted (resamples, n)."""
    if not len(scores):
        nothing = np.full((len(weights), 2), np.nan)
        return nothing, nothing
    order = np.argsort(-scores, kind="stable")
    # by comparison: the difference of two infinite scores is no number
    last_of_tie = np.flatnonzero(scores[order] != np.append(scores[order][1:], np.nan))
    rates = []
    for of_class in (~anomalous, anomalous):
        places = order[of_class[order]]
        passed = np.zeros((len(weights), len(places) + 1))
        np.cumsum(weights.take(places, axis=1), axis=1, out=passed[:, 1:])
        steps = np.cumsum(of_class[order])[last_of_tie]
        with np.errstate(invalid="ignore"):
            rates.append(passed.take(np.append(0, steps), axis=1) / passed[:, -1:])
    return rates[0], rates[1]


def _area(fpr: np.ndarray, tpr: np.ndarray) -> np.ndarray:
    return (np.diff(fpr, axis=1) * (tpr[:, 1:] + tpr[:, :-1]) / 2).sum(axis=1)


def _standardised_area(fpr: np.ndarray, tpr: np.ndarray, max_fpr: float) -> np.ndarray:
    low, high = fpr[:, :-1], fpr[:, 1:]
    width = np.clip(high, None, max_fpr) - np.clip(low, None, max_fpr)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = np.where(high > low, (tpr[:, 1:] - tpr[:, :-1]) / (high - low), 0.0)
    # up to max_fpr the curve runs straight from the start of a step
    area = (width * (tpr[:, :-1] + slope * width / 2)).sum(axis=1)
    return _standardised(area, max_fpr)


def _standardised(area: np.ndarray, max_fpr: float) -> np.ndarray:
    least = max_fpr**2 / 2
    return 0.5 * (1 + (area - least) / (max_fpr - least))

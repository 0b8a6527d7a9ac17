"""Indicators of the choice: numbers without labels that tell which candidate suits a machine ID.

Comes in: held-out scores of the ID's own training clips, and scores of stand-ins. Goes out: a
number for each candidate and indicator; higher = more promising.
"""

import functools
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.choice.stand_ins import StandIns
from pygoodvibes.evaluation import metrics

INDICATORS = (
    "stand_in_auc",
    "stand_in_pauc",
    "stand_in_separation",
    "self_tail",
    "agreement",
    "burstiness",
)
"""Indicators of how well a candidate suits a machine ID; higher = better. NaN if unknown."""

BURSTY_DB = 3.0
"""Least burstiness at which power counts as bursts: its 0.95 quantile is twice its median."""


def frame_burstiness(clips: Iterable[np.ndarray]) -> float:
    """Return by how much bursts exceed the usual power, in dB; NaN without clips.

    Parameters
    ----------
    clips : iterable of np.ndarray [shape=(n_frames, n_mels)]
        Log-mel frames, dB.

    Returns
    -------
    float
        Per clip: the 0.95 quantile of the frames' mean power over their median, in dB. Then the
        mean over clips.
    """
    levels = []
    for frames in clips:
        power = (10 ** (np.asarray(frames, dtype=np.float64) / 10)).mean(axis=1)
        median, high = np.quantile(power, (0.5, 0.95))
        if median > 0:
            levels.append(10 * np.log10(high / median))
    return float(np.mean(levels)) if levels else math.nan


def hears_bursts(candidate: str) -> int:
    """Return 1 if a candidate takes maxima over time, -1 if means, else 0: by its name."""
    _, _, member = candidate.partition(": ")
    if member.startswith(("max", "gwrp", "high")):
        return 1
    return -1 if member.startswith(("mean", "median")) else 0


def indicators(
    held_out: Mapping[str, np.ndarray],
    stand_ins: StandIns,
    *,
    burstiness: float,
    max_fpr: float,
) -> dict[str, dict[str, float]]:
    """Compute all indicators of each candidate.

    Parameters
    ----------
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        By candidate: held-out scores of the ID's own training clips.
    stand_ins : StandIns
        Scores of each group of stand-ins; none if nothing stands in. The group that the candidate
        tells apart least counts. An ID that differs by far, for instance in level, is told apart
        by all candidates, and would only add scatter.
    burstiness : float
        From `frame_burstiness`, dB.
    max_fpr : float
        Of the pAUC.

    Returns
    -------
    dict of str to dict of str to float
        By candidate: `INDICATORS`, higher = better.
    """
    known = {"burstiness": burstiness, "max_fpr": max_fpr}
    by_indicator = {name: indicate(name, held_out, stand_ins, **known) for name in INDICATORS}
    return {
        candidate: {name: values[candidate] for name, values in by_indicator.items()}
        for candidate in held_out
    }


def indicate(
    indicator: str,
    held_out: Mapping[str, np.ndarray],
    stand_ins: StandIns,
    *,
    burstiness: float,
    max_fpr: float,
) -> dict[str, float]:
    """Compute one indicator of each candidate.

    Parameters
    ----------
    indicator : str
        One of `INDICATORS`.
    held_out, stand_ins, burstiness, max_fpr
        As in `indicators`.

    Returns
    -------
    dict of str to float
        By candidate; NaN if unknown.
    """
    if indicator == "burstiness":
        return {name: hears_bursts(name) * (burstiness - BURSTY_DB) for name in held_out}
    if indicator == "self_tail":
        return {name: _self_tail(own) for name, own in held_out.items()}
    if indicator == "agreement":
        return _agreement(held_out)
    if indicator == "stand_in_separation":
        return _separations(held_out, stand_ins)
    of_one = {
        "stand_in_auc": _auc,
        "stand_in_pauc": functools.partial(_partial_auc, max_fpr=max_fpr),
    }[indicator]
    return {
        # without stand-ins nothing is known
        name: float(np.min([of_one(*pair) for pair in stand_ins.pairs(name, own)] or math.nan))
        for name, own in held_out.items()
    }


def _self_tail(own: np.ndarray) -> float:
    middle, low, high, top = np.quantile(own, (0.5, 0.25, 0.75, 0.95))
    return -float((top - middle) / max((high - low) / 1.349, 1e-12))


def _agreement(held_out: Mapping[str, np.ndarray]) -> dict[str, float]:
    if len(held_out) < 2:
        return dict.fromkeys(held_out, math.nan)
    ranks = {name: _ranks(scores) for name, scores in held_out.items()}
    total = sum(ranks.values(), np.zeros(1))
    return {name: _correlation(own, total - own) for name, own in ranks.items()}


def _auc(own: np.ndarray, other: np.ndarray) -> float:
    return metrics.auc(*_against(own, other))


def _partial_auc(own: np.ndarray, other: np.ndarray, *, max_fpr: float) -> float:
    return metrics.partial_auc(*_against(own, other), max_fpr=max_fpr)


def _against(own: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return which scores are those of stand-ins, and all scores."""
    scores = np.concatenate([own, other])
    return np.arange(len(scores)) >= len(own), scores


def _separations(held_out: Mapping[str, np.ndarray], stand_ins: StandIns) -> dict[str, float]:
    """Return the least `separation` of each candidate, all at once: it is asked for often."""
    pairs = {name: stand_ins.pairs(name, own) for name, own in held_out.items()}
    known = [name for name, groups in pairs.items() if groups]
    of_groups = [
        separation(*(np.stack(scores) for scores in zip(*group, strict=True)))
        for group in zip(*(pairs[name] for name in known), strict=True)
    ]
    least = np.min(of_groups, axis=0).tolist() if of_groups else []
    return {**dict.fromkeys(held_out, math.nan), **dict(zip(known, least, strict=True))}


def separation(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return how far apart two groups of scores lie, in units of the scatter within them.

    It is the index d': the scatter is the root of the mean of both variances. Unlike the AUC it
    still grows when the groups no longer overlap.

    Parameters
    ----------
    own, other : np.ndarray [shape=(..., n)]
        Scores of the ID's own clips, and of clips that should score higher.

    Returns
    -------
    np.ndarray [shape=(...)]
        NaN if a group is empty, or nothing scatters.
    """
    if not own.shape[-1] or not other.shape[-1]:
        return np.full(own.shape[:-1], np.nan)
    within = np.sqrt((own.var(axis=-1) + other.var(axis=-1)) / 2)
    apart = other.mean(axis=-1) - own.mean(axis=-1)
    return np.divide(apart, within, out=np.full(np.shape(within), np.nan), where=within > 0)


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return ranks from 0, shape (n,); equal values have the same rank, the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[place]


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    length = math.sqrt((x @ x) * (y @ y))
    return float(x @ y) / length if length > 0 else math.nan


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Return Spearman's rank correlation of two rows of numbers; NaN if one doesn't vary."""
    return _correlation(_ranks(np.asarray(x)), _ranks(np.asarray(y)))

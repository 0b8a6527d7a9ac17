"""Whether thresholds hold what they promise: false alarms among new normal clips, counted.

Comes in: vectors of many normal clips of machine IDs. Goes out: for small training sets drawn from
them, how often new clips alarm, and how often so many alarm as the number of training clips lets
expect.

References
----------
Vovk, Gammerman and Shafer (2005), Algorithmic learning in a random world (the share of new clips
above a threshold that is a place among n + 1).
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.threshold import threshold
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.embeddings.vectors import ClipVectors

CONFIDENCE = 0.9
"""Of the interval in which the alarms of a single fit are expected."""


@dataclasses.dataclass(frozen=True)
class Counted:
    """Alarms of one fit.

    Attributes
    ----------
    detector : str
        Its name.
    n_train : int
        Training clips.
    rate : float
        Wished false-alarm rate.
    alarms, new : int
        New normal clips above the threshold, and all of them.
    """

    detector: str
    n_train: int
    rate: float
    alarms: int
    new: int


def attainable(n: int, rate: float) -> float:
    """Return the largest share of n + 1 that is at most the rate; 0 where n clips can't tell it."""
    return math.floor(rate * (n + 1) + 1e-9) / (n + 1)


def expected_alarms(n: int, rate: float, new: int, *, confidence: float) -> tuple[int, int]:
    """Return between how many alarms so many new normal clips raise, whatever the machine.

    The place of the threshold among n scores is known. So the number above it has a beta-binomial
    distribution.

    Parameters
    ----------
    n : int
        Training clips, enough for the rate.
    rate : float
        Wished false-alarm rate.
    new : int
        New normal clips.
    confidence : float in (0, 1)
        Least probability of the interval.
    """
    from scipy.stats import betabinom

    above = round(attainable(n, rate) * (n + 1))  # places above the threshold, of n + 1
    law = betabinom(new, above, n + 1 - above)
    tail = (1 - confidence) / 2
    return int(law.ppf(tail)), int(law.ppf(1 - tail))


def count_alarms(
    clips: ClipVectors,
    counts: Sequence[int],
    rates: Sequence[float],
    settings: Mapping,
    *,
    seed: int,
) -> Iterator[Counted]:
    """Draw training sets from the normal training clips of a machine ID, and count false alarms.

    Parameters
    ----------
    clips : ClipVectors
        Embeddings; the normal test clips are the new ones.
    counts : sequence of int
        Training clips to draw.
    rates : sequence of float
        Wished false-alarm rates.
    settings : mapping
        A whole config as plain values: `projection`, `held_out`, `detectors` and `seed` are used.
    seed : int
        Of the draw.

    Yields
    ------
    Counted
        One a number of clips, detector and rate that so many clips can tell.
    """
    new = ~clips.train & (clips.label == "normal")
    for count in counts:
        rng = np.random.default_rng([seed, count])
        drawn = np.sort(rng.permutation(np.flatnonzero(clips.train))[:count])
        rows = np.concatenate([drawn, np.flatnonzero(new)])
        own = dataclasses.replace(
            clips,
            **{name: getattr(clips, name)[rows] for name in ("clip", "split", "label", "values")},
        )
        groups = fold_clips(count, folds=settings["held_out"]["folds"], seed=seed)
        projected = project_vectors(own, groups, **settings["projection"])
        results = detect_clips(
            own,
            projected,
            settings["detectors"],
            seed=settings["seed"],
            scored_by=settings["held_out"]["scored_by"],
        )
        for detector, result in results.items():
            for rate in rates:
                if not attainable(count, rate) or result.estimator is None:
                    continue
                limit = threshold(result.train_scores, false_alarm_rate=rate)
                alarms = int(np.sum(result.test_scores > limit))
                yield Counted(detector, count, rate, alarms, len(result.test_scores))


def summarise(counted: Sequence[Counted]) -> list[dict]:
    """Put together the fits of a detector with as many clips and the same wish.

    Returns
    -------
    list of dict
        detector, n_train, rate; fits; attainable (share): what is expected; share: of all new clips
        that alarmed; low, high (shares): where the mean of so many independent fits lies in 99 of
        100 cases if it is as expected; inside: share of fits whose own number of alarms lies in
        its interval of `CONFIDENCE`.
    """
    groups: dict[tuple, list[Counted]] = {}
    for one in counted:
        groups.setdefault((one.detector, one.n_train, one.rate), []).append(one)
    rows = []
    for (detector, n, rate), fits in groups.items():
        expected = attainable(n, rate)
        shares = np.array([one.alarms / one.new for one in fits])
        new = fits[0].new
        # of the beta-binomial distribution of one fit's share
        variance = expected * (1 - expected) / new * (1 + (new - 1) / (n + 2))
        reach = 2.576 * math.sqrt(variance / len(fits))
        low, high = expected_alarms(n, rate, new, confidence=CONFIDENCE)
        rows.append(
            {
                "detector": detector,
                "n_train": n,
                "rate": rate,
                "fits": len(fits),
                "attainable": expected,
                "share": float(shares.mean()),
                "low": max(expected - reach, 0.0),
                "high": expected + reach,
                "inside": float(np.mean([low <= one.alarms <= high for one in fits])),
            }
        )
    return rows

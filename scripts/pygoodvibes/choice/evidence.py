"""Whether the candidates that an indicator favours would be favoured again, with other clips.

Comes in: held-out scores of an ID's own training clips, and scores of stand-ins. Goes out: in what
share of resamples of both the best candidate stays in front. Where it does not, or where it tells
nothing apart, the indicator ranks candidates by the chance of these clips.

References
----------
Efron and Tibshirani (1993), An introduction to the bootstrap (resampling).
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.choice.indicators import indicate
from pygoodvibes.choice.stand_ins import StandIns

RESAMPLES = 100
"""Draws, with replacement, of own clips and of the stand-ins of each group."""


CHANCE = {"stand_in_auc": 0.5, "stand_in_pauc": 0.5, "stand_in_separation": 0.0}
"""Values of indicators at which a candidate does not tell stand-ins from the ID's own clips."""


def tells_apart(indicator: str, value: float) -> bool:
    """Say whether the value of an indicator is better than chance; where that is known."""
    return value > CHANCE.get(indicator, -math.inf)


def steadiness(
    held_out: Mapping[str, np.ndarray],
    stand_ins: StandIns,
    indicator: str,
    best: Sequence[str],
    *,
    default: str,
    burstiness: float,
    max_fpr: float,
    seed: int,
) -> float:
    """Return how often the best candidate stays in front when clips are drawn anew.

    Parameters
    ----------
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        By candidate: held-out scores of the ID's own training clips, in the same order.
    stand_ins : StandIns
        Scores of each group of stand-ins.
    indicator : str
        One of `INDICATORS`.
    best : sequence of str
        The candidates that it favours beside the fixed default, the best first; at least one.
    default : str
        The fixed default, which is not counted.
    burstiness, max_fpr
        As in `indicators`.
    seed : int
        Of the draws.

    Returns
    -------
    float
        Share of the resamples in which the first of `best` is among as many as `best` has.
    """
    if indicator == "burstiness":
        return 1.0  # it goes by names, not by scores
    rng = np.random.default_rng(seed)
    own = {name: scores for name, scores in held_out.items() if name != default}
    n_own = len(next(iter(own.values())))
    stays = 0
    for _ in range(RESAMPLES):
        drawn = rng.integers(n_own, size=n_own)
        values = indicate(
            indicator,
            {name: scores[drawn] for name, scores in own.items()},
            stand_ins.drawn_anew(rng),
            burstiness=burstiness,
            max_fpr=max_fpr,
        )
        ahead = sum(value > values[best[0]] for value in values.values())
        stays += ahead < len(best)
    return stays / RESAMPLES

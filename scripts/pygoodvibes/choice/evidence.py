"""Whether the candidates that an indicator favours would be favoured again, with other clips.

Comes in: held-out scores of an ID's own training clips, and scores of stand-ins. Goes out: in what
share of resamples of both the best candidate stays in front. Where it does not, the indicator ranks
candidates by the chance of these clips.

References
----------
Efron and Tibshirani (1993), An introduction to the bootstrap (resampling).
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.choice.indicators import indicate

RESAMPLES = 100
"""Draws, with replacement, of own clips and of the stand-ins of each other ID."""


def steadiness(
    held_out: Mapping[str, np.ndarray],
    of_stand_ins: Mapping[str, Sequence[np.ndarray]],
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
    of_stand_ins : mapping of str to sequence of np.ndarray [shape=(n,)]
        By candidate: scores of the stand-ins of each other ID, in the same order.
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
    sizes = [len(scores) for scores in of_stand_ins[best[0]]]
    stays = 0
    for _ in range(RESAMPLES):
        drawn = rng.integers(n_own, size=n_own)
        of_others = [rng.integers(size, size=size) for size in sizes]
        values = indicate(
            indicator,
            {name: scores[drawn] for name, scores in own.items()},
            {
                name: [
                    scores[rows] for scores, rows in zip(of_stand_ins[name], of_others, strict=True)
                ]
                for name in own
            },
            burstiness=burstiness,
            max_fpr=max_fpr,
        )
        ahead = sum(value > values[best[0]] for value in values.values())
        stays += ahead < len(best)
    return stays / RESAMPLES

"""Which of many detectors stand out in a figure that shows them together.

Comes in: the names of detectors, the default first, and their metrics. Goes out: the names of those
that have a colour. Up to `MOST` all have; of more, three: the default, the best of the others, and
the better one of PyGoodVibes of 2021, whose names begin with 'original'.
"""

from collections.abc import Sequence

import pandas as pd

MOST = 7
"""Most detectors that have a colour each."""

_ORIGINAL = "original"


def stand_out(detectors: Sequence[str], metrics: pd.DataFrame) -> list[str]:
    """Return the detectors that have a colour.

    Parameters
    ----------
    detectors : sequence of str
        Their names, the default first.
    metrics : pandas.DataFrame
        One row per machine ID and detector: detector, and auc or sensitivity and specificity.
    """
    if len(detectors) <= MOST:
        return list(detectors)
    measures = ["auc"] if "auc" in metrics.columns else ["sensitivity", "specificity"]
    value = metrics.groupby("detector")[measures].mean().mean(axis=1)

    def best(names: Sequence[str]) -> list[str]:
        known = [name for name in names if name in value.index and value[name] == value[name]]
        return [max(known, key=lambda name: value[name])] if known else list(names[:1])

    default, *others = detectors
    originals = [name for name in others if name.startswith(_ORIGINAL)]
    peers = [name for name in others if name not in originals]
    return [default, *best(peers), *best(originals)]

"""What the choice was worth: the fixed default, the choice and the oracle, by test labels."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.compare_detectors import Scores

DEFAULT, CHOICE, ORACLE = "fixed default", "label-free choice", "oracle (by test labels)"
"""The three numbers."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was chosen for a machine ID, and the test clips to measure it by.

    Attributes
    ----------
    document : dict
        From `pygoodvibes.choice.choose.choose`, NaN where JSON has null.
    anomalous : np.ndarray [shape=(n,), dtype=bool]
        Truth of the labelled test clips.
    scores : dict of str to np.ndarray [shape=(n,)]
        Of each candidate, in units of its held-out scatter.
    max_fpr : float
        Of the pAUC.
    """

    document: dict
    anomalous: np.ndarray
    scores: dict[str, np.ndarray]
    max_fpr: float

    @property
    def key(self) -> tuple[str, str]:
        """Return machine type and ID."""
        return self.document["machine"], self.document["id"]

    @property
    def indicators(self) -> dict[str, dict[str, float]]:
        """Return the indicators of each candidate."""
        return self.document["indicators"]

    @property
    def known(self) -> bool:
        """Tell whether there are candidates, and test clips of both kinds."""
        return bool(self.scores) and self.anomalous.any() and not self.anomalous.all()

    def fused(self, names: Sequence[str]) -> np.ndarray:
        """Return the mean score of some candidates, shape (n,)."""
        return np.mean([self.scores[name] for name in names], axis=0)

    def measure(self, scores: np.ndarray) -> np.ndarray:
        """Return AUC and pAUC of scores, shape (2,)."""
        pauc = metrics.partial_auc(self.anomalous, scores, max_fpr=self.max_fpr)
        return np.array([metrics.auc(self.anomalous, scores), pauc])

    def oracle(self) -> str:
        """Return the candidate with the highest AUC by the test labels."""
        return max(self.scores, key=lambda name: self.measure(self.scores[name])[0])


def outcomes(
    documents: Sequence[Mapping],
    scores: Mapping[tuple[str, str], Sequence[Mapping[str, str]]],
    manifest: Sequence[Mapping[str, str]],
    *,
    max_fpr: float,
) -> list[Outcome]:
    """Join choices, scores and labels, by the names of the clips.

    Parameters
    ----------
    documents : sequence of mapping
        From `pygoodvibes.choice.choose.choose`, None for NaN.
    scores : mapping of (machine, id) to sequence of mapping
        Rows of the files of scores.
    manifest : sequence of mapping
        Rows of the manifest; of test clips machine, id, clip and label are used.
    max_fpr : float
        Of the pAUC.
    """
    labels = {
        (row["machine"], row["id"], row["clip"]): row["label"]
        for row in manifest
        if row["split"] == "test" and row["status"] == "ok"
    }
    result = []
    for document in documents:
        key = document["machine"], document["id"]
        table = {
            name: {indicator: _number(value) for indicator, value in values.items()}
            for name, values in document["indicators"].items()
        }
        # in the order of their names: resamples shall not depend on that of the rows
        ordered = sorted(scores.get(key, ()), key=lambda row: row["clip"])
        rows = [row for row in ordered if labels[*key, row["clip"]] in ("normal", "anomaly")]
        anomalous = np.array([labels[*key, row["clip"]] == "anomaly" for row in rows], dtype=bool)
        values = {name: np.array([float(row[name] or "nan") for row in rows]) for name in table}
        values = {name: scores for name, scores in values.items() if np.isfinite(scores).all()}
        result.append(Outcome({**document, "indicators": table}, anomalous, values, max_fpr))
    return result


def _number(value: float | None) -> float:
    return math.nan if value is None else value


def three_scores(known: Sequence[Outcome], default: str) -> Scores:
    """Return what the three numbers are computed from, for the machine IDs that have all three."""
    result: Scores = {}
    for outcome in known:
        chosen = outcome.document["chosen"]
        if default not in outcome.scores or not all(name in outcome.scores for name in chosen):
            continue
        by_name = {DEFAULT: [default], CHOICE: chosen, ORACLE: [outcome.oracle()]}
        result[outcome.key] = {
            name: (outcome.anomalous, outcome.fused(names)) for name, names in by_name.items()
        }
    return result

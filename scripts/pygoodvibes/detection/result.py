"""What a detector says of a machine ID's clips, and the file of scores."""

import dataclasses
import math
import pathlib
from collections.abc import Mapping

import numpy as np

from pygoodvibes.detection.cost import Cost
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.csv_files import read_columns, read_records, write_records


@dataclasses.dataclass(frozen=True)
class Detection:
    """A fitted detector and what it says.

    Attributes
    ----------
    estimator : object or None
        The estimator, fitted on all training clips; None if it could not be fitted.
    train_scores : np.ndarray [shape=(n_train,)]
        Score of each training clip from a fit that has not seen it. Higher = more anomalous.
    test_scores : np.ndarray [shape=(n_test,)]
        Score of each test clip. Higher = more anomalous.
    notes : list of str
        What had to be done differently from the settings, and why.
    cost : Cost or None
        Seconds and memory; None if nothing was tried.
    """

    estimator: object | None
    train_scores: np.ndarray
    test_scores: np.ndarray
    notes: list[str]
    cost: Cost | None = None


def write_scores(
    path: str | pathlib.Path, vectors: ClipVectors, results: Mapping[str, Detection]
) -> None:
    """Write a file of scores: a row for each clip (clip, split), a column for each detector.

    Scores of training clips are held-out scores. A cell without a score is empty.
    """
    scores = np.full((len(vectors.clip), len(results)), np.nan)
    for column, result in enumerate(results.values()):
        scores[vectors.train, column] = result.train_scores
        scores[~vectors.train, column] = result.test_scores
    records = [
        {"clip": clip, "split": split}
        | {
            name: repr(float(score)) if math.isfinite(score) else ""
            for name, score in zip(results, row, strict=True)
        }
        for clip, split, row in zip(vectors.clip, vectors.split, scores, strict=True)
    ]
    write_records(path, records, ["clip", "split", *results])


def read_scores(path: str | pathlib.Path) -> dict[str, dict[tuple[str, str], float]]:
    """Read a file of scores: per detector by split and clip name, NaN where there is none."""
    records = read_records(path)
    # from the header: there may be no row
    names = [name for name in read_columns(path) if name not in ("clip", "split")]
    return {
        name: {(row["split"], row["clip"]): float(row[name] or "nan") for row in records}
        for name in names
    }

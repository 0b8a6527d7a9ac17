"""Detectors compared on the same resamples of test clips.

Comes in: scores of all detectors. Goes out: metrics of each resample, the same clips for every
detector, so that a difference of two has an interval of its own.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.evaluation import metrics

Scores = dict[tuple[str, str], dict[str, tuple[np.ndarray, np.ndarray]]]
"""By (machine, id) and detector: whether each test clip is anomalous, and its score."""


def group_scores(rows: Iterable[Mapping[str, str]]) -> Scores:
    """Sort the rows of the file of all scores by machine ID and detector.

    Parameters
    ----------
    rows : iterable of mapping
        With machine, id, detector, clip, split, label, score.

    Returns
    -------
    Scores
        Labelled test clips, in the order of their names. A detector that has no score for one of
        them is left out for this machine ID.
    """
    groups: dict[tuple[str, str], dict[str, list[tuple[str, bool, float]]]] = {}
    for row in rows:
        if row["split"] == "test" and row["label"] in ("normal", "anomaly"):
            detectors = groups.setdefault((row["machine"], row["id"]), {})
            entry = (row["clip"], row["label"] == "anomaly", float(row["score"] or "nan"))
            detectors.setdefault(row["detector"], []).append(entry)
    grouped: Scores = {}
    for key, detectors in groups.items():
        for name, entries in detectors.items():
            entries.sort()
            anomalous = np.array([entry[1] for entry in entries])
            scores = np.array([entry[2] for entry in entries])
            if not np.isnan(scores).any() and anomalous.any() and not anomalous.all():
                grouped.setdefault(key, {})[name] = (anomalous, scores)
    return grouped


def resample(
    scores: Scores, *, max_fpr: float, resamples: int, seed: int
) -> dict[tuple[str, str], dict[str, np.ndarray]]:
    """Compute AUC and pAUC of every detector on every machine ID, and on resamples of its clips.

    Parameters
    ----------
    scores : Scores
        From `group_scores`.
    max_fpr, resamples, seed
        As in `pygoodvibes.evaluation.metrics.bootstrap`. Each machine ID has resamples of its own,
        the same for all detectors.

    Returns
    -------
    dict
        By (machine, id) and detector: shape (2, 1 + resamples), AUC and pAUC, first of the clips as
        they are, then of the resamples.
    """
    result: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for key, detectors in scores.items():
        sequence = np.random.SeedSequence([seed, *(zlib.crc32(name.encode()) for name in key)])
        state = int(sequence.generate_state(1)[0])
        for name, (anomalous, values) in detectors.items():
            drawn = metrics.bootstrap(
                anomalous, values, max_fpr=max_fpr, resamples=resamples, seed=state
            )
            own_value = (
                metrics.auc(anomalous, values),
                metrics.partial_auc(anomalous, values, max_fpr=max_fpr),
            )
            result.setdefault(key, {})[name] = np.array(
                [[value, *resampled] for value, resampled in zip(own_value, drawn, strict=True)]
            )
    return result


def average(
    resampled: Mapping[tuple[str, str], Mapping[str, np.ndarray]], detectors: Sequence[str]
) -> dict[str, dict[str, np.ndarray]]:
    """Average over machine IDs, and over machine types, resample by resample.

    Parameters
    ----------
    resampled : mapping
        From `resample`.
    detectors : sequence of str
        Only machine IDs count for which all of these have scores.

    Returns
    -------
    dict
        By detector and machine type, with 'mean of types' last: shape (2, 1 + resamples).
    """
    complete = {key: resampled[key] for key in scored_by_all(resampled, detectors)}
    machines = dict.fromkeys(machine for machine, _ in complete)
    result: dict[str, dict[str, np.ndarray]] = {}
    for name in detectors if complete else ():
        by_machine = {
            machine: np.mean([e[name] for (m, _), e in complete.items() if m == machine], axis=0)
            for machine in machines
        }
        result[name] = {**by_machine, MEAN: np.mean(list(by_machine.values()), axis=0)}
    return result


def scored_by_all(
    scores: Mapping[tuple[str, str], Mapping], detectors: Sequence[str]
) -> list[tuple[str, str]]:
    return [key for key, of_id in scores.items() if all(name in of_id for name in detectors)]


MEAN = "mean of types"

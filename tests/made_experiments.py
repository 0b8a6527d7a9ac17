"""Experiments with made metrics, to compare."""

from pygoodvibes.experiments import settings_diff
from pygoodvibes.experiments.compare import (
    compare,
)
from pygoodvibes.experiments.dvc_experiments import Experiment

IDS = [("fan", "00"), ("fan", "02"), ("valve", "00"), ("valve", "02")]
CONFIG = {
    "dataset": {"name": "tiny", "source": "synthetic"},
    "mel": {"n_mels": 128},
    "detectors": {"lof": {"n_neighbors": 20}, "knn": None},
    "evaluation": {"bootstrap": 200},
}
BOOTSTRAP = {"resamples": 200, "confidence": 0.95, "seed": 1}


def metrics(**detectors):
    """Return rows of metrics.csv: for each detector, the AUC of each of IDS."""
    return [
        {
            "machine": machine,
            "id": machine_id,
            "detector": detector,
            "auc": "" if auc is None else str(auc),
            "pauc": "" if auc is None else str(auc / 2),
        }
        for detector, values in detectors.items()
        for (machine, machine_id), auc in zip(IDS, values, strict=True)
    ]


def experiment(name, rows, **settings):
    return Experiment(name, {**settings_diff.flat(CONFIG), **settings}, rows)


BASE = experiment("baseline", metrics(lof=[0.5, 0.6, 0.7, 0.8], knn=[0.5, 0.5, 0.5, 0.5]))
BETTER = experiment(
    "better",
    metrics(lof=[0.6, 0.7, 0.8, 0.9], knn=[0.5, 0.5, 0.5, 0.5]),
    **{"detectors.lof.n_neighbors": 5},
)
MIXED = experiment(
    "mixed", metrics(lof=[0.9, 0.4, 0.7, 0.8], gmm=[0.9, 0.9, 0.5, 0.5]), **{"mel.n_mels": 64}
)


def compared(*experiments, **options):
    rows = compare(BASE, experiments, **BOOTSTRAP | options)
    return {(row["experiment"], row["detector"]): row for row in rows}


def cells_of(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]

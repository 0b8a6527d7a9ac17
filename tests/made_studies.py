"""Studies of a small config, with made metrics."""

import pathlib

from pygoodvibes.config.validate import validate
from pygoodvibes.experiments.study import check_study
from pygoodvibes.experiments.study_plan import plan
from pygoodvibes.experiments.study_table import rows_of

IDS = [("fan", "00"), ("fan", "02"), ("valve", "00"), ("valve", "02")]
CONFIG = validate(
    {
        "dataset": {"name": "tiny", "source": "synthetic"},
        "detectors": {"lof": {"n_neighbors": 4}, "knn": None, "other": {"method": "gmm"}},
    }
)
BOOTSTRAP = {"resamples": 100, "confidence": 0.95, "seed": 1}


def study(**keys):
    return check_study({"title": "A study", **keys}, name="s.yaml")


def planned(config=CONFIG, **keys):
    return plan(study(**keys), config, name="s.yaml")


def metrics(run, auc):
    """Return rows of metrics.csv of a run, given the AUC of each of IDS by variant."""
    return [
        {
            "machine": machine,
            "id": machine_id,
            "detector": variant,
            "auc": value,
            "pauc": value / 2,
            "sensitivity": value - 0.15,
            "specificity": 0.9,
            "f1": 0.6,
        }
        for variant, values in auc.items()
        for (machine, machine_id), value in zip(IDS, values, strict=True)
    ]


def found(auc=lambda number: [0.5 + 0.01 * number, 0.6, 0.7, 0.8], **keys):
    """Return the rows of a study with made metrics."""
    rows, number = [], 0
    for run in planned(**keys):
        made = {}
        for variant in run.variants:
            made[variant] = auc(number)
            number += 1
        rows += rows_of(run, metrics(run, made), **BOOTSTRAP)
    return rows


READY_MADE = sorted((pathlib.Path(__file__).parents[1] / "config" / "studies").glob("*.yaml"))

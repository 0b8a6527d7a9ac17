"""Machine IDs of random clips, with fitted detectors, to choose among."""

import functools
import types

import numpy as np

from pygoodvibes.choice.candidates import MachineId
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.embeddings.vectors import from_records

BANDS = 12
COLUMNS = [f"{view}_{band:03d}" for view in ("mean", "max") for band in range(BANDS)]
START = {"mean": 0, "max": BANDS}
DETECTORS = {
    "fusion": {"method": "fusion", "input": "embedding"},
    "knn": {"method": "knn", "input": "projection", "components": None},
    "control": {"method": "random_projection", "input": "embedding"},
    "original_knn": {"method": "knn", "input": "projection", "components": 2},
}


def clips(seed, *, view="mean", shift=0.0, n_train=30, n_test=8):
    """Return clips whose `view` lies higher than that of other machine IDs by `shift`."""
    values = np.random.default_rng(seed).normal(size=(n_train + n_test, 2 * BANDS))
    values[:, START[view] + 3 : START[view] + 6] += shift
    records = [
        {
            "clip": f"{number}.wav",
            "split": "train" if number < n_train else "test",
            "label": "anomaly" if number >= n_train + n_test // 2 else "normal",
        }
        for number in range(n_train + n_test)
    ]
    return from_records(records, values.astype(np.float32), COLUMNS)


def parts_of(embedded, detectors=None, cache=None):
    options = {"n_components": "all", "standardize": True, "whiten": False, "residual": True}
    folds = fold_clips(embedded.train.sum(), folds=5, seed=0)
    projected = project_vectors(embedded, folds, **options)
    detectors = DETECTORS if detectors is None else detectors
    results = detect_clips(embedded, projected, detectors, seed=0, cache=cache)
    return projected, results


def machine_id(embedded, detectors=None, cache=None):
    projected, results = parts_of(embedded, detectors, cache)
    keys = {
        split: [("train" if split else "test", clip) for clip in embedded.clip[part]]
        for split, part in ((True, embedded.train), (False, ~embedded.train))
    }
    return MachineId(
        embedded=embedded,
        pcas=projected.pcas,
        cache=cache,
        estimators={name: each.estimator for name, each in results.items()},
        scores={
            name: dict(zip(keys[True], each.train_scores, strict=True))
            | dict(zip(keys[False], each.test_scores, strict=True))
            for name, each in results.items()
        },
    )


def model_of(own, detectors, **more):
    """Return what scoring needs of the model of a machine ID."""
    return types.SimpleNamespace(
        estimators={**own.estimators, **more}, settings={"detectors": detectors}, pcas=own.pcas
    )


@functools.cache
def _a_type(view):
    return tuple(machine_id(clips(number, view=view, shift=4.0 * number)) for number in range(3))


def a_type(view="mean"):
    """Return three IDs that differ in one view alone."""
    return dict(zip(("00", "02", "04"), _a_type(view), strict=True))

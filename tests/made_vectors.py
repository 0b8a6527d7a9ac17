"""Random vectors of the clips of one machine ID, and what detectors make of them."""

import numpy as np

from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(size=(40, 5))
TEST = RNG.normal(size=(12, 5)) + np.repeat([[0.0], [4.0]], 6, axis=0)

DETECTORS = {
    **{
        name: {"method": name, "input": "embedding"}
        for name in METHODS
        if name not in ("frames", "autoencoder", "idnn")
    },
    "iforest": {"method": "sklearn.ensemble.IsolationForest", "input": "embedding"},
}


def embedded(train=TRAIN, test=TEST):
    values = np.concatenate([train, test]).astype(np.float32)
    records = [
        {
            "clip": f"normal_id_00_{number:08d}.wav",
            "split": "train" if number < len(train) else "test",
            "label": "normal",
        }
        for number in range(len(values))
    ]
    return vectors.from_records(records, values, [f"v{n}" for n in range(values.shape[1])])


def run_clips(clips, detectors=DETECTORS, **projection):
    options = {"n_components": "all", "standardize": True, "whiten": False, "residual": True}
    options |= projection
    projected = project_vectors(clips, fold_clips(clips.train.sum(), folds=5, seed=0), **options)
    return detect_clips(clips, projected, detectors, seed=0)

import numpy as np
import pytest
from pydantic import ValidationError

from fitted_detectors import FAR, NEAR, scored, settings_of
from pygoodvibes.detectors import gmm, knn, lof, mahalanobis, ocsvm
from pygoodvibes.detectors.registry import METHODS

DOTTED = [
    "sklearn.ensemble.IsolationForest",
    "sklearn.covariance.EllipticEnvelope",
    "sklearn.neighbors.LocalOutlierFactor",
    "sklearn.svm.OneClassSVM",
    "sklearn.neighbors.KernelDensity",
]

# the others see frames: test_frames.py, test_autoencoder.py
FRAME_METHODS = ("frames", "autoencoder", "idnn")
VECTOR_METHODS = [method for method in METHODS if method not in FRAME_METHODS]


@pytest.mark.parametrize("method", [*VECTOR_METHODS, *DOTTED])
def test_higher_scores_mean_more_anomalous(method):
    near, far = scored(method, NEAR), scored(method, FAR)
    assert near.shape == far.shape == (20,)
    assert near.dtype == np.float64
    assert far.min() > np.median(near)
    assert far.mean() > near.mean()


@pytest.mark.parametrize("method", [*VECTOR_METHODS, *DOTTED])
def test_same_seed_same_scores(method):
    assert np.array_equal(scored(method, NEAR), scored(method, NEAR))


def test_seeds_matter_where_a_fit_starts_from_random_numbers():
    for method in ("gmm", "sklearn.ensemble.IsolationForest"):
        settings = settings_of(method)
        states = [settings.build(n_clips=80, seed=seed).random_state for seed in (1, 2)]
        assert states == [1, 2]
        assert settings_of(method, seed=7).build(n_clips=80, seed=1).random_state == 7


@pytest.mark.parametrize(
    ("method", "asked", "n_clips", "used"),
    [
        ("lof", 20, 21, 20),
        ("lof", 20, 20, 19),
        ("lof", 20, 5, 4),
        ("knn", 20, 20, 20),
        ("knn", 20, 5, 5),
    ],
)
def test_neighbours_are_at_most_the_clips_there_are(method, asked, n_clips, used):
    settings = settings_of(method, n_neighbors=asked)
    assert settings.build(n_clips=n_clips, seed=0).n_neighbors == used


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        (lof, {"n_neighbors": 0}),
        (lof, {"contamination": 0.6}),
        (lof, {"n_neighbours": 5}),
        (knn, {"metric": "hamming"}),
        (ocsvm, {"gamma": 0}),
        (ocsvm, {"nu": 1.5}),
        (ocsvm, {"gamma": "narrow"}),
        (gmm, {"covariance_type": "round"}),
        (gmm, {"reg_covar": 0.0}),
        (mahalanobis, {"shrinkage": 1.1}),
        (mahalanobis, {"input": "spectrogram"}),
        (mahalanobis, {"false_alarm_rate": 0.0}),
    ],
)
def test_impossible_settings_are_refused(module, wrong):
    method = module.__name__.rpartition(".")[2]
    with pytest.raises(ValidationError):
        module.Settings.model_validate({"method": method, **wrong})

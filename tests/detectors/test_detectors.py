import importlib

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial.distance import cdist
from sklearn.covariance import OAS, LedoitWolf, ShrunkCovariance
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import estimator, gmm, knn, lof, mahalanobis, ocsvm
from pygoodvibes.detectors.registry import METHODS, module_of

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

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(size=(80, 4)) * [1, 2, 0.5, 1]
NEAR = RNG.normal(size=(20, 4)) * [1, 2, 0.5, 1]
FAR = NEAR + np.array([6.0, 0, 6.0, 0])


def settings_of(method, **more):
    module = importlib.import_module(module_of(method))
    return module.Settings.model_validate({"method": method, **more})


def fitted(method, **more):
    return settings_of(method, **more).build(n_clips=len(TRAIN), seed=0).fit(TRAIN)


def scored(method, values, **more):
    return anomaly_score(fitted(method, **more), values)


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


def test_lof_is_scikit_learns():
    reference = LocalOutlierFactor(n_neighbors=12, novelty=True).fit(TRAIN)
    assert np.array_equal(scored("lof", FAR, n_neighbors=12), -reference.score_samples(FAR))
    # the factor itself: about 1 inside, far above it outside
    assert np.median(scored("lof", NEAR)) == pytest.approx(1, abs=0.2)
    assert scored("lof", FAR).min() > 1.5


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.3])
def test_ocsvm_is_scikit_learns(gamma):
    reference = OneClassSVM(kernel="rbf", gamma=gamma, nu=0.2).fit(TRAIN)
    expected = -reference.score_samples(FAR)
    assert np.array_equal(scored("ocsvm", FAR, gamma=gamma, nu=0.2), expected)


def test_ocsvm_iterations_can_be_limited():
    assert settings_of("ocsvm").build(n_clips=9, seed=0).max_iter == -1
    assert settings_of("ocsvm", max_iter=5).build(n_clips=9, seed=0).max_iter == 5


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_knn_is_the_mean_distance_to_the_nearest(metric):
    distances = np.sort(cdist(FAR, TRAIN, {"manhattan": "cityblock"}.get(metric, metric)), axis=1)
    for k in (1, 3):
        expected = distances[:, :k].mean(axis=1)
        assert np.allclose(scored("knn", FAR, n_neighbors=k, metric=metric), expected)


def test_gmm_is_minus_the_log_likelihood():
    reference = GaussianMixture(
        2, covariance_type="full", reg_covar=0.01, n_init=3, max_iter=200, random_state=0
    ).fit(TRAIN)
    ours = scored("gmm", FAR, covariance_type="full", reg_covar=0.01)
    assert np.allclose(ours, -reference.score_samples(FAR))


@pytest.mark.parametrize(
    ("shrinkage", "reference"),
    [
        ("ledoit_wolf", LedoitWolf()),
        ("oas", OAS()),
        (0.3, ShrunkCovariance(shrinkage=0.3)),
        (0.0, ShrunkCovariance(shrinkage=0.0)),
    ],
)
def test_mahalanobis_is_the_distance_in_standard_deviations(shrinkage, reference):
    expected = np.sqrt(reference.fit(TRAIN).mahalanobis(FAR))
    ours = scored("mahalanobis", FAR, shrinkage=shrinkage)
    assert np.allclose(ours, expected)
    assert (ours > 0).all()
    if shrinkage == 0.0:
        inverse = np.linalg.inv(np.cov(TRAIN.T, bias=True))
        centred = FAR - TRAIN.mean(axis=0)
        assert np.allclose(ours, np.sqrt(np.einsum("ij,jk,ik->i", centred, inverse, centred)))


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


@pytest.mark.parametrize(("n_clips", "used"), [(1, 1), (3, 1), (4, 2), (9, 4), (100, 5)])
def test_gaussians_are_at_most_half_the_clips(n_clips, used):
    settings = settings_of("gmm", n_components=5)
    assert settings.build(n_clips=n_clips, seed=0).n_components == used


def test_lof_by_dotted_path_scores_new_clips():
    ours = scored("sklearn.neighbors.LocalOutlierFactor", FAR, n_neighbors=12)
    assert np.array_equal(ours, scored("lof", FAR, n_neighbors=12))


def test_parameters_of_a_dotted_path_reach_the_estimator():
    settings = settings_of("sklearn.ensemble.IsolationForest", n_estimators=7)
    assert settings.build(n_clips=80, seed=0).n_estimators == 7
    assert settings.estimator_settings()["n_estimators"] == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "loff"}, "did you mean lof"),
        ({"method": "sklearn.nothing.Here"}, "names no estimator"),
        ({"method": "sklearn.ensemble.Nothing"}, "names no estimator"),
        ({"method": "sklearn.cluster.KMeans"}, "has no methods fit and score_samples"),
        ({"method": "json.dumps"}, "has no methods fit and score_samples"),
        ({"method": "sklearn.ensemble.IsolationForest", "trees": 5}, "trees: there is no such"),
    ],
)
def test_dotted_paths_that_lead_nowhere_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        estimator.Settings.model_validate(wrong)


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


def test_contamination_is_the_false_alarm_rate_of_lof():
    assert settings_of("lof").expected_false_alarm_rate() is None
    assert settings_of("lof", false_alarm_rate=0.2).expected_false_alarm_rate() == 0.2
    both = settings_of("lof", false_alarm_rate=0.2, contamination=0.05)
    assert both.expected_false_alarm_rate() == 0.05
    assert settings_of("knn", false_alarm_rate=0.3).expected_false_alarm_rate() == 0.3


def test_settings_of_the_method_are_told_from_common_ones():
    own = settings_of("knn", input="embedding", false_alarm_rate=0.2).estimator_settings()
    assert own == {"n_neighbors": 1, "metric": "euclidean"}

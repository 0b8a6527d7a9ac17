import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from fitted_detectors import FAR, NEAR, TRAIN
from pygoodvibes.detection.fit import detect
from pygoodvibes.detectors import outliers
from pygoodvibes.detectors.registry import settings_of
from pygoodvibes.embeddings.held_out import Groups

KINDS = [
    outliers.Fusion,
    outliers.LocalDensity,
    outliers.NearestNeighborDistance,
    outliers.RandomProjection,
    outliers.ShrunkMahalanobis,
]
WITHOUT_SEED = {
    "knn": outliers.NearestNeighborDistance,
    "mahalanobis": outliers.ShrunkMahalanobis,
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_estimator_keeps_the_rules_of_scikit_learn(kind):
    results = check_estimator(kind(), on_skip=None, on_fail=None)
    wrong = {each["check_name"]: each["exception"] for each in results if each["exception"]}
    wrong.pop("check_array_api_input", None)  # skipped where array_api_compat is not installed
    assert wrong == {} and len(results) > 40


@pytest.mark.parametrize("kind", KINDS)
def test_signs_are_those_of_scikit_learn(kind):
    estimator = kind().fit(TRAIN)
    normal, odd = estimator.score_samples(NEAR), estimator.score_samples(FAR)
    assert np.median(normal) > np.median(odd)
    assert np.array_equal(estimator.decision_function(FAR), odd - estimator.offset_)
    assert (estimator.predict(FAR) == -1).all()
    assert (estimator.predict(NEAR) == 1).mean() > 0.6


@pytest.mark.parametrize("method", WITHOUT_SEED)
def test_scores_are_minus_those_of_the_workflow(method):
    """As there, the mean of the fits that give training clips their held-out scores."""
    estimator = WITHOUT_SEED[method]().fit(TRAIN)
    seed = np.random.RandomState(0).randint(2**31 - 1)
    fold = np.random.default_rng(seed).permutation(np.arange(len(TRAIN)) % outliers.FOLDS)
    groups = Groups.of_folds(fold)
    settings = settings_of(method).model_validate({"method": method, "input": "embedding"})
    expected = detect(TRAIN, FAR, groups, settings, seed=0)
    assert np.allclose(-estimator.score_samples(FAR), expected.test_scores)
    assert np.allclose(-estimator.score_samples(TRAIN), expected.train_scores)


@pytest.mark.parametrize("kind", KINDS)
def test_the_threshold_comes_from_clips_that_the_fit_has_not_seen(kind):
    rng = np.random.default_rng(3)
    train, new = rng.normal(size=(200, 6)), rng.normal(size=(2000, 6))
    for rate in (0.05, 0.3):
        estimator = kind(false_alarm_rate=rate).fit(train)
        # of new normal clips that share lies below it, within what 200 clips can tell
        assert abs((estimator.predict(new) == -1).mean() - rate) < 0.08
        # and of the learned ones exactly, for they keep their held-out scores
        assert (estimator.predict(train) == -1).mean() == pytest.approx(rate, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_pipeline_takes_it_and_its_copies_score_the_same(kind):
    pipeline = make_pipeline(StandardScaler(), PCA(3), kind())
    expected = pipeline.fit(TRAIN).score_samples(FAR)
    assert np.array_equal(clone(pipeline).fit(TRAIN).score_samples(FAR), expected)
    assert np.array_equal(pickle.loads(pickle.dumps(pipeline)).score_samples(FAR), expected)
    pipeline.set_params(**{f"{kind.__name__.lower()}__false_alarm_rate": 0.4})
    assert pipeline[-1].get_params()["false_alarm_rate"] == 0.4

"""PyOD's models: the sign, no look at other clips, what is said where PyOD is missing."""

import numpy as np
import pytest
from pydantic import ValidationError

from fitted_detectors import FAR, NEAR, TRAIN, fitted, scored, settings_of
from pygoodvibes.detection import serialization
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import pyod
from pygoodvibes.detectors.kinds import NotAsDeclaredError
from pygoodvibes.detectors.state import fitted_by
from pygoodvibes.util.errors import UserError

MODELS = list(pyod.MODELS)


@pytest.mark.parametrize("model", MODELS)
def test_an_obvious_outlier_has_the_higher_score(model):
    scores = scored("pyod", np.concatenate([TRAIN, FAR]), model=model)
    assert scores[len(TRAIN) :].min() > np.median(scores[: len(TRAIN)])
    from_pyod = getattr(__import__(f"pyod.models.{model.lower()}", fromlist=[model]), model)
    parameters = {"random_state": 0} if model == "IForest" else {}
    theirs = from_pyod(**parameters).fit(TRAIN).decision_function(FAR[:1])
    assert scored("pyod", FAR[:1], model=model) == pytest.approx(theirs)


@pytest.mark.parametrize("model", MODELS)
def test_a_score_depends_on_no_other_clip_to_be_scored(model):
    alone = [scored("pyod", clip[None], model=model)[0] for clip in NEAR[:4]]
    assert scored("pyod", np.concatenate([NEAR[:4], FAR]), model=model)[:4] == pytest.approx(alone)


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_kept_as_its_training_clips(model):
    estimator = fitted("pyod", model=model)
    structure, arrays = serialization.encode(estimator)
    assert [array.shape for array in arrays] == [TRAIN.shape]
    back = serialization.decode(structure, arrays, fitted_by("pyod"), {"d": TRAIN.shape[1]})
    assert np.array_equal(anomaly_score(back, FAR), anomaly_score(estimator, FAR))


def test_a_file_of_clips_that_are_all_alike_is_refused():
    structure, [array] = serialization.encode(fitted("pyod"))
    with pytest.raises(NotAsDeclaredError, match="alike"):
        serialization.decode(structure, [np.ones_like(array)], fitted_by("pyod"), {"d": 4})


def test_a_column_in_which_no_training_clip_differs_is_left_out():
    steady = np.column_stack([TRAIN, np.full(len(TRAIN), 3.0)])
    estimator = settings_of("pyod").build(n_clips=len(steady), seed=0).fit(steady)
    found = anomaly_score(estimator, np.column_stack([FAR, np.full(len(FAR), 5.0)]))
    assert np.array_equal(found, scored("pyod", FAR))


def test_neighbours_are_fewer_than_the_clips():
    settings = settings_of("pyod", model="KNN", n_neighbors=20)
    assert settings.build(n_clips=6, seed=0).n_neighbors == 5
    assert settings.build(n_clips=21, seed=0).n_neighbors == 20


def test_a_key_of_another_model_is_refused():
    with pytest.raises(ValidationError, match="nu: a key of OCSVM, not of KNN"):
        settings_of("pyod", model="KNN", nu=0.2)
    # but a whole table of defaults may be given, as the workflow does
    settings_of("pyod", **settings_of("pyod", model="KNN").model_dump(exclude={"method"}))


def test_without_pyod_one_sentence_says_what_to_do(monkeypatch):
    structure, arrays = serialization.encode(fitted("pyod", model="KNN"))
    monkeypatch.setattr(pyod, "installed", lambda: False)
    with pytest.raises(ValidationError, match=r"not installed; .* -r requirements-peers\.txt"):
        settings_of("pyod")
    with pytest.raises(UserError, match=r"KNN .* not installed; .* -r requirements-peers\.txt"):
        serialization.decode(structure, arrays, fitted_by("pyod"), {"d": 4})

import numpy as np

from made_machine_ids import DETECTORS, a_type, model_of
from pygoodvibes.choice.candidates import Candidates, may_be_chosen
from pygoodvibes.monitoring.score_clip import score_features


def test_the_first_detector_is_always_a_candidate():
    assert may_be_chosen(DETECTORS, ["*"]) == ["fusion"]
    assert may_be_chosen({"control": DETECTORS["control"]}, []) == ["control"]


def test_scores_of_whole_detectors_are_not_computed_twice():
    own = a_type()["00"]
    candidates = Candidates.of(own, DETECTORS, leave_out=[], members=True)
    every = np.arange(38)
    scores = candidates.score(DETECTORS, own.inputs(every, own.pcas))
    assert np.allclose(
        scores["fusion"], -own.estimators["fusion"].score_samples(own.embedded.values)
    )
    assert np.allclose(scores["knn"][30:], own.scores_of("test")["knn"], rtol=1e-4)
    found = {
        name: score_features(model_of(own, DETECTORS), name, own.embedded.values)
        for name, estimator in own.estimators.items()
        if estimator is not None
    }
    assert all(np.allclose(found[name], scores[name]) for name in found if name in scores)
    assert np.allclose(found["original_knn"][30:], own.scores_of("test")["original_knn"], rtol=1e-4)

import dataclasses

import numpy as np

from made_machine_ids import DETECTORS, a_type, clips, machine_id, model_of
from pygoodvibes.choice.candidates import Candidates, may_be_chosen
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.monitoring.score_clip import score_features


def test_the_first_detector_is_always_a_candidate():
    assert may_be_chosen(DETECTORS, ["*"]) == ["fusion"]
    assert may_be_chosen({"control": DETECTORS["control"]}, []) == ["control"]


def test_a_control_with_shuffled_domains_is_no_candidate():
    detectors = {name: {"method": "domain_knn"} for name in ("first", "shuffled", "other")}
    detectors["shuffled"]["shuffle_domains"] = True
    assert may_be_chosen(detectors, []) == ["first", "other"]


def test_a_control_with_random_directions_is_no_candidate():
    detectors = {name: {"method": "nuisance_knn"} for name in ("first", "shuffled", "other")}
    detectors["shuffled"]["shuffle_supplemental"] = True
    assert may_be_chosen(detectors, []) == ["first", "other"]


def test_scores_of_whole_detectors_are_not_computed_twice():
    own = a_type()["00"]
    candidates = Candidates.of(own, DETECTORS, leave_out=[], members=True)
    every = np.arange(38)
    [scores] = candidates.score(DETECTORS, [own.inputs(every, own.pcas)])
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


def test_clips_that_an_encoder_has_learnt_from_do_not_count():
    own = machine_id(clips(0))
    n_train = int(own.embedded.train.sum())
    assert own.counts.all() and len(own.counts) == n_train
    among = np.arange(n_train) % 2 == 0
    learnt = dataclasses.replace(own, groups=fold_clips(n_train, folds=5, seed=0, among=among))
    options = {"leave_out": (), "members": True}
    all_, some = (Candidates.of(each, DETECTORS, **options).held_out for each in (own, learnt))
    assert some.keys() == all_.keys() and any(": " in name for name in some)
    for name, scores in some.items():
        assert np.array_equal(scores, all_[name][among])

"""Nearest neighbours without nuisance directions, on clips that a hall makes differ in two of them.

The hall of the test clips is another one, and hides how the anomalous ones differ.
"""

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import roc_auc_score

from pygoodvibes.detectors.kinds import Arrays, NotAsDeclaredError, Sizes
from pygoodvibes.detectors.registry import settings_of
from pygoodvibes.detectors.state import fitted_by

D = 30
RNG = np.random.default_rng(0)
HALL = np.linalg.qr(RNG.normal(size=(D, 2)))[0].T
FAULT = np.linalg.qr(np.vstack([HALL, RNG.normal(size=(1, D))]).T)[0][:, 2]


def hall(count, far):
    return far * RNG.normal(size=(count, 2)) @ HALL


def machine(count):
    return RNG.normal(size=(count, D))


TRAIN = machine(200) + hall(200, 8)
NORMAL = machine(60) + hall(60, 40)
ANOMALY = machine(60) + hall(60, 40) + 8 * FAULT
TEST = np.concatenate([NORMAL, ANOMALY])
IS_ANOMALY = np.repeat([False, True], 60)
# where the recordings lie as a whole plays no part
SUPPLEMENTAL = {
    "noise": {"noise": 40 + hall(100, 8) + 0.1 * machine(100)},
    "clean": {"clean": machine(100) - 40},
}


def build(**more):
    settings = settings_of("nuisance_knn").model_validate({"method": "nuisance_knn", **more})
    return settings, settings.build(n_clips=len(TRAIN), seed=0)


def fitted(supplemental=None, **more):
    return build(**more)[1].fit(TRAIN, supplemental=supplemental)


def auc(estimator):
    return roc_auc_score(IS_ANOMALY, -estimator.score_samples(TEST))


def plain(clips, k=1):
    """Return the scores of nearest neighbours in the standardised columns, by hand."""
    scale = TRAIN.std(axis=0)
    return np.sort(cdist(clips / scale, TRAIN / scale), axis=1)[:, :k].mean(axis=1)


@pytest.mark.parametrize("kind", ["noise", "clean"])
def test_what_the_hall_hides_is_found_and_the_control_does_not_find_it(kind):
    assert roc_auc_score(IS_ANOMALY, plain(TEST)) < 0.7
    assert auc(fitted(SUPPLEMENTAL[kind])) > 0.95
    assert auc(fitted(SUPPLEMENTAL[kind], shuffle_supplemental=True)) < 0.7


@pytest.mark.parametrize("kind", ["noise", "clean"])
def test_the_directions_are_those_of_the_hall(kind):
    removed = fitted(SUPPLEMENTAL[kind]).removed_
    assert np.allclose(removed @ removed.T, np.eye(2))
    scaled = HALL / TRAIN.std(axis=0)
    inside = scaled @ removed.T @ removed
    assert np.linalg.norm(inside) > 0.98 * np.linalg.norm(scaled)


def test_the_score_is_the_mean_distance_without_the_directions():
    estimator = fitted(SUPPLEMENTAL["noise"], n_neighbors=3)
    scale, u = TRAIN.std(axis=0), estimator.removed_
    train, test = (values / scale @ (np.eye(D) - u.T @ u) for values in (TRAIN, TEST))
    expected = np.sort(cdist(test, train), axis=1)[:, :3].mean(axis=1)
    assert np.allclose(-estimator.score_samples(TEST), expected)


def test_noise_counts_where_there_are_both_kinds():
    both = {**SUPPLEMENTAL["clean"], **SUPPLEMENTAL["noise"]}
    assert np.array_equal(fitted(both).removed_, fitted(SUPPLEMENTAL["noise"]).removed_)


@pytest.mark.parametrize(
    "nothing", [None, {}, {"noise": np.ones((1, D))}, {"noise": np.ones((5, D))}]
)
def test_without_recordings_that_differ_it_is_nearest_neighbours_and_says_so(nothing):
    settings, _ = build(n_neighbors=2)
    estimator = fitted(nothing, n_neighbors=2)
    assert np.allclose(-estimator.score_samples(TEST), plain(TEST, 2))
    [remark] = settings.remarks(estimator)
    assert "no supplemental recordings" in remark and "plain nearest neighbours" in remark


def test_it_says_when_the_recordings_tell_fewer_directions():
    settings, _ = build(directions=5)
    estimator = fitted({"noise": hall(3, 1)}, directions=5)
    assert len(estimator.removed_) == 2
    assert settings.remarks(estimator) == ["directions 5 lowered to 2: the recordings tell no more"]
    assert build()[0].remarks(fitted(SUPPLEMENTAL["noise"])) == []


def test_a_quieter_hall_than_the_machine_is_no_direction():
    estimator = fitted({"clean": 50 * machine(100)})
    assert len(estimator.removed_) == 0


def test_the_training_clips_can_tell_the_directions_instead():
    alone = fitted(directions_from="training")
    beside = fitted(SUPPLEMENTAL["clean"], directions_from="training")
    assert np.array_equal(alone.removed_, beside.removed_)
    variance, found = np.linalg.eigh(np.corrcoef(TRAIN.T))
    assert np.allclose(np.abs(np.sum(alone.removed_ * found[:, :-3:-1].T, axis=1)), 1)
    assert variance[-1] > 1


def test_as_many_random_directions_are_removed_as_told_ones():
    estimator = fitted(SUPPLEMENTAL["noise"], shuffle_supplemental=True)
    assert np.allclose(estimator.removed_ @ estimator.removed_.T, np.eye(2))
    assert np.abs(estimator.removed_ @ fitted(SUPPLEMENTAL["noise"]).removed_.T).max() < 0.9
    again = fitted(SUPPLEMENTAL["noise"], shuffle_supplemental=True)
    assert np.array_equal(estimator.removed_, again.removed_)
    other = fitted(SUPPLEMENTAL["noise"], shuffle_supplemental=True, seed=1)
    assert not np.array_equal(estimator.removed_, other.removed_)


def test_a_column_that_is_constant_over_training_clips_is_not_removed():
    still = np.column_stack([TRAIN, np.full(len(TRAIN), 3.0)])
    noise = SUPPLEMENTAL["noise"]["noise"]
    loud = np.column_stack([noise, 1000 * RNG.normal(size=len(noise))])
    estimator = build()[1].fit(still, supplemental={"noise": loud})
    assert np.allclose(estimator.removed_[:, -1], 0)
    at_rest, differs = still[:1], still[:1] + np.eye(D + 1)[-1:]
    assert -estimator.score_samples(differs) > 0.9 - estimator.score_samples(at_rest)


def test_it_comes_back_from_a_file_and_odd_directions_do_not():
    estimator = fitted(SUPPLEMENTAL["noise"])
    arrays: list[np.ndarray] = []
    kind = fitted_by("nuisance_knn")
    node = kind.encode(estimator, arrays, Sizes(d=D))
    back = kind.decode(node, Arrays(arrays), Sizes(d=D))
    assert np.array_equal(back.score_samples(TEST), estimator.score_samples(TEST))
    odd = [2 * array if array is estimator.removed_ else array for array in arrays]
    with pytest.raises(NotAsDeclaredError, match="orthonormal"):
        kind.decode(node, Arrays(odd), Sizes(d=D))

import json

import numpy as np
import pytest

from pygoodvibes.detection.serialization import NotPlainError, decode, encode
from pygoodvibes.detectors import fusion, random_projection
from pygoodvibes.util.errors import UserError

VALUES = np.random.default_rng(0).normal(size=(20, 40))


def through_json(value):
    arrays = []
    structure = json.loads(json.dumps(encode(value, arrays)))
    return decode(structure, arrays)


@pytest.mark.parametrize("method", [fusion, random_projection])
def test_a_detector_of_our_own_comes_back_with_the_same_scores(method):
    settings = method.Settings(method=method.__name__.rpartition(".")[2], input="embedding")
    estimator = settings.build(n_clips=20, seed=1).fit(VALUES)
    back = through_json(estimator)
    assert type(back) is type(estimator) and back is not estimator
    assert np.array_equal(back.score_samples(VALUES), estimator.score_samples(VALUES))


def test_values_keep_their_kinds():
    value = {"a": [1, 2.5, None, True, "x"], "b": (np.float64(3.5), np.arange(3)), "c": {}}
    back = through_json(value)
    assert back["a"] == value["a"] and back["c"] == {}
    assert back["b"][0] == 3.5 and isinstance(back["b"], tuple)
    assert np.array_equal(back["b"][1], [0, 1, 2]) and back["b"][1].dtype == np.arange(3).dtype


@pytest.mark.parametrize("value", [object(), np.array([None]), {1: 2}, {"a": [json.JSONDecoder()]}])
def test_what_is_not_ours_is_not_plain(value):
    with pytest.raises(NotPlainError):
        encode(value, [])


@pytest.mark.parametrize(
    "value",
    [
        {"object": "os.system", "state": {}},
        {"object": "pygoodvibes.detectors.fusion.re", "state": {}},
        {"object": "pygoodvibes.detectors.fusion.LocalDensity", "state": {}},
        {"object": "pygoodvibes.config.config.Config", "state": {}},
        {"array": 3},
        {"array": -1},
        {"unknown": 1},
    ],
)
def test_nothing_else_comes_to_life(value):
    with pytest.raises(UserError, match=r"form that|foreign kind"):
        decode(value, [np.zeros(1)])

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from pygoodvibes.embeddings.pooling import Pooling, names, pool, ranked_pooling

NOTHING = {"method": "any", "mean": False, "std": False, "max": False, "delta": False, "gwrp": []}
FRAMES = np.random.default_rng(0).normal(-40, 10, size=(50, 6)).astype(np.float32)

matrices = arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.integers(1, 4)),
    elements=st.floats(-100, 50, width=32),
)


def only(**switched_on):
    return Pooling.model_validate({**NOTHING, **switched_on})


def one(values, settings):
    return np.concatenate(pool(values, settings))


def test_each_statistic_has_its_name_in_order():
    settings = only(mean=True, max=True, quantiles=[0.5], gwrp=[0.7])
    assert names(settings) == ["mean", "max", "q0.5", "gwrp0.7"]
    parts = dict(zip(names(settings), pool(FRAMES, settings), strict=True))
    assert np.array_equal(parts["max"], FRAMES.max(axis=0))
    assert np.allclose(parts["q0.5"], np.median(FRAMES, axis=0))


def test_a_value_that_comes_twice_is_refused():
    with pytest.raises(ValidationError, match=r"gwrp: a value comes twice \(0.5, 0.5\)"):
        only(gwrp=[0.5, 0.5])


@given(matrices, st.floats(0, 1))
def test_quantiles_are_numpys(values, quantile):
    ours = one(values, only(quantiles=[quantile]))
    assert np.allclose(ours, np.quantile(values, quantile, axis=0), rtol=1e-5, atol=1e-4)


@given(matrices, st.floats(0, 1))
def test_ranked_pooling_lies_between_mean_and_maximum(values, decay):
    pooled = one(values, only(gwrp=[decay]))
    assert (pooled <= values.max(axis=0) + 1e-4).all()
    assert (pooled >= values.mean(axis=0) - 1e-4).all()


def test_ranked_pooling_by_its_formula():
    descending = -np.sort(-FRAMES.astype(np.float64), axis=0)
    weights = 0.9 ** np.arange(50)
    expected = (weights[:, None] * descending).sum(0) / weights.sum()
    assert np.allclose(ranked_pooling(descending[::-1].T, 0.9), expected)
    assert np.allclose(one(FRAMES, only(gwrp=[0.9])), expected, rtol=1e-6)
    assert np.allclose(one(FRAMES, only(gwrp=[1.0])), FRAMES.mean(0), rtol=1e-5)
    assert np.array_equal(one(FRAMES, only(gwrp=[0.0])), FRAMES.max(0))


def test_order_of_frames_does_not_matter():
    settings = only(mean=True, std=True, max=True, quantiles=[0.5, 0.9], gwrp=[0.7])
    shuffled = np.random.default_rng(1).permutation(FRAMES)
    assert np.allclose(one(shuffled, settings), one(FRAMES, settings), rtol=1e-6)

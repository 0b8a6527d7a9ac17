import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.detectors import adam

BY_NUMPY = adam.by_numpy


def parts(seed, size, *, dtype=np.float32):
    rng = np.random.default_rng(seed)
    values, gradient, mean = rng.normal(0, 10.0 ** rng.integers(-6, 3, (3, size)))
    square = rng.exponential(10.0 ** rng.integers(-9, 3, size))
    return [part.astype(dtype) for part in (values, gradient, mean, square)]


@pytest.fixture(scope="module")
def compiled():
    """Return a step by compiled code."""
    if not adam.prepare():
        pytest.skip("this processor has no AVX2")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adam, "by_numpy", None)
        patch.setattr(adam, "WORTH_VALUES", 0)
        yield adam.step


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_are_those_of_the_paper(dtype):
    values, _, mean, square = parts(0, 8, dtype=dtype)
    mean[:], square[:] = 0, 0
    theta, m, v = values.astype(float), np.zeros(8), np.zeros(8)
    for number in range(1, 6):
        gradient = parts(number, 8, dtype=dtype)[1]
        g = gradient.astype(float)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        away = np.sqrt(v / (1 - 0.999**number)) + 1e-8 / np.sqrt(1 - 0.999**number)
        theta = theta - 0.01 * m / (1 - 0.9**number) / away
        BY_NUMPY(values, gradient, mean, square, adam.constants(dtype, number, 0.01))
        assert values == pytest.approx(theta, rel=1e-4 if dtype == np.float32 else 1e-9)


@given(
    seed=st.integers(0, 2**32 - 1),
    groups=st.integers(1, 40),
    number=st.integers(1, 10_000),
    rate=st.sampled_from([1e-4, 1e-3, 0.5]),
)
@settings(max_examples=60, deadline=None)
def test_compiled_steps_have_the_same_bytes(compiled, seed, groups, number, rate):
    one, other = parts(seed, adam.GROUP * groups), parts(seed, adam.GROUP * groups)
    compiled(*one, number=number, learning_rate=rate)
    BY_NUMPY(*other, adam.constants(np.float32, number, rate))
    # the gradient is used up
    for place in (0, 2, 3):
        assert one[place].tobytes() == other[place].tobytes()


def test_values_in_blocks_are_the_same_as_in_one(monkeypatch):
    whole, blocks = parts(1, 80), parts(1, 80)
    numbers = adam.constants(np.float32, 3, 0.01)
    BY_NUMPY(*whole, numbers)
    monkeypatch.setattr(adam, "BLOCK", 7)
    BY_NUMPY(*blocks, numbers)
    assert all(np.array_equal(*pair) for pair in zip(whole, blocks, strict=True))


def test_values_that_are_no_whole_groups_go_without_compiled_code(monkeypatch):
    one, other = parts(2, 13), parts(2, 13)
    monkeypatch.setattr(adam, "by_numpy", BY_NUMPY)
    monkeypatch.setattr(adam, "WORTH_VALUES", 0)
    adam.step(*one, number=1, learning_rate=0.01)
    BY_NUMPY(*other, adam.constants(np.float32, 1, 0.01))
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))

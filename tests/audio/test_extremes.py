import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.audio import extremes

VALUES = st.sampled_from([-1.0, -0.5, -0.0, 0.0, 0.25, 1.0])


@pytest.fixture(scope="module", params=["compiled", "NumPy"])
def find(request):
    if request.param == "compiled" and not extremes.prepare():
        pytest.skip("this processor has no AVX2")
    return extremes.find if request.param == "compiled" else extremes.by_numpy


def expected(signal):
    lowest, highest = min(signal), max(signal)
    counts = [sum(value == extreme for value in signal) for extreme in (lowest, highest)]
    return lowest, highest, *counts


@given(st.lists(VALUES, min_size=1, max_size=120))
def test_extremes_and_their_counts(find, signal):
    assert find(np.array(signal, dtype=np.float32)) == expected(signal)


@pytest.mark.parametrize("size", [31, 32, 33, 63, 64, 65, 100])
def test_an_extreme_is_found_wherever_it_is(find, size):
    for place in range(size):
        signal = np.zeros(size, dtype=np.float32)
        signal[place] = 0.5
        assert find(signal) == (0, 0.5, size - 1, 1)
        assert find(-signal) == (-0.5, 0, 1, size - 1)


def test_a_long_signal_that_is_flat_is_counted_whole(find):
    signal = np.full(10**6 + 7, -2.5, dtype=np.float32)
    assert find(signal) == (-2.5, -2.5, len(signal), len(signal))


def test_with_gaps(find):
    signal = np.arange(200, dtype=np.float32)[::2]
    assert find(signal) == (0, 198, 1, 1)

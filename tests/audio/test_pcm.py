import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.audio import pcm

WHOLE = st.integers(-32768, 32767)


@pytest.fixture(scope="module", params=["compiled", "NumPy"])
def convert(request):
    if request.param == "compiled" and not pcm.prepare():
        pytest.skip("this processor has no AVX2")
    return pcm.amplitudes if request.param == "compiled" else pcm.by_numpy


def check(found, samples):
    assert found.signal.dtype == np.float32
    # a division by a power of two is exact
    assert found.signal.tolist() == [sample / 32768 for sample in samples.tolist()]
    assert (found.lowest, found.highest) == (min(samples), max(samples))


@given(st.lists(WHOLE, min_size=1, max_size=100))
def test_amplitudes_and_their_range_are_exact(convert, samples):
    samples = np.array(samples, dtype=np.int16)
    check(convert(samples), samples)


@pytest.mark.parametrize("place", [0, 1, 15, 16, 31, 32, 39])
def test_an_extreme_is_found_wherever_it_is(convert, place):
    samples = np.zeros(40, dtype=np.int16)
    samples[place], samples[(place + 20) % 40] = -32768, 32767
    check(convert(samples), samples)


def test_one_channel_of_several_is_read_with_gaps(convert):
    both = np.arange(-40, 40, dtype=np.int16).reshape(-1, 2)
    check(convert(both[:, 1]), both[:, 1])


def test_samples_of_another_byte_order(convert):
    samples = np.arange(-40, 40, dtype=">i2")
    check(convert(samples), samples)

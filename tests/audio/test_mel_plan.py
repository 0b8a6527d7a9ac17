import numpy as np
import pytest

from pygoodvibes.audio import mel_plan
from pygoodvibes.audio.mel import filter_bank, window_function

SIZES = [2**exponent for exponent in range(4, 17)]


def plan(n_fft, n_mels):
    bank = filter_bank(sample_rate=16000, n_fft=n_fft, n_mels=n_mels)
    return mel_plan.make(window_function("hann", win_length=n_fft, n_fft=n_fft), bank), bank


@pytest.mark.parametrize("size", SIZES)
def test_passes_cut_the_whole_up_and_the_first_alone_into_two(size):
    assert mel_plan.fits(size)
    lengths, parts = zip(*mel_plan.passes(size // 2), strict=True)
    assert np.prod(parts) == size // 2 == lengths[0]
    assert set(parts[1:]) <= {4} and parts[0] in (2, 4)


@pytest.mark.parametrize("size", [0, 8, 15, 24, 1000, 1025, 2**17])
def test_other_sizes_do_not_fit(size):
    assert not mel_plan.fits(size)


def test_passes_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="no power of two"):
        mel_plan.passes(24)


@pytest.mark.parametrize("size", SIZES)
def test_each_frequency_has_a_place_of_its_own(size):
    places = plan(size, 3)[0].places
    assert sorted(places[:-1]) == list(range(size // 2))
    assert places[-1] == places[0] == 0


@pytest.mark.parametrize("n_mels", [1, 7, 8, 9, 40])
def test_bands_are_those_of_the_filter_bank_filled_up_with_the_last(n_mels):
    made, bank = plan(1024, n_mels)
    assert len(made.first) % mel_plan.GROUP == 0 and len(made.starts) == len(made.first) + 1
    for number, first in enumerate(made.first):
        weights = made.weights[made.starts[number] : made.starts[number + 1]]
        row = np.zeros(bank.shape[1], dtype=np.float32)
        row[first : first + len(weights)] = weights
        np.testing.assert_array_equal(row, bank[min(number, n_mels - 1)])


def test_tables_can_not_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        plan(64, 3)[0].twiddles[0] = 0

"""Profiles of clips whose signs are known."""

import numpy as np
import pytest

from pygoodvibes.explanation import signs

RATE = 16000
SECONDS = np.arange(4 * RATE) / RATE
NOISE = np.random.default_rng(0).normal(size=len(SECONDS)).astype(np.float32)


def tones(*frequencies):
    return sum(np.sin(2 * np.pi * frequency * SECONDS) for frequency in frequencies)


def impulses(a_second):
    signal = np.zeros(len(SECONDS))
    signal[(np.arange(0.01, 4, 1 / a_second) * RATE).astype(int)] = 60
    return signal


def without(low, high):
    spectrum = np.fft.rfft(NOISE)
    frequencies = np.fft.rfftfreq(len(NOISE), 1 / RATE)
    spectrum[(frequencies >= low) & (frequencies < high)] *= 0.1
    return np.fft.irfft(spectrum)


CASES = {
    "harmonics": (NOISE + 0.3 * tones(*range(50, 3000, 50)), 50, 0.5),
    "modulation": (NOISE * (1 + 0.8 * tones(24.2)), 24.2, 0.3),
    "impulses": (NOISE + impulses(30), 30, 3),
    "tone": (NOISE + 0.3 * tones(1234), 1234, 2),
    "missing": (without(800, 1000), 900, 120),
}


@pytest.mark.parametrize("sign", signs.SIGNS)
def test_a_sign_stands_out_where_it_is_and_is_told_exactly(sign):
    signal, true, near = CASES[sign]
    usual, found = (signs.profiles(each, RATE)[sign] for each in (NOISE, signal))
    place = int((found - usual).argmax())
    assert found[place] - usual[place] > 2
    if sign != "impulses":
        low, high = signs.places_of(RATE).of(sign, place)
        assert low - near <= true <= high + near
    assert signs.exact(sign, place, signal, RATE) == pytest.approx(true, abs=near)


@pytest.mark.parametrize("sample_rate", [2000, 8000, 16000, 44100, 96000])
def test_profiles_have_the_same_places_at_any_length(sample_rate):
    sizes = signs.sizes_of(sample_rate)
    for seconds in (2, 3.3):
        signal = np.random.default_rng(1).normal(size=int(seconds * sample_rate))
        found = signs.profiles(signal, sample_rate)
        assert {sign: len(values) for sign, values in found.items()} == sizes
        assert all(np.isfinite(values).all() for values in found.values())


def test_loudness_is_no_sign():
    loud, usual = signs.profiles(10 * NOISE, RATE), signs.profiles(NOISE, RATE)
    for sign in signs.SIGNS:
        assert loud[sign] == pytest.approx(usual[sign], abs=0.01)


def test_short_clips_and_low_sample_rates_show_none():
    assert signs.profiles(NOISE[: 2 * RATE - 1], RATE) is None
    assert signs.profiles(NOISE, signs.LEAST_RATE - 1) is None

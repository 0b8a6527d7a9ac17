import numpy as np
import pytest

from pygoodvibes.data.synthesis import signals


def test_harmonics_stand_at_their_orders_and_none_above_the_highest():
    clock = signals.clock_of(16000, 16000)
    rng = np.random.default_rng(0)
    tone = signals.harmonics(
        signals.turns_of(100.0, clock), (1, 3, 90), (1.0, 0.5, 1.0), rng, highest=80
    )
    spectrum = np.abs(np.fft.rfft(tone)) / 8000
    assert spectrum[100] == pytest.approx(1.0, abs=1e-3)
    assert spectrum[300] == pytest.approx(0.5, abs=1e-3)
    spectrum[[100, 300]] = 0
    assert spectrum.max() < 1e-3


def test_noise_has_the_colour_asked_for_and_unit_power():
    clock = signals.clock_of(160000, 16000)
    response = signals.band(clock, 1000, 2000, order=4)
    noise = signals.noise(np.random.default_rng(0), clock, response)
    assert signals.rms(noise) == pytest.approx(1.0, abs=0.02)
    power = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(160000, 1 / 16000)
    share = power[(frequencies > 700) & (frequencies < 2900)].sum() / power.sum()
    assert share > 0.95


def test_strikes_ring_with_unit_energy_and_are_cut_at_the_ends():
    clock = signals.clock_of(16000, 16000)
    kernel = signals.ringing(clock, [(1000.0, 0.01, 1.0), (9000.0, 0.5, 1.0)])
    assert np.sum(kernel**2) == pytest.approx(1.0)
    assert np.argmax(np.abs(np.fft.rfft(kernel, 16000))) == pytest.approx(1000, abs=30)
    one = signals.strikes(clock, np.array([0.25]), 2.0, kernel)
    assert np.sum(one**2) == pytest.approx(4.0)
    assert not one[:4000].any()
    early = signals.strikes(clock, np.array([-0.005, 0.9999, 2.0, -3.0]), 1.0, kernel)
    np.testing.assert_array_equal(early[:100], kernel[80:180])
    assert 0 < np.sum(early**2) < 1.0


def test_crossings_are_the_times_of_whole_turns():
    clock = signals.clock_of(16000, 16000)
    turns = signals.turns_of(4.0, clock, start=0.5)
    np.testing.assert_allclose(
        signals.crossings(turns, clock), [0.125, 0.375, 0.625, 0.875], atol=1e-9
    )


@pytest.mark.parametrize(("seconds", "least"), [(10, 0.3), (10, 1.25), (2, 0.3), (1, 1.25)])
def test_burst_windows_cover_the_share_asked_for_and_are_long_enough(seconds, least):
    clock = signals.clock_of(seconds * 16000, 16000)
    for seed in range(20):
        window = signals.burst_window(np.random.default_rng(seed), clock, least=least)
        assert window.min() >= 0
        assert window.max() == 1
        inside = np.flatnonzero(np.diff(np.concatenate([[0], window > 0, [0]]).astype(int)))
        lengths = (inside[1::2] - inside[::2]) / 16000
        assert min(lengths) > min(least, seconds) - 0.01
        assert sum(lengths) <= max(0.25 * seconds, min(least, seconds)) + 0.01

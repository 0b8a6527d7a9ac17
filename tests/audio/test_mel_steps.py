import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.audio import mel_plan, mel_steps


def of_single_bins(n_fft, window):
    """Return a plan whose bands are the FFT bins, one each."""
    return mel_plan.make(window, np.eye(1 + n_fft // 2, dtype=np.float32))


@settings(max_examples=40)
@given(exponent=st.integers(4, 11), hop_length=st.integers(1, 700), seed=st.integers(0, 99))
def test_bands_of_one_bin_are_the_power_of_the_fourier_transform(exponent, hop_length, seed):
    n_fft = 2**exponent
    rng = np.random.default_rng(seed)
    window = rng.uniform(size=n_fft).astype(np.float32)
    signal = rng.normal(size=n_fft + 4 * hop_length - 1).astype(np.float32)
    power = mel_steps.band_power(signal, hop_length, of_single_bins(n_fft, window))
    frames = np.stack([signal[k * hop_length : k * hop_length + n_fft] for k in range(4)])
    expected = np.abs(np.fft.rfft(frames.astype(np.float64) * window)) ** 2
    assert power.shape == (4, 1 + n_fft // 2)
    np.testing.assert_allclose(power, expected, rtol=1e-4, atol=1e-5 * expected.max())


def test_a_cosine_is_in_its_own_bin_alone():
    time = np.arange(64)
    plan = of_single_bins(64, np.ones(64, dtype=np.float32))
    for frequency in range(33):
        power = mel_steps.band_power(
            np.cos(2 * np.pi * frequency * time / 64).astype(np.float32), 64, plan
        )[0]
        # at 0 and at half the sample rate a cosine has one line, else one of its two is here
        expected = np.zeros(33)
        expected[frequency] = 64**2 if frequency in (0, 32) else 32**2
        np.testing.assert_allclose(power, expected, rtol=1e-6, atol=1e-6)


def test_a_weak_line_is_seen_beside_a_loud_one():
    time = np.arange(1024)
    signal = np.cos(2 * np.pi * 50 * time / 1024) + 1e-5 * np.cos(2 * np.pi * 300 * time / 1024)
    plan = of_single_bins(1024, np.hanning(1025)[:-1].astype(np.float32))
    power = mel_steps.band_power(signal.astype(np.float32), 1024, plan)[0]
    assert 10 * np.log10(power[300] / power[50]) == pytest.approx(-100, abs=0.5)


def test_blocks_of_frames_do_not_show(monkeypatch):
    signal = np.random.default_rng(0).normal(size=5000).astype(np.float32)
    plan = of_single_bins(256, np.ones(256, dtype=np.float32))
    whole = mel_steps.band_power(signal, 100, plan)
    monkeypatch.setattr(mel_steps, "BLOCK_FRAMES", 7)
    assert mel_steps.band_power(signal, 100, plan).tobytes() == whole.tobytes()

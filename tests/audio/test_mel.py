import warnings

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.audio import mel
from pygoodvibes.util.errors import UserError


def by_librosa(signal, *, sample_rate=16000, norm="slaney", amin=1e-10, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa warns of clips shorter than a frame
        options = {"n_fft": 1024, "hop_length": 512, "pad_mode": "constant", **options}
        power = librosa.feature.melspectrogram(
            y=signal, sr=sample_rate, norm=None if norm == "none" else norm, **options
        )
    return 10 * np.log10(np.maximum(power, amin)).T


def signal(n_samples=16000, seed=0):
    rng = np.random.default_rng(seed)
    time = np.arange(n_samples) / 16000
    tones = np.sin(2 * np.pi * 180 * time) + 0.3 * np.sin(2 * np.pi * 2500 * time)
    return (0.2 * tones + 0.05 * rng.normal(size=n_samples)).astype(np.float32)


VARIANTS = [
    {},
    {"htk": True},
    {"norm": "none"},
    {"htk": True, "norm": "none", "n_mels": 64},
    {"win_length": 400, "hop_length": 160, "n_mels": 40},
    {"win_length": 513},
    {"center": False},
    {"pad_mode": "reflect"},
    {"pad_mode": "edge"},
    {"power": 1.0},
    {"power": 0.5},
    {"fmin": 50.0, "fmax": 7000.0},
    {"fmax": 3999.5, "n_mels": 32},
    {"window": "hamming"},
    {"window": "blackman"},
    {"window": "boxcar"},
    {"n_fft": 2048, "hop_length": 256},
    {"n_fft": 1000, "hop_length": 333, "n_mels": 50},
    {"n_fft": 513, "hop_length": 100, "n_mels": 40},
    {"sample_rate": 44100, "n_fft": 4096},
    {"amin": 1e-3},
]


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_equal_to_librosa(options):
    ours = mel.log_mel(signal(), **{"sample_rate": 16000, **options})
    theirs = by_librosa(signal(), **options)
    assert ours.dtype == np.float32
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-3


@given(n_samples=st.integers(1, 5000), hop_length=st.integers(1, 512), center=st.booleans())
@settings(deadline=None, max_examples=40)
def test_equal_to_librosa_for_any_length(n_samples, hop_length, center):
    options = {"n_fft": 512, "hop_length": hop_length, "n_mels": 20, "center": center}
    if not center and n_samples < 512:
        with pytest.raises(UserError, match="too few for one frame"):
            mel.log_mel(signal(n_samples), sample_rate=16000, **options)
        return
    ours = mel.log_mel(signal(n_samples), sample_rate=16000, **options)
    assert ours.shape == by_librosa(signal(n_samples), **options).shape
    assert np.abs(ours - by_librosa(signal(n_samples), **options)).max() < 1e-3


@pytest.mark.parametrize("htk", [False, True])
def test_mel_scale_is_librosas_and_inverts(htk):
    frequencies = np.array([0.0, 1.0, 440.0, 999.9, 1000.0, 1000.1, 4000.0, 22050.0])
    mels = mel.hz_to_mel(frequencies, htk=htk)
    assert np.allclose(mels, librosa.hz_to_mel(frequencies, htk=htk), rtol=1e-12)
    assert np.allclose(mel.mel_to_hz(mels, htk=htk), frequencies, rtol=1e-12, atol=1e-9)


def test_band_edges_are_where_the_filters_start_peak_and_end():
    edges = mel.band_edges(n_mels=40, fmin=100.0, fmax=6000.0)
    assert edges.shape == (42,)
    assert edges[[0, -1]] == pytest.approx([100.0, 6000.0])
    bank = mel.filter_bank(sample_rate=16000, n_fft=8192, n_mels=40, fmin=100.0, fmax=6000.0)
    bins = np.fft.rfftfreq(8192, 1 / 16000)
    for band, weights in enumerate(bank):
        assert bins[weights.argmax()] == pytest.approx(edges[band + 1], abs=2.0)
        assert bins[weights > 0].min() == pytest.approx(edges[band], abs=2.0)
        assert bins[weights > 0].max() == pytest.approx(edges[band + 2], abs=2.0)


def test_time_runs_along_the_first_axis_and_loud_is_high():
    burst = np.zeros(16000, np.float32)
    burst[8000:8100] = signal(100)
    frames = mel.log_mel(burst, sample_rate=16000)
    assert frames.shape == (32, 128)
    assert abs(frames.max(axis=1).argmax() - 8050 / 512) <= 1
    assert frames[0].max() == pytest.approx(-100.0)


def test_level_is_absolute():
    quiet = mel.log_mel(signal() / 10, sample_rate=16000)
    assert np.allclose(quiet, mel.log_mel(signal(), sample_rate=16000) - 20, atol=2e-3)


def test_blocks_of_frames_do_not_show(monkeypatch):
    whole = mel.log_mel(signal(40000), sample_rate=16000)
    monkeypatch.setattr(mel, "BLOCK_FRAMES", 7)
    parts = mel.log_mel(signal(40000), sample_rate=16000)
    assert np.abs(parts - whole).max() < 1e-4


def test_too_many_bands_are_refused():
    with pytest.raises(UserError, match=r"mel\.n_mels: 256 bands are too many for n_fft 512"):
        mel.log_mel(signal(), sample_rate=16000, n_fft=512, n_mels=256)


def test_a_clip_has_one_frame_at_least_though_padding_would_fill_it():
    noise = np.random.default_rng(0).normal(size=1024).astype(np.float32)
    settings = {"sample_rate": 16000, "n_fft": 1024}
    assert np.array_equal(mel.clip_frames(noise, **settings), mel.log_mel(noise, **settings))
    assert len(mel.log_mel(noise[:1023], **settings))
    with pytest.raises(UserError, match="1023 samples are too few for one frame of 1024"):
        mel.clip_frames(noise[:1023], **settings)


def test_clips_too_short_for_the_padding_or_a_frame_are_refused():
    with pytest.raises(UserError, match="too few to be mirrored"):
        mel.log_mel(signal(512), sample_rate=16000, pad_mode="reflect")
    assert mel.log_mel(signal(513), sample_rate=16000, pad_mode="reflect").shape == (2, 128)
    with pytest.raises(UserError, match="1023 samples are too few for one frame of 1024"):
        mel.log_mel(signal(1023), sample_rate=16000, center=False)
    assert mel.log_mel(signal(1024), sample_rate=16000, center=False).shape == (1, 128)
    assert mel.log_mel(signal(1), sample_rate=16000).shape == (1, 128)


def test_cached_filters_can_not_be_changed_by_accident():
    bank = mel.filter_bank(sample_rate=16000, n_fft=1024)
    taper = mel.window_function("hann", win_length=1024, n_fft=1024)
    for array in (bank, taper):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


@pytest.mark.shared
def test_equal_to_librosa_on_real_clips(shared):
    paths = sorted((shared / "data").rglob("*.wav"))[::4]
    assert len(paths) > 50
    for path in paths:
        samples, rate = soundfile.read(path, dtype="float32")
        ours = mel.log_mel(samples, sample_rate=rate)
        assert np.abs(ours - by_librosa(samples, sample_rate=rate)).max() < 1e-3


@pytest.mark.shared
@pytest.mark.parametrize("options", VARIANTS[:-2], ids=str)
def test_equal_to_librosa_on_a_real_clip_with_other_settings(shared, options):
    path = sorted((shared / "data").rglob("anomaly*.wav"))[3]
    samples, rate = soundfile.read(path, dtype="float32")
    ours = mel.log_mel(samples, sample_rate=rate, **options)
    assert np.abs(ours - by_librosa(samples, **options)).max() < 1e-3

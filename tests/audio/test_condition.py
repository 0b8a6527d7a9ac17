import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.audio import mel_kernel
from pygoodvibes.audio.condition import BANDS, COLUMNS, SILENT, measure, stored_as
from pygoodvibes.util.errors import UserError

NOISE = np.random.default_rng(0).normal(scale=0.01, size=32000)


def floors(signal):
    return np.array([float(level) for level in measure(signal)["floors"].split()])


def test_white_noise_has_one_level_in_all_bands():
    assert tuple(measure(NOISE)) == COLUMNS
    found = floors(NOISE)
    # the lowest tenth of a mean of 16 bins lies 2 dB below the mean
    assert len(found) == BANDS and found == pytest.approx(-42, abs=1.5)


def test_a_floor_is_the_quiet_tenth_of_the_power_of_its_bins():
    frames = NOISE[: len(NOISE) // 512 * 512].reshape(-1, 512) * np.hanning(513)[:-1]
    squares = np.abs(np.fft.rfft(frames)) ** 2
    squares[:, 1] = 0
    power = squares[:, 1:].reshape(len(frames), BANDS, 16).sum(axis=2)
    quiet = np.sort(power, axis=0)[len(frames) // 10]
    unit = 16 * np.sum(np.hanning(513) ** 2)
    assert floors(NOISE) == pytest.approx(10 * np.log10(quiet / unit), abs=0.006)


def test_the_floors_are_the_same_by_compiled_code_and_without(monkeypatch):
    if not mel_kernel.prepare():
        pytest.skip("this processor has no AVX2")
    found = []
    for compiled in (True, False):
        monkeypatch.setattr(mel_kernel, "ready", lambda n_frames, ready=compiled: ready)
        found += [[measure(part) for part in (NOISE[:600], NOISE)]]
    assert found[0] == found[1]


@given(gain=st.floats(-40, 40))
def test_a_gain_moves_all_bands_by_itself(gain):
    assert floors(NOISE * 10 ** (gain / 20)) - floors(NOISE) == pytest.approx(gain, abs=0.02)


def test_a_tone_is_in_its_band_and_a_constant_in_none():
    time = np.arange(32000) / 16000
    tone = floors(NOISE + 0.1 * np.sin(2 * np.pi * 3750 * time) + 0.5) - floors(NOISE)
    assert tone[7] > 20 and np.abs(np.delete(tone, [6, 7, 8])).max() < 1


def test_the_floor_is_what_is_there_nine_tenths_of_the_time():
    knocks = NOISE.copy()
    knocks[8000:32000:4000] += 0.9
    assert floors(knocks) == pytest.approx(floors(NOISE), abs=1)
    muted = NOISE.copy()
    muted[:4000] = 0
    assert floors(muted) == pytest.approx(SILENT)


def test_an_hour_is_looked_at_in_places_all_over_it():
    long = np.concatenate([np.tile(NOISE, 50), 10 * np.tile(NOISE, 50)])
    # half of it is 20 dB louder, so its quiet tenth is of the other half
    assert floors(long) == pytest.approx(floors(NOISE), abs=2)
    assert floors(long[::-1].copy()) == pytest.approx(floors(NOISE), abs=2)


def test_less_than_a_frame_has_no_spectrum():
    assert measure(NOISE[:511])["floors"] == "" and measure(NOISE[:512])["floors"]


def test_the_peak_counts_both_signs():
    assert [measure(each)["peak"] for each in ([0.5, -1e30], [0.25, 0])] == ["1e+30", "0.25"]


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=40))
def test_clipped_samples_lie_in_runs_at_an_extreme(values):
    runs, start = [], 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            runs.append((values[start], end - start))
            start = end
    flat = sum(n for value, n in runs if n >= 3 and value in (min(values), max(values)))
    found = float(measure(np.array(values))["clipped"])
    assert found == pytest.approx(flat / len(values), rel=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "codec"),
    [
        ("a.wav", {}, "PCM"),
        ("b.wav", {"subtype": "PCM_24"}, "PCM"),
        ("c.wav", {"subtype": "FLOAT"}, "PCM"),
        ("d.flac", {}, "PCM"),
        ("e.aiff", {}, "PCM"),
        ("f.wav", {"subtype": "PCM_U8"}, "8-bit PCM"),
        ("g.wav", {"subtype": "ULAW"}, "mu-law"),
        ("h.wav", {"subtype": "IMA_ADPCM"}, "IMA ADPCM"),
        ("i.mp3", {}, "MP3"),
        ("j.ogg", {}, "Vorbis"),
        ("k.opus", {"format": "OGG", "subtype": "OPUS"}, "Opus"),
    ],
)
def test_how_a_file_stores_its_samples(tmp_path, name, options, codec):
    path = tmp_path / name
    soundfile.write(path, np.stack([NOISE, NOISE], axis=1), 16000, **options)
    assert stored_as(path) == {"codec": codec, "channels": 2, "sample_rate": 16000}


def test_what_is_no_file_or_no_sound_says_nothing(tmp_path):
    assert stored_as(tmp_path / "gone.wav") == {}
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(UserError, match="no readable audio"):
        stored_as(tmp_path / "a.wav")

import io

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.audio.condition import BANDS, measure
from pygoodvibes.data import condition

RATE = 16000
CLIPS = "dcase2020_clips/slider", "mimii_fan_0db/fan"


def sound(seed, *, tilt=-1.0, level=0.02):
    """Return 2 s of noise whose level falls towards high frequencies, and varies as clips do."""
    rng = np.random.default_rng(seed)
    spectrum = np.fft.rfft(rng.normal(size=2 * RATE))
    shape = np.linspace(0, 1, len(spectrum)) * (tilt + 0.1 * rng.normal())
    noise = np.fft.irfft(spectrum * 10**shape, 2 * RATE)
    return level * noise / noise.std() * 10 ** (rng.normal() / 20)


def row(signal, name="a.wav", **stored):
    stored = {"codec": "PCM", "channels": "1", "sample_rate": str(RATE), **stored}
    return {"path": name, **stored, **measure(signal)}


def learned(count=20, **stored):
    rows = (row(sound(number), f"{number}.wav", **stored) for number in range(count))
    return condition.learn(rows, sample_rate=RATE)


USUAL = learned()


def unlike(signal, usual=USUAL, **stored):
    return condition.unlike(usual, row(signal, **stored))


def pcm(signal):
    return np.clip(np.round(signal * 32768), -32768, 32767) / 32768


def as_mp3(signal, **options):
    file = io.BytesIO()
    soundfile.write(file, signal, RATE, format="MP3", **options)
    file.seek(0)
    return soundfile.read(file)[0]


def half_band(signal):
    down = soxr.resample(signal, RATE, RATE // 2)
    return pcm(soxr.resample(down, RATE // 2, RATE)[: len(signal)])


CHANGES = {
    "mp3 of 32 kbit/s": as_mp3,
    "mp3 of 160 kbit/s": lambda x: as_mp3(x, compression_level=0.0, bitrate_mode="CONSTANT"),
    "mp3 of variable rate": lambda x: as_mp3(x, compression_level=0.8, bitrate_mode="VARIABLE"),
    "mp3 made a WAV again": lambda x: pcm(as_mp3(x)),
    "half the bandwidth": half_band,
    "12 dB louder": lambda x: pcm(x * 10**0.6),
    "12 dB quieter": lambda x: pcm(x * 10**-0.6),
}


@pytest.mark.shared
@pytest.mark.parametrize("place", CLIPS)
def test_real_clips_made_otherwise_are_told_and_normal_and_faulty_ones_are_not(shared, place):
    def rows(label):
        paths = sorted((shared / "data" / place).glob(f"*/{label}_id_00_*.wav"))[:40]
        return [soundfile.read(path)[0] for path in paths]

    normal, faulty = rows("normal"), [row(signal) for signal in rows("anomaly")]
    as_they_are = [row(signal, str(number)) for number, signal in enumerate(normal)]
    changed = {name: [row(change(x)) for x in normal] for name, change in CHANGES.items()}
    told = {name: [] for name in ("normal", "faulty", *CHANGES)}
    for seed in range(10):
        order = np.random.default_rng(seed).permutation(len(normal))
        train, others = order[:12], order[12:]
        usual = condition.learn((as_they_are[n] for n in train), sample_rate=RATE)
        for name, clips in {"normal": as_they_are, **changed}.items():
            told[name] += [bool(condition.unlike(usual, clips[n])) for n in others]
        told["faulty"] += [bool(condition.unlike(usual, each)) for each in faulty]
    share = {name: np.mean(found) for name, found in told.items()}
    assert share.pop("normal") <= 0.05 and share.pop("faulty") <= 0.1
    assert min(share.values()) >= 0.9, share


def test_clips_like_the_training_clips_are_not_told():
    assert not any(unlike(sound(seed)) for seed in range(100, 200))


@given(gain=st.one_of(st.floats(-60, -12), st.floats(12, 35)), seed=st.integers(100, 120))
def test_another_gain_is_told_by_how_much(gain, seed):
    found = unlike(sound(seed) * 10 ** (gain / 20))
    assert found.template.startswith("{shift:.0f} dB " + ("louder" if gain > 0 else "quieter"))
    assert abs(float(found.values["shift"]) - abs(gain)) < 4


@pytest.mark.parametrize("band", [0, 5, 15])
@pytest.mark.parametrize("rise", [-20, 20, 30])
def test_what_a_fault_does_to_some_bands_is_not_told(band, rise):
    spectrum = np.fft.rfft(sound(300))
    width = len(spectrum) // BANDS
    spectrum[band * width : (band + 2) * width] *= 10 ** (rise / 20)
    found = unlike(np.fft.irfft(spectrum, 2 * RATE))
    # at the upper end a fall is the same as a band that is cut off
    assert bool(found) == (band == 15 and rise < 0)


@pytest.mark.parametrize("highest", [4500, 6000, 7400])
def test_a_band_that_is_cut_off_is_told_with_its_frequency(highest):
    spectrum = np.fft.rfft(sound(300))
    spectrum[round(2 * highest) :] = 0
    found = unlike(pcm(np.fft.irfft(spectrum, 2 * RATE)))
    assert found.template == "almost nothing above {frequency:.0f} Hz ({fall:.0f} dB less)"
    assert abs(float(found.values["frequency"]) - highest) <= 500
    assert float(found.values["fall"]) > 15


def test_a_band_that_is_cut_off_and_another_gain_are_both_told():
    found = unlike(half_band(sound(300)) * 8)
    assert "almost nothing above 4" in found and "18 dB louder" in found


def test_no_band_is_missed_that_the_training_clips_have_not():
    rows = [row(pcm(half_band(sound(n))), str(n)) for n in range(20)]
    usual = condition.learn(rows, sample_rate=RATE)
    assert np.array(usual["spectrum"]["floors"])[10:].max() < condition.EMPTY
    assert not np.any(usual["spectrum"]["weights"][10:])
    assert condition.unlike(usual, row(as_mp3(half_band(sound(300))))) == ""
    assert "16 dB" in condition.unlike(usual, row(pcm(half_band(sound(301)) * 6)))


def test_noise_of_the_recorder_is_told_in_the_highest_bands():
    quiet = [row(sound(n, tilt=-2.0), str(n)) for n in range(20)]
    usual = condition.learn(quiet, sample_rate=RATE)
    hiss = 0.01 * np.random.default_rng(0).normal(size=2 * RATE)
    found = condition.unlike(usual, row(sound(300, tilt=-2.0) + hiss))
    assert "dB more above 6000 Hz (noise" in found and ";" not in found


def test_what_was_muted_is_told():
    muted = sound(300)
    muted[4000:10000] = 0
    assert unlike(muted) == "a tenth or more is digital silence (muted, or lost)"


def test_clipping_is_told_in_percent():
    signal = sound(300)
    top = np.sort(np.abs(signal))[-320]
    found = unlike(np.clip(signal, -top, top))
    assert "% of the samples clipped instead of 0 % (gain too high)" in found
    rows = [row(np.clip(sound(n), -top, top), str(n)) for n in range(20)]
    usual = condition.learn(rows, sample_rate=RATE)
    assert condition.unlike(usual, row(np.clip(signal, -top, top))) == ""


def test_samples_far_above_full_scale_are_told():
    spike = sound(300)
    spike[77] = 1e6
    found = unlike(spike)
    assert found.startswith("samples of up to 1e+06 times full scale instead of 0.")
    spike[77] = 2  # what a decoder may overshoot by
    assert unlike(spike) == ""


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"codec": "MP3"}, "MP3 instead of PCM"),
        ({"channels": 8}, "8 channel(s) instead of 1"),
        ({"sample_rate": 44100}, "44100 Hz instead of 16000 Hz"),
        ({"codec": ""}, ""),
        ({"channels": None}, ""),
    ],
)
def test_how_a_file_is_stored_is_told_exactly_also_with_few_clips(stored, said):
    for usual in (USUAL, learned(3)):
        assert unlike(sound(300), usual, **stored) == said


def test_a_stream_of_which_no_file_is_known_is_compared_by_its_sound():
    loud = measure(sound(300) * 10)
    assert condition.unlike(USUAL, loud).endswith(
        "dB louder at all frequencies (other gain or distance)"
    )
    assert condition.unlike(USUAL, measure(sound(300))) == ""


def test_of_several_codecs_among_the_training_clips_each_is_usual():
    rows = [row(sound(n), str(n), codec=("PCM", "MP3")[n % 2]) for n in range(20)]
    usual = condition.learn(rows, sample_rate=RATE)
    assert usual["codecs"] == ["MP3", "PCM"]
    assert condition.unlike(usual, row(sound(300), codec="MP3")) == ""
    assert condition.unlike(usual, row(sound(300), codec="Opus")) == "Opus instead of MP3, PCM"


@pytest.mark.parametrize("count", [0, 1, 7, 8])
def test_few_recordings_tell_no_spectrum(count):
    usual = learned(count)
    assert bool(usual["spectrum"]) == (count >= 8)
    if not usual["spectrum"]:
        assert unlike(sound(300) * 10, usual) == ""


def test_windows_of_one_recording_are_one_recording():
    rows = [row(sound(n), "night.wav") for n in range(40)]
    assert condition.learn(rows, sample_rate=RATE)["spectrum"] is None


def test_clips_without_any_scatter_leave_the_least_limits():
    rows = [row(sound(0), str(n)) for n in range(8)]
    spectrum = condition.learn(rows, sample_rate=RATE)["spectrum"]
    assert spectrum["level"] == condition.LEAST_LEVEL
    assert spectrum["noise"] == condition.LEAST_NOISE
    assert set(spectrum["cliffs"]) == {condition.LEAST_CLIFF}
    assert sum(spectrum["weights"]) == pytest.approx(1, abs=1e-3)


def test_fewer_clips_or_a_wider_scatter_make_wider_limits():
    def limits(spread, count):
        rng = np.random.default_rng(0)
        rows = [row(sound(n) * 10 ** (spread * rng.normal() / 20), str(n)) for n in range(count)]
        return condition.learn(rows, sample_rate=RATE)["spectrum"]["level"]

    assert limits(5, 60) < limits(5, 8)
    assert condition.LEAST_LEVEL < limits(3, 60) < limits(9, 60)


def test_rows_without_sound_tell_nothing():
    usual = condition.learn([{"path": "a", "floors": "", "peak": ""}], sample_rate=RATE)
    assert usual["spectrum"] is None and usual["codecs"] == []
    assert condition.unlike(usual, {"path": "b", "floors": "", "peak": ""}) == ""
    assert condition.unlike({}, row(sound(0))) == ""

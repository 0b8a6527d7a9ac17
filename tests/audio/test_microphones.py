import numpy as np
import pytest
import soundfile

from pygoodvibes.audio import microphones
from pygoodvibes.audio.microphones import FLOOR, LEVEL, MIXTURES, heard, needed, picked
from pygoodvibes.audio.read import read_audio
from pygoodvibes.audio.stream import file_blocks, windows_of
from pygoodvibes.util.errors import UserError

RATE = 8000
RNG = np.random.default_rng(0)
NEAR, FAR = RNG.normal(scale=0.1, size=(2, 20_000)).astype(np.float32)
BOTH = np.stack([NEAR, FAR], axis=1)


@pytest.fixture
def stereo(tmp_path):
    path = tmp_path / "two.wav"
    soundfile.write(path, BOTH, RATE, subtype="PCM_16")
    return path


def read(path, channel, **options):
    return read_audio(path, **{"sample_rate": RATE, "resample": False, **options}, channel=channel)


@pytest.mark.parametrize(
    ("channel", "least", "shape"),
    [(0, 1, (5,)), (1, 2, (5,)), ("near", 1, (5,)), ("far", 2, (5,)), ("coherence", 2, (5, 2))],
)
def test_what_of_a_recording_is_needed(channel, least, shape):
    samples = np.arange(15).reshape(5, 3)
    assert needed(channel) == least
    assert picked(samples, channel).shape == shape


def test_near_is_the_first_channel_and_far_the_second():
    assert np.array_equal(picked(BOTH, "near"), NEAR) and np.array_equal(picked(BOTH, 0), NEAR)
    assert np.array_equal(picked(BOTH, "far"), FAR)


def test_the_difference_is_sample_by_sample():
    assert np.array_equal(heard(BOTH, "difference", RATE), NEAR - FAR)


def test_subtraction_of_next_to_nothing_leaves_the_near_signal():
    quiet = np.stack([NEAR, 1e-6 * FAR], axis=1)
    assert heard(quiet, "subtraction", RATE) == pytest.approx(NEAR, abs=1e-6)


def test_subtraction_leaves_a_tone_and_takes_noise_that_both_hear_alike():
    time = np.arange(40_000) / RATE
    tone = 0.1 * np.sin(2 * np.pi * 1000 * time)
    noise, other = np.random.default_rng(1).normal(scale=0.1, size=(2, len(time)))
    left = heard(np.stack([tone + noise, other], axis=1).astype(np.float32), "subtraction", RATE)
    spectrum = np.abs(np.fft.rfft(left)) ** 2
    before = np.abs(np.fft.rfft(tone + noise)) ** 2
    near_tone = np.abs(np.fft.rfftfreq(len(time), 1 / RATE) - 1000) < 5
    assert spectrum[near_tone].sum() > 0.8 * before[near_tone].sum()
    assert spectrum[~near_tone].sum() < 0.5 * before[~near_tone].sum()


def test_no_more_is_subtracted_than_the_floor_says():
    loud = np.stack([NEAR, 100 * FAR], axis=1)
    assert heard(loud, "subtraction", RATE) == pytest.approx(np.sqrt(FLOOR) * NEAR, abs=1e-6)


def test_coherence_is_one_for_the_same_sound_and_low_for_others():
    same = heard(np.stack([NEAR, -0.5 * NEAR], axis=1), "coherence", RATE)
    other = heard(BOTH, "coherence", RATE)
    middle = slice(2000, -2000)
    assert same[middle].std() == pytest.approx(LEVEL, rel=0.1)
    # of 9 frames that overlap by half the expectation is about 1 / 6
    assert 0.05 < (other[middle].std() / LEVEL) ** 2 < 0.3


@pytest.mark.parametrize("mixture", MIXTURES)
def test_blocks_of_frames_change_nothing_and_length_and_type_stay(mixture, monkeypatch):
    whole = heard(BOTH, mixture, RATE)
    assert whole.shape == NEAR.shape and whole.dtype == np.float32
    monkeypatch.setattr(microphones, "BLOCK", 7)
    assert heard(BOTH, mixture, RATE) == pytest.approx(whole, abs=1e-6)
    short = heard(BOTH[:10], mixture, RATE)
    assert short.shape == (10,) and np.isfinite(short).all()


@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_file_is_read_as_its_samples_are_heard(stereo, mixture):
    exact = soundfile.read(stereo, dtype="float32")[0]
    assert np.array_equal(read(stereo, mixture), heard(exact, mixture, RATE))
    resampled = read(stereo, mixture, sample_rate=4000, resample=True)
    assert len(resampled) == 10_000


@pytest.mark.parametrize("channel", ["near", "far"])
def test_names_of_microphones_are_read_as_their_numbers(stereo, channel):
    number = ("near", "far").index(channel)
    assert np.array_equal(read(stereo, channel), read(stereo, number))


@pytest.mark.parametrize("channel", ["far", *MIXTURES])
def test_one_channel_is_refused_where_two_are_needed(tmp_path, channel):
    path = tmp_path / "one.wav"
    soundfile.write(path, NEAR, RATE)
    with pytest.raises(UserError, match=rf"1 channel\(s\), but audio.channel is {channel}"):
        read(path, channel)


@pytest.mark.parametrize("mixture", MIXTURES)
def test_a_microphone_that_is_not_connected_is_told(tmp_path, mixture):
    path = tmp_path / "silent.wav"
    for name, samples in (("near", [0 * NEAR, FAR]), ("far", [NEAR, 0 * FAR])):
        soundfile.write(path, np.stack(samples, axis=1), RATE)
        with pytest.raises(UserError, match=f"the {name} microphone is silent.* is {mixture}"):
            read(path, mixture)
    soundfile.write(path, np.stack([NEAR, NEAR], axis=1), RATE)
    if mixture == "difference":
        with pytest.raises(UserError, match="leave nothing"):
            read(path, mixture)


def test_windows_are_mixed_one_by_one(stereo):
    settings = {"sample_rate": RATE, "resample": False, "channel": "subtraction"}
    blocks = np.concatenate(list(file_blocks(stereo, settings)))
    assert blocks.shape == (20_000, 2)
    row = {"clip": "two.wav", "path": stereo.name, "sample_rate": RATE, "channels": 2}
    windows = list(windows_of(row, stereo.parent, audio_settings=settings, window=1.0, hop=0.5))
    assert [cut["offset"] for cut, _ in windows] == [0, 4000, 8000, 12000]
    for cut, signal in windows:
        part = blocks[cut["offset"] : cut["offset"] + RATE]
        assert np.array_equal(signal, heard(part, "subtraction", RATE))

import numpy as np
import pytest
import soundfile

from pygoodvibes.audio import read
from pygoodvibes.data.synthesis.far_microphone import HALL_DB, MACHINE_DB, PEAK, far_channel
from pygoodvibes.data.synthesis.generate import plan_clips, synthesize_clip, write_machine
from pygoodvibes.data.synthesis.signals import rms

RATE = 16000
ROW = plan_clips("fan", "00", train_clips=1, test_normal_clips=0, test_anomaly_clips=0, seed=1)[0]
SIZES = {"train_clips": 1, "test_normal_clips": 1, "test_anomaly_clips": 1}


def clip(**settings):
    options = {"seconds": 1.0, "sample_rate": RATE, "snr_db": 0.0, "seed": 1, **settings}
    return synthesize_clip("fan", "00", **ROW, **options)


def stream():
    return np.random.default_rng(5)


def test_the_near_channel_is_what_one_microphone_records():
    both = clip(channels=2)
    assert both.shape == (RATE, 2) and np.abs(both).max() <= 1
    assert np.array_equal(both[:, 0], clip())
    assert not np.array_equal(both[:, 0], both[:, 1])


def test_the_far_one_hears_less_of_the_machine_and_more_of_the_hall():
    sound, silence = np.random.default_rng(0).normal(scale=0.01, size=RATE), np.zeros(RATE)
    machine = far_channel(sound, silence, stream(), RATE)
    hall = far_channel(silence, sound, stream(), RATE)
    assert 20 * np.log10(rms(machine) / rms(sound)) == pytest.approx(MACHINE_DB, abs=0.01)
    assert 20 * np.log10(rms(hall) / rms(sound)) == pytest.approx(HALL_DB, abs=0.01)
    together = far_channel(sound, sound, stream(), RATE)
    assert together == pytest.approx(machine + hall)


def test_sound_arrives_later_and_what_is_too_loud_is_turned_down():
    click = np.zeros(RATE)
    click[1000] = 0.5
    arrived = far_channel(click, np.zeros(RATE), stream(), RATE)
    assert not np.abs(arrived[: 1000 + round(0.004 * RATE)]).max() > 1e-9
    loud = far_channel(np.zeros(RATE), np.random.default_rng(0).normal(size=RATE), stream(), RATE)
    assert np.abs(loud).max() == pytest.approx(PEAK)


def test_where_it_stands_is_the_same_for_all_clips_of_a_unit(tmp_path):
    write_machine(
        "fan",
        ["00"],
        tmp_path,
        **SIZES,
        seconds=1.0,
        sample_rate=RATE,
        snr_db=6.0,
        seed=1,
        channels=2,
    )
    for path in sorted(tmp_path.glob("*/*.wav")):
        assert soundfile.info(path).channels == 2
        settings = {"sample_rate": RATE, "resample": False}
        near = read.read_audio(path, **settings, channel="near")
        assert np.array_equal(near, read.read_audio(path, **settings, channel=0))

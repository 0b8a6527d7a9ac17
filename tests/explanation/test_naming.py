"""When a sign is named: on few normal clips, and rightly on the generator's faults."""

import json
import math

import numpy as np
import pytest

from pygoodvibes.data.synthesis import fan
from pygoodvibes.data.synthesis.generate import synthesize_clip
from pygoodvibes.explanation import naming, signs

RATE = 16000
UNIT = fan.UNITS["00"]


def clips(count, seed):
    """Return profiles of random numbers."""
    rng = np.random.default_rng(seed)
    sizes = signs.sizes_of(RATE)
    return [{sign: rng.normal(size=size) for sign, size in sizes.items()} for _ in range(count)]


def sound(number, fault="", severity=0.0):
    split, label = ("train", "normal") if not fault else ("test", "anomaly")
    return synthesize_clip(
        "fan",
        "00",
        clip=f"{label}_id_00_{number:08d}.wav",
        split=split,
        fault=fault,
        severity=severity,
        pattern="steady" if fault else "",
        seconds=4.0,
        seed=1,
    )


@pytest.fixture(scope="module")
def normal():
    return naming.learn_signs([signs.profiles(sound(number), RATE) for number in range(24)])


def test_of_new_normal_clips_few_are_named():
    learned = naming.learn_signs(clips(60, 0))
    named = [bool(naming.name_signs(clip, learned, RATE)) for clip in clips(500, 1)]
    assert 0 < np.mean(named) < 2 * naming.RATE


def test_too_few_normal_clips_name_nothing():
    assert naming.learn_signs(clips(2, 0)) is None
    learned = naming.learn_signs(clips(18, 0))
    assert math.isinf(learned.limit) and math.isfinite(naming.learn_signs(clips(19, 0)).limit)
    far = {sign: values + 1e9 for sign, values in clips(1, 5)[0].items()}
    assert naming.name_signs(far, learned, RATE) == []
    assert naming.in_words(sound(0), RATE, learned) == []


def test_of_many_normal_clips_some_are_looked_at():
    assert naming.learn_signs(clips(3 * naming.MOST_CLIPS, 0)).clips == naming.MOST_CLIPS


def test_what_is_normal_goes_through_json():
    for count in (5, 40):
        learned = naming.learn_signs(clips(count, 0))
        plain = json.loads(json.dumps(learned.plain(), allow_nan=False))
        back = naming.NormalSigns.of_plain(plain)
        assert back.plain() == learned.plain() and back.limit == pytest.approx(
            learned.limit, abs=1e-4
        )


@pytest.mark.parametrize(
    ("fault", "rate"), [("bearing", 3.58 * UNIT.rotation), ("imbalance", UNIT.rotation)]
)
def test_the_rate_of_a_fault_is_said(normal, fault, rate):
    said = naming.in_words(sound(1, fault, 1.0), RATE, normal)
    [modulation] = [each for each in said if each.startswith("modulated at ")]
    assert float(modulation.split()[2]) == pytest.approx(rate, rel=0.05)
    assert "Hz (" in modulation


def test_a_normal_clip_gets_no_word(normal):
    assert naming.in_words(sound(100), RATE, normal) == []
    assert naming.in_words(sound(100)[:RATE], RATE, normal) == []


def test_each_sign_has_words(normal):
    seconds = np.arange(4 * RATE) / RATE
    clip = sound(200)
    loud = 3 * np.std(clip)
    comb = sum(np.sin(2 * np.pi * frequency * seconds) for frequency in range(75, 4000, 75))
    impulse = np.zeros(len(clip))
    impulse[RATE // 2 :: RATE // 4] = 200
    quiet = np.fft.rfft(clip)
    frequencies = np.fft.rfftfreq(len(clip), 1 / RATE)
    quiet[(frequencies > 1000) & (frequencies < 1300)] *= 0.03
    found = {
        "harmonics every 75": clip + loud / 5 * comb,
        " dB more than normal": clip + loud * np.sin(2 * np.pi * 2718 * seconds),
        " impulses a second (4000": clip + loud * impulse / 10,
        "1008 to 1270 Hz missing: ": np.fft.irfft(quiet),
    }
    for words, signal in found.items():
        assert words in "; ".join(naming.in_words(signal.astype(np.float32), RATE, normal))

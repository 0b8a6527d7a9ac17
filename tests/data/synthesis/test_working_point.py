"""Working points: what the target domain shifts, and what strength 'none' leaves alone."""

import numpy as np
import pytest

from pygoodvibes.data.synthesis import fan, slider
from pygoodvibes.data.synthesis.signals import Clock, rms
from pygoodvibes.data.synthesis.working_point import STRENGTHS, WorkingPoint, points_of

CLOCK = Clock(16000, 16000)


def noise():
    return np.random.default_rng(0).standard_normal(CLOCK.n)


def test_with_strength_none_both_domains_have_the_same_points():
    points = points_of(np.random.default_rng(1), "none")
    assert points["source"] == points["target"]
    assert len(set(points["source"])) == 6


@pytest.mark.parametrize("shift", ["mild", "strong"])
def test_the_target_domain_has_another_speed_load_microphone_and_hall(shift):
    points = points_of(np.random.default_rng(1), shift)
    for source, target in zip(points["source"], points["target"], strict=True):
        assert abs(target.speed / source.speed - 1) == pytest.approx(STRENGTHS[shift].speed)
        assert abs(target.load / source.load - 1) == pytest.approx(STRENGTHS[shift].load)
        assert abs(target.colour_db) == STRENGTHS[shift].colour
        assert abs(target.tilt) == STRENGTHS[shift].tilt
        assert all(target.attributes[name] != source.attributes[name] for name in ("mic", "noise"))


def test_mild_and_strong_shifts_lie_in_the_same_direction():
    mild, strong = (
        points_of(np.random.default_rng(5), shift)["target"][0] for shift in ("mild", "strong")
    )
    assert (mild.speed > 1) == (strong.speed > 1)
    assert mild.colour_hz == strong.colour_hz


def test_a_unit_follows_speed_and_load_by_the_powers_of_its_module():
    point = WorkingPoint(speed=1.2, load=0.9)
    unit, drive = fan.UNITS["00"], slider.UNITS["00"]
    at = point.unit(unit, fan.SPEED, fan.LOAD)
    assert at.rotation == pytest.approx(1.2 * unit.rotation)
    assert at.housing == pytest.approx(0.9 * unit.housing)
    assert at.blades == unit.blades
    assert point.unit(drive, slider.SPEED, slider.LOAD).period == pytest.approx(drive.period / 1.2)


def test_a_microphone_changes_the_sound_around_its_resonance_only():
    heard = WorkingPoint(colour_db=8.0, colour_hz=1000.0).recorded(noise(), CLOCK)
    before, after = (np.abs(np.fft.rfft(signal)) for signal in (noise(), heard))
    assert 20 * np.log10(after[1000] / before[1000]) == pytest.approx(8, abs=0.1)
    assert after[7900] == pytest.approx(before[7900], rel=0.05)


def test_another_hall_has_another_colour_and_the_same_level():
    tilted = WorkingPoint(tilt=-2.0).in_hall(noise(), CLOCK)
    assert rms(tilted) == pytest.approx(rms(noise()))
    before, after = (np.abs(np.fft.rfft(signal)) ** 2 for signal in (noise(), tilted))
    assert after[4000:].sum() / before[4000:].sum() < 0.5 * after[:400].sum() / before[:400].sum()


def test_the_nominal_point_changes_nothing():
    point = WorkingPoint()
    assert point.recorded(noise(), CLOCK).tobytes() == noise().tobytes()
    assert point.in_hall(noise(), CLOCK).tobytes() == noise().tobytes()
    assert point.unit(fan.UNITS["00"], fan.SPEED, fan.LOAD) == fan.UNITS["00"]

"""A linear slide: strokes forth and back, each with a ramp up, a travel and an end stop.

The carriage follows a trapezoid of speed. The drive whirrs at a pitch proportional to speed, the
rail hisses with it, and each stroke ends on a buffer. Between strokes the slide rests, so the
machine is heard only part of the time.
"""

import dataclasses

import numpy as np

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock, Condition

FAULTS = {
    "missing_stroke": ("burst",),
    "late_stroke": ("burst",),
    "rail_damage": ("burst", "steady"),
    "loose_belt": ("burst",),
    "dry_rail": ("burst", "steady"),
    "hard_stop": ("burst",),
}

# Seconds; the longest time between two strokes, so that each burst meets one.
SHORTEST_BURST = 1.25


@dataclasses.dataclass(frozen=True)
class Unit:
    """One slide.

    Parameters
    ----------
    period : float [seconds]
        From one forward stroke to the next.
    stroke : float [seconds]
        How long one stroke takes.
    whirr : float [Hz]
        Pitch of the drive at full speed.
    rail : float [Hz]
        Resonance through which the rail hisses.
    stop : float [Hz]
        Mode of the end stop.
    snr_offset : float [dB]
        How much better (or worse) than the set SNR this unit is heard.
    wander : float
        How uneven its strokes are; 1 is usual.
    """

    period: float
    stroke: float
    whirr: float
    rail: float
    stop: float
    snr_offset: float
    wander: float


UNITS = {
    "00": Unit(1.9, 0.55, 420.0, 1700.0, 610.0, 12.0, 0.5),
    "02": Unit(2.2, 0.65, 365.0, 1450.0, 540.0, 7.0, 0.8),
    "04": Unit(1.7, 0.48, 470.0, 1950.0, 700.0, 4.0, 1.1),
    "06": Unit(2.0, 0.60, 395.0, 1600.0, 580.0, -4.0, 1.4),
}

# With which power a value of the unit follows the speed and the load of a working point.
SPEED = {"whirr": 1, "period": -1, "stroke": -1}
LOAD = {"rail": 1}


def sound(
    unit: Unit,
    condition: Condition,
    clock: Clock,
    rng: np.random.Generator,
    fault_rng: np.random.Generator,
) -> np.ndarray:
    """Return the slide alone, shape (n,), in arbitrary units; faults draw from `fault_rng` only."""
    period = unit.period * (1 + 0.01 * unit.wander * rng.standard_normal())
    count = int(np.ceil(2 * clock.seconds / period)) + 3
    starts = (np.arange(count) - 2 + rng.random()) * period / 2
    starts = starts + 0.006 * unit.wander * rng.standard_normal(count)
    lengths = unit.stroke * (1 + 0.012 * unit.wander * rng.standard_normal(count))
    vigour = rng.lognormal(0, 0.06 * unit.wander, count)
    stop_gain = rng.lognormal(0, 0.15 * unit.wander, count)
    pace = 1 + 0.012 * unit.wander * rng.standard_normal()
    rail_hz = unit.rail * (1 + 0.01 * unit.wander * rng.standard_normal())

    middles = starts + lengths / 2
    missing = clock.at(condition.amount("missing_stroke"), middles)
    missing = missing * (middles > 0) * (middles < clock.seconds)
    vigour = vigour * (1 - 0.95 * missing)
    late = clock.at(condition.amount("late_stroke"), starts)
    starts = starts + late * 0.5 * (period / 2 - unit.stroke)
    # A late stroke has to catch up: it is shorter, so faster and louder.
    lengths = lengths * (1 - 0.25 * late)
    middles = starts + lengths / 2

    speed = np.zeros(clock.n)
    place = np.zeros(clock.n)
    for start, length, force in zip(starts, lengths, vigour, strict=True):
        low = max(int(start * clock.sample_rate), 0)
        high = min(int((start + length) * clock.sample_rate), clock.n)
        if high <= low:
            continue
        x = (clock.times[low:high] - start) / length
        speed[low:high] = force * (unit.stroke / length) * np.clip(np.minimum(x, 1 - x) / 0.2, 0, 1)
        place[low:high] = x
    moving = np.sqrt(speed)

    loose = condition.amount("loose_belt")
    flutter = 0.0
    if condition.has("loose_belt"):
        flutter = 0.10 * loose * signals.tone(23.0 * clock.times)
    pitch = unit.whirr * pace * speed * (1 + flutter)
    whirr = signals.harmonics(
        signals.turns_of(pitch, clock, start=rng.random()),
        range(1, 9),
        0.9 / np.arange(1, 9) ** 0.8 * rng.lognormal(0, 0.1 * unit.wander, 8),
        rng,
        highest=int(clock.nyquist / (unit.whirr * 1.7)),
    )
    colour = signals.tilt(clock, -3.0, corner=400.0) * (
        0.5 + 1.5 * signals.bump(clock, rail_hz, 0.5)
    )
    hiss = signals.noise(rng, clock, colour)
    out = speed * whirr + 0.9 * moving * hiss

    stop = signals.ringing(
        clock,
        [(unit.stop, 0.018, 1.0), (2.3 * unit.stop, 0.010, 0.6), (4.1 * unit.stop, 0.005, 0.4)],
        attack=0.0008,
    )
    ends = starts + 0.97 * lengths
    knock = signals.strike_gain(1.2, 15.0, clock) * stop_gain * np.minimum(vigour, 1.5)
    signals.strikes(clock, ends, knock, stop, out=out)

    if condition.has("hard_stop"):
        # The worn buffer lets metal meet metal: brighter, longer.
        clank = signals.ringing(clock, [(5.3 * unit.stop, 0.03, 1.0), (7.9 * unit.stop, 0.02, 0.7)])
        amount = clock.at(condition.amount("hard_stop"), ends)
        signals.strikes(clock, ends, 1.1 * amount * knock, clank, out=out)
    if condition.has("rail_damage"):
        # A dent at one place of the rail: a tick each time the carriage passes it.
        spot = fault_rng.uniform(0.35, 0.65)
        times = starts + np.where(np.arange(count) % 2 == 0, spot, 1 - spot) * lengths
        tick = signals.ringing(
            clock, [(2.1 * unit.rail, 0.008, 1.0), (3.3 * unit.rail, 0.005, 0.8)]
        )
        gains = signals.strike_gain(1.3, 15.0, clock) * fault_rng.lognormal(0, 0.2, count)
        amount = clock.at(condition.amount("rail_damage"), times)
        signals.strikes(clock, times, gains * amount * vigour, tick, out=out)
    if condition.has("loose_belt"):
        # The slack belt slaps when the carriage starts.
        slap = signals.ringing(
            clock, [(1.3 * unit.rail, 0.012, 1.0), (1.9 * unit.rail, 0.008, 0.7)]
        )
        amount = clock.at(loose, middles)
        gains = signals.strike_gain(1.3, 15.0, clock) * fault_rng.lognormal(0, 0.2, count)
        signals.strikes(clock, starts + 0.12 * lengths, gains * amount, slap, out=out)
    if condition.has("dry_rail"):
        # Without grease the carriage squeals at the middle of its travel.
        squeal = signals.noise(fault_rng, clock, signals.bump(clock, 2.6 * unit.rail, 0.1))
        where = moving * np.exp(-0.5 * ((place - 0.5) / 0.2) ** 2)
        out = out + 1.1 * condition.amount("dry_rail") * where * squeal
    return out

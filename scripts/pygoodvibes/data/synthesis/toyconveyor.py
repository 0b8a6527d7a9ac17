"""A toy conveyor: geared motor, belt and rollers.

The motor drives the belt through a gear train; the rollers knock as the belt's ribs pass them, and
the belt's seam passes the drive roller once a belt turn.
"""

import dataclasses

import numpy as np

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock, Condition

FAULTS = {
    "slipping_belt": ("burst", "steady"),
    "roller_damage": ("steady",),
    "excess_tension": ("steady",),
    "over_voltage": ("steady",),
    "stuck_object": ("steady",),
}

# Seconds; the belt slips for a few roller passings at least.
SHORTEST_BURST = 0.5


@dataclasses.dataclass(frozen=True)
class Unit:
    """One toy conveyor.

    Parameters
    ----------
    motor : float [Hz]
        Motor speed.
    teeth : int
        Teeth of the motor's pinion; mesh frequency = motor * teeth.
    roller : int
        Motor turns a roller turn.
    ribs : int
        Ribs of the belt that pass during one roller turn.
    frame : float [Hz]
        Resonance of the frame.
    belt : int
        Roller turns a belt turn.
    snr_offset : float [dB]
        How much better (or worse) than the set SNR this unit is heard.
    wander : float
        How unsteady its speed is; 1 is usual.
    """

    motor: float
    teeth: int
    roller: int
    ribs: int
    frame: float
    belt: int
    snr_offset: float
    wander: float


UNITS = {
    "01": Unit(118.0, 12, 24, 4, 760.0, 6, 11.0, 0.5),
    "02": Unit(131.0, 11, 28, 5, 880.0, 7, -6.0, 1.4),
    "03": Unit(107.0, 14, 22, 4, 690.0, 6, 2.0, 1.0),
}

# With which power a value of the unit follows the speed and the load of a working point.
SPEED = {"motor": 1}
LOAD = {"frame": 1}


def sound(
    unit: Unit,
    condition: Condition,
    clock: Clock,
    rng: np.random.Generator,
    fault_rng: np.random.Generator,
) -> np.ndarray:
    """Return the conveyor alone, shape (n,), arbitrary units; faults draw from `fault_rng` only."""
    load = unit.wander * rng.standard_normal()
    tension = condition.amount("excess_tension")
    drift = unit.wander * (
        0.010 * rng.standard_normal() + 0.003 * signals.slow_walk(rng, clock, every=2.0)
    )
    speed = unit.motor * (1 + drift + 0.06 * condition.amount("over_voltage") - 0.02 * tension)
    motor_turns = signals.turns_of(speed, clock, start=unit.roller * rng.random())
    roller_turns = motor_turns / unit.roller
    highest = int(clock.nyquist / (unit.motor * 1.15))

    orders = np.concatenate([np.arange(1, 6), unit.teeth * np.arange(1, 5)])
    levels = np.concatenate([0.35 / np.arange(1, 6), 0.5 / np.arange(1, 5)])
    levels = levels * rng.lognormal(0, 0.15 * unit.wander, len(levels))
    gears = signals.harmonics(motor_turns, orders, levels, rng, highest=highest)

    colour = signals.tilt(clock, -4.0 + 0.25 * load, corner=300.0) * (
        1 + (1.3 + 0.2 * load) * signals.bump(clock, unit.frame, 0.5)
    )
    if condition.has("excess_tension"):
        # A tight belt rubs harder and its frame resonance moves up.
        colour = colour + 0.45 * tension * signals.bump(clock, 1.9 * unit.frame, 0.3)
    rub = signals.noise(rng, clock, colour) * (1 + 0.15 * signals.tone(roller_turns))
    out = 0.8 * rub + gears * (1 + 0.25 * tension)

    rib_rate = unit.ribs * unit.motor / unit.roller
    rib_times = signals.crossings(roller_turns, clock, step=1 / unit.ribs)
    knock = signals.ringing(
        clock, [(unit.frame, 0.008, 1.0), (2.4 * unit.frame, 0.004, 0.5)], attack=0.0006
    )
    gains = signals.strike_gain(0.45, rib_rate, clock) * rng.lognormal(0, 0.2, len(rib_times))
    signals.strikes(clock, rib_times, gains, knock, out=out)
    seam_times = signals.crossings(roller_turns, clock, step=unit.belt)
    signals.strikes(
        clock, seam_times, 2.0 * signals.strike_gain(0.45, rib_rate, clock), knock, out=out
    )

    if condition.has("roller_damage"):
        # A flat on one roller hits once a roller turn, with a bright ring.
        times = signals.crossings(roller_turns, clock, step=0.5)
        gains = signals.strike_gain(0.5, 2 * unit.motor / unit.roller, clock)
        gains = gains * fault_rng.lognormal(0, 0.2, len(times))
        kernel = signals.ringing(
            clock, [(3.3 * unit.frame, 0.012, 1.0), (5.1 * unit.frame, 0.007, 0.6)]
        )
        amount = clock.at(condition.amount("roller_damage"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    if condition.has("stuck_object"):
        # A piece of metal dragged along the rail: a thin scrape beaten by the rollers.
        scrape = signals.noise(
            fault_rng, clock, signals.bump(clock, 5.2 * unit.frame, 0.12)
        ) * np.maximum(signals.tone(unit.ribs * roller_turns), 0)
        out = out + 0.6 * condition.amount("stuck_object") * scrape
    if condition.has("slipping_belt"):
        # Stick-slip: a squeal with harmonics whose pitch flutters.
        squeal_hz = 1.7 * unit.frame * (1 + 0.03 * signals.slow_walk(fault_rng, clock, every=0.08))
        squeal = signals.harmonics(
            signals.turns_of(squeal_hz, clock),
            (1, 2, 3, 4),
            (0.5, 0.35, 0.25, 0.2),
            fault_rng,
            highest=int(clock.nyquist / (1.7 * unit.frame * 1.12)),
        )
        level = 0.4 if np.ndim(condition.window) == 0 else 1.0
        out = out + level * condition.amount("slipping_belt") * squeal
    return out

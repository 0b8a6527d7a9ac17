"""A toy car on a test stand: commutator whine, gear mesh and wheels.

A small DC motor turns about 200 to 260 times a second. Mesh frequency = motor rate * pinion teeth;
wheel rate = motor rate / gear ratio. The battery's voltage sets the speed, so pitch wanders more
than in a mains machine.
"""

import dataclasses

import numpy as np

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock, Condition

FAULTS = {
    "bent_shaft": ("steady",),
    "gear_damage": ("steady",),
    "flat_tyre": ("steady",),
    "over_voltage": ("steady",),
    "under_voltage": ("steady",),
    "rattle": ("burst",),
}

# Seconds; something loose knocks many times in the shortest burst.
SHORTEST_BURST = 0.3


@dataclasses.dataclass(frozen=True)
class Unit:
    """One toy car.

    Parameters
    ----------
    motor : float [Hz]
        Motor speed.
    pinion : int
        Teeth of the pinion on the motor's shaft.
    ratio : int
        Motor turns a wheel turn.
    body : float [Hz]
        Resonance of the plastic body.
    brush : float
        Level of the brushes' noise; 1 is usual.
    snr_offset : float [dB]
        How much better (or worse) than the set SNR this unit is heard.
    wander : float
        How unsteady its speed is; 1 is usual.
    """

    motor: float
    pinion: int
    ratio: int
    body: float
    brush: float
    snr_offset: float
    wander: float


UNITS = {
    "01": Unit(214.0, 8, 4, 1250.0, 1.0, 4.0, 1.0),
    "02": Unit(236.0, 8, 5, 1480.0, 0.8, 11.0, 0.5),
    "03": Unit(202.0, 9, 4, 1100.0, 1.2, 1.0, 1.1),
    "04": Unit(225.0, 10, 5, 1360.0, 1.5, -7.0, 1.4),
}

# With which power a value of the unit follows the speed and the load of a working point.
SPEED = {"motor": 1}
LOAD = {"body": 1, "brush": 1}


def sound(
    unit: Unit,
    condition: Condition,
    clock: Clock,
    rng: np.random.Generator,
    fault_rng: np.random.Generator,
) -> np.ndarray:
    """Return the car alone, shape (n,), in arbitrary units; faults draw from `fault_rng` only."""
    drift = unit.wander * (
        0.012 * rng.standard_normal() + 0.004 * signals.slow_walk(rng, clock, every=2.0)
    )
    voltage = condition.amount("over_voltage") - condition.amount("under_voltage")
    speed = unit.motor * (1 + drift + 0.07 * voltage)
    bent = condition.amount("bent_shaft")

    wheel_turns = signals.turns_of(speed / unit.ratio, clock, start=rng.random())
    # A bent axle pulls at the gears once a wheel turn: phase modulation of everything upstream.
    wobble = 0.0
    if condition.has("bent_shaft"):
        wobble = 0.035 * bent * signals.tone(wheel_turns)
    motor_turns = unit.ratio * wheel_turns + wobble
    highest = int(clock.nyquist / (unit.motor * 1.15))

    motor_levels = 0.5 / np.arange(1, 7) ** 0.7 * rng.lognormal(0, 0.15 * unit.wander, 6)
    mesh_levels = 0.45 / np.arange(1, 4) ** 1.1 * rng.lognormal(0, 0.15 * unit.wander, 3)
    orders = np.concatenate([np.arange(1, 7), unit.pinion * np.arange(1, 4)])
    whine = signals.harmonics(
        motor_turns, orders, np.concatenate([motor_levels, mesh_levels]), rng, highest=highest
    )
    wheels = signals.harmonics(
        wheel_turns, (1, 2, 3), 0.15 * rng.lognormal(0, 0.2, 3), rng, highest=200
    )
    colour = signals.tilt(clock, -2.5 + 0.3 * unit.wander * rng.standard_normal(), corner=500.0) * (
        1 + 1.2 * signals.bump(clock, unit.body * rng.normal(1, 0.015), 0.4)
    )
    brushes = 0.6 * unit.brush * signals.noise(rng, clock, colour)
    brushes = brushes * (1 + 0.2 * signals.tone(wheel_turns + 0.2))

    if condition.has("bent_shaft"):
        whine = whine * (1 + 0.8 * bent * signals.tone(wheel_turns + 0.1))
        wheels = wheels * (1 + 1.5 * bent)
    out = whine + wheels + brushes

    if condition.has("gear_damage"):
        # A broken tooth of the crown gear hits once a wheel turn.
        times = signals.crossings(wheel_turns, clock)
        gains = signals.strike_gain(0.45, unit.motor / unit.ratio, clock)
        gains = gains * fault_rng.lognormal(0, 0.25, len(times))
        kernel = signals.ringing(
            clock, [(2.7 * unit.body, 0.0018, 1.0), (4.3 * unit.body, 0.0012, 0.8)]
        )
        amount = clock.at(condition.amount("gear_damage"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    if condition.has("flat_tyre"):
        # The flat thumps on the roller twice as long as a tooth hits, and much lower.
        times = signals.crossings(wheel_turns, clock)
        gains = signals.strike_gain(0.55, unit.motor / unit.ratio, clock)
        gains = gains * fault_rng.lognormal(0, 0.25, len(times))
        kernel = signals.ringing(
            clock, [(0.32 * unit.body, 0.006, 1.0), (0.55 * unit.body, 0.004, 0.5)], attack=0.001
        )
        amount = clock.at(condition.amount("flat_tyre"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    if condition.has("rattle"):
        # Something caught in the body: dry knocks.
        times = signals.random_times(fault_rng, clock, 30.0)
        gains = signals.strike_gain(0.9, 30.0, clock) * fault_rng.lognormal(0, 0.4, len(times))
        kernel = signals.ringing(
            clock, [(unit.body, 0.004, 1.0), (1.7 * unit.body, 0.003, 0.8)], attack=0.0004
        )
        amount = clock.at(condition.amount("rattle"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    return out

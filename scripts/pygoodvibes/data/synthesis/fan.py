"""An axial fan: rotation orders, blade passing and flow noise.

Blade passing frequency = blades * rotation rate. The flow noise is broadband, coloured by the
housing and beaten by the blades. Flow noise grows strongly with speed, so a change of working point
moves both pitch and colour; both wander between clips and, slowly, within one.
"""

import dataclasses

import numpy as np

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock, Condition

FAULTS = {
    "imbalance": ("steady",),
    "bearing": ("steady",),
    "clogging": ("steady",),
    "over_voltage": ("steady",),
    "blade_damage": ("steady",),
    "rattle": ("burst",),
}

# Seconds; the guard rattles many times in the shortest burst.
SHORTEST_BURST = 0.3


@dataclasses.dataclass(frozen=True)
class Unit:
    """One fan.

    Parameters
    ----------
    rotation : float [Hz]
        Nominal speed.
    blades : int
        Number of blades.
    housing : float [Hz]
        Centre of the housing's broad resonance.
    slope : float [dB per octave]
        Colour of the flow noise.
    bearing_mode : float [Hz]
        Structural mode that bearing impulses excite.
    snr_offset : float [dB]
        How much better (or worse) than the set SNR this unit is heard.
    wander : float
        How unsteady its working point is; 1 is usual.
    """

    rotation: float
    blades: int
    housing: float
    slope: float
    bearing_mode: float
    snr_offset: float
    wander: float


UNITS = {
    "00": Unit(24.2, 5, 520.0, -5.0, 3100.0, -7.0, 1.4),
    "02": Unit(29.1, 7, 780.0, -4.2, 3700.0, 4.0, 0.8),
    "04": Unit(26.6, 6, 640.0, -4.6, 2800.0, 1.0, 1.0),
    "06": Unit(31.4, 9, 910.0, -3.8, 4200.0, 12.0, 0.4),
}

# With which power a value of the unit follows the speed and the load of a working point.
SPEED = {"rotation": 1}
LOAD = {"housing": 1}


def sound(
    unit: Unit,
    condition: Condition,
    clock: Clock,
    rng: np.random.Generator,
    fault_rng: np.random.Generator,
) -> np.ndarray:
    """Return the fan alone, shape (n,), in arbitrary units; faults draw from `fault_rng` only."""
    load = unit.wander * rng.standard_normal()
    drift = unit.wander * (
        0.010 * rng.standard_normal() + 0.003 * signals.slow_walk(rng, clock, every=2.5)
    )
    speed = unit.rotation * (1 + drift + 0.05 * condition.amount("over_voltage"))
    turns = signals.turns_of(speed, clock, start=rng.random())
    highest = int(clock.nyquist / (unit.rotation * 1.12))

    clog = condition.amount("clogging")
    colour = signals.tilt(clock, unit.slope + 0.25 * load, corner=250.0) * (
        1 + (1.5 + 0.2 * load) * signals.bump(clock, unit.housing * (1 + 0.02 * load), 0.5)
    )
    if condition.has("clogging"):
        # A blocked inlet stalls the blades: rumble below the housing's resonance, less hiss above.
        colour = colour * (1 + 1.6 * clog * signals.bump(clock, 0.5 * unit.housing, 0.4))
        colour = colour * signals.tilt(clock, -1.6 * clog, corner=unit.housing)
    flow = signals.noise(rng, clock, colour)
    beat = 0.15 * signals.tone(unit.blades * turns)

    shaft_orders = np.arange(1, 5)
    blade_orders = unit.blades * np.arange(1, 9)
    blade_levels = 0.5 / np.arange(1, 9) ** 0.9 * rng.lognormal(0, 0.12 * unit.wander, 8)
    shaft_levels = 0.12 / shaft_orders * rng.lognormal(0, 0.2 * unit.wander, 4)
    blade_tone = signals.harmonics(turns, blade_orders, blade_levels, rng, highest=highest)
    shaft_tone = signals.harmonics(turns, shaft_orders, shaft_levels, rng, highest=highest)
    hum = signals.harmonics(
        signals.turns_of(100.0, clock), (1, 2, 3), (0.15, 0.08, 0.04), rng, highest=40
    )
    blade_gain = 1 - 0.45 * clog

    if condition.has("imbalance"):
        amount = condition.amount("imbalance")
        shaft_tone = shaft_tone + amount * signals.harmonics(
            turns, (1, 2, 3), (1.0, 0.5, 0.25), fault_rng, highest=highest
        )
        beat = beat + 0.5 * amount * signals.tone(turns)
        blade_gain = blade_gain * (1 + 0.5 * amount * signals.tone(turns + 0.3))
    if condition.has("blade_damage"):
        # One blade unlike the others: sidebands one rotation around every blade harmonic, and
        # a swish once a turn.
        amount = condition.amount("blade_damage")
        sides = np.concatenate([blade_orders - 1, blade_orders + 1, blade_orders - 2])
        levels = np.tile(0.55 / np.arange(1, 9) ** 0.6, 3)
        shaft_tone = shaft_tone + amount * signals.harmonics(
            turns, sides, levels, fault_rng, highest=highest
        )
        beat = beat + 0.9 * amount * (np.maximum(signals.tone(turns), 0) ** 4)

    out = flow * (1 + beat) + blade_gain * blade_tone + shaft_tone + hum
    if condition.has("bearing"):
        # Outer race: 3.58 impulses a turn with a little slip, stronger once a turn.
        times = signals.crossings(turns, clock, step=1 / 3.58)
        times = times + fault_rng.normal(0, 0.01 / unit.rotation, len(times))
        gains = signals.strike_gain(0.30, 3.58 * unit.rotation, clock)
        gains = gains * fault_rng.lognormal(0, 0.3, len(times))
        kernel = signals.ringing(
            clock, [(unit.bearing_mode, 0.0016, 1.0), (1.52 * unit.bearing_mode, 0.001, 0.6)]
        )
        amount = clock.at(condition.amount("bearing"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    if condition.has("rattle"):
        # A loose guard chatters against the frame.
        times = signals.random_times(fault_rng, clock, 45.0)
        gains = signals.strike_gain(0.9, 45.0, clock) * fault_rng.lognormal(0, 0.4, len(times))
        kernel = signals.ringing(
            clock, [(1350.0, 0.004, 1.0), (2240.0, 0.003, 0.8), (3150.0, 0.0015, 0.5)]
        )
        amount = clock.at(condition.amount("rattle"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    return out

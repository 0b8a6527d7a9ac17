"""A rotary vane pump: pulsation at the vane rate, motor hum and flow noise.

Vane rate = vanes * shaft rate. Each vane pushes a pulse of liquid: a harmonic series at the vane
rate, and flow noise beaten by it. The induction motor hums at multiples of twice the mains
frequency and runs a little slower under load.
"""

import dataclasses

import numpy as np

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock, Condition

FAULTS = {
    "leak": ("steady",),
    "cavitation": ("steady", "burst"),
    "clogging": ("steady",),
    "bearing": ("steady",),
    "contamination": ("burst",),
}

# Seconds; the shortest burst is long enough for a few scratches.
SHORTEST_BURST = 0.3


@dataclasses.dataclass(frozen=True)
class Unit:
    """One pump.

    Parameters
    ----------
    rotation : float [Hz]
        Shaft rate.
    vanes : int
        Number of vanes.
    casing : float [Hz]
        Centre of the casing's resonance, through which the flow is heard.
    slope : float [dB per octave]
        Colour of the flow noise.
    hum : float
        Level of the motor's hum; 1 is usual.
    snr_offset : float [dB]
        How much better (or worse) than the set SNR this unit is heard.
    wander : float
        How unsteady its working point is; 1 is usual.
    """

    rotation: float
    vanes: int
    casing: float
    slope: float
    hum: float
    snr_offset: float
    wander: float


UNITS = {
    "00": Unit(24.1, 5, 1150.0, -3.6, 1.0, 1.0, 1.0),
    "02": Unit(23.6, 7, 940.0, -4.4, 1.4, -7.0, 1.4),
    "04": Unit(24.4, 6, 1400.0, -3.2, 0.8, 12.0, 0.45),
    "06": Unit(23.9, 8, 1050.0, -4.0, 1.1, 4.0, 1.0),
}

# With which power a value of the unit follows the speed and the load of a working point.
SPEED = {"rotation": 1}
LOAD = {"casing": 1, "hum": 1}


def sound(
    unit: Unit,
    condition: Condition,
    clock: Clock,
    rng: np.random.Generator,
    fault_rng: np.random.Generator,
) -> np.ndarray:
    """Return the pump alone, shape (n,), in arbitrary units; faults draw from `fault_rng` only."""
    load = unit.wander * rng.standard_normal()
    clog = condition.amount("clogging")
    drift = unit.wander * (
        0.006 * rng.standard_normal() + 0.002 * signals.slow_walk(rng, clock, every=3.0)
    )
    speed = unit.rotation * (1 + drift - 0.02 * clog)
    turns = signals.turns_of(speed, clock, start=rng.random())
    highest = int(clock.nyquist / (unit.rotation * 1.08))

    colour = signals.tilt(clock, unit.slope + 0.25 * load, corner=300.0) * (
        0.6 + (1.4 + 0.2 * load) * signals.bump(clock, unit.casing * (1 + 0.02 * load), 0.45)
    )
    if condition.has("clogging"):
        # A blocked filter throttles the flow: less of it, through a narrower gap.
        colour = colour * (1 - 0.5 * clog * signals.bump(clock, unit.casing, 0.7))
        colour = colour * (1 + 0.9 * clog * signals.bump(clock, 2.1 * unit.casing, 0.25))
    flow = signals.noise(rng, clock, colour)
    beat = 0.3 * signals.tone(unit.vanes * turns)

    vane_orders = unit.vanes * np.arange(1, 13)
    vane_levels = 0.45 / np.arange(1, 13) ** 0.8 * rng.lognormal(0, 0.12 * unit.wander, 12)
    pulses = signals.harmonics(turns, vane_orders, vane_levels, rng, highest=highest)
    hum = signals.harmonics(
        signals.turns_of(100.0, clock, start=rng.random()),
        (1, 2, 3, 4, 6),
        0.18 * unit.hum * np.array([1.0, 0.6, 0.35, 0.2, 0.15]) * rng.lognormal(0, 0.1, 5),
        rng,
        highest=int(clock.nyquist / 100),
    )
    out = flow * (1 + beat) + (1 + 0.5 * clog) * (pulses + hum)

    if condition.has("leak"):
        # A jet through a small opening hisses high up.
        hiss = signals.noise(fault_rng, clock, signals.band(clock, 3800, 6500, order=3))
        out = out + 0.32 * condition.amount("leak") * hiss
    if condition.has("cavitation"):
        # Vapour bubbles collapse on the vanes: a dense crackle, beaten by the vane rate.
        crackle = signals.noise(fault_rng, clock, signals.band(clock, 1800, 5200))
        grain = 1.4 * np.maximum(signals.slow_walk(fault_rng, clock, every=0.004), 0) ** 1.5
        crackle = crackle * grain * (1 + 0.5 * signals.tone(unit.vanes * turns + 0.25))
        level = 0.36 if np.ndim(condition.window) == 0 else 0.7
        out = out + level * condition.amount("cavitation") * crackle
    if condition.has("bearing"):
        # Inner race: 5.42 impulses a turn, stronger when the flaw passes the loaded side.
        times = signals.crossings(turns, clock, step=1 / 5.42)
        loaded = 1 + 0.7 * np.cos(2 * np.pi * clock.at(turns, times))
        times = times + fault_rng.normal(0, 0.008 / unit.rotation, len(times))
        gains = signals.strike_gain(0.34, 5.42 * unit.rotation, clock) * loaded
        kernel = signals.ringing(
            clock, [(2.3 * unit.casing, 0.0022, 1.0), (3.9 * unit.casing, 0.0012, 0.5)]
        )
        amount = clock.at(condition.amount("bearing"), times)
        signals.strikes(clock, times, gains * amount, kernel, out=out)
    if condition.has("contamination"):
        # Grit goes through the gap between vane and casing: scratches of a tenth of a second.
        times = signals.random_times(fault_rng, clock, 9.0)
        scratch = np.zeros(clock.n)
        shape = np.hanning(max(int(0.12 * clock.sample_rate), 3))
        gains = fault_rng.lognormal(0, 0.4, len(times))
        amount = clock.at(condition.amount("contamination"), times)
        signals.strikes(clock, times, gains * amount, shape, out=scratch)
        grit = signals.noise(fault_rng, clock, signals.band(clock, 900, 3400))
        out = out + 1.0 * scratch * grit
    return out

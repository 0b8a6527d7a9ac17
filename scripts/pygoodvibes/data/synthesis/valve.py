"""A solenoid valve: clicks on opening and closing, with ringing, and air in between.

The valve is switched by a sequence whose gaps are partly regular, partly random. Energising the
coil throws the plunger against its stop (open), the spring throws it back on the seat (close, a
little lower and softer); while it is open, air flows. Most of the clip is rest.
"""

import dataclasses

import numpy as np

from pygoodvibes.data.synthesis import signals
from pygoodvibes.data.synthesis.signals import Clock, Condition

FAULTS = {
    "contamination": ("burst",),
    "leak": ("burst",),
    "chatter": ("burst", "steady"),
    "weak_spring": ("burst", "steady"),
    "stuck": ("burst",),
}

# Seconds; the longest time between two clicks, so that each burst meets one.
SHORTEST_BURST = 1.0


@dataclasses.dataclass(frozen=True)
class Unit:
    """One valve.

    Parameters
    ----------
    gap : float [seconds]
        Mean time between openings.
    held : float [seconds]
        How long it stays open.
    plunger : float [Hz]
        Lowest mode of the opening click.
    seat : float [Hz]
        Lowest mode of the closing click.
    air : float [Hz]
        Centre of the flow's noise.
    snr_offset : float [dB]
        How much better (or worse) than the set SNR this unit is heard.
    wander : float
        How uneven its clicks are; 1 is usual.
    """

    gap: float
    held: float
    plunger: float
    seat: float
    air: float
    snr_offset: float
    wander: float


UNITS = {
    "00": Unit(0.74, 0.20, 2100.0, 1500.0, 3300.0, 2.0, 1.0),
    "02": Unit(0.66, 0.17, 2450.0, 1700.0, 3900.0, 6.0, 0.8),
    "04": Unit(0.80, 0.22, 1900.0, 1320.0, 2900.0, 12.0, 0.5),
    "06": Unit(0.70, 0.19, 2250.0, 1600.0, 3600.0, -4.0, 1.4),
}

# With which power a value of the unit follows the speed and the load of a working point.
SPEED = {"gap": -1}
LOAD = {"air": 1, "plunger": 1}


def sound(
    unit: Unit,
    condition: Condition,
    clock: Clock,
    rng: np.random.Generator,
    fault_rng: np.random.Generator,
) -> np.ndarray:
    """Return the valve alone, shape (n,), in arbitrary units; faults draw from `fault_rng` only."""
    count = int(np.ceil(clock.seconds / unit.gap * 1.6)) + 4
    gaps = unit.gap * rng.uniform(0.75, 1.25, count)
    opens = np.cumsum(gaps) - rng.uniform(1, 2) * unit.gap
    helds = unit.held * (1 + 0.04 * unit.wander * rng.standard_normal(count))
    force = rng.lognormal(0, 0.10 * unit.wander, (2, count))
    bounce = rng.uniform(0.006, 0.010, count)
    modes = unit.wander * rng.normal(0, 0.008, 2)

    stuck = clock.at(condition.amount("stuck"), opens)
    weak = clock.at(condition.amount("weak_spring"), opens)
    dirty = clock.at(condition.amount("contamination"), opens)
    helds = helds * (1 + 0.6 * weak)
    closes = opens + helds

    # Nominal strength of a click: alone, at this mean rate, it would have this root mean square.
    click = signals.strike_gain(0.8, 1 / unit.gap, clock)
    plunger_hz, seat_hz = unit.plunger * (1 + modes[0]), unit.seat * (1 + modes[1])
    open_kernel = signals.ringing(
        clock,
        [(plunger_hz, 0.006, 1.0), (1.74 * plunger_hz, 0.004, 0.8), (2.9 * plunger_hz, 0.002, 0.6)],
    )
    close_kernel = signals.ringing(
        clock,
        [(0.45 * seat_hz, 0.010, 0.5), (seat_hz, 0.008, 1.0), (1.9 * seat_hz, 0.005, 0.5)],
        attack=0.0005,
    )
    out = np.zeros(clock.n)
    open_gains = click * force[0] * (1 - 0.9 * stuck)
    # A tired spring closes late and softly, dirt on the seat cushions the plunger.
    close_gains = 0.8 * click * force[1] * (1 - 0.9 * stuck) * (1 - 0.5 * weak) * (1 - 0.6 * dirty)
    signals.strikes(clock, opens, open_gains, open_kernel, out=out)
    signals.strikes(clock, opens + bounce, 0.3 * open_gains, open_kernel, out=out)
    signals.strikes(clock, closes, close_gains, close_kernel, out=out)

    flow = np.zeros(clock.n)
    stalled = np.zeros(clock.n)
    for start, end, gone in zip(opens, closes, stuck, strict=True):
        low = max(int(start * clock.sample_rate), 0)
        high = min(int((end + 0.02) * clock.sample_rate), clock.n)
        if high > low:
            t = clock.times[low:high]
            powered = np.clip(np.minimum((t - start) / 0.02, (end + 0.02 - t) / 0.02), 0, 1)
            flow[low:high] += (1 - gone) * powered
            stalled[low:high] += gone * powered
    colour = signals.bump(clock, unit.air, 0.6)
    air = signals.noise(rng, clock, colour)
    out += 0.45 * flow * air

    if condition.has("leak"):
        # Air goes on flowing through the closed seat, thinner and higher.
        hiss = signals.noise(fault_rng, clock, signals.bump(clock, 1.5 * unit.air, 0.3))
        out += 0.7 * condition.amount("leak") * (1 - np.minimum(flow, 1)) * hiss
    if condition.has("contamination"):
        # Dirt grinds as the plunger moves.
        grind = signals.ringing(
            clock,
            [
                (0.55 * seat_hz, 0.012, 0.7),
                (0.8 * seat_hz, 0.012, 1.0),
                (1.25 * seat_hz, 0.01, 1.0),
            ],
            attack=0.01,
        )
        gains = 0.65 * click * fault_rng.lognormal(0, 0.2, count)
        signals.strikes(clock, closes - 0.02, gains * dirty, grind, out=out)
    if condition.has("weak_spring"):
        # The plunger flutters on its seat.
        flutter = signals.ringing(clock, [(0.62 * seat_hz, 0.012, 1.0)], attack=0.002)
        signals.strikes(clock, closes + 0.03, 0.3 * click * weak, flutter, out=out)
    if condition.has("chatter"):
        # The coil holds badly: the plunger hammers against its stop at twice the mains frequency.
        # Metal on metal without the spring's cushion is brighter than the normal click.
        hammer = signals.ringing(
            clock, [(1.3 * plunger_hz, 0.004, 1.0), (2.2 * plunger_hz, 0.003, 1.0)], attack=0.0001
        )
        amount = clock.at(condition.amount("chatter"), opens)
        for k in range(1, 13):
            gains = 0.35 * click * amount * fault_rng.lognormal(0, 0.3, count)
            signals.strikes(clock, opens + 0.01 * k, gains * (0.01 * k < helds), hammer, out=out)
    if condition.has("stuck"):
        # A coil that cannot move its plunger buzzes at twice the mains frequency.
        buzz = signals.harmonics(
            signals.turns_of(100.0, clock),
            range(1, 19),
            np.ones(18) / 3,
            fault_rng,
            highest=int(clock.nyquist / 100),
        )
        out += stalled * buzz
    return out

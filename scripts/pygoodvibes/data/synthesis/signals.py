"""Building blocks of machine sounds: tones that drift, strikes that ring, noise with a colour.

Everything works on a `Clock` (how many samples, at which rate) and on a `numpy.random.Generator`
handed in by the caller, so that the same generator gives the same samples. Signals are arrays of
shape ``(clock.n,)`` in arbitrary linear units; the machines' modules say how loud each part is.

The models are the usual ones of machine diagnostics (rotation orders, cyclic impulses exciting
structural modes, flow noise modulated by the rotation), see R. B. Randall, "Vibration-based
Condition Monitoring", Wiley, 2011.
"""

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np
import scipy.fft

# One period of a harmonic series is tabulated this finely: reading the table by the nearest entry
# keeps the error of order 64 below -50 dB, and costs the same for one harmonic as for sixty.
TABLE_SIZE = 65536


@dataclasses.dataclass(frozen=True)
class Clock:
    """The time axis of one clip.

    Parameters
    ----------
    n : int
        Number of samples.
    sample_rate : int
        Samples a second.
    """

    n: int
    sample_rate: int

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.n / self.sample_rate

    @property
    def nyquist(self) -> float:
        """Highest frequency in Hz."""
        return self.sample_rate / 2

    @functools.cached_property
    def times(self) -> np.ndarray:
        """Time of each sample in seconds, shape (n,)."""
        return np.arange(self.n) / self.sample_rate

    @functools.cached_property
    def n_fft(self) -> int:
        """Length of the transforms that make noise, at least `n`."""
        return scipy.fft.next_fast_len(self.n, real=True)

    @functools.cached_property
    def frequencies(self) -> np.ndarray:
        """Frequencies of those transforms in Hz, shape (n_fft // 2 + 1,), float32."""
        return scipy.fft.rfftfreq(self.n_fft, 1 / self.sample_rate).astype(np.float32)

    def at(self, signal: np.ndarray | float, times: np.ndarray) -> np.ndarray:
        """Return the values of a signal at some times (seconds), by the nearest sample."""
        if np.ndim(signal) == 0:
            return np.full(np.shape(times), float(signal))
        index = np.clip(np.rint(np.asarray(times) * self.sample_rate), 0, self.n - 1)
        return np.asarray(signal)[index.astype(np.int64)]


@functools.lru_cache(maxsize=8)
def clock_of(n: int, sample_rate: int) -> Clock:
    """Return the shared clock of that length, whose axes are computed once."""
    return Clock(n, sample_rate)


@dataclasses.dataclass(frozen=True)
class Condition:
    """What is wrong with the machine in one clip.

    Parameters
    ----------
    fault : str
        Name of the fault, '' for a healthy machine.
    severity : float
        0 (healthy) to 1.
    window : np.ndarray [shape=(n,)] or float
        Where in the clip the fault acts, 0 to 1; the number 1.0 for all of it.
    """

    fault: str = ""
    severity: float = 0.0
    window: np.ndarray | float = 1.0

    def has(self, fault: str) -> bool:
        """Say whether this fault acts at all."""
        return self.fault == fault and self.severity > 0

    def amount(self, fault: str) -> np.ndarray | float:
        """Return how strongly a fault acts: (n,), or a number where that does not change in time.

        Amplitude grows as severity ** 0.7: a quarter of the severity is 8 dB below the full one,
        so that slight faults are hard to hear, not hopeless.
        """
        return self.severity**0.7 * self.window if self.has(fault) else 0.0


def rms(signal: np.ndarray) -> float:
    """Return the root mean square of a signal."""
    return float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))


# ------------------------------------------------------------------------------------- slow things


def slow_walk(rng: np.random.Generator, clock: Clock, *, every: float = 2.0) -> np.ndarray:
    """Return a slow wandering around 0 with a standard deviation of about 1, shape (n,).

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    clock : Clock
        Time axis.
    every : float > 0 [seconds]
        Distance of the independent points it runs through.
    """
    knots = int(np.ceil(clock.seconds / every)) + 2
    start = rng.uniform(0, every)
    return np.interp(clock.times + start, np.arange(knots) * every, rng.standard_normal(knots))


def burst_window(
    rng: np.random.Generator,
    clock: Clock,
    *,
    share: tuple[float, float] = (0.08, 0.25),
    least: float = 0.25,
    fade: float = 0.03,
) -> np.ndarray:
    """Return where a fault that comes and goes acts: 0 or 1 with short fades, shape (n,).

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    clock : Clock
        Time axis.
    share : tuple of float
        Least and largest share of the clip that is covered, by one to three bursts.
    least : float > 0 [seconds]
        Shortest burst. Where that is more than the share allows, one burst this long (or the whole
        clip) is the window, so that a fault that shows only in single events always meets one.
    fade : float > 0 [seconds]
        Length of the fades.
    """
    total = min(max(rng.uniform(*share) * clock.seconds, least), clock.seconds)
    count = min(int(rng.integers(1, 4)), max(int(total / least), 1))
    spare = max(total - count * least, 0.0)
    lengths = (total - spare) / count + rng.dirichlet(np.full(count, 2.0)) * spare
    gaps = rng.dirichlet(np.full(count + 1, 2.0)) * (clock.seconds - total)
    starts = np.cumsum(gaps[:-1]) + np.concatenate([[0.0], np.cumsum(lengths[:-1])])
    window = np.zeros(clock.n)
    for start, length in zip(starts, lengths, strict=True):
        ramp = np.minimum(clock.times - start, start + length - clock.times) / fade
        np.maximum(window, np.clip(ramp, 0.0, 1.0), out=window)
    return window


# -------------------------------------------------------------------------------------------- tones


def turns_of(frequency: np.ndarray | float, clock: Clock, *, start: float = 0.0) -> np.ndarray:
    """Return the angle in turns of something that rotates at `frequency` Hz, shape (n,)."""
    if np.ndim(frequency) == 0:
        return start + float(frequency) * clock.times
    return start + np.cumsum(frequency) / clock.sample_rate


def harmonics(
    turns: np.ndarray,
    orders: Sequence[float],
    amplitudes: Sequence[float],
    rng: np.random.Generator,
    *,
    highest: int,
) -> np.ndarray:
    """Return a sum of cosines at whole multiples of one rotation, with random phases.

    Parameters
    ----------
    turns : np.ndarray [shape=(n,)]
        Angle in turns.
    orders : sequence of int > 0
        Multiples of the rotation.
    amplitudes : sequence of float
        Their amplitudes.
    rng : np.random.Generator
        Source of the phases: one draw an order, kept or not.
    highest : int
        Orders above this one are left out (they would lie above half the sample rate).

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
    """
    orders = np.asarray(orders, dtype=np.int64)
    weights = np.asarray(amplitudes, dtype=np.float64) * np.exp(
        2j * np.pi * rng.random(len(orders))
    )
    spectrum = np.zeros(TABLE_SIZE // 2 + 1, dtype=np.complex64)
    kept = (orders > 0) & (orders <= min(highest, TABLE_SIZE // 2))
    np.add.at(spectrum, orders[kept], weights[kept] * (TABLE_SIZE / 2))
    table = scipy.fft.irfft(spectrum, TABLE_SIZE)
    index = np.floor(turns * TABLE_SIZE).astype(np.int64)
    return table[index & (TABLE_SIZE - 1)]


def tone(turns: np.ndarray) -> np.ndarray:
    """Return a sine of amplitude 1 for an angle in turns."""
    return np.sin((2 * np.pi) * turns)


def crossings(turns: np.ndarray, clock: Clock, *, step: float = 1.0) -> np.ndarray:
    """Return when (seconds) a growing angle passes whole multiples of `step` turns."""
    first = np.ceil(turns[0] / step)
    last = np.floor(turns[-1] / step)
    return np.interp(np.arange(first, last + 1) * step, turns, clock.times)


# ------------------------------------------------------------------------------------------ strikes


def ringing(
    clock: Clock,
    modes: Sequence[tuple[float, float, float]],
    *,
    attack: float = 0.0002,
) -> np.ndarray:
    """Return the sound of one strike: decaying modes, scaled to unit energy.

    Parameters
    ----------
    clock : Clock
        Time axis; only its sample rate matters.
    modes : sequence of (Hz, seconds, weight)
        Frequency, time to decay to 1/e and amplitude of each mode. A mode above half the sample
        rate is left out.
    attack : float > 0 [seconds]
        Rise time: how soft the strike is.

    Returns
    -------
    np.ndarray [shape=(m,)]
        Until the slowest mode has decayed by 43 dB. The sum of its squares is 1.
    """
    length = 5 * max(decay for _, decay, _ in modes) + 5 * attack
    t = np.arange(max(int(length * clock.sample_rate), 8)) / clock.sample_rate
    kernel = np.zeros(len(t))
    for frequency, decay, weight in modes:
        if frequency < 0.97 * clock.nyquist:
            kernel += weight * np.exp(-t / decay) * np.sin(2 * np.pi * frequency * t)
    kernel *= 1 - np.exp(-t / attack)
    energy = np.sqrt(np.sum(kernel**2))
    return kernel / energy if energy > 0 else kernel


def strikes(
    clock: Clock,
    times: np.ndarray,
    gains: np.ndarray | float,
    kernel: np.ndarray,
    *,
    out: np.ndarray | None = None,
) -> np.ndarray:
    """Add a kernel at each time (seconds), times its gain; what falls outside the clip is cut.

    Returns
    -------
    np.ndarray [shape=(n,)]
        `out` if given, else a new array.
    """
    out = np.zeros(clock.n) if out is None else out
    times = np.atleast_1d(times)
    gains = np.broadcast_to(gains, times.shape)
    starts = np.rint(times * clock.sample_rate).astype(np.int64)
    for start, gain in zip(starts.tolist(), gains.tolist(), strict=True):
        if gain == 0.0 or start >= clock.n or start + len(kernel) <= 0:
            continue
        low, high = max(start, 0), min(start + len(kernel), clock.n)
        out[low:high] += gain * kernel[low - start : high - start]
    return out


def strike_gain(level: float, per_second: float, clock: Clock) -> float:
    """Return the gain that gives unit-energy strikes at this rate the root mean square `level`."""
    return level * float(np.sqrt(clock.sample_rate / per_second))


def random_times(rng: np.random.Generator, clock: Clock, per_second: float) -> np.ndarray:
    """Return the sorted times (seconds) of a Poisson process over the clip."""
    return np.sort(rng.uniform(0, clock.seconds, rng.poisson(per_second * clock.seconds)))


# -------------------------------------------------------------------------------------------- noise


def tilt(clock: Clock, db_per_octave: float, *, corner: float = 200.0) -> np.ndarray:
    """Return an amplitude response that is flat up to `corner` Hz and then tilts, shape (bins,)."""
    ratio = np.maximum(clock.frequencies / np.float32(corner), np.float32(1.0))
    return ratio ** np.float32(db_per_octave / (20 * np.log10(2)))


def band(clock: Clock, low: float, high: float, *, order: int = 2) -> np.ndarray:
    """Return a band's amplitude response with slopes of 6*order dB an octave, shape (bins,)."""
    f = np.maximum(clock.frequencies, np.float32(1.0))
    power = 2 * order
    return 1 / np.sqrt((1 + (np.float32(low) / f) ** power) * (1 + (f / np.float32(high)) ** power))


def bump(clock: Clock, centre: float, octaves: float) -> np.ndarray:
    """Return a bell-shaped amplitude response around `centre` Hz, shape (bins,)."""
    f = np.maximum(clock.frequencies, np.float32(1.0))
    return np.exp(-0.5 * (np.log2(f / np.float32(centre)) / np.float32(octaves)) ** 2)


def noise(rng: np.random.Generator, clock: Clock, response: np.ndarray) -> np.ndarray:
    """Return Gaussian noise with an amplitude response, of expected root mean square 1.

    Parameters
    ----------
    rng : np.random.Generator
        Source of randomness.
    clock : Clock
        Time axis.
    response : np.ndarray [shape=(clock.n_fft // 2 + 1,)]
        Amplitude over frequency, in any unit.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
    """
    bins = len(clock.frequencies)
    draws = rng.standard_normal(2 * bins, dtype=np.float32).view(np.complex64)
    scale = clock.n_fft / (2 * np.sqrt(np.sum(np.square(response, dtype=np.float64))))
    spectrum = draws * (np.float32(scale) * response.astype(np.float32))
    return scipy.fft.irfft(spectrum, clock.n_fft)[: clock.n]


# --------------------------------------------------------------------------------------- background


def factory_background(rng: np.random.Generator, clock: Clock) -> np.ndarray:
    """Return the noise of a factory hall, of root mean square 1, never the same twice.

    Coloured noise whose slope and resonance differ from clip to clip and whose level breathes,
    mains hum, the tones of another machine somewhere in the hall, and now and then a clank, a
    knock or a hiss of compressed air.

    Returns
    -------
    np.ndarray [shape=(n,)]
    """
    colour = tilt(clock, rng.normal(-4.5, 0.5), corner=rng.uniform(120, 220))
    colour = colour * (1 + rng.uniform(0.2, 0.8) * bump(clock, rng.uniform(300, 2000), 0.5))
    hall = noise(rng, clock, colour) * (1 + 0.12 * slow_walk(rng, clock, every=1.5))

    hum = harmonics(
        turns_of(50.0, clock),
        (1, 2, 3, 4, 6, 8, 12),
        (0.3, 1.0, 0.3, 0.5, 0.3, 0.15, 0.1),
        rng,
        highest=int(clock.nyquist / 50),
    )
    hall = hall + rng.uniform(0.05, 0.15) * hum

    other_speed = rng.uniform(60, 400)
    other = harmonics(
        turns_of(other_speed * (1 + 0.004 * slow_walk(rng, clock)), clock),
        range(1, 9),
        rng.exponential(1.0, 8) / np.arange(1, 9),
        rng,
        highest=int(clock.nyquist / other_speed / 1.02),
    )
    hall += (rng.uniform(0.03, 0.18)) * other

    for start in random_times(rng, clock, 0.2):
        base = np.exp(rng.uniform(np.log(300), np.log(3500)))
        ratios = np.array([1.0, rng.uniform(1.4, 1.9), rng.uniform(2.1, 3.2)])
        modes = [(base * r, rng.uniform(0.01, 0.06), rng.uniform(0.3, 1)) for r in ratios]
        gain = rng.lognormal(0.0, 0.6) * np.sqrt(0.03 * clock.sample_rate)
        strikes(clock, start, gain, ringing(clock, modes), out=hall)
    if rng.random() < 0.15:
        hiss = noise(rng, clock, band(clock, 2000, 6000))
        hall += rng.uniform(0.1, 0.4) * hiss * burst_window(rng, clock, share=(0.03, 0.1), fade=0.1)
    return hall / rms(hall)

"""What a clip sounds like in the words of vibration analysis, as profiles of numbers.

Comes in: the samples of a clip. Goes out: for each sign (harmonics, modulation, impulses, tone,
missing band) a profile, a value a place: a frequency, a spacing or a rate. What of it is odd, and
from when on it is said, decides `pygoodvibes.explanation.naming`.

How fine places are told: tones to 1/24 of an octave, but not below the resolution of the spectrum
(`RESOLUTION`); spacings of harmonics from three times that on; modulation from 1 Hz on, to 1/12 of
an octave, but not below 0.5 Hz; impulses from 4 ms apart on.

References
----------
Randall (2011), Vibration-based condition monitoring (cepstrum, squared envelope, kurtosis).
Randall and Antoni (2011), Rolling element bearing diagnostics: a tutorial (envelope analysis).
"""

import dataclasses
import functools

import numpy as np

SIGNS = ("harmonics", "modulation", "impulses", "tone", "missing")
"""Signs, in the order in which they are said."""

RESOLUTION = 2.0
"""Width of a line of the spectrum, Hz, at most."""

LOWEST = 20.0
"""Lowest frequency that is looked at, Hz."""

LEAST_RATE = 2000
"""Lowest sample rate, Hz, at which anything is named."""

SHORTEST = 2.0
"""Shortest clip, s, in which anything is named: a modulation of 1 Hz goes twice."""

WIDEST_SPACING = 500.0
"""Widest spacing of harmonics, Hz."""

ENVELOPE_RATE = 1000
"""About how many values a second an envelope has."""

RATES = (1.0, 300.0)
"""Rates of modulation that are looked at, Hz."""

IMPULSE = 9.0
"""How far an impulse stands above the middle of the squared envelope at least, dB."""

PIECE = 0.5
"""Length of the pieces of a clip over which kurtosis is averaged, s."""

NEAREST = 0.004
"""Time from one impulse to the next at least, s."""

CARRIERS = ((0.04, 0.125), (0.125, 0.25), (0.25, 0.5), (0.5, 0.95))
"""Bands whose envelopes are looked at, as shares of half the sample rate."""


@dataclasses.dataclass(frozen=True)
class Places:
    """Where the values of the profiles stand.

    Attributes
    ----------
    tone : np.ndarray [shape=(n_tones + 1,)]
        Limits of the bands in which the strongest line is looked for, Hz.
    spacing : np.ndarray [shape=(n_spacings + 1,)]
        Limits of spacings, Hz.
    rate : np.ndarray [shape=(n_rates + 1,)]
        Limits of rates of modulation, Hz; each carrier has them all.
    carrier : np.ndarray [shape=(n_carriers, 2)]
        Bands whose envelopes are looked at, Hz.
    band : np.ndarray [shape=(n_bands + 1,)]
        Limits of third octaves, Hz.
    """

    tone: np.ndarray
    spacing: np.ndarray
    rate: np.ndarray
    carrier: np.ndarray
    band: np.ndarray

    def of(self, sign: str, place: int) -> tuple[float, float]:
        """Return from where to where a value of a sign's profile reaches, Hz."""
        if sign == "impulses":
            return tuple(self.carrier[place].tolist())
        limits = {
            "harmonics": self.spacing,
            "modulation": self.rate,
            "tone": self.tone,
            "missing": self.band,
        }[sign]
        place %= len(limits) - 1
        return float(limits[place]), float(limits[place + 1])


def _octaves(low: float, high: float, parts: int, *, least: float = 0.0) -> np.ndarray:
    """Return limits of parts of octaves, none narrower than `least`."""
    limits = low * 2.0 ** (np.arange(int(np.log2(high / low) * parts) + 1) / parts)
    kept = [limits[0]]
    for limit in limits[1:]:
        if limit - kept[-1] >= least:
            kept.append(limit)
    return np.array(kept)


def n_fft_of(sample_rate: int) -> int:
    """Return the length of the transform whose lines are at most `RESOLUTION` Hz wide."""
    return 2 ** int(np.ceil(np.log2(sample_rate / RESOLUTION)))


@functools.lru_cache(maxsize=8)
def places_of(sample_rate: int) -> Places:
    """Return where the values of the profiles of clips of a sample rate stand."""
    half = sample_rate / 2
    line = sample_rate / n_fft_of(sample_rate)
    return Places(
        tone=_octaves(LOWEST, 0.95 * half, 24, least=2 * line),
        spacing=_octaves(3 * line, WIDEST_SPACING, 24),
        rate=_octaves(*RATES, 12, least=0.5),
        carrier=half * np.array(CARRIERS),
        band=_octaves(50.0, 0.95 * half, 3),
    )


def sizes_of(sample_rate: int) -> dict[str, int]:
    """Return how many values the profile of each sign has."""
    places = places_of(sample_rate)
    return {
        "harmonics": len(places.spacing) - 1,
        "modulation": len(places.carrier) * (len(places.rate) - 1),
        "impulses": len(places.carrier),
        "tone": len(places.tone) - 1,
        "missing": len(places.band) - 1,
    }


def profiles(signal: np.ndarray, sample_rate: int) -> dict[str, np.ndarray] | None:
    """Return the profile of each sign, as float32; None of a clip that is too short or too coarse.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude.
    sample_rate : int
        Hz.

    Returns
    -------
    dict of str to np.ndarray
        harmonics: cepstral amplitude by spacing, dB. modulation: amplitude of the envelope of each
        carrier by rate, as a share of what is usual at neighbouring rates, dB. impulses: kurtosis
        of each carrier, dB, mean over pieces of `PIECE`: one knock in the hall is no fault. tone:
        strongest line above its surroundings, dB. missing: level less the median over bands, dB,
        turned around: higher = quieter.
    """
    if sample_rate < LEAST_RATE or len(signal) < SHORTEST * sample_rate:
        return None
    places = places_of(sample_rate)
    power = _spectrum(signal, n_fft_of(sample_rate))
    line = sample_rate / n_fft_of(sample_rate)
    lines = 10 * np.log10(power + 1e-20)
    above = lines - _surroundings(lines, max(3, round(40 / line)))
    found = {"harmonics": _cepstrum(above, line, places.spacing)}
    envelopes = _envelopes(signal, sample_rate)
    found["modulation"] = np.concatenate(
        [_modulation(squared, rate, places.rate) for squared, rate, _ in envelopes]
    )
    found["impulses"] = np.array([kurtosis for *_, kurtosis in envelopes])
    found["tone"] = _strongest(above, line, places.tone)
    levels = _sums(power, line, places.band)
    levels = 10 * np.log10(levels + 1e-20)
    found["missing"] = np.median(levels) - levels
    return {sign: found[sign].astype(np.float32) for sign in SIGNS}


def _spectrum(signal: np.ndarray, n_fft: int) -> np.ndarray:
    """Return the mean power of pieces that overlap by half (Welch)."""
    from scipy.signal.windows import hann

    if len(signal) < n_fft:
        signal = np.pad(signal, (0, n_fft - len(signal)))
    pieces = np.lib.stride_tricks.sliding_window_view(signal, n_fft)[:: n_fft // 2]
    return (np.abs(np.fft.rfft(pieces * hann(n_fft, sym=False), axis=1)) ** 2).mean(axis=0)


def _surroundings(values: np.ndarray, reach: int) -> np.ndarray:
    """Return the median around each value."""
    from scipy.ndimage import median_filter

    return median_filter(values, size=2 * reach + 1, mode="nearest")


def _edges(limits: np.ndarray, step: float) -> np.ndarray:
    first = np.ceil(limits / step).astype(int)
    return np.maximum(first, np.arange(len(first)) + first[0])


def _strongest(values: np.ndarray, step: float, limits: np.ndarray) -> np.ndarray:
    edges = _edges(limits, step)
    return np.maximum.reduceat(values[: edges[-1]], edges[:-1])


def _sums(values: np.ndarray, step: float, limits: np.ndarray) -> np.ndarray:
    edges = _edges(limits, step)
    return np.add.reduceat(values[: edges[-1]], edges[:-1])


def _quefrencies(above: np.ndarray, line: float) -> tuple[np.ndarray, np.ndarray]:
    """Return what repeats along a spectrum, and how often a Hz; lines at a spacing 1 / spacing."""
    n = 8 * 2 * (len(above) - 1)
    clipped = np.clip(above, 0, 20)
    cepstrum = np.abs(np.fft.rfft(clipped - clipped.mean(), n)) / len(above)
    return cepstrum[1:], np.arange(1, len(cepstrum)) / (n * line)


def _cepstrum(above: np.ndarray, line: float, spacings: np.ndarray) -> np.ndarray:
    """Return how strongly lines at each spacing stand out, dB."""
    cepstrum, a_hz = _quefrencies(above, line)
    edges = np.searchsorted(a_hz, 1 / spacings[::-1])
    return 20 * np.log10(np.maximum.reduceat(cepstrum[: edges[-1]], edges[:-1])[::-1] + 0.01)


def _envelopes(signal: np.ndarray, sample_rate: int) -> list[tuple[np.ndarray, float, float]]:
    """Return of each carrier its squared envelope over its mean, the rate of that, kurtosis in dB.

    The lines of a band alone, turned back, are its analytic signal at the rate of its width. Its
    square is twice as wide.
    """
    import scipy.fft

    n = scipy.fft.next_fast_len(len(signal), real=True)
    spectrum = scipy.fft.rfft(np.asarray(signal, dtype=np.float32), n)
    found = []
    for low, high in places_of(sample_rate).carrier:
        inside = spectrum[round(low / sample_rate * n) : round(high / sample_rate * n)]
        size = scipy.fft.next_fast_len(2 * len(inside))
        rate = sample_rate * size / n
        squared = np.abs(scipy.fft.ifft(inside, size)[: int(len(signal) / sample_rate * rate)]) ** 2
        squared = squared / (squared.mean() + 1e-30)
        pieces = max(1, int(len(signal) / sample_rate / PIECE))
        each = np.array_split(squared, pieces)
        kurtosis = float(np.mean([10 * np.log10(_kurtosis(piece)) for piece in each]))
        step = max(1, int(rate // ENVELOPE_RATE))
        whole = len(squared) // step * step
        found.append((squared[:whole].reshape(-1, step).mean(axis=1), rate / step, kurtosis))
    return found


def _envelope_spectrum(squared: np.ndarray, rate: float) -> tuple[np.ndarray, float]:
    n = int(SHORTEST * rate)
    return np.sqrt(_spectrum(squared - squared.mean(), n)), rate / n


def _modulation(squared: np.ndarray, rate: float, limits: np.ndarray) -> np.ndarray:
    amplitude, step = _envelope_spectrum(squared, rate)
    lines = 20 * np.log10(amplitude + 1e-9)
    above = np.append(lines - _surroundings(lines, 10), np.zeros(max(0, _beyond(step, lines))))
    return _strongest(above, step, limits)


def _kurtosis(squared: np.ndarray) -> float:
    mean = float(squared.mean()) + 1e-30
    return max(float((squared**2).mean()) / mean**2, 1.0)


def _beyond(step: float, lines: np.ndarray) -> int:
    """Return how many lines an envelope of a low rate lacks up to the highest rate."""
    return int(np.ceil(RATES[1] / step)) + 1 - len(lines)


def exact(sign: str, place: int, signal: np.ndarray, sample_rate: int) -> float:
    """Return what a place of a sign's profile stands for, as exactly as the clip tells it.

    Parameters
    ----------
    sign : str
        One of `SIGNS`.
    place : int
        Which value of its profile.
    signal, sample_rate
        As in `profiles`.

    Returns
    -------
    float
        harmonics: spacing, Hz. modulation: rate, Hz. impulses: how many a second, those at least
        `IMPULSE` above the middle of the envelope. tone: frequency, Hz. missing: the middle of the
        band, Hz.
    """
    from scipy.signal import find_peaks

    places = places_of(sample_rate)
    low, high = places.of(sign, place)
    line = sample_rate / n_fft_of(sample_rate)
    if sign in ("modulation", "impulses"):
        carrier = place if sign == "impulses" else place // (len(places.rate) - 1)
        squared, rate, _ = _envelopes(signal, sample_rate)[carrier]
        if sign == "impulses":
            least = 10 ** (IMPULSE / 10) * float(np.median(squared))
            apart = max(1, round(NEAREST * rate))
            return len(find_peaks(squared, height=least, distance=apart)[0]) / len(squared) * rate
        amplitude, step = _envelope_spectrum(squared, rate)
        return _peak(amplitude, step, low, high)
    if sign == "missing":
        return (low + high) / 2
    lines = 10 * np.log10(_spectrum(signal, n_fft_of(sample_rate)) + 1e-20)
    if sign == "tone":
        return _peak(lines, line, low, high)
    above = lines - _surroundings(lines, max(3, round(40 / line)))
    cepstrum, a_hz = _quefrencies(above, line)
    inside = np.flatnonzero((1 / a_hz >= low) & (1 / a_hz < high))
    return float(1 / a_hz[inside[cepstrum[inside].argmax()]])


def _peak(values: np.ndarray, step: float, low: float, high: float) -> float:
    first = int(np.ceil(low / step))
    last = max(first + 1, int(np.ceil(high / step)))
    return float((first + values[first:last].argmax()) * step)

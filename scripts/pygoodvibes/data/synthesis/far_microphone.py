"""What a second microphone hears that stands far from the machine, as in DCASE 2026.

Comes in: the machine and the hall as the near microphone hears them. Goes out: what the far one
hears, less of the machine and more of the hall. Either reaches it later, and in part by way of the
walls, as noise that dies away (Polack, 1988), so that the two microphones agree in part only. Where
it stands is drawn once for each unit.
"""

import numpy as np
import scipy.fft

from pygoodvibes.data.synthesis import signals

MACHINE_DB = -12.0
"""Level of the machine at the far microphone over that at the near one."""

HALL_DB = 3.0
"""The same of the hall."""

DELAYS = (0.004, 0.012)
"""Least and most delay against the near microphone, s: 1.4 to 4 m."""

DIRECT = 0.5
"""Share of the power that comes straight; the rest comes by way of the walls."""

REVERBERATION = 0.4
"""Time in which what comes from the walls loses 60 dB, s."""

PEAK = 0.98
"""What is louder is turned down to this."""


def far_channel(
    machine: np.ndarray, hall: np.ndarray, rng: np.random.Generator, sample_rate: int
) -> np.ndarray:
    """Return what the far microphone hears of one clip.

    Parameters
    ----------
    machine, hall : np.ndarray [shape=(n,)]
        Both as the near microphone hears them.
    rng : np.random.Generator
        Of the unit, a fresh one for each of its clips: it draws where the microphone stands.
    sample_rate : int
        Hz.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float64]
        Within [-1, 1].
    """
    heard = sum(
        10 ** (level / 20) * _by_two_ways(sound, _response(rng, sample_rate))
        for sound, level in ((machine, MACHINE_DB), (hall, HALL_DB))
    )
    return heard * min(1.0, PEAK / max(float(np.max(np.abs(heard))), 1e-12))


def _response(rng: np.random.Generator, sample_rate: int) -> np.ndarray:
    """Draw an impulse response of power 1."""
    times = np.arange(round(REVERBERATION * sample_rate)) / sample_rate
    walls = rng.normal(size=len(times)) * 10 ** (-3 * times / REVERBERATION)
    delay = round(rng.uniform(*DELAYS) * sample_rate)
    response = np.zeros(delay + len(times))
    response[delay:] = walls * np.sqrt((1 - DIRECT) / np.sum(walls**2))
    response[delay] += np.sqrt(DIRECT)
    return response


def _by_two_ways(sound: np.ndarray, response: np.ndarray) -> np.ndarray:
    """Return a sound as it arrives, as loud as it was, shape (n,)."""
    size = scipy.fft.next_fast_len(len(sound) + len(response), real=True)
    spectrum = scipy.fft.rfft(sound, size) * scipy.fft.rfft(response, size)
    arrived = scipy.fft.irfft(spectrum, size)[: len(sound)]
    return arrived * (signals.rms(sound) / max(signals.rms(arrived), 1e-12))

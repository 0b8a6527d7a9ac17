"""Which of a recording's channels counts, or what of two microphones, a near and a far one.

Comes in: the samples of a file, and `audio.channel` of the config. Goes out: one signal. What is
made of two microphones is a signal too, so that whatever hears a channel hears it as well: frames,
players, thresholds, model files.

Since DCASE 2026 clips have two channels: the first is a microphone near the machine, the second a
far one, which hears more of the hall and less of the machine.

References
----------
Boll (1979), Suppression of acoustic noise in speech using spectral subtraction.
Berouti, Schwartz and Makhoul (1979), Enhancement of speech corrupted by acoustic noise (the floor).
Carter, Knapp and Nuttall (1973), Estimation of the magnitude-squared coherence function via
overlapped fast Fourier transform processing.
"""

import functools
import math
from typing import Literal

import numpy as np

from pygoodvibes.util.errors import UserError

Microphones = Literal["near", "far", "difference", "subtraction", "coherence"]
"""One of two microphones by its name, or what is made of both."""

Channel = int | Microphones
"""A channel by its number from 0 or by the microphone's name, or what is made of both."""

NEAR_AND_FAR = ("near", "far")
"""Names of the first and the second channel."""

MIXTURES = ("difference", "subtraction", "coherence")
"""What is made of both microphones."""

FRAME_SECONDS = 0.064
"""Length of a frame of the two mixtures of spectra, s; the nearest power of two in samples."""

AVERAGED = 4
"""Frames before and after one that power spectra are averaged with: 0.3 s in all."""

FLOOR = 0.01
"""Least share of the near microphone's power that subtraction leaves: 20 dB below it."""

LEVEL = 0.1
"""Root mean square of the signal of coherence where it is 1 at all frequencies."""

BLOCK = 512
"""Frames transformed at a time, so that an hour of sound takes no more memory than a minute."""


def is_mixture(channel: Channel) -> bool:
    """Say whether `audio.channel` takes both microphones."""
    return channel in MIXTURES


def needed(channel: Channel) -> int:
    """Return how many channels a recording must have for `audio.channel`."""
    return 2 if is_mixture(channel) else 1 + _number(channel)


def picked(samples: np.ndarray, channel: Channel) -> np.ndarray:
    """Return what `heard` needs of samples, shape (n, n_channels): shape (n,), or (n, 2)."""
    return samples[:, :2] if is_mixture(channel) else samples[:, _number(channel)]


def _number(channel: Channel) -> int:
    return NEAR_AND_FAR.index(channel) if isinstance(channel, str) else channel


def heard(samples: np.ndarray, channel: Channel, sample_rate: int) -> np.ndarray:
    """Return the signal that counts.

    Parameters
    ----------
    samples : np.ndarray [shape=(n,) or (n, 2), dtype=float32]
        From `picked`.
    channel : int or str
        `audio.channel`. With N and F the spectra of the near and the far microphone in frames with
        the root of a Hann window that overlap by half, and <.> the mean over 9 frames around:

        - 'difference': near - far, sample by sample.
        - 'subtraction': N with the power ``max(|N|^2 - <|F|^2>, 0.01 |N|^2)``.
        - 'coherence': N with the power ``|<N F*>|^2 / (<|N|^2> <|F|^2>)``, from 0 to 1, in place of
          its own. Mel bands of its spectrogram are bands of the coherence; its phase is N's.
    sample_rate : int > 0
        Hz.

    Returns
    -------
    np.ndarray [shape=(n,), dtype=float32]
        Amplitude. Zero throughout if either of two microphones is silent: it is not there.
    """
    if samples.ndim == 1:
        return samples
    if not np.ptp(samples, axis=0).all():
        return np.zeros(len(samples), dtype=np.float32)
    near, far = np.ascontiguousarray(samples.T)
    if channel == "difference":
        return near - far
    return _with_power(near, far, channel, sample_rate)


def check_both(samples: np.ndarray, channel: Channel) -> None:
    """Refuse a recording of two microphones of which one is silent.

    Parameters
    ----------
    samples : np.ndarray [shape=(n, 2)]
        Of the near and of the far microphone; at least one sample.
    channel : str
        `audio.channel`, one of `MIXTURES`.

    Raises
    ------
    UserError
        If all samples of one are equal.
    """
    for name, own in zip(NEAR_AND_FAR, samples.T, strict=True):
        if own.min() == own.max():
            raise UserError(
                "the {name} microphone is silent, all its samples are equal; audio.channel is "
                "{channel}, which takes both",
                name=name,
                channel=channel,
            )


def check_heard(signal: np.ndarray, channel: Channel) -> None:
    """Refuse two microphones that leave nothing.

    Raises
    ------
    UserError
        If all samples are equal.
    """
    if is_mixture(channel) and len(signal) and signal.min() == signal.max():
        raise UserError(
            "near and far channel leave nothing (audio.channel: {channel}): they are equal",
            channel=channel,
        )


def _with_power(near: np.ndarray, far: np.ndarray, mixture: str, sample_rate: int) -> np.ndarray:
    """Return near's signal with another power in each frame and bin, shape (n,), float32."""
    # here, since most recordings have one channel
    import scipy.fft

    taper = _taper(2 ** max(4, round(math.log2(FRAME_SECONDS * sample_rate))))
    hop = len(taper) // 2
    frames = -(-len(near) // hop) + 1
    pairs = _padded(near, frames, hop), _padded(far, frames, hop)
    # the frames that are averaged are fewer at both ends
    numbers = np.arange(frames)
    averaged = np.minimum(numbers, AVERAGED) + np.minimum(numbers[::-1], AVERAGED) + 1.0
    result = np.zeros((frames + 1, hop), dtype=np.float32)
    for start in range(0, frames, BLOCK):
        stop = min(start + BLOCK, frames)
        # with the frames around: the first of them is number -AVERAGED
        around = slice(start, stop + 2 * AVERAGED)
        spectra = [scipy.fft.rfft(views[around] * taper, axis=1) for views in pairs]
        inner = spectra[0][AVERAGED:-AVERAGED]
        own = _square(inner)
        if mixture == "subtraction":
            noise = _sum(_square(spectra[1])) / averaged[start:stop, None]
            power = np.maximum(own - noise, FLOOR * own)
        else:
            power = LEVEL**2 * hop * _coherence(*spectra)
        gain = np.sqrt(np.divide(power, own, out=np.zeros_like(own), where=own > 0))
        pieces = scipy.fft.irfft(inner * gain, len(taper), axis=1) * taper
        result[start:stop] += pieces[:, :hop]
        result[start + 1 : stop + 1] += pieces[:, hop:]
    return result.ravel()[hop : hop + len(near)]


@functools.lru_cache(maxsize=4)
def _taper(size: int) -> np.ndarray:
    """Return the root of a periodic Hann window: squared and overlapped by half it adds up to 1."""
    # not NumPy's sine, which is another one on some processors
    return np.array([math.sin(math.pi * number / size) for number in range(size)])


def _padded(signal: np.ndarray, frames: int, hop: int) -> np.ndarray:
    """Return all frames, `AVERAGED` empty ones before and after, shape (n_frames, 2 * hop)."""
    padded = np.zeros((frames + 2 * AVERAGED + 1) * hop, dtype=np.float32)
    first = (AVERAGED + 1) * hop
    padded[first : first + len(signal)] = signal
    return np.lib.stride_tricks.sliding_window_view(padded, 2 * hop)[::hop]


def _coherence(near: np.ndarray, far: np.ndarray) -> np.ndarray:
    """Return the magnitude-squared coherence of two spectra, shape (n_frames, n_bins)."""
    powers = _sum(_square(near)) * _sum(_square(far))
    common = _square(_sum(near * far.conj()))
    return np.divide(common, powers, out=np.zeros_like(powers), where=powers > 0)


def _square(spectra: np.ndarray) -> np.ndarray:
    return spectra.real**2 + spectra.imag**2


def _sum(values: np.ndarray) -> np.ndarray:
    """Add up each row and `AVERAGED` rows before and after it, for all that have so many."""
    count = len(values) - 2 * AVERAGED
    total = values[:count].copy()
    for first in range(1, 2 * AVERAGED + 1):
        total += values[first : first + count]
    return total

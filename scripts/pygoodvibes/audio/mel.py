"""Log-mel spectrograms, equal to librosa's (McFee et al., 2015) without its start-up time.

All functions use librosa's names and defaults for what they share with it.
"""

import functools

import numpy as np

from pygoodvibes.audio import mel_kernel, mel_plan, mel_steps
from pygoodvibes.util.errors import UserError

BLOCK_FRAMES = 512
"""Frames transformed at a time: a DCASE clip in one go, an hour of sound in a few MB."""

_GROUP_BANDS = 8
"""Bands multiplied at a time: neighbours share FFT bins, and the others stay out of the product."""

# The C library on Linux hands arrays of some 100 kB back to the system when they are freed, and
# gets fresh pages for the next clip, which took half the time of the job. Once a large array was
# freed, it keeps them. Nothing is written here, so this takes neither time nor memory.
np.empty(2**24, dtype=np.uint8)


def hz_to_mel(frequencies: np.ndarray, *, htk: bool = False) -> np.ndarray:
    """Convert Hz to mel: linear to 1 kHz and logarithmic above (Slaney, 1998), or HTK's formula."""
    frequencies = np.asarray(frequencies, dtype=np.float64)
    if htk:
        return 2595.0 * np.log10(1.0 + frequencies / 700.0)
    linear = 3.0 * frequencies / 200.0
    above = 15.0 + 27.0 * np.log(np.maximum(frequencies, 1000.0) / 1000.0) / np.log(6.4)
    return np.where(frequencies < 1000.0, linear, above)


def mel_to_hz(mels: np.ndarray, *, htk: bool = False) -> np.ndarray:
    """Convert mel to Hz, the inverse of `hz_to_mel`."""
    mels = np.asarray(mels, dtype=np.float64)
    if htk:
        return 700.0 * (10.0 ** (mels / 2595.0) - 1.0)
    above = 1000.0 * np.exp((np.maximum(mels, 15.0) - 15.0) * np.log(6.4) / 27.0)
    return np.where(mels < 15.0, 200.0 * mels / 3.0, above)


def band_edges(*, n_mels: int, fmin: float, fmax: float, htk: bool = False) -> np.ndarray:
    """Return the n_mels + 2 frequencies, Hz, where the triangles of the bands start, peak and end.

    Band m rises from edge m to edge m + 1, its centre, and falls to edge m + 2.
    """
    low, high = hz_to_mel(fmin, htk=htk), hz_to_mel(fmax, htk=htk)
    return mel_to_hz(np.linspace(low, high, n_mels + 2), htk=htk)


@functools.lru_cache(maxsize=4)
def filter_bank(
    *,
    sample_rate: int,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: str = "slaney",
) -> np.ndarray:
    """Build the triangular mel filters.

    Parameters
    ----------
    sample_rate : int > 0
        Hz.
    n_fft : int > 0
        Samples of the FFT.
    n_mels : int > 0
        Number of bands.
    fmin, fmax : float
        Lowest and highest frequency, Hz (fmax None: half the sample rate).
    htk : bool
        HTK's mel formula instead of Slaney's.
    norm : {'slaney', 'none'}
        Bands of equal area (1 / Hz), or of equal height.

    Returns
    -------
    np.ndarray [shape=(n_mels, 1 + n_fft // 2), dtype=float32]
        Weight of each FFT bin in each band; read-only.

    Raises
    ------
    UserError
        If a band is so narrow that no FFT bin falls into it.
    """
    edges = band_edges(n_mels=n_mels, fmin=fmin, fmax=fmax or sample_rate / 2, htk=htk)
    bins = np.fft.rfftfreq(n_fft, 1.0 / sample_rate)
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    weights = np.maximum(0.0, np.minimum(rise, fall))
    empty = np.flatnonzero(weights.max(axis=1) == 0)
    if len(empty):
        raise UserError(
            "mel.n_mels: {n_mels} bands are too many for n_fft {n_fft} at {sample_rate} "
            "Hz: no FFT bin falls into {missing} of them (the first is band {first}); "
            "take fewer bands or a larger n_fft",
            n_mels=n_mels,
            n_fft=n_fft,
            sample_rate=sample_rate,
            missing=len(empty),
            first=empty[0],
        )
    if norm == "slaney":
        weights *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    weights = weights.astype(np.float32)
    weights.flags.writeable = False
    return weights


@functools.lru_cache(maxsize=4)
def window_function(name: str, *, win_length: int, n_fft: int) -> np.ndarray:
    """Return a periodic window of `win_length` samples, centred in `n_fft` samples."""
    if name == "boxcar":
        values = np.ones(win_length)
    else:
        # one sample more and drop it: the periodic form, as for an FFT
        make = {"hann": np.hanning, "hamming": np.hamming, "blackman": np.blackman}[name]
        values = make(win_length + 1)[:-1]
    before = (n_fft - win_length) // 2
    padded = np.zeros(n_fft, dtype=np.float32)
    padded[before : before + win_length] = values
    padded.flags.writeable = False
    return padded


@functools.lru_cache(maxsize=4)
def _band_groups(**options) -> list[tuple[slice, slice, np.ndarray]]:
    """Cut the filter bank (options as in `filter_bank`) into groups of neighbouring bands.

    Returns
    -------
    list of tuple of (bands, columns, weights)
        The bands of a group, the columns of the squared spectrum that feed any of them, and their
        weights, shape (n_columns, n_bands), float32. Each FFT bin has two columns, the squares of
        its real and its imaginary part, whose sum is the power.
    """
    bank = filter_bank(**options)
    groups = []
    for first in range(0, len(bank), _GROUP_BANDS):
        group = bank[first : first + _GROUP_BANDS]
        used = np.flatnonzero(group.any(axis=0))
        low, high = used[0], used[-1] + 1
        weights = np.ascontiguousarray(np.repeat(group[:, low:high], 2, axis=1).T)
        groups.append((slice(first, first + len(group)), slice(2 * low, 2 * high), weights))
    return groups


def _padded(signal: np.ndarray, width: int, mode: str) -> np.ndarray:
    """Pad a signal by `width` samples at both ends."""
    if not width:
        return signal
    if mode == "reflect" and len(signal) <= width:
        raise UserError(
            "{samples} samples are too few to be mirrored by {width} samples "
            "(mel.pad_mode: reflect)",
            samples=len(signal),
            width=width,
        )
    if mode != "constant":
        return np.pad(signal, width, mode=mode)
    padded = np.empty(len(signal) + 2 * width, dtype=signal.dtype)
    padded[:width] = padded[width + len(signal) :] = 0
    padded[width : width + len(signal)] = signal
    return padded


def _key(options: dict) -> tuple:
    return tuple(options.items())


@functools.lru_cache(maxsize=4)
def _plan(taper: tuple, bank: tuple) -> mel_plan.Plan:
    """Return the tables for a window and a filter bank, by their options."""
    return mel_plan.make(window_function(**dict(taper)), filter_bank(**dict(bank)))


def band_power(signal: np.ndarray, hop_length: int, plan: mel_plan.Plan) -> np.ndarray:
    """Compute the power in bands by compiled code where it is there or worth having, else by NumPy.

    Both give the same bytes.

    Parameters
    ----------
    signal, hop_length, plan
        As in `mel_steps.band_power`.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_bands), dtype=float32]
        Weighted sums of squared magnitudes.
    """
    ready = mel_kernel.ready(1 + (len(signal) - plan.n_fft) // hop_length)
    compute = mel_kernel.band_power if ready else mel_steps.band_power
    return compute(signal, hop_length, plan)


def _centred_power(signal: np.ndarray, hop_length: int, plan: mel_plan.Plan) -> np.ndarray:
    """Compute the bands of frames around samples, with zeros at both ends."""
    if mel_kernel.ready(1 + len(signal) // hop_length):
        return mel_kernel.centred_power(signal, hop_length, plan)
    return mel_steps.band_power(_padded(signal, plan.n_fft // 2, "constant"), hop_length, plan)


def _other_power(
    signal: np.ndarray, hop_length: int, power: float, taper: np.ndarray, bank: dict
) -> np.ndarray:
    """Compute the bands of frames of any size and with any power, shape (n_frames, n_mels)."""
    # here, since most jobs that read frames compute none
    import scipy.fft

    frames = np.lib.stride_tricks.sliding_window_view(signal, len(taper))[::hop_length]
    levels = np.empty((len(frames), bank["n_mels"]), dtype=np.float32)
    for start in range(0, len(frames), BLOCK_FRAMES):
        spectrum = scipy.fft.rfft(frames[start : start + BLOCK_FRAMES] * taper, axis=1)
        squares = spectrum.view(np.float32)
        np.square(squares, out=squares)
        if power != 2.0:
            squares[:, ::2] = (squares[:, ::2] + squares[:, 1::2]) ** np.float32(power / 2.0)
            squares[:, 1::2] = 0.0
        for bands, columns, weights in _band_groups(**bank):
            block = levels[start : start + BLOCK_FRAMES, bands]
            np.matmul(squares[:, columns], weights, out=block)
    return levels


def clip_frames(signal: np.ndarray, *, sample_rate: int, **settings) -> np.ndarray:
    """Compute the log-mel spectrogram of a clip, unless the clip is shorter than one frame.

    With padding a spectrogram can be had of two samples, too. It tells nothing of a machine, and
    would count as a clip all the same.

    Parameters
    ----------
    signal, sample_rate, **settings
        As in `log_mel`.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        dB.

    Raises
    ------
    UserError
        As in `log_mel`, and if there are fewer samples than one frame has.
    """
    _check_frame(len(signal), settings.get("n_fft", 1024))
    return log_mel(signal, sample_rate=sample_rate, **settings)


def _check_frame(samples: int, n_fft: int) -> None:
    if samples < n_fft:
        raise UserError(
            "{samples} samples are too few for one frame of {n_fft} (mel.n_fft)",
            samples=samples,
            n_fft=n_fft,
        )


def log_mel(
    signal: np.ndarray,
    *,
    sample_rate: int,
    n_fft: int = 1024,
    hop_length: int = 512,
    win_length: int | None = None,
    window: str = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: str = "slaney",
    amin: float = 1e-10,
) -> np.ndarray:
    """Compute the log-mel spectrogram of one clip.

    The level is absolute, `10 * log10(max(S, amin))`: no reference per clip and no `top_db`, since
    either would hide a change of level, which may be the anomaly.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,), real]
        Amplitude.
    sample_rate : int > 0
        Hz.
    n_fft, hop_length, win_length, window, center, pad_mode, power, n_mels, fmin, fmax, htk, norm
        As in `librosa.feature.melspectrogram`.
    amin : float > 0
        Floor before the logarithm.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_mels), dtype=float32]
        dB; time runs along the first axis.

    Raises
    ------
    UserError
        If the clip is too short for one frame or for the padding, or a band is empty.
    """
    bank = {
        "sample_rate": sample_rate,
        "n_fft": n_fft,
        "n_mels": n_mels,
        "fmin": fmin,
        "fmax": fmax,
        "htk": htk,
        "norm": norm,
    }
    filter_bank(**bank)  # may have an empty band, whatever the signal
    taper = {"name": window, "win_length": win_length or n_fft, "n_fft": n_fft}
    signal = np.asarray(signal, dtype=np.float32)
    width, by_plan = n_fft // 2 if center else 0, power == 2.0 and mel_plan.fits(n_fft)
    _check_frame(len(signal) + 2 * width, n_fft)
    if by_plan and center and pad_mode == "constant":
        levels = _centred_power(signal, hop_length, _plan(*map(_key, (taper, bank))))
    elif by_plan:
        padded = _padded(signal, width, pad_mode)
        levels = band_power(padded, hop_length, _plan(*map(_key, (taper, bank))))
    else:
        padded = _padded(signal, width, pad_mode)
        levels = _other_power(padded, hop_length, power, window_function(**taper), bank)
    # in place: each array that is saved is one less to fill
    np.maximum(levels, np.float32(amin), out=levels)
    # not log10, which NumPy takes from another library where the processor has AVX-512
    np.log(levels, out=levels)
    levels *= np.float32(10.0 / np.log(10.0))
    return levels

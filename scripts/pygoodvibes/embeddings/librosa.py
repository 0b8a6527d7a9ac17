"""Features of librosa over time, pooled: what most work on sounds starts from.

Samples of one clip come in; statistics over time of its features go out.

References
----------
McFee et al. (2015), librosa: Audio and music signal analysis in Python.
Davis & Mermelstein (1980), Comparison of parametric representations for monosyllabic word
recognition (MFCC). Jiang et al. (2002), Music type classification by spectral contrast feature.
Grosche et al. (2010), Cyclic tempogram.
"""

import functools
from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from pygoodvibes.embeddings.pooling import Pooling, names, pool
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import Count

_LOWEST_CONTRAST = 200.0
"""Hz: upper edge of the lowest band of the spectral contrast; each further one is an octave."""

_DELTA_FRAMES = 9
"""Frames that a slope is fitted to."""


class Settings(Pooling):
    """Features of librosa, frame by frame, and the statistics over time that are kept of each.

    `n_fft` and `hop_length` are those of these features alone; those of the section `mel` stay
    those of the pictures.
    """

    method: Literal["librosa"]
    n_fft: Annotated[int, Field(ge=16, le=65536)] = 2048
    """Samples of a frame."""

    hop_length: Count = 512
    """Samples from one frame to the next."""

    mfcc: Annotated[int, Field(ge=0, le=128)] = 20
    """Mel-frequency cepstral coefficients, dB (0: none)."""

    mfcc_deltas: Annotated[int, Field(ge=0, le=2)] = 2
    """Their slopes over 9 frames: 1, also the slopes of the slopes: 2; none: 0."""

    centroid: bool = True
    """Centre of gravity of the magnitude spectrum, Hz."""

    bandwidth: bool = True
    """Spread of the magnitude spectrum around its centroid, Hz."""

    contrast: Annotated[int, Field(ge=0, le=10)] = 6
    """Octaves, from 200 Hz, in each of which peaks are compared with valleys, dB; what lies below
    200 Hz counts as one more (0: none)."""

    flatness: bool = True
    """Geometric over arithmetic mean of the power spectrum: 1 is white noise, 0 a pure tone."""

    rolloff: bool = True
    """Frequency below which 85 % of the magnitude spectrum lies, Hz."""

    zero_crossings: bool = True
    """Share of the samples at which the sign changes."""

    rms: bool = True
    """Root mean square of the samples; full scale is 1."""

    chroma: Annotated[int, Field(ge=0, le=48)] = 0
    """Parts of an octave that the energy of all octaves is summed over, the largest of a frame 1
    (0: none)."""

    tempogram: Annotated[int, Field(ge=0, le=1000)] = 0
    """Lags, in frames, of the autocorrelation of how much sound sets in, the largest of a frame 1
    (0: none): how regularly it knocks."""

    @model_validator(mode="after")
    def _any_feature(self) -> "Settings":
        if not _widths(self):
            raise ValueError("no feature is switched on; set mfcc to 20 or centroid to true")
        if not names(self):
            raise ValueError("no statistic is switched on; set mean, std, max or delta to true")
        if self.hop_length > self.n_fft:
            raise ValueError(
                f"hop_length: {self.hop_length} is more than n_fft ({self.n_fft}), which leaves "
                "samples out"
            )
        return self


def _widths(settings: Settings) -> dict[str, int]:
    """Return how many values a frame each feature that is switched on has, by its name."""
    slopes = ("mfcc_delta", "mfcc_delta2")[: settings.mfcc_deltas]
    widths = {
        "mfcc": settings.mfcc,
        **dict.fromkeys(slopes, settings.mfcc),
        "centroid": int(settings.centroid),
        "bandwidth": int(settings.bandwidth),
        "contrast": settings.contrast + 1 if settings.contrast else 0,
        "flatness": int(settings.flatness),
        "rolloff": int(settings.rolloff),
        "zero_crossings": int(settings.zero_crossings),
        "rms": int(settings.rms),
        "chroma": settings.chroma,
        "tempogram": settings.tempogram,
    }
    return {name: width for name, width in widths.items() if width}


def columns(n_mels: int, settings: Settings) -> list[str]:
    """Name the values of the embedding, e.g. 'mfcc_mean_003'; `n_mels` does not count."""
    return [
        f"{feature}_{statistic}_{index:03d}"
        for feature, width in _widths(settings).items()
        for statistic in names(settings)
        for index in range(width)
    ]


def embed_signal(signal: np.ndarray, settings: Settings, *, sample_rate: int) -> np.ndarray:
    """Compute the pooled features of one clip.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]
        Amplitude; full scale is 1. Shorter than `n_fft`, it is filled up with zeros.
    settings : Settings
        Which features, and which statistics over time.
    sample_rate : int > 0
        Hz.

    Returns
    -------
    np.ndarray [shape=(d,), dtype=float32]
        In the order of `columns`.

    Raises
    ------
    UserError
        If the spectral contrast has octaves beyond half of the sample rate.
    """
    parts = [
        part
        for feature in features(signal, settings, sample_rate=sample_rate).values()
        for part in pool(feature.T, settings)
    ]
    return np.concatenate(parts).astype(np.float32)


def features(signal: np.ndarray, settings: Settings, *, sample_rate: int) -> dict[str, np.ndarray]:
    """Compute the features of one clip, frame by frame.

    Parameters
    ----------
    signal, settings, sample_rate
        As in `embed_signal`.

    Returns
    -------
    dict of str to np.ndarray [shape=(width, n_frames)]
        By the name of the feature, in the order of `columns`.

    Raises
    ------
    UserError
        As in `embed_signal`.
    """
    # it takes seconds to import
    import librosa

    if len(signal) < settings.n_fft:
        signal = librosa.util.fix_length(signal, size=settings.n_fft)
    frame = {"n_fft": settings.n_fft, "hop_length": settings.hop_length}
    of_samples = {"frame_length": settings.n_fft, "hop_length": settings.hop_length}
    magnitude = np.abs(librosa.stft(signal, **frame))
    spectrum = {"S": magnitude, "sr": sample_rate}
    mel_db = functools.cache(
        lambda: librosa.power_to_db(
            librosa.feature.melspectrogram(S=magnitude**2, sr=sample_rate, n_fft=settings.n_fft)
        )
    )
    of_librosa = librosa.feature
    compute = {
        "mfcc": lambda: of_librosa.mfcc(S=mel_db(), n_mfcc=settings.mfcc),
        "mfcc_delta": lambda: _slopes(found["mfcc"], order=1),
        "mfcc_delta2": lambda: _slopes(found["mfcc"], order=2),
        "centroid": lambda: of_librosa.spectral_centroid(**spectrum),
        "bandwidth": lambda: of_librosa.spectral_bandwidth(**spectrum),
        "contrast": lambda: _contrast(spectrum, settings.contrast),
        "flatness": lambda: of_librosa.spectral_flatness(S=magnitude),
        "rolloff": lambda: of_librosa.spectral_rolloff(**spectrum),
        "zero_crossings": lambda: of_librosa.zero_crossing_rate(signal, **of_samples),
        "rms": lambda: of_librosa.rms(y=signal, **of_samples),
        "chroma": lambda: of_librosa.chroma_stft(
            S=magnitude**2, sr=sample_rate, n_chroma=settings.chroma, tuning=0.0
        ),
        "tempogram": lambda: of_librosa.tempogram(
            onset_envelope=librosa.onset.onset_strength(S=mel_db(), sr=sample_rate),
            sr=sample_rate,
            hop_length=settings.hop_length,
            win_length=settings.tempogram,
        ),
    }
    found: dict[str, np.ndarray] = {}
    for name in _widths(settings):
        found[name] = compute[name]()
    return found


def _slopes(coefficients: np.ndarray, *, order: int) -> np.ndarray:
    import librosa

    # at the ends of a clip as if its first and last frame went on
    return librosa.feature.delta(coefficients, width=_DELTA_FRAMES, order=order, mode="nearest")


def _contrast(spectrum: Mapping, octaves: int) -> np.ndarray:
    import librosa

    half_rate = spectrum["sr"] / 2
    fitting = int(np.ceil(np.log2(half_rate / _LOWEST_CONTRAST)))
    if octaves > fitting:
        raise UserError(
            "embedding.contrast: {octaves} octaves from {lowest:g} Hz go beyond half of the sample "
            "rate ({half_rate:g} Hz); take {fitting}",
            octaves=octaves,
            lowest=_LOWEST_CONTRAST,
            half_rate=half_rate,
            fitting=max(0, fitting),
        )
    return librosa.feature.spectral_contrast(**spectrum, fmin=_LOWEST_CONTRAST, n_bands=octaves)

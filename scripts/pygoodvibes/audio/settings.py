"""Settings of reading clips and of log-mel spectrograms: sections `audio` and `mel`."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pygoodvibes.audio.microphones import Microphones
from pygoodvibes.audio.usable import HIGHEST_KEPT, LEAST_RATE
from pygoodvibes.util.settings import Count, Section


class Audio(Section):
    """How clips are read."""

    sample_rate: Annotated[int, Field(ge=LEAST_RATE, le=HIGHEST_KEPT)] = 16000
    """Sample rate, Hz. A clip with another one is left out, unless `resample` is true."""

    resample: bool = False
    """Convert clips with another sample rate instead of leaving them out."""

    channel: Annotated[int, Field(ge=0)] | Microphones = 0
    """Channel to use, counted from 0; 'near' is the first, 'far' the second. Or what both give
    together: 'difference', near less far; 'subtraction', near less the power spectrum of far;
    'coherence', a signal whose power is how alike they are in each frame and band (0 to 1)."""


class Mel(Section):
    """The log-mel spectrogram, with the names and the meaning that librosa gives them."""

    n_fft: Annotated[int, Field(ge=16, le=65536)] = 1024
    """Samples of the FFT."""

    hop_length: Count = 512
    """Samples from one frame to the next."""

    win_length: Count | None = None
    """Samples of the window (null: n_fft)."""

    window: Literal["hann", "hamming", "blackman", "boxcar"] = "hann"
    """Window function."""

    center: bool = True
    """Frames are centred on their time, with padding at both ends."""

    pad_mode: Literal["constant", "reflect", "edge"] = "constant"
    """How the ends are padded: with zeros, mirrored, or with the last sample."""

    power: Annotated[float, Field(gt=0, le=4)] = 2.0
    """Exponent of the magnitude: 2 = power, 1 = amplitude."""

    n_mels: Annotated[int, Field(ge=1, le=1024)] = 128
    """Mel bands."""

    fmin: Annotated[float, Field(ge=0)] = 0.0
    """Lowest frequency, Hz."""

    fmax: Annotated[float, Field(gt=0)] | None = None
    """Highest frequency, Hz (null: half the sample rate)."""

    htk: bool = False
    """HTK's formula for the mel scale instead of Slaney's."""

    norm: Literal["slaney", "none"] = "slaney"
    """Scaling of the bands: equal area (Slaney), or equal height."""

    amin: Annotated[float, Field(gt=0)] = 1e-10
    """Floor before the logarithm; no further limit (top_db) and no reference per clip."""

    @model_validator(mode="after")
    def _possible(self) -> "Mel":
        window = self.n_fft if self.win_length is None else self.win_length
        if window > self.n_fft:
            raise ValueError(f"win_length: {window} is more than n_fft ({self.n_fft})")
        if self.hop_length > window:
            raise ValueError(
                f"hop_length: {self.hop_length} is more than the window ({window} samples), "
                "so that samples between frames would be lost"
            )
        if self.fmax is not None and self.fmax <= self.fmin:
            raise ValueError(f"fmax: {self.fmax:g} Hz must lie above fmin ({self.fmin:g} Hz)")
        return self


def check_nyquist(audio: Audio, mel: Mel) -> None:
    """Refuse frequencies above half the sample rate.

    Raises
    ------
    ValueError
        With the key, its value and the limit.
    """
    nyquist = audio.sample_rate / 2
    for key in ("fmin", "fmax"):
        frequency = getattr(mel, key)
        if frequency is not None and frequency > nyquist:
            raise ValueError(
                f"mel.{key}: {frequency:g} Hz is above half the sample rate ({nyquist:g} Hz)"
            )

"""Reading clips: what a file holds, and its samples.

A file that can't be used raises `UserError` with the reason; the caller lists it and goes on.
"""

import pathlib
from collections.abc import Mapping

import numpy as np
import xxhash

from pygoodvibes.audio.wav import AudioInfo, pcm16, promised_bytes
from pygoodvibes.util.errors import UserError


def inspect_audio(path: pathlib.Path) -> AudioInfo:
    """Read the header and hash the bytes of an audio file.

    Parameters
    ----------
    path : pathlib.Path
        WAV, FLAC, or another format that libsndfile reads.

    Returns
    -------
    AudioInfo
        Samples per channel, sample rate in Hz, channels, hash of the file (XXH3, 128 bits).

    Raises
    ------
    UserError
        If the file can't be read, is no audio, holds no samples, or ends before its header says.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"can't be read ({error.strerror})") from None
    if not content:
        raise UserError("empty file (0 bytes)")
    ordinary = pcm16(content)
    if ordinary:
        (samples, channels), sample_rate = ordinary[0].shape, ordinary[1]
    else:
        samples, channels, sample_rate = _describe(path)
    promised = promised_bytes(content)
    if promised and promised[1] < promised[0]:
        raise UserError(f"truncated: the header promises {promised[0]} bytes, {promised[1]} follow")
    if samples < 1:
        raise UserError("holds no samples")
    return AudioInfo(samples, sample_rate, channels, xxhash.xxh3_128_hexdigest(content))


def _describe(path: pathlib.Path) -> tuple[int, int, int]:
    """Return samples per channel, channels and sample rate, Hz, of any audio file."""
    # here, since ordinary clips, which are most, do without
    import soundfile

    try:
        info = soundfile.info(str(path))
    except soundfile.SoundFileError as error:
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise UserError(f"no readable audio ({reason})") from None
    return info.frames, info.channels, info.samplerate


def why_unusable(info: AudioInfo, *, sample_rate: int, resample: bool, channel: int) -> str:
    """Say why a clip doesn't fit the settings, '' if it does."""
    if info.sample_rate != sample_rate and not resample:
        return (
            f"sample rate {info.sample_rate} Hz, but audio.sample_rate is {sample_rate} Hz "
            "and audio.resample is false"
        )
    if channel >= info.channels:
        return f"{info.channels} channel(s), but audio.channel is {channel} (counted from 0)"
    return ""


def read_audio(path: pathlib.Path, *, sample_rate: int, resample: bool, channel: int) -> np.ndarray:
    """Read one channel of a clip.

    Parameters
    ----------
    path : pathlib.Path
        The audio file.
    sample_rate : int > 0
        Sample rate to return, Hz.
    resample : bool
        Convert another sample rate (soxr, high quality) instead of refusing it.
    channel : int >= 0
        Channel, counted from 0.

    Returns
    -------
    np.ndarray [shape=(n_samples,), dtype=float32]
        Amplitude; full scale is 1.

    Raises
    ------
    UserError
        If the file can't be decoded, doesn't fit, or holds values that are no sound.
    """
    try:
        with path.open("rb", buffering=0) as file:
            ordinary = pcm16(file.read())
    except OSError:
        ordinary = None  # the library knows the reason
    samples, found_rate = ordinary or _decode(path)
    info = AudioInfo(len(samples), found_rate, samples.shape[1], "")
    reason = why_unusable(info, sample_rate=sample_rate, resample=resample, channel=channel)
    if reason:
        raise UserError(reason)
    signal = samples[:, channel]
    if not len(signal):
        raise UserError("holds no samples")
    if signal.dtype == np.float32 and not np.isfinite(signal).all():
        raise UserError("holds values that are not finite")
    if signal.min() == signal.max():
        raise UserError("digital silence: all samples are equal")
    if signal.dtype == np.int16:
        signal = signal.astype(np.float32)
        signal *= np.float32(1 / 32768)
    signal = np.ascontiguousarray(signal)
    if found_rate != sample_rate:
        import soxr

        signal = soxr.resample(signal, found_rate, sample_rate, quality="HQ").astype(np.float32)
    return signal


def _decode(path: pathlib.Path) -> tuple[np.ndarray, int]:
    """Read any audio file, shape (n_samples, n_channels), float32, and its sample rate, Hz."""
    import soundfile

    try:
        return soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        reason = str(error).rpartition(": ")[2].rstrip(".")
        raise UserError(f"can't be decoded ({reason})") from None


def why_unfit(info: AudioInfo, settings: Mapping, *, whole: bool = True) -> str:
    """Say why a recording doesn't fit a model, and what to do; '' if it does.

    Parameters
    ----------
    info : AudioInfo
        What its header says.
    settings : mapping
        The `audio` section of the model's settings.
    whole : bool
        Whether it is scored as one clip, which a model may resample; windows are never resampled.
    """
    rate = settings["sample_rate"]
    if info.sample_rate != rate and not settings["resample"]:
        keys = "audio.resample: true"
        if info.sample_rate < rate:  # what a model heard above that rate's half is not in there
            keys = f"audio.sample_rate: {info.sample_rate} and {keys}"
        remedy = f"fit again with a --config that has {keys}" if whole else "convert it"
        return (
            f"sample rate {info.sample_rate} Hz, but the model's is {rate} Hz: record at {rate} Hz "
            f"or {remedy}"
        )
    if settings["channel"] >= info.channels:
        return (
            f"{info.channels} channel(s), but the model listens to channel {settings['channel']} "
            "(counted from 0)"
        )
    return ""


def check_signal(signal: np.ndarray) -> None:
    """Refuse samples that are no sound, as `pygoodvibes.audio.read.read_audio` does.

    Raises
    ------
    UserError
        If there are none, they are not finite, or all are equal.
    """
    if not len(signal):
        raise UserError("holds no samples")
    if not np.isfinite(signal).all():
        raise UserError("holds values that are not finite")
    if np.ptp(signal) == 0:
        raise UserError("digital silence: all samples are equal")

"""Reading clips: what a file holds, and its samples.

Comes in: the path of an audio file. Goes out: what it holds, or one channel. A file that can't be
used raises `UserError` with the reason; the caller lists it and goes on.
"""

import dataclasses
import os
import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import xxhash

from pygoodvibes.audio.usable import check_any, check_signal, why_unusable
from pygoodvibes.audio.wav import read_pcm16
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

if TYPE_CHECKING:
    import soundfile


@dataclasses.dataclass(frozen=True)
class AudioInfo:
    """What an audio file holds, and the hash of its bytes.

    Attributes
    ----------
    samples : int
        Of each channel.
    sample_rate : int
        Hz.
    channels : int
        Channels.
    xxh3_128 : str
        XXH3 of the file, 128 bits.
    """

    samples: int
    sample_rate: int
    channels: int
    xxh3_128: str

    @property
    def seconds(self) -> float:
        """Return the duration, s."""
        return self.samples / self.sample_rate


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
        raise UserError("can't be read ({reason})", reason=error.strerror) from None
    if not content:
        raise UserError("empty file (0 bytes)")
    ordinary = read_pcm16(content)
    if ordinary:
        (samples, channels), sample_rate = ordinary[0].shape, ordinary[1]
    else:
        samples, channels, sample_rate = _describe(path)
    check_any(samples)
    return AudioInfo(samples, sample_rate, channels, xxhash.xxh3_128_hexdigest(content))


def _describe(path: pathlib.Path) -> tuple[int, int, int]:
    """Return samples per channel, channels and sample rate, Hz, of any audio file."""
    with open_sound(str(path)) as file:
        samples = file.frames
        if samples >= UNKNOWN:
            samples = sum(map(len, blocks_of(file)))
        return samples, file.channels, file.samplerate


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
        If the file can't be decoded, ends before its header says, doesn't fit, or holds values that
        are no sound.
    """
    try:
        with path.open("rb", buffering=0) as file:
            content = file.read()
    except OSError:
        content = b""  # the library knows the reason
    samples, found_rate = read_pcm16(content) or _decode(path)
    reason = why_unusable(
        found_rate,
        samples.shape[1],
        sample_rate=sample_rate,
        resample=resample,
        channel=channel,
    )
    if reason:
        raise UserError(reason)
    signal = samples[:, channel]
    check_signal(signal)
    if signal.dtype == np.int16:
        signal = signal.astype(np.float32)
        signal *= np.float32(1 / 32768)
    signal = np.ascontiguousarray(signal)
    if found_rate != sample_rate:
        import soxr

        signal = soxr.resample(signal, found_rate, sample_rate, quality="HQ").astype(np.float32)
        check_any(len(signal))  # of a few samples none may be left
    return signal


def _decode(path: pathlib.Path) -> tuple[np.ndarray, int]:
    """Read any audio file, shape (n_samples, n_channels), float32, and its sample rate, Hz."""
    with open_sound(str(path)) as file:
        blocks = list(blocks_of(file)) or [np.zeros((0, file.channels), np.float32)]
        return np.concatenate(blocks), file.samplerate


UNKNOWN = 2**48
"""From so many samples on a length is none: libsndfile's word for a header that doesn't say it."""

BLOCK_VALUES = 2**20
"""Samples of all channels that are decoded at a time, whatever a header promises."""


def open_sound(path: str | bytes) -> "soundfile.SoundFile":
    """Open any audio file that libsndfile knows.

    Parameters
    ----------
    path : str or bytes
        As bytes it need not be UTF-8.

    Raises
    ------
    UserError
        If it can't be read, or is no audio.
    UnicodeEncodeError
        If it is a text that is not UTF-8.
    """
    # here, since ordinary clips, which are most, do without
    import soundfile

    try:
        return soundfile.SoundFile(path)
    except UnicodeEncodeError:
        raise
    except _FAILURES as error:
        if not os.path.exists(path):  # noqa: PTH110 - may be bytes
            raise UserError(
                "can't be read ({reason})", reason=message("No such file or directory")
            ) from None
        raise UserError("no readable audio ({reason})", reason=_reason(error)) from None


def blocks_of(file: "soundfile.SoundFile") -> Iterator[np.ndarray]:
    """Decode a file block by block to its end, without believing how long it says it is.

    Yields
    ------
    np.ndarray [shape=(n_samples, n_channels), dtype=float32]
        Amplitude; full scale is 1.

    Raises
    ------
    UserError
        If it can't be decoded.
    """
    size = max(1, min(BLOCK_VALUES // max(1, file.channels), file.frames))
    while True:
        room = np.full((size, file.channels), np.nan, np.float32)
        try:
            block = file.read(out=room)
        except _FAILURES as error:
            if file.frames < UNKNOWN:
                raise UserError("can't be decoded ({reason})", reason=_reason(error)) from None
            # at the end of such a file the library fails to find its place, with all samples read
            yield room[~np.isnan(room[:, 0])]
            return
        if not len(block):
            return
        yield block


# libsndfile's errors are RuntimeErrors; the others come of numbers that no file of sound has
_FAILURES = (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, MemoryError)


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2].rstrip(".") or type(error).__name__

"""Reading clips: what a file holds, and its samples.

Comes in: the path of an audio file. Goes out: what it holds, or one channel. A file that can't be
used raises `UserError` with the reason; the caller lists it and goes on.
"""

import contextlib
import dataclasses
import os
import pathlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import xxhash

from pygoodvibes.audio import microphones, pcm
from pygoodvibes.audio.complete import check_complete, check_decoded
from pygoodvibes.audio.microphones import Channel
from pygoodvibes.audio.usable import check_any, check_range, check_signal, why_unusable
from pygoodvibes.audio.wav import header_of, read_pcm16
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

if TYPE_CHECKING:
    import soundfile


LOSSLESS = "PCM"
"""Codec of all that stores samples of 16 bit or more as they are: WAV, FLAC, AIFF, ..."""

_LOSSY = {
    "MPEG_LAYER_I": "MP1",
    "MPEG_LAYER_II": "MP2",
    "MPEG_LAYER_III": "MP3",
    "VORBIS": "Vorbis",
    "OPUS": "Opus",
    "ULAW": "mu-law",
    "ALAW": "A-law",
    "PCM_S8": "8-bit PCM",
    "PCM_U8": "8-bit PCM",
}

TOO_LARGE = message("too large for the memory of this machine")
"""Why a recording isn't used that the memory can't hold."""


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
    codec : str
        How samples are stored: `LOSSLESS`, or the name of what loses something of them.
    """

    samples: int
    sample_rate: int
    channels: int
    xxh3_128: str
    codec: str

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
    with opened(path) as file:
        size = os.fstat(file.fileno()).st_size
        if not size:
            raise UserError("empty file (0 bytes)")
        check_complete(file)
        header = header_of(file)
        file.seek(0)
        digest = xxhash.xxh3_128()
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    if header and header.is_pcm16:
        samples, channels = header.samples(size), header.channels
        sample_rate, codec = header.sample_rate, LOSSLESS
    else:
        samples, channels, sample_rate, codec = _describe(path)
    check_any(samples)
    return AudioInfo(samples, sample_rate, channels, digest.hexdigest(), codec)


def inspect_storage(path: pathlib.Path) -> tuple[str, int, int]:
    """Read codec, channels and sample rate, Hz, of an audio file, without its samples.

    Raises
    ------
    UserError
        If the file can't be read, or is no audio.
    """
    with opened(path) as file:
        header = header_of(file)
    if header and header.is_pcm16:
        return LOSSLESS, header.channels, header.sample_rate
    with open_sound(name_of(path)) as file:
        return _codec_of(file), file.channels, file.samplerate


def _codec_of(file: "soundfile.SoundFile") -> str:
    kind = file.subtype
    lossless = kind.startswith(("PCM_", "ALAC_", "FLOAT", "DOUBLE"))
    # what is not in the list has a plain name, as GSM610 and IMA_ADPCM
    return _LOSSY.get(kind) or (LOSSLESS if lossless else kind.replace("_", " "))


def name_of(path: pathlib.Path) -> str | bytes:
    """Return a file's name as the library takes it, as bytes, since it need not be UTF-8."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)


@contextlib.contextmanager
def opened(path: pathlib.Path) -> Iterator[BinaryIO]:
    """Open a file for its bytes; what can't be read, or doesn't fit in memory, is a `UserError`."""
    try:
        with path.open("rb", buffering=0) as file:
            yield file
    except OSError as error:
        raise UserError("can't be read ({reason})", reason=error.strerror or error) from None
    except MemoryError:
        raise UserError(TOO_LARGE) from None


def _describe(path: pathlib.Path) -> tuple[int, int, int, str]:
    """Return samples per channel, channels, sample rate, Hz, and codec of any audio file."""
    with open_sound(str(path)) as file:
        samples = file.frames
        if samples >= UNKNOWN:
            samples = sum(map(len, blocks_of(file)))
        return samples, file.channels, file.samplerate, _codec_of(file)


def read_audio(
    path: pathlib.Path, *, sample_rate: int, resample: bool, channel: Channel
) -> np.ndarray:
    """Read one channel of a clip, or what two microphones give together.

    Parameters
    ----------
    path : pathlib.Path
        The audio file.
    sample_rate : int > 0
        Sample rate to return, Hz.
    resample : bool
        Convert another sample rate (soxr, high quality) instead of refusing it.
    channel : int >= 0 or str
        As in `pygoodvibes.audio.microphones.heard`.

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
    with opened(path) as file:
        check_complete(file)
        ordinary = read_pcm16(file)
        if ordinary:
            samples, found_rate = ordinary
            _check_fit(found_rate, samples.shape[1], sample_rate, resample, channel)
            signal, channels = microphones.picked(samples, channel), samples.shape[1]
        else:
            signal, found_rate, channels = _decode(path, sample_rate, resample, channel)
        if microphones.is_mixture(channel):
            signal = _mixed(signal, channel, channels, found_rate)
        elif signal.dtype == np.int16:
            check_any(len(signal))
            signal, lowest, highest = pcm.amplitudes(signal)
            check_range(lowest, highest, channel=channel, channels=channels)
        else:
            check_signal(signal, channel=channel, channels=channels)
            signal = np.ascontiguousarray(signal)
        if found_rate != sample_rate:
            signal = _resampled(signal, found_rate, sample_rate)
    return signal


def _mixed(signal: np.ndarray, channel: Channel, channels: int, rate: int) -> np.ndarray:
    """Return what two microphones give together, float32, of samples of shape (n_samples, 2)."""
    check_any(len(signal))
    microphones.check_both(signal, channel)
    for number, samples in enumerate(signal.T):
        check_signal(samples, channel=number, channels=channels)
    if signal.dtype == np.int16:
        signal = np.stack([pcm.amplitudes(samples).signal for samples in signal.T], axis=1)
    signal = microphones.heard(np.ascontiguousarray(signal), channel, rate)
    microphones.check_heard(signal, channel)
    return signal


def _check_fit(
    found_rate: int, channels: int, sample_rate: int, resample: bool, channel: Channel
) -> None:
    settings = {"sample_rate": sample_rate, "resample": resample, "channel": channel}
    reason = why_unusable(found_rate, channels, **settings)
    if reason:
        raise UserError(reason)


def _resampled(signal: np.ndarray, found_rate: int, sample_rate: int) -> np.ndarray:
    import soxr

    try:
        signal = soxr.resample(signal, found_rate, sample_rate, quality="HQ").astype(np.float32)
    except (RuntimeError, ValueError, ArithmeticError) as error:
        raise UserError("can't be resampled ({reason})", reason=_reason(error)) from None
    check_any(len(signal))  # of a few samples none may be left
    return signal


def _decode(
    path: pathlib.Path, sample_rate: int, resample: bool, channel: Channel
) -> tuple[np.ndarray, int, int]:
    """Read what counts of any audio file, float32, its rate, Hz, and its number of channels."""
    with open_sound(str(path)) as file:
        # before a sample is decoded: what is of no use may be long
        _check_fit(file.samplerate, file.channels, sample_rate, resample, channel)
        blocks = [microphones.picked(block, channel).copy() for block in blocks_of(file)]
        none = microphones.picked(np.zeros((0, file.channels), np.float32), channel)
        signal = np.concatenate([none, *blocks])
        return signal, file.samplerate, file.channels


_BLOCK_BYTES = 2**20
"""Bytes of a file that are hashed at a time."""

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
        If it can't be decoded, or ends before its header says.
    """
    size = max(1, min(BLOCK_VALUES // max(1, file.channels), file.frames))
    read = 0
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
            # of an Ogg the end mark has been seen, and its length is a guess
            if file.frames < UNKNOWN and file.format != "OGG":
                check_decoded(file.frames, read)
            return
        read += len(block)
        yield block


# libsndfile's errors are RuntimeErrors; the others come of numbers that no file of sound has
_FAILURES = (OSError, RuntimeError, ValueError, TypeError, ArithmeticError, MemoryError)


def _reason(error: Exception) -> str:
    return str(error).rpartition(": ")[2].rstrip(".") or type(error).__name__

"""The header of a WAV, of a file as of a stream, and the samples of an ordinary one (PCM, 16 bit).

Comes in: bytes, or a stream at its start. Goes out: what the header says, and samples. Every other
kind of audio, RF64 as well, is left to libsndfile.
"""

import dataclasses
import io
import struct
from typing import BinaryIO

import numpy as np

PCM, _EXTENSIBLE = 1, 0xFFFE
"""Formats by their numbers. The extensible one names the real one further on."""

UNKNOWN_SIZE = 0x7FFFF000
"""Writers to a pipe can't go back to write the size of the samples: they leave 0, or a number from
here up (SoX 0x7FFFF000, others 0x7FFFFFDC, 0x80000000, 0xFFFFFFFF)."""

_LARGEST_CHUNK = 2**24
"""No chunk before the samples has more bytes: where one says so, what follows are no chunks."""


@dataclasses.dataclass(frozen=True)
class WavHeader:
    """What the header of a WAV says.

    Attributes
    ----------
    format : int
        Kind of samples: 1 is PCM.
    channels : int
        Channels.
    sample_rate : int
        Hz.
    bits : int
        Bits of a sample.
    start : int
        Bytes before the samples.
    promised : int or None
        Bytes of the samples; None if the writer didn't know, and they go on to the end.
    """

    format: int
    channels: int
    sample_rate: int
    bits: int
    start: int
    promised: int | None

    @property
    def is_pcm16(self) -> bool:
        """Whether `pcm16` can read the samples."""
        known = self.format == PCM and self.bits == 16
        return known and self.channels > 0 and self.sample_rate > 0

    def samples(self, size: int) -> int:
        """Return the samples of each channel that a file of PCM of 16 bit holds.

        Parameters
        ----------
        size : int
            Bytes of the file.
        """
        follow = size - self.start
        held = follow if self.promised is None else min(self.promised, follow)
        return max(held, 0) // (2 * self.channels)


def begins_as_wav(start: bytes) -> bool:
    """Tell by its first 12 bytes whether something is a WAV."""
    return start[:4] == b"RIFF" and start[8:12] == b"WAVE"


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, or fewer where the stream ends."""
    content = b""
    while len(content) < size and (block := stream.read(size - len(content))):
        content += block
    return content


def header_behind(stream: BinaryIO) -> WavHeader | None:
    """Read the header of a WAV from behind its first 12 bytes up to its samples.

    Parameters
    ----------
    stream : binary file
        Left at the first sample; it need not be seekable.

    Returns
    -------
    WavHeader or None
        None if what follows are no chunks, or none of samples with their format before it.
    """
    start, form = 12, b""
    while len(head := read_exactly(stream, 8)) == 8:
        name, size = struct.unpack("<4sI", head)
        start += 8
        if name == b"data":
            return _header(form, start, size)
        if size > _LARGEST_CHUNK:
            return None
        padded = size + size % 2
        content = read_exactly(stream, padded)
        start += padded
        form = content if name == b"fmt " else form
    return None


def _header(form: bytes, start: int, size: int) -> WavHeader | None:
    if len(form) < 16:
        return None
    kind, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if kind == _EXTENSIBLE and len(form) >= 26:
        [kind] = struct.unpack_from("<H", form, 24)
    promised = size if 0 < size < UNKNOWN_SIZE else None
    return WavHeader(kind, channels, sample_rate, bits, start, promised)


def header_of(file: BinaryIO) -> WavHeader | None:
    """Read the header of a seekable file from its first byte; None if it is no WAV.

    The file is left at the first sample.
    """
    header = header_behind(file) if begins_as_wav(read_exactly(file, 12)) else None
    if header is not None and header.promised is None and _only_chunks_follow(file):
        header = dataclasses.replace(header, promised=0)
    return header


def _only_chunks_follow(file: BinaryIO) -> bool:
    """Tell whether chunks follow to the end of a file, which is left where it is.

    Behind samples of no known size there are more samples, which look like no chunks; a recording
    without samples may have notes behind.
    """
    place = file.tell()
    end = file.seek(0, io.SEEK_END)
    at = place
    while at < end:
        file.seek(at)
        head = read_exactly(file, 8)
        if len(head) < 8 or not (head[:4].isascii() and head[:4].decode().isprintable()):
            break
        [size] = struct.unpack_from("<I", head, 4)
        at += 8 + size + size % 2
    file.seek(place)
    return place < at == end


def pcm16(samples: bytes, channels: int) -> np.ndarray:
    """Return whole samples of 16 bit as numbers, shape (n_samples, n_channels), int16.

    Bytes of a last sample that is not whole are left out.
    """
    whole = len(samples) // (2 * channels) * channels
    return np.frombuffer(samples, dtype="<i2", count=whole).reshape(-1, channels)


def read_pcm16(file: BinaryIO) -> tuple[np.ndarray, int] | None:
    """Read an ordinary WAV file.

    Parameters
    ----------
    file : binary file
        At its first byte. That it is as long as its header says is for others to check.

    Returns
    -------
    samples : np.ndarray [shape=(n_samples, n_channels), dtype=int16]
        Amplitude; full scale is 32768.
    sample_rate : int
        Hz. Instead of both, None for anything but a WAV of PCM of 16 bit.
    """
    header = header_of(file)
    if header is None or not header.is_pcm16:
        return None
    content = file.read()
    if header.promised is not None:
        content = memoryview(content)[: header.promised]
    return pcm16(content, header.channels), header.sample_rate

"""Headers of WAV files and streams.

Comes in: the first bytes of a file or stream. Goes out: sample rate, channels, sample format, and
how many bytes of samples are promised.
"""

import dataclasses
import struct
from typing import BinaryIO

import numpy as np

from pygoodvibes.util.errors import UserError


@dataclasses.dataclass(frozen=True)
class AudioInfo:
    """What the header of an audio file says, and the hash of its bytes."""

    samples: int
    sample_rate: int
    channels: int
    xxh3_128: str

    @property
    def seconds(self) -> float:
        """Return the duration, s."""
        return self.samples / self.sample_rate


def promised_bytes(content: bytes) -> tuple[int, int] | None:
    """Return the bytes that a WAV header promises for its samples, and those that are there."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        return None
    position = 12
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        if name == b"data":
            # writers that stream leave 0 or the largest number there, and promise nothing
            return None if size in (0, 0xFFFFFFFF) else (size, len(content) - position - 8)
        position += 8 + size + size % 2
    return None


def pcm16(content: bytes) -> tuple[np.ndarray, int] | None:
    """Find the samples of an ordinary WAV of 16 bits, shape (n_samples, n_channels), and its rate.

    Returns
    -------
    tuple or None
        None for anything else, and for a file that is shorter or longer than its header says: what
        that is takes a library to say.
    """
    if content[:4] != b"RIFF" or content[8:16] != b"WAVEfmt " or len(content) < 44:
        return None
    size, kind, channels, sample_rate, _, step, bits = struct.unpack_from("<IHHIIHH", content, 16)
    start = 20 + size + size % 2
    if kind != 1 or bits != 16 or not channels or step != 2 * channels:
        return None
    if content[start : start + 4] != b"data" or len(content) < start + 8:
        return None
    [size] = struct.unpack_from("<I", content, start + 4)
    if size != len(content) - start - 8 or size % step:
        return None
    samples = np.frombuffer(content, dtype="<i2", offset=start + 8)
    return samples.reshape(-1, channels), sample_rate


FILES = {
    b"fLaC": "FLAC",
    b"OggS": "Ogg",
    b"ID3": "MP3",
    b"FORM": "AIFF",
    b"caff": "CAF",
    b"RF64": "RF64",
    b"RIFX": "RIFX",
}
"""First bytes of files that are no raw samples."""


def read_exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, or fewer where the stream ends."""
    content = b""
    while len(content) < size and (part := stream.read(size - len(content))):
        content += part
    return content


def wav_header(stream: BinaryIO) -> tuple[AudioInfo, int | None]:
    """Read a WAV header from behind 'WAVE' up to its samples: what they are, and their bytes.

    Bytes are None if the writer, that streams, didn't know how many there would be.
    """
    form = b""
    while len(head := read_exactly(stream, 8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            break
        # no header has a chunk of this size: what follows are no chunks
        content = read_exactly(stream, size + size % 2) if size < 2**24 else b""
        if len(content) < size:
            break
        form = content if name == b"fmt " else form
    else:
        name = b""
    if name != b"data" or len(form) < 16:
        raise UserError("the stream begins as a WAV and then is none; send raw samples")
    kind, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", form)
    if kind == 0xFFFE and len(form) >= 26:  # the extensible kind names its real one further on
        [kind] = struct.unpack_from("<H", form, 24)
    if kind != 1 or bits != 16 or not channels:
        raise UserError(
            f"the stream is a WAV of another kind ({bits} bit, format {kind}); only PCM of 16 bit "
            "can be read as it comes"
        )
    # writers that stream leave 0 or a number that is too large
    known = 0 < size < 0x7FFFF000
    return AudioInfo(0, sample_rate, channels, ""), size if known else None

"""Audio files with something wrong in them: a kind, a format and a seed in, bytes out."""

import pathlib
import random
import struct

import numpy as np
import soundfile

FORMATS = (
    ("wav", "WAV", "FLOAT"),
    ("wav", "WAV", "PCM_16"),
    ("wav", "WAV", "PCM_24"),
    ("wave", "WAV", "IMA_ADPCM"),
    ("bwf", "WAVEX", "PCM_16"),
    ("flac", "FLAC", "PCM_16"),
    ("aiff", "AIFF", "PCM_16"),
    ("aif", "AIFF", "PCM_24"),
    ("aifc", "AIFF", "FLOAT"),
    ("au", "AU", "PCM_16"),
    ("snd", "AU", "DOUBLE"),
    ("caf", "CAF", "PCM_16"),
    ("caf", "CAF", "ALAC_16"),
    ("w64", "W64", "PCM_16"),
    ("rf64", "RF64", "PCM_16"),
    ("ogg", "OGG", "VORBIS"),
    ("oga", "OGG", "VORBIS"),
    ("opus", "OGG", "OPUS"),
    ("mp3", "MP3", "MPEG_LAYER_III"),
)
"""Every ending that is read, with containers and codings that stand behind it: ending, container
and coding as libsndfile calls them."""

EXTREMES = [struct.pack(">I", number) for number in (0, 1, 2**24, 2**31 - 1, 2**32 - 1)]
EXTREMES.append(b"\xff\xff\xff\x7f")
"""Numbers for the fields of headers, of either order of bytes."""

HEADER = 200
"""About so many bytes at the beginning of a file say what it holds."""

CHUNKS = (
    b"data",
    b"fmt ",
    b"LIST",
    b"SSND",
    b"COMM",
    b"desc",
    b"OggS",
    b"fLaC",
    b"ID3\4",
    b"\0\0\0\0",
)
"""Names of chunks; some are those of other formats."""

CODES = (1e30, -1e30, 1e300, float("nan"), float("inf"))
"""Samples that no recorder writes."""


def write(path: pathlib.Path, container: str, coding: str, samples: np.ndarray, rate: int) -> bytes:
    """Write a recording of a format, and return its bytes."""
    soundfile.write(path, samples, rate, format=container, subtype=coding)
    return path.read_bytes()


def cut(content: bytearray, rng: random.Random) -> bytes:
    """Cut it off, in the header as often as behind it."""
    last = len(content) if rng.random() < 0.5 else min(len(content), HEADER)
    return content[: rng.randrange(1, last)]


def gap(content: bytearray, rng: random.Random) -> bytes:
    """Take a piece out of it."""
    start = rng.randrange(len(content))
    return content[:start] + content[start + rng.randrange(1, 1000) :]


def extreme(content: bytearray, rng: random.Random) -> bytes:
    """Write an odd number in its header."""
    place = rng.randrange(4, min(len(content) - 8, 120))
    content[place : place + 4] = rng.choice(EXTREMES)
    return content


def tail(content: bytearray, rng: random.Random) -> bytes:
    """Repeat a piece behind its end."""
    return content + content[rng.randrange(len(content)) :]


def flip(content: bytearray, rng: random.Random) -> bytes:
    """Flip one to nine bits, in the header as often as anywhere."""
    last = len(content) if rng.random() < 0.5 else min(len(content), HEADER)
    for _ in range(rng.randrange(1, 10)):
        content[rng.randrange(last)] ^= 1 << rng.randrange(8)
    return content


def chunk(content: bytearray, rng: random.Random) -> bytes:
    """Insert a chunk, whose size may be a lie."""
    size = rng.choice((0, 1, 7, 1000))
    told = rng.choice((size, size + 1, 2**31 - 1, 2**32 - 1))
    order = rng.choice("<>")
    inserted = rng.choice(CHUNKS) + struct.pack(f"{order}I", told) + rng.randbytes(size)
    place = rng.choice((0, 12, 36, rng.randrange(len(content))))
    return content[:place] + inserted + content[place:]


def other(content: bytearray, rng: random.Random) -> bytes:
    """Put something else under the name."""
    return rng.choice(
        (
            b"",
            b"these are words\n" * rng.randrange(1, 500),
            bytes(rng.randrange(1, 10_000)),
            rng.randbytes(rng.randrange(1, 10_000)),
            content[:4] + rng.randbytes(rng.randrange(1, 10_000)),
            b"PK\3\4" + rng.randbytes(1000),
            b"\x89PNG\r\n\x1a\n" + rng.randbytes(1000),
            b"{}",
        )
    )


def sample(content: bytearray, rng: random.Random) -> bytes:
    """Write a number in its samples that is no sound: what it is, the coding decides."""
    value = rng.choice(CODES)
    form = rng.choice(("<d", ">d")) if abs(value) > 1e38 else rng.choice(("<f", ">f"))
    written = struct.pack(form, value)
    place = rng.randrange(min(len(content) - 8, HEADER), len(content) - 8) // 8 * 8
    place += rng.choice((0, 4, 2))
    content[place : place + len(written)] = written
    return content


KINDS = (cut, gap, extreme, tail, flip, chunk, other, sample)
"""All ways to spoil a file."""


def altered(good: bytes, number: int, rng: random.Random) -> bytes:
    """Return a file that is spoilt in the way whose turn it is."""
    return bytes(KINDS[number % len(KINDS)](bytearray(good), rng))

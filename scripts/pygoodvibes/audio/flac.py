"""How many samples a FLAC says it has, and how many its frames have, without decoding it.

Comes in: a file. Goes out: both numbers. Each frame says which one it is and how long, so that the
last one tells the length of all; that it is whole, its checksum tells. The format is RFC 9639.
"""

import struct
from typing import BinaryIO

from pygoodvibes.audio.wav import read_exactly

_MOST_OF_A_FRAME = 2**21
"""Bytes, where the header doesn't say it."""

_ID3V1 = 128
"""Bytes of a tag that some programs append to any file."""


def count(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """Count the samples of each channel.

    Parameters
    ----------
    file : binary file
        A FLAC.
    size : int
        Its bytes.

    Returns
    -------
    tuple of (promised, found) or None
        By the header, 0 if it doesn't say it; by the frames, 0 if the file doesn't end with a whole
        one. None if it doesn't begin with one.
    """
    info = _at(file, 8, 34)
    if len(info) < 34:
        return None
    least, most = struct.unpack_from(">HH", info)
    block = most if least == most else None
    longest = int.from_bytes(info[7:10]) or _MOST_OF_A_FRAME
    promised = int.from_bytes(info[13:18]) & (2**36 - 1)
    begin = _first_frame(file)
    first = _frame(_at(file, begin, 16), block)
    if first is None:
        return None
    tail = _at(file, max(begin, size - longest - _ID3V1), longest + _ID3V1)
    if tail[-_ID3V1:].startswith(b"TAG"):
        tail = tail[:-_ID3V1]
    last = _last_frame(tail, block)
    return promised, (last[1] - first[0] if last else 0)


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return read_exactly(file, size)


def _first_frame(file: BinaryIO) -> int:
    """Return where the frames begin, behind blocks of metadata."""
    place = 4
    while len(head := _at(file, place, 4)) == 4:
        place += 4 + int.from_bytes(head[1:])
        if head[0] & 0x80:
            break
    return place


def _last_frame(tail: bytes, block: int | None) -> tuple[int, int] | None:
    """Find the frame that ends with these bytes: its first sample, and the one behind its last."""
    place = len(tail)
    while (place := tail.rfind(b"\xff", 0, place)) >= 0:
        found = _frame(tail[place : place + 16], block)
        if found and _crc(tail[place:-2], _CRC16, 16) == int.from_bytes(tail[-2:]):
            return found
    return None


_BLOCKS = [0, 192, *(576 << n for n in range(4)), 0, 0, *(256 << n for n in range(8))]


def _frame(head: bytes, block: int | None) -> tuple[int, int] | None:
    """Read the header of a frame; None if it is none.

    Parameters
    ----------
    head : bytes
        16 bytes from its start.
    block : int or None
        Samples of all frames but the last; None if they differ.

    Returns
    -------
    tuple of int or None
        Its first sample, and the one behind its last.
    """
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xFE != 0xF8:
        return None
    size_code, rate_code = head[2] >> 4, head[2] & 15
    if size_code == 0 or rate_code == 15 or head[3] & 1 or head[3] >> 4 > 10:
        return None
    # the number, written as UTF-8 would be, with up to 36 bits
    ones = 8 - (head[4] ^ 0xFF).bit_length()
    if ones in (1, 8):
        return None
    extra = max(ones - 1, 0)
    number = head[4] & 0xFF >> (ones + 1)
    for byte in head[5 : 5 + extra]:
        number = number << 6 | byte & 0x3F
    place = 5 + extra
    samples = _BLOCKS[size_code]
    if size_code in (6, 7):
        width = size_code - 5
        samples = int.from_bytes(head[place : place + width]) + 1
        place += width
    place += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
    if place >= len(head) or _crc(head[:place], _CRC8, 8) != head[place]:
        return None
    if head[1] & 1:  # blocks of several sizes: the number is that of a sample
        return number, number + samples
    return None if block is None else (number * block, number * block + samples)


def _crc_table(polynomial: int, bits: int) -> list[int]:
    table = []
    for value in range(256):
        rest = value << (bits - 8)
        for _ in range(8):
            rest = rest << 1 ^ (polynomial if rest >> (bits - 1) & 1 else 0)
        table.append(rest & (2**bits - 1))
    return table


_CRC8, _CRC16 = _crc_table(0x107, 8), _crc_table(0x18005, 16)


def _crc(content: bytes, table: list[int], bits: int) -> int:
    rest, shift, mask = 0, bits - 8, 2**bits - 1
    for byte in content:
        rest = (rest << 8 & mask) ^ table[rest >> shift ^ byte]
    return rest

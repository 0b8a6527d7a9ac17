"""Whether an audio file holds all that it says it does, and no sound behind that.

Comes in: a file, open and seekable. Goes out: nothing, or the reason why its samples aren't those
of the whole recording. Every container that states a length is asked, in both directions: a file
that ends early is as wrong as a header that promises less than there is. Nothing is decoded here.

MP3 says its length in a frame that is not always there: whoever decodes it counts. Others that
libsndfile knows are left to it.
"""

import dataclasses
import os
import struct
from typing import BinaryIO

from pygoodvibes.audio import flac
from pygoodvibes.audio.wav import UNKNOWN_SIZE, read_exactly
from pygoodvibes.util.errors import UserError

FROM_A_PIPE = 0x7F000000
"""Writers to a pipe can't go back to write a size: in AIFF and AU they leave 0, or a number from
here up (SoX). For WAV see `pygoodvibes.audio.wav.UNKNOWN_SIZE`."""

_SOUND = (b"data", b"SSND", b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"caff")
"""Names of what is sound, or a whole file: behind the samples it would go unheard."""

_NOTES = (b"LIST", b"id3 ", b"ID3 ", b"bext", b"iXML", b"cue ", b"smpl", b"JUNK", b"PAD ", b"FLLR")
"""Names of chunks that stand behind samples, and are no sound even where their size is wrong."""

_TAGS = (b"TAG", b"ID3", b"APETAGEX", b"LYRICS")
"""How texts begin that players append to any file."""


@dataclasses.dataclass(frozen=True)
class _Chunks:
    """How a container writes its chunks."""

    first: int
    """Bytes before the first."""
    head: str
    """A chunk's name and size, as `struct` has it."""
    samples: bytes
    """Name of the chunk of the samples; other names may be longer."""
    own: int = 0
    """Bytes of the head that its size counts, too."""
    pad: int = 2
    """Chunks begin at multiples of it."""
    filled: bool = True
    """Whether a tag or zeros may stand behind all chunks: not where they are taken for samples."""
    unknown: int = 2**62
    """From here on a size means that nobody knew it."""


_RIFF = _Chunks(12, "<4sI", b"data", unknown=UNKNOWN_SIZE)
_BEGINNINGS = {
    (b"RIFF", b"WAVE"): _RIFF,
    (b"RIFX", b"WAVE"): dataclasses.replace(_RIFF, head=">4sI"),
    (b"RF64", b"WAVE"): _RIFF,
    (b"BW64", b"WAVE"): _RIFF,
    (b"FORM", b"AIFF"): _Chunks(12, ">4sI", b"SSND", unknown=FROM_A_PIPE),
    (b"FORM", b"AIFC"): _Chunks(12, ">4sI", b"SSND", unknown=FROM_A_PIPE),
    (b"riff", b"\xa5\xd6\x28\xdb"): _Chunks(40, "<16sQ", b"data", own=24, pad=8, filled=False),
}
_CAF = _Chunks(8, ">4sQ", b"data", pad=1)


def check_complete(file: BinaryIO) -> None:
    """Refuse a file that ends before its header says, or goes on behind that.

    Parameters
    ----------
    file : binary file
        Any file, seekable; it is left at its start.

    Raises
    ------
    UserError
        With both numbers. A file that is none of the known kinds, or whose header makes no sense,
        is left to those who decode it.
    """
    size = file.seek(0, os.SEEK_END)
    start = _at(file, 0, 12)
    chunks = _BEGINNINGS.get((start[:4], start[8:12]))
    if chunks:
        _check_chunks(file, size, chunks)
    elif start[:4] == b"caff":
        _check_chunks(file, size, _CAF)
    elif start[:4] in (b".snd", b"dns."):
        _check_au(file, size, ">" if start[:4] == b".snd" else "<")
    elif start[:4] == b"fLaC":
        _check_flac(file, size)
    elif start[:4] == b"OggS":
        _check_ogg(file, size)
    file.seek(0)


def check_held(promised: int, follow: int) -> None:
    """Refuse samples that are fewer bytes than promised.

    Parameters
    ----------
    promised, follow : int
        Bytes.

    Raises
    ------
    UserError
        With both.
    """
    if follow < promised:
        raise UserError(
            "truncated: the header promises {promised} bytes, {follow} follow",
            promised=promised,
            follow=max(follow, 0),
        )


def check_rest(promised: int, rest: bytes) -> None:
    """Refuse what comes behind the samples of a WAV that is a stream, if it begins as no chunk.

    Parameters
    ----------
    promised : int
        Bytes of the samples.
    rest : bytes
        The 9 bytes behind them, or fewer at the end.

    Raises
    ------
    UserError
        If it isn't filled up with zeros, either.
    """
    rest = rest[promised % 2 :]
    is_name = all(32 <= byte < 127 for byte in rest[:4]) and rest[:4] not in _SOUND
    if len(rest) >= 8 and not is_name and rest.strip(b"\0"):
        raise UserError(
            "its header is wrong: it promises {promised} bytes, and more follow", promised=promised
        )


def check_decoded(promised: int, found: int) -> None:
    """Refuse samples that are not as many as promised.

    Parameters
    ----------
    promised, found : int
        Samples of each channel.

    Raises
    ------
    UserError
        With both.
    """
    if found < promised:
        raise UserError(
            "truncated: the header promises {promised} samples, {found} follow",
            promised=promised,
            found=found,
        )
    if found > promised:
        raise UserError(
            "its header is wrong: it promises {promised} samples, and there are {found}; convert "
            "the file anew",
            promised=promised,
            found=found,
        )


def _at(file: BinaryIO, place: int, size: int) -> bytes:
    file.seek(place)
    return read_exactly(file, size)


def _check_chunks(file: BinaryIO, size: int, kind: _Chunks) -> None:
    width = struct.calcsize(kind.head)
    place, long_size = kind.first, None
    while len(head := _at(file, place, width)) == width:
        name, length = struct.unpack(kind.head, head)
        begin = place + width
        if name[:4] == kind.samples:
            break
        if name == b"ds64" and kind.samples == b"data":  # sizes that 32 bits can't hold
            long_size = struct.unpack("<8xQ", _at(file, begin, 16).ljust(16, b"\0"))[0]
        place = _end(kind, place, begin, length)
        if place > size or place < begin:
            return
    else:
        return
    if length == 0xFFFFFFFF and long_size:
        length, kind = long_size, dataclasses.replace(kind, unknown=2**62)
    length -= kind.own
    if length <= 0 or length >= kind.unknown:
        return
    check_held(length, size - begin)
    end = begin + length
    odd = end % 2 if kind.pad == 2 else 0
    # some writers leave the padding out
    places = {end if kind.pad < 8 else end + -end % kind.pad, end + odd}
    behind = max(_behind_chunks(file, size, kind, min(place, size)) for place in places)
    _check_behind(file, size, length, end, behind, filled=kind.filled)


def _end(kind: _Chunks, place: int, begin: int, length: int) -> int:
    end = place + length if kind.own else begin + length
    return end + -end % kind.pad


def _behind_chunks(file: BinaryIO, size: int, kind: _Chunks, place: int) -> int:
    """Return where chunks end that begin at a place; the place itself if there is none."""
    width = struct.calcsize(kind.head)
    noted = False
    while len(head := _at(file, place, width)) == width:
        name, length = struct.unpack(kind.head, head)
        if name[:4] in _SOUND:
            return place
        noted = noted or name[:4] in _NOTES
        following = _end(kind, place, place + width, length)
        is_name = kind.own or all(32 <= byte < 127 for byte in name)
        # the last may lack its padding
        if not is_name or following < place + width or following - kind.pad >= size:
            return size if noted else place
        place = min(following, size)
    return place


def _check_behind(
    file: BinaryIO, size: int, promised: int, end: int, place: int, *, filled: bool = True
) -> None:
    """Refuse what stands behind the samples and all chunks, unless it is a tag or zeros.

    Raises
    ------
    UserError
        With the promised and the following bytes.
    """
    if size - place < 8:
        return
    if filled and _at(file, place, 8).startswith(_TAGS):
        return
    file.seek(place)
    while block := file.read(2**16):
        if not filled or block.strip(b"\0"):
            raise UserError(
                "its header is wrong: it promises {promised} bytes, and {rest} more follow that it "
                "doesn't know; convert the file anew",
                promised=promised,
                rest=size - end,
            )


def _check_au(file: BinaryIO, size: int, order: str) -> None:
    header = _at(file, 4, 8)
    if len(header) < 8:
        return
    begin, length = struct.unpack(f"{order}II", header)
    if 0 < length < FROM_A_PIPE and begin <= size:
        check_held(length, size - begin)
        end = begin + length
        _check_behind(file, size, length, end, end)


_PAGE = 27 + 255 + 255 * 255
_FIRST_PAGE, _LAST_PAGE = 2, 4


def _check_ogg(file: BinaryIO, size: int) -> None:
    tail = _at(file, max(0, size - _PAGE), _PAGE)
    place = tail.rfind(b"OggS\0")
    flags, length = _page(tail[max(place, 0) :])
    if place < 0 or place + length > len(tail) or not flags & _LAST_PAGE:
        raise UserError("truncated: it ends without the end mark of its stream")
    ended = False
    place = 0
    while (head := _at(file, place, 27 + 255)).startswith(b"OggS") and len(head) >= 27:
        flags, length = _page(head)
        if ended and flags & _FIRST_PAGE:  # the decoder stops here
            raise UserError("holds several recordings one after the other; cut it into one each")
        ended = ended or bool(flags & _LAST_PAGE)
        place += length


def _page(head: bytes) -> tuple[int, int]:
    """Return the flags of a page of Ogg, and its bytes."""
    if len(head) < 27:
        return 0, 27
    lengths = head[27 : 27 + head[26]]
    return head[5], 27 + head[26] + sum(lengths)


def _check_flac(file: BinaryIO, size: int) -> None:
    found = flac.count(file, size)
    if found is None:
        return
    promised, samples = found
    if promised and samples:
        check_decoded(promised, samples)
    elif not samples and not promised:
        raise UserError("truncated: it ends in the middle of a frame")
    # of a known length: the decoder knows whether a frame is missing, or only a tag follows

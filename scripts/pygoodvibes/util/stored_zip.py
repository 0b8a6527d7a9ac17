"""Zip archives of stored members, JSON and arrays, read as files that a stranger may have made.

Only what is written here is read: members one after the other from the first byte on, none of them
compressed, encrypted, twice, or described in two ways. So nothing takes more memory than the file
has bytes, and sizes are checked before anything is made of them.
"""

import io
import json
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping

import numpy as np

MOST_BYTES = 2**31 - 1
"""Largest archive; more would take another form of the format."""

MOST_JSON = 8 * 2**20
"""Largest JSON document, bytes."""

DEEPEST = 40
"""Most levels of a JSON document."""

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")

_HEADER = re.compile(
    r"\{'descr': '([<|][fiub][1248])', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,10},)?|\d{1,10}(?:, \d{1,10})+)\), \} *\n"
)


def write(
    members: Mapping[str, bytes | np.ndarray],
    comment: bytes = b"",
    *,
    seal: Callable[[memoryview], bytes] | None = None,
) -> bytes:
    """Return an archive; the same members give the same bytes.

    Parameters
    ----------
    members : mapping of str to (bytes or np.ndarray)
        By name; an array is written as `npy` does, when its turn comes, so that no two copies of
        all arrays are held.
    comment : bytes
        Stands at the end.
    seal : callable, optional
        Takes all of the archive before its comment, and returns what to put in place of the
        comment, of the same length.

    Raises
    ------
    ValueError
        If it is too large.
    """
    if sum(map(_size, members.values())) > MOST_BYTES - 2**20:
        raise ValueError("more than 2 GB")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(members.items()):
            held = npy(content) if isinstance(content, np.ndarray) else content
            archive.writestr(zipfile.ZipInfo(name), held)  # its date is fixed: 1980
        archive.comment = comment
    if seal is not None:
        # in place: a large archive is not copied for its last bytes
        with buffer.getbuffer() as whole:
            end = len(whole) - len(comment)
            whole[end:] = seal(whole[:end])
    return buffer.getvalue()


def _size(content: bytes | np.ndarray) -> int:
    return content.nbytes if isinstance(content, np.ndarray) else len(content)


def read(content: bytes, comment: int = 0) -> dict[str, memoryview]:
    """Return the members of an archive that `write` has made, without copying them.

    Parameters
    ----------
    content : bytes
        The archive.
    comment : int >= 0
        Bytes of its comment.

    Raises
    ------
    ValueError
        If it is any other archive, or a member is damaged.
    """
    whole = memoryview(content)
    end = len(whole) - comment - _END.size
    if end < 0:
        raise ValueError("no zip archive")
    mark, disk, first_disk, here, count, size, start, length = _END.unpack_from(whole, end)
    if (mark, disk, first_disk, here, length) != (b"PK\5\6", 0, 0, count, comment):
        raise ValueError("no zip archive")
    if start + size != end or count * _ENTRY.size > size:
        raise ValueError("a zip archive of another make")
    members: dict[str, memoryview] = {}
    place, listed = 0, start
    for _ in range(count):
        if listed + _ENTRY.size > end:
            raise ValueError("a zip archive that is cut off")
        entry = _ENTRY.unpack_from(whole, listed)
        *_, name_length, extra, remark, disk, _, _, offset = entry
        name = bytes(whole[listed + _ENTRY.size : listed + _ENTRY.size + name_length])
        listed += _ENTRY.size + name_length
        if entry[0] != b"PK\1\2" or extra or remark or disk or offset != place or listed > end:
            raise ValueError("a zip archive of another make")
        content_at = place + _LOCAL.size + name_length
        if content_at > start:
            raise ValueError("a zip archive that is cut off")
        # version, flags, method, time, date, checksum, sizes, lengths: the same at both places
        local = _LOCAL.unpack_from(whole, place)
        told_twice = local[0] == b"PK\3\4" and local[1:] == entry[2:12]
        if not told_twice or bytes(whole[place + _LOCAL.size : content_at]) != name:
            raise ValueError("a zip archive that tells two things of a member")
        _, _, version, flags, method, _, _, checksum, packed, unpacked = entry[:10]
        place = content_at + packed
        if version > 20 or flags or method or packed != unpacked or place > start:
            raise ValueError("a zip archive with a member that is not simply stored")
        text = name.decode("ascii")
        if text in members:
            raise ValueError(f"a zip archive with two members {text}")
        members[text] = whole[content_at:place]
        if zlib.crc32(members[text]) != checksum:
            raise ValueError(f"{text} is damaged")
    if place != start or listed != end:
        raise ValueError("a zip archive with bytes that belong to no member")
    return members


def npy(array: np.ndarray) -> bytes:
    """Return an array in NumPy's format.

    The order of its elements is kept: products of another order differ in their last digits.
    """
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def read_npy(content: memoryview) -> np.ndarray:
    """Return the array that `npy` has written.

    Raises
    ------
    ValueError
        If it is no array of numbers, or not of the size that it claims.
    """
    start = 10 + int.from_bytes(content[8:10], "little")
    header = bytes(content[10:start])
    match = _HEADER.fullmatch(header.decode("latin-1")) if len(header) < 1000 else None
    if content[:8] != b"\x93NUMPY\1\0" or match is None:
        raise ValueError("no array of numbers")
    dtype, shape = np.dtype(match[1]), tuple(map(int, re.findall(r"\d+", match[3])))
    if math.prod(shape) * dtype.itemsize != len(content) - start or len(shape) > 4:
        raise ValueError("an array is not of the size that it claims")
    values = np.frombuffer(content[start:], dtype=dtype)
    if match[1] == "|b1" and len(values) and values.view(np.uint8).max() > 1:
        raise ValueError("an array holds truth values that are none")
    # a copy of its own: in the file it lies at any address, and can't be written to
    return values.reshape(shape, order="F" if match[2] == "True" else "C").copy(order="K")


def read_json(content: memoryview) -> object:
    """Return a JSON document.

    Raises
    ------
    ValueError
        If it is none, too large or too deep, names a key twice, or holds NaN or infinity.
    """
    if len(content) > MOST_JSON:
        raise ValueError(f"a document of more than {MOST_JSON // 2**20} MB")
    try:
        document = json.loads(
            bytes(content), parse_constant=_refuse_constant, object_pairs_hook=_unique
        )
    except RecursionError:
        raise ValueError("a document that is nested too deep") from None
    level = [document]
    for _ in range(DEEPEST):
        inner = [node.values() if isinstance(node, dict) else node for node in level]
        level = [node for children in inner for node in children if isinstance(node, dict | list)]
        if not level:
            return document
    raise ValueError("a document that is nested too deep")


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a key comes twice")
    return table

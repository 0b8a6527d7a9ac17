import io
import json
import zipfile

import numpy as np
import pytest

from pygoodvibes.util import stored_zip

MEMBERS = {"b.json": b"{}", "a/0.npy": stored_zip.npy(np.arange(5.0)), "empty": b""}


def test_members_come_back_and_any_zip_reader_takes_them():
    content = stored_zip.write(MEMBERS, b"#" * 9)
    assert content == stored_zip.write(dict(reversed(MEMBERS.items())), b"#" * 9)
    found = stored_zip.read(content, 9)
    assert list(found) == sorted(MEMBERS)
    assert {name: bytes(member) for name, member in found.items()} == MEMBERS
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None and archive.namelist() == sorted(MEMBERS)


def test_every_changed_byte_but_those_of_no_meaning_is_noticed():
    content = stored_zip.write(MEMBERS)
    for place in range(len(content)):
        altered = bytearray(content)
        altered[place] ^= 1
        try:
            found = stored_zip.read(bytes(altered))
        except ValueError:
            continue
        # dates and systems, which nothing is made of
        assert {name: bytes(member) for name, member in found.items()} == MEMBERS


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_nothing_is_unpacked(method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("bomb", bytes(10**7))
    with pytest.raises(ValueError, match="not simply stored"):
        stored_zip.read(buffer.getvalue())


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_come_once():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for content in (b"1", b"2"):
            archive.writestr(zipfile.ZipInfo("a"), content)
    with pytest.raises(ValueError, match="two members a"):
        stored_zip.read(buffer.getvalue())


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3)),
        np.arange(4, dtype=np.int32),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.array(2.5),
        np.zeros(3, dtype=np.uint8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_arrays_come_back_with_their_type_and_order(array):
    back = stored_zip.read_npy(memoryview(b"xxx" + stored_zip.npy(array))[3:])
    assert np.array_equal(back, array) and back.dtype == array.dtype
    assert back.flags.f_contiguous == array.flags.f_contiguous
    assert back.flags.writeable and back.flags.aligned and back.base is None


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '|b1', 'fortran_order': False, 'shape': (8,), }",
        "__import__('os').abort()",
    ],
)
def test_arrays_of_another_size_or_kind_are_refused(header):
    text = header.encode() + b"\n"
    whole = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + b"\x07" * 8
    with pytest.raises(ValueError, match="array"):
        stored_zip.read_npy(memoryview(whole))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": NaN}', "NaN"),
        ("[Infinity]", "Infinity"),
        ('{"a": 1, "a": 2}', "twice"),
        ("[" * 41 + "]" * 41, "too deep"),
        ("[" * 10**5, "too deep"),
        ("1" * 5000, "digits"),
        (" " * (stored_zip.MOST_JSON + 1), "more than 8 MB"),
        ("{", "line 1"),
    ],
    ids=lambda text: text[:12],
)
def test_documents_that_are_none_are_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        stored_zip.read_json(memoryview(text.encode()))
    with pytest.raises(ValueError):
        stored_zip.read_json(memoryview(b"\xff"))


def test_documents_come_back():
    document = {"a": [1, 0.5, None, True, {"b": "\u00e9"}], "c": []}
    assert stored_zip.read_json(memoryview(json.dumps(document).encode())) == document


def test_an_array_is_written_as_its_bytes_are_and_a_seal_takes_the_place_of_the_comment():
    array = np.arange(12.0).reshape(3, 4)
    members = {"a.json": b"{}", "b.npy": array, "c.npy": np.asfortranarray(array)}
    as_bytes = {
        name: each if isinstance(each, bytes) else stored_zip.npy(each)
        for name, each in members.items()
    }
    assert stored_zip.write(members) == stored_zip.write(as_bytes)
    seen = []

    def seal(whole):
        seen.append(bytes(whole))
        return b"sealed"

    content = stored_zip.write(members, b"------", seal=seal)
    assert content == seen[0] + b"sealed"
    assert seen[0] + b"------" == stored_zip.write(members, b"------")
    assert stored_zip.read(content, 6).keys() == members.keys()

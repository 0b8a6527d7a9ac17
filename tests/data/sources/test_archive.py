import collections
import io
import random
import shutil
import stat
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_server import make_zip, read_tree
from pygoodvibes.data.sources import archive as module
from pygoodvibes.data.sources.archive import extract_member, extract_zip
from pygoodvibes.util.errors import UserError

NOISE = random.Random(0).randbytes(50_000)
MEMBERS = {"fan/train/a.wav": NOISE, "fan/test/b.wav": b"", "readme.md": b"hello"}


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "archive.zip"
    path.write_bytes(make_zip(MEMBERS))
    return path


def everything(folder):
    return sorted(path.name for path in folder.iterdir())


def test_extracts(archive, tmp_path):
    folder = tmp_path / "deep" / "out"
    assert extract_zip(archive, folder, progress=False) == sorted(MEMBERS)
    assert read_tree(folder) == MEMBERS
    assert everything(folder.parent) == ["out"]


def test_stored_members_and_folders(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.mkdir("fan/")
        file.mkdir("./")
        file.writestr("./fan/./a.wav", NOISE)
        file.writestr("pump\\train\\b.wav", b"b")
    path = tmp_path / "archive.zip"
    path.write_bytes(stream.getvalue())
    extract_zip(path, tmp_path / "out", progress=False)
    assert read_tree(tmp_path / "out") == {"fan/a.wav": NOISE, "pump/train/b.wav": b"b"}


def test_twice_writes_once(archive, tmp_path, monkeypatch):
    extract_zip(archive, tmp_path / "out", progress=False)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
    # With no room at all it still has nothing to complain about.
    monkeypatch.setattr(module, "require_space", lambda *_: pytest.fail("wants to write"))
    assert extract_zip(archive, tmp_path / "out", progress=False) == sorted(MEMBERS)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")} == before


@pytest.mark.parametrize("damage", ["missing", "shorter", "other bytes"])
def test_mends_what_is_there(archive, tmp_path, damage):
    folder = tmp_path / "out"
    extract_zip(archive, folder, progress=False)
    (folder / "own.txt").write_text("mine")
    wav = folder / "fan" / "train" / "a.wav"
    if damage == "missing":
        wav.unlink()
    else:
        wav.write_bytes(NOISE[:-1] if damage == "shorter" else bytes(len(NOISE)))
    extract_zip(archive, folder, progress=False)
    assert read_tree(folder) == {**MEMBERS, "own.txt": b"mine"}
    assert everything(tmp_path) == ["archive.zip", "out"]


def test_two_archives_into_one_folder(archive, tmp_path):
    extract_zip(archive, tmp_path / "out", progress=False)
    other = tmp_path / "other.zip"
    other.write_bytes(make_zip({"fan/train/c.wav": b"c"}))
    assert extract_zip(other, tmp_path / "out", progress=False) == ["fan/train/c.wav"]
    assert read_tree(tmp_path / "out") == {**MEMBERS, "fan/train/c.wav": b"c"}


def test_place(archive, tmp_path):
    def place(name):
        return "x/" + name.rsplit("/", 1)[-1] if name.endswith(".wav") else None

    assert extract_zip(archive, tmp_path / "out", place=place, progress=False) == [
        "x/a.wav",
        "x/b.wav",
    ]
    assert read_tree(tmp_path / "out") == {"x/a.wav": NOISE, "x/b.wav": b""}
    with pytest.raises(UserError, match="are both to become one"):
        extract_zip(archive, tmp_path / "out", place=lambda _: "one", progress=False)


def with_member(name, *, mode=0, flag=0):
    """Return an archive with a good member and one whose name zipfile does not mend."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("good.wav", b"good")
        info = zipfile.ZipInfo("x")
        info.filename = info.orig_filename = name
        info.external_attr = mode << 16
        info.flag_bits |= flag
        file.writestr(info, "/etc/passwd")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "mode", "problem"),
    [
        ("/etc/evil", 0, "is an absolute path"),
        ("\\evil", 0, "is an absolute path"),
        ("C:/evil", 0, "names a drive"),
        ("c:evil", 0, "names a drive"),
        ("../evil", 0, "leads out of the folder"),
        ("fan/../../evil", 0, "leads out of the folder"),
        ("fan\\..\\..\\evil", 0, "leads out of the folder"),
        ("fan/..", 0, "leads out of the folder"),
        ("..", 0, "leads out of the folder"),
        (".", 0, "has no proper name"),
        ("good\0.wav", 0, "has no proper name"),
        ("link", stat.S_IFLNK | 0o777, "is a link"),
        ("pipe", stat.S_IFIFO | 0o666, "is neither a file nor a folder"),
        ("dev", stat.S_IFCHR | 0o666, "is neither a file nor a folder"),
    ],
)
@pytest.mark.parametrize("place", [None, lambda name: name if name == "good.wav" else None])
def test_evil_members(tmp_path, name, mode, problem, place):
    inside = tmp_path / "inside"
    inside.mkdir()
    archive = inside / "archive.zip"
    archive.write_bytes(with_member(name, mode=mode))
    with pytest.raises(UserError) as caught:
        extract_zip(archive, inside / "out", place=place, progress=False)
    assert f"the member {name!r} {problem}, so nothing was extracted" in str(caught.value)
    assert everything(inside) == ["archive.zip"]
    assert everything(tmp_path) == ["inside"]


@given(
    st.lists(
        st.sampled_from(["..", ".", "", "a", "b.wav", "C:", "\\", "..\\", "~", " "]), max_size=5
    ).map("/".join)
)
def test_nothing_ever_leaves_the_folder(tmp_path_factory, name):
    top = tmp_path_factory.mktemp("top")
    (top / "archive.zip").write_bytes(with_member(name or "x"))
    try:
        extract_zip(top / "archive.zip", top / "in" / "out", progress=False)
    except UserError:
        assert everything(top) == ["archive.zip"] or everything(top / "in") == []
    else:
        assert everything(top) == ["archive.zip", "in"]
        assert everything(top / "in") == ["out"]
        assert (top / "in" / "out" / "good.wav").read_bytes() == b"good"


def test_names_that_only_look_dangerous(tmp_path):
    members = {"a/..b/c..wav": b"1", "...": b"2", "~/x": b"3", "a b/ü.wav": b"4"}
    path = tmp_path / "archive.zip"
    path.write_bytes(make_zip(members))
    extract_zip(path, tmp_path / "out", progress=False)
    for name, content in members.items():
        assert (tmp_path / "out" / name).read_bytes() == content


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.wav", "a.wav"], "are both to become a.wav"),
        (["a.wav", "./a.wav"], "are both to become a.wav"),
        (["a", "a/b.wav"], "'a/b.wav' lies in a, which is a file"),
    ],
)
def test_members_in_each_others_place(tmp_path, names, message):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name in names:
            file.writestr(name, name)
    path = tmp_path / "archive.zip"
    path.write_bytes(stream.getvalue())
    with pytest.raises(UserError, match=message):
        extract_zip(path, tmp_path / "out", progress=False)
    assert everything(tmp_path) == ["archive.zip"]


def test_wrong_checksum(tmp_path):
    content = make_zip({"a.wav": b"first", "b.wav": NOISE}, compression=zipfile.ZIP_STORED)
    at = content.index(NOISE[:100]) + 1000
    path = tmp_path / "archive.zip"
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    with pytest.raises(UserError, match=r"'b\.wav' can't be read \(Bad CRC-32 .*nothing was extr"):
        extract_zip(path, tmp_path / "out", progress=False)
    assert everything(tmp_path) == ["archive.zip"]


def test_damaged_stream(tmp_path):
    content = make_zip({"b.wav": NOISE})
    path = tmp_path / "archive.zip"
    path.write_bytes(content[:1000] + bytes(20_000) + content[21_000:])
    with pytest.raises(UserError, match=r"'b\.wav' can't be read"):
        extract_zip(path, tmp_path / "out", progress=False)
    assert everything(tmp_path) == ["archive.zip"]


def test_encrypted(tmp_path):
    content = make_zip({"a.wav": b"secret"})
    # The flag of the local header and of the central directory.
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content = content[:at] + bytes([content[at] | 1]) + content[at + 1 :]
    path = tmp_path / "archive.zip"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"'a\.wav' is encrypted"):
        extract_zip(path, tmp_path / "out", progress=False)


@pytest.mark.parametrize("length", [0, 10, 20_000])
def test_not_a_zip(archive, tmp_path, length):
    archive.write_bytes(archive.read_bytes()[:length])
    with pytest.raises(UserError, match=r"is not a zip file or is damaged .*download it again"):
        extract_zip(archive, tmp_path / "out", progress=False)
    assert everything(tmp_path) == ["archive.zip"]


def test_no_archive(tmp_path):
    with pytest.raises(UserError, match=r"can't extract .*No such file"):
        extract_zip(tmp_path / "none.zip", tmp_path / "out", progress=False)


def test_disk_too_small(archive, tmp_path, monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    size = sum(map(len, MEMBERS.values()))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, size - 1))
    with pytest.raises(UserError, match="are free on its disk"):
        extract_zip(archive, tmp_path / "out", progress=False)
    assert everything(tmp_path) == ["archive.zip"]
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(0, 0, size))
    extract_zip(archive, tmp_path / "out", progress=False)


def test_killed_extraction_leaves_no_half_folder(archive, tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    # As if the process were gone: nothing of what comes after the first member is run.
    monkeypatch.setattr(module.shutil, "rmtree", lambda *_: None)
    original = extract_member
    monkeypatch.setattr(module, "extract_member", lambda *a: (original(*a), die()) if a else None)
    with pytest.raises(Killed):
        extract_zip(archive, tmp_path / "out", progress=False)
    assert everything(tmp_path) == [".out.extracting", "archive.zip"]
    (tmp_path / ".out.extracting" / "stray").touch()
    monkeypatch.undo()
    extract_zip(archive, tmp_path / "out", progress=False)
    assert read_tree(tmp_path / "out") == MEMBERS
    assert everything(tmp_path) == ["archive.zip", "out"]


def test_folder_behind_a_link(archive, tmp_path, monkeypatch):
    (tmp_path / "disk" / "folder").mkdir(parents=True)
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "folder", target_is_directory=True)
    written = []
    original = extract_member
    monkeypatch.setattr(module, "extract_member", lambda *a: (written.append(a[3]), original(*a)))
    extract_zip(archive, tmp_path / "out", progress=False)
    assert (tmp_path / "out").is_symlink()
    assert read_tree(tmp_path / "disk" / "folder") == MEMBERS
    # On the disk of the target, from where files can be moved into place in one step.
    assert all(path.is_relative_to(tmp_path / "disk") for path in written)


def test_a_changed_byte_at_the_end_of_a_large_file_is_noticed(tmp_path):
    archive, path = tmp_path / "archive.zip", tmp_path / "out" / "a.wav"
    content = NOISE * 50
    archive.write_bytes(make_zip({"a.wav": content}))
    extract_zip(archive, tmp_path / "out", progress=False)
    written = path.stat().st_ino
    extract_zip(archive, tmp_path / "out", progress=False)
    assert path.stat().st_ino == written, "it was whole and is extracted again"
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    extract_zip(archive, tmp_path / "out", progress=False)
    assert path.read_bytes() == content

import io
import zipfile

import pytest

import own_machine
from pygoodvibes.monitoring import intake
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.intake import Intake, safe_name
from pygoodvibes.util.errors import UserError


@pytest.fixture
def taken():
    return Intake()


@pytest.fixture
def wav(tmp_path):
    return own_machine.write(tmp_path / "clip.wav", 1).read_bytes()


def archive(members, **options):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a.wav", "a.wav"),
        ("bon/défaut roulement/a.wav", "bon/défaut roulement/a.wav"),
        ("../../../etc/passwd.wav", "etc/passwd.wav"),
        ("/srv/.ssh/a.wav", "srv/ssh/a.wav"),
        ("C:\\plant\\a.wav", "C_/plant/a.wav"),
        ("a\x1b[2J\n\0.wav", "a_[2J__.wav"),
        ("\u202evaw.a.wav", "_vaw.a.wav"),
        ("1/2/3/4/5/6.wav", "3/4/5/6.wav"),
        ("x" * 500 + ".wav", "x" * 60 + ".wav"),
        ("\udcff.wav", "_.wav"),
        ("../..", "recording.wav"),
    ],
)
def test_a_name_leads_nowhere_else(name, safe):
    assert safe_name(name) == safe


def test_a_recording_lies_in_the_folder_as_long_as_it_is_needed(taken, wav):
    taken.take("../a.wav", wav)
    assert taken.names == ["a.wav"]
    assert (taken.folder / "a.wav").read_bytes() == wav
    assert taken.left_out == {}
    folder = taken.folder
    taken.__dict__.clear()
    assert not folder.exists()


def test_what_is_handed_in_twice_is_taken_once(taken, wav):
    taken.take("a.wav", wav)
    before = taken.changes
    taken.take("a.wav", wav)
    assert taken.names == ["a.wav"]
    assert taken.changes == before
    assert taken.left_out == {"a.wav": intake.THE_SAME}
    taken.take("a.wav", wav + b"other")
    assert taken.names == ["a (2).wav", "a.wav"]


def test_an_archive_gives_its_recordings_with_their_folders(taken, wav):
    members = {"bon/a.wav": wav, "../../b.wav": wav + b"1", "readme.txt": b"hello", "bon/": b""}
    members |= {"__MACOSX/bon/._a.wav": b"x", ".hidden/c.wav": wav}
    taken.take("all.ZIP", archive(members))
    assert taken.names == ["b.wav", "bon/a.wav"]
    assert taken.left_out == {"readme.txt": intake.NO_AUDIO}
    assert sorted(path.name for path in taken.folder.rglob("*.wav")) == ["a.wav", "b.wav"]


def test_an_archive_that_unpacks_to_too_much_is_cut_short(taken, monkeypatch):
    monkeypatch.setattr(intake, "MOST_BYTES", 3_000_000)
    taken.take("bomb.zip", archive({"a.wav": bytes(2_000_000), "b.wav": bytes(2_000_000)}))
    assert taken.names == ["a.wav"]
    assert taken.left_out == {"b.wav": intake.TOO_LARGE}
    assert [path.name for path in taken.folder.iterdir()] == ["a.wav"]
    # what is taken out makes room
    taken.remove(["a.wav"])
    taken.take("c.wav", bytes(2_900_000))
    assert taken.names == ["c.wav"]


def test_more_recordings_than_are_taken_are_left_out(taken, wav, monkeypatch, tmp_path):
    monkeypatch.setattr(intake, "MOST_RECORDINGS", 3)
    own_machine.healthy(tmp_path / "many", 5)
    taken.take_folder(str(tmp_path / "many"))
    assert len(taken.names) == 3
    taken.take("b.wav", wav)
    taken.take("c.zip", archive({"d.wav": wav}))
    assert len(taken.names) == 3
    assert taken.left_out == dict.fromkeys(("many", "b.wav", "c.zip"), intake.TOO_MANY)


def test_what_is_no_archive_or_locked_or_damaged_is_left_out_with_the_reason(taken, wav):
    taken.take("text.zip", b"no archive")
    whole = archive({"a.wav": wav})
    locked = bytearray(whole)
    for start in (whole.index(b"PK\x03\x04") + 6, whole.index(b"PK\x01\x02") + 8):
        locked[start] |= 1
    taken.take("locked.zip", bytes(locked))
    damaged = bytearray(whole)
    damaged[200:260] = bytes(60)
    taken.take("damaged.zip", bytes(damaged))
    assert taken.names == []
    assert not list(taken.folder.rglob("*.wav"))
    assert taken.left_out["text.zip"].startswith("no archive that can be read (")
    assert taken.left_out["a.wav"].startswith("can't be unpacked (")


def test_a_folder_of_this_machine_is_linked_and_stays_as_it_is(taken, tmp_path):
    healthy = own_machine.healthy(tmp_path / "pump", 4)
    before = sorted(path.stat().st_mtime_ns for path in healthy.iterdir())
    taken.take_folder(str(healthy))
    assert taken.names == [f"pump/00{number}.wav" for number in range(4)]
    taken.take_folder(str(healthy))  # again: nothing new
    assert len(taken.names) == 4
    taken.remove(["pump/000.wav"])
    taken.clear()
    assert taken.names == []
    assert sorted(path.stat().st_mtime_ns for path in healthy.iterdir()) == before
    with pytest.raises(UserError, match="no such folder"):
        taken.take_folder(str(tmp_path / "none"))


def test_errors_do_not_tell_where_the_folder_is(taken, tmp_path):
    taken.take("a.wav", bytes(100))
    with pytest.raises(UserError) as told, taken.called():
        fit_folder(taken.folder, {})
    assert str(told.value).startswith("what was handed in: none of its 1 recordings")
    assert told.value.message.values["folder"] is intake.HANDED_IN
    assert told.value.message.template.startswith("{folder}: none of its {clips} recordings")

import os

import pytest

from pygoodvibes.workflow.fingerprint import (
    fingerprint,
    is_unfinished,
    made_whole,
    state,
    take_snapshot,
)


@pytest.fixture
def clips(tmp_path):
    folder = tmp_path / "fan"
    (folder / "train").mkdir(parents=True)
    (folder / "test").mkdir()
    for name in ("train/a.wav", "train/b.wav", "test/a.wav"):
        (folder / name).write_bytes(b"some sound")
    return folder


def test_a_folder_that_we_made_is_fresh_until_it_changes(clips):
    assert state(clips) != ""
    take_snapshot(clips)
    assert state(clips) == ""


@pytest.mark.parametrize("change", ["add", "remove", "rename", "touch", "grow", "move"])
def test_every_change_of_a_folder_shows(clips, change):
    take_snapshot(clips)
    file = clips / "train/a.wav"
    if change == "add":
        (clips / "test/c.wav").write_bytes(b"some sound")
    elif change == "remove":
        file.unlink()
    elif change == "rename":
        file.rename(clips / "train/c.wav")
    elif change == "move":
        file.rename(clips / "test/c.wav")
    elif change == "touch":
        os.utime(file, ns=(0, 1_000_000_000))
    else:
        status = file.stat()
        file.write_bytes(b"some more sound")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = state(clips)
    assert changed != ""
    assert state(clips) == changed


def test_names_with_a_dot_in_front_do_not_count(clips):
    before = fingerprint(clips)
    (clips / ".downloads").mkdir()
    (clips / ".downloads/part.zip").write_bytes(b"x")
    (clips / "train/.hidden").write_bytes(b"x")
    assert fingerprint(clips) == before


def test_a_fingerprint_reads_no_file(clips):
    for path in clips.rglob("*.wav"):
        path.chmod(0)
    assert len(fingerprint(clips)) == 16


def test_links_and_odd_names_in_a_folder_do_no_harm(clips):
    before = fingerprint(clips)
    (clips / "train/broken.wav").symlink_to("nowhere.wav")
    (clips / "train/round").symlink_to(clips)
    os.close(os.open(os.fsencode(clips) + b"/\xff.wav", os.O_CREAT))
    after = fingerprint(clips)
    assert after != before
    assert fingerprint(clips) == after


def test_state_of_a_file_and_of_nothing(tmp_path):
    assert state(tmp_path / "nothing") == ""
    table = tmp_path / "table.csv"
    table.write_text("a\n")
    os.utime(table, ns=(0, 5))
    assert state(table) == "2-5"
    table.write_text("ab\n")
    assert state(table) != "2-5"


def test_a_folder_made_whole_has_a_snapshot_and_replaces_what_was_there(tmp_path):
    folder = tmp_path / "fan"
    folder.mkdir()
    (folder / "half.wav").touch()
    (tmp_path / ".fan.draft").mkdir()
    (tmp_path / ".fan.draft/of_a_killed_job.wav").touch()
    assert is_unfinished(folder)
    with made_whole(folder) as draft:
        (draft / "a.wav").touch()
    assert [path.name for path in sorted(folder.iterdir())] == [".snapshot", "a.wav"]
    assert state(folder) == "" and not is_unfinished(folder) and not draft.exists()


def test_a_folder_that_fails_to_be_made_leaves_the_one_that_was_there(tmp_path):
    folder = tmp_path / "fan"
    with pytest.raises(ZeroDivisionError), made_whole(folder) as draft:
        (draft / "a.wav").touch()
        raise ZeroDivisionError
    assert not folder.exists()

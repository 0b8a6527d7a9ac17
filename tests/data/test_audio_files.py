import os

import pytest

from clip_folders import touch
from pygoodvibes.data.audio_files import (
    OTHER_SUFFIXES,
    SUFFIXES,
    check_any_read,
    find_audio,
    is_read,
)
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.util.errors import UserError


def test_audio_of_every_kind_is_found_at_any_depth_in_order(tmp_path):
    paths = ["B.WAV", "a b/c.d/e.flac", "a.mp3", "b.m4a", "z/x.wma"]
    touch(tmp_path, *paths, "notes.txt", "wav", ".hidden/x.wav", "z/.y.wav")
    assert find_audio(tmp_path) == find_audio(str(tmp_path)) == paths
    assert [path for path in paths if not is_read(path)] == ["b.m4a", "z/x.wma"]
    assert not set(SUFFIXES) & set(OTHER_SUFFIXES)


def test_links_are_followed_but_never_round_in_a_circle(tmp_path):
    touch(tmp_path, "here/a.wav", "elsewhere/b.wav")
    (tmp_path / "here/link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "here/file.wav").symlink_to(tmp_path / "elsewhere/b.wav")
    (tmp_path / "elsewhere/back").symlink_to(tmp_path / "here")
    found = find_audio(tmp_path / "here")
    assert found == ["a.wav", "file.wav", "link/b.wav"]


@pytest.mark.parametrize(
    ("place", "said"),
    [("nowhere", "nowhere: no such folder"), ("a.wav", r"a\.wav is a file, not a folder")],
)
def test_what_is_no_folder_is_refused(tmp_path, place, said):
    touch(tmp_path, "a.wav")
    with pytest.raises(UserError, match=said):
        find_audio(tmp_path / place)


def refuse(monkeypatch, name, error):
    """Let a folder of this name raise an error when it is opened."""
    scandir = os.scandir

    def refusing(folder):
        if os.fspath(folder).endswith(name):
            raise error
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)


def test_a_folder_below_that_cannot_be_read_is_not_passed_over(tmp_path, monkeypatch):
    touch(tmp_path, "a.wav", "locked/b.wav")
    refuse(monkeypatch, "locked", PermissionError(13, "Permission denied"))
    with pytest.raises(UserError, match=r"can't read the folder .*locked \(Permission denied\)"):
        find_audio(tmp_path)


def test_a_folder_below_that_goes_while_others_are_read_is_passed_over(tmp_path, monkeypatch):
    touch(tmp_path, "a.wav", "gone/b.wav")
    refuse(monkeypatch, "gone", FileNotFoundError(2, "No such file or directory"))
    assert find_audio(tmp_path) == ["a.wav"]


def test_a_folder_without_audio_that_is_read_is_refused(tmp_path):
    check_any_read(tmp_path, ["a.m4a", "b.wav"])
    with pytest.raises(UserError, match=r"no recordings in it \(\.wav, .*\); look elsewhere$"):
        check_any_read(tmp_path, [], hint="look elsewhere")
    with pytest.raises(UserError, match=r", but other audio, such as a\.m4a; convert it to \.wav$"):
        check_any_read(tmp_path, ["a.m4a"])


def test_name_that_is_not_text(tmp_path):
    touch(tmp_path, "fan/test/normal_id_07_00000000.wav")
    os.mknod(os.fsencode(tmp_path) + b"/fan/test/normal_id_\xff_1.wav")
    clips = find_clips(tmp_path)
    assert [clip.reason for clip in clips] == ["its name is not UTF-8 text; rename the file", ""]
    for clip in clips:
        clip.path.encode()
        clip.clip.encode()


def test_link_in_a_circle(tmp_path):
    touch(tmp_path, "fan/test/normal_id_07_00000000.wav")
    (tmp_path / "fan" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_clips(tmp_path)) == 1


def test_linked_machine_folder(tmp_path):
    touch(tmp_path, "store/fan/test/normal_id_07_00000000.wav")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "fan").symlink_to(tmp_path / "store" / "fan", target_is_directory=True)
    assert find_clips(tmp_path / "data")[0].path == "fan/test/normal_id_07_00000000.wav"

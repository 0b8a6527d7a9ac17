import threading
import time

import pytest

from pygoodvibes.errors import UserError
from pygoodvibes.watch import Watch


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def names(paths):
    return [path.name for path in paths]


def test_a_recording_is_told_once_it_has_stayed_the_same(tmp_path):
    (tmp_path / "old.wav").write_bytes(b"old")
    clock = Clock()
    watch = Watch(tmp_path, settle=2, clock=clock)
    assert watch.poll() == []  # what was there before is not new
    (tmp_path / "new.wav").write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("no recording")
    assert watch.poll() == []
    clock.now = 1.5
    with (tmp_path / "new.wav").open("ab") as file:
        file.write(b", whole")
    assert watch.poll() == []
    clock.now = 3
    assert watch.poll() == []  # unchanged for 1.5 s only
    clock.now = 3.5
    assert names(watch.poll()) == ["new.wav"]
    clock.now = 9
    assert watch.poll() == []


def test_a_recording_that_goes_on_is_told_again_and_an_empty_one_is_not_complete(tmp_path):
    clock = Clock()
    watch = Watch(tmp_path, settle=0, clock=clock)
    (tmp_path / "a.wav").write_bytes(b"")
    assert watch.poll() == []
    (tmp_path / "a.wav").write_bytes(b"first")
    assert names(watch.poll()) == ["a.wav"]
    (tmp_path / "a.wav").write_bytes(b"first and second")
    assert names(watch.poll()) == ["a.wav"]
    (tmp_path / "a.wav").unlink()
    assert watch.poll() == []
    (tmp_path / "a.wav").write_bytes(b"first and second")
    assert names(watch.poll()) == ["a.wav"]


def test_a_folder_that_is_gone_is_said(tmp_path):
    folder = tmp_path / "incoming"
    folder.mkdir()
    watch = Watch(folder)
    folder.rmdir()
    with pytest.raises(UserError, match="no such folder"):
        watch.poll()


def test_files_that_arrive_meanwhile_are_told(tmp_path):
    stop, found = threading.Event(), []
    watch = Watch(tmp_path, settle=0.05)

    def follow():
        for path in watch.run(sleep=lambda seconds: stop.wait(0.01)):
            found.append(path.name)
            if len(found) == 3:
                stop.set()

    thread = threading.Thread(target=follow)
    thread.start()
    for number in range(3):
        (tmp_path / "in").mkdir(exist_ok=True)
        draft = tmp_path / "in" / f".{number}"
        draft.write_bytes(b"sound")
        draft.rename(tmp_path / "in" / f"{number}.wav")
        time.sleep(0.03)
    thread.join(timeout=30)
    stop.set()
    assert sorted(found) == ["0.wav", "1.wav", "2.wav"]

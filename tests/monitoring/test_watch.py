import os
import threading
import time

import pytest

from pygoodvibes.monitoring.watch import Watch
from pygoodvibes.util.errors import UserError


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


def test_audio_that_is_not_read_is_told_too(tmp_path):
    watch = Watch(tmp_path, settle=0, clock=Clock())
    for name in ("a.m4a", "b.wave", "c.txt"):
        (tmp_path / name).write_bytes(b"something")
    assert sorted(names(watch.poll())) == ["a.m4a", "b.wave"]


def test_an_empty_recording_is_told_once_it_has_stayed_empty_and_again_when_it_is_not(tmp_path):
    clock = Clock()
    watch = Watch(tmp_path, settle=2, clock=clock)
    (tmp_path / "a.wav").write_bytes(b"")
    assert watch.poll() == []
    clock.now = 1.5
    assert watch.poll() == []
    clock.now = 2
    assert names(watch.poll()) == ["a.wav"]
    clock.now = 9
    assert watch.poll() == []
    (tmp_path / "a.wav").write_bytes(b"sound")
    assert watch.poll() == []
    clock.now = 11
    assert names(watch.poll()) == ["a.wav"]


def test_a_recording_that_goes_on_is_told_again(tmp_path):
    clock = Clock()
    watch = Watch(tmp_path, settle=0, clock=clock)
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


def follow(watch, steps):
    """Run a watch with one step before each look but the first; return what it told and said."""
    said, steps = [], iter(steps)

    def sleep(seconds):
        step = next(steps, None)
        if step is None:
            return True
        step()

    return names(watch.run(sleep=sleep, say=said.append)), said


def test_a_folder_that_goes_away_is_waited_for(tmp_path):
    incoming, away = tmp_path / "incoming", tmp_path / "away"
    incoming.mkdir()
    (incoming / "old.wav").write_bytes(b"old")
    watch = Watch(incoming, settle=0)
    found, said = follow(
        watch,
        [
            lambda: (incoming / "a.wav").write_bytes(b"a"),
            lambda: incoming.rename(away),
            lambda: None,
            lambda: (away / "b.wav").write_bytes(b"b"),
            lambda: away.rename(incoming),
            lambda: (incoming / "c.wav").write_bytes(b"c"),
        ],
    )
    # each once; what came while it was away is new, what was told before is not
    assert found == ["a.wav", "b.wav", "c.wav"]
    assert said == [
        f"{incoming}: no such folder; waiting for it to come back",
        f"{incoming}: back again; watching goes on",
    ]


def test_a_disk_that_is_away_leaves_an_empty_folder_and_nothing_is_told_twice(tmp_path):
    incoming, disk = tmp_path / "incoming", tmp_path / "disk"
    incoming.mkdir()
    (incoming / "old.wav").write_bytes(b"old")
    found, said = follow(
        Watch(incoming, settle=0),
        [
            lambda: (incoming.rename(disk), incoming.mkdir()),
            lambda: (incoming.rmdir(), disk.rename(incoming)),
            lambda: (incoming / "new.wav").write_bytes(b"new"),
        ],
    )
    assert found == ["new.wav"] and said == []


def test_what_came_first_is_told_first(tmp_path):
    watch = Watch(tmp_path, settle=0)
    for number, name in enumerate(["c.wav", "a.wav", "b.wav"]):
        (tmp_path / name).write_bytes(b"sound")
        os.utime(tmp_path / name, (1000 + number, 1000 + number))
    assert names(watch.poll()) == ["c.wav", "a.wav", "b.wav"]


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

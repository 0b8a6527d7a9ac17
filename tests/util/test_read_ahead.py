import os
import pathlib

import pytest

from pygoodvibes.util import read_ahead


@pytest.fixture
def asked(monkeypatch):
    """Return the files that the system was asked to read."""
    names = []

    def advise(file, start, length, advice):
        assert (start, length, advice) == (0, 0, os.POSIX_FADV_WILLNEED)
        names.append(pathlib.Path(f"/proc/self/fd/{file}").readlink().name)

    monkeypatch.setattr(os, "posix_fadvise", advise)
    return names


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="this system can't be asked")
@pytest.mark.parametrize("count", [0, 1, 3, read_ahead.AHEAD, 3 * read_ahead.AHEAD])
def test_each_file_but_the_first_is_asked_for_once_and_in_time(tmp_path, asked, count):
    paths = [tmp_path / f"{number:02d}.wav" for number in range(count)]
    for path in paths:
        path.write_bytes(b"x")
    for number, path in enumerate(read_ahead.read_ahead(paths)):
        assert path == paths[number]
        assert asked == [each.name for each in paths[1 : number + read_ahead.AHEAD]]


def test_what_can_not_be_read_is_handed_on(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    paths = [tmp_path / name for name in ("none", "pipe", ".")] + [
        pathlib.Path("/nowhere/at/all"),
        pathlib.Path("no\0name"),
    ]
    assert list(read_ahead.read_ahead(paths)) == paths

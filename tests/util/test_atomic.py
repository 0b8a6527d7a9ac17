import pathlib

import pytest

from pygoodvibes.util.atomic import draft, write_bytes, write_text


def test_a_file_takes_its_place_only_when_it_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with draft(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new" and list(tmp_path.iterdir()) == [path]


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), draft(path) as beside:
        beside.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path):
    (tmp_path / "earlier").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "earlier")
    write_text(tmp_path / "link", "new\n")
    assert (tmp_path / "link").read_bytes() == b"new\n"
    assert (tmp_path / "earlier").read_text() == "old"


def test_a_device_is_written_to():
    write_bytes("/dev/null", b"x")
    assert not pathlib.Path("/dev/null").is_file()

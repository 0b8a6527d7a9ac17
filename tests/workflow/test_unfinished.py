import base64
import pathlib

import pytest

from pygoodvibes.workflow import unfinished


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A project's folder with marks."""
    monkeypatch.chdir(tmp_path)
    pathlib.Path("marks").mkdir()
    return tmp_path


def write(path):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("half of it")
    return path


def mark(path, longest=254):
    name = base64.urlsafe_b64encode(str(path).encode()).decode()
    parts = [name[start : start + longest] for start in range(0, len(name), longest)]
    write(pathlib.Path("marks", *(f"@{part}" for part in parts[:-1]), parts[-1]))


def remove():
    removed = unfinished.remove(pathlib.Path("marks"), [pathlib.Path("resources/set")])
    return [path.as_posix() for path in removed]


def test_what_a_killed_job_has_left_is_removed_and_nothing_else(place):
    whole = write("resources/set/mel/00.npy")
    half = write("resources/set/mel/02.npy")
    mark(half)
    mark("resources/set/mel/04.npy")  # it was killed before it wrote anything
    assert remove() == [half.as_posix()]
    assert whole.exists() and not half.exists()
    assert remove() == []


def test_a_folder_goes_whole_and_of_a_link_the_link_alone(place):
    write("resources/set/models/fan.pgv")
    kept = write("cache/result")
    pathlib.Path("resources/set/link").symlink_to(kept.resolve())
    pathlib.Path("resources/set/broken").symlink_to("nowhere")
    for name in ("models", "models/fan.pgv", "link", "broken"):
        mark(f"resources/set/{name}")
    assert sorted(remove())[:2] == ["resources/set/broken", "resources/set/link"]
    assert kept.exists() and list(pathlib.Path("resources/set").iterdir()) == []


def test_a_long_name_is_put_together(place):
    half = write("resources/set/" + "/".join(["a-long-name-of-a-machine"] * 9))
    mark(half, longest=100)
    assert remove() == [half.as_posix()]


@pytest.mark.parametrize(
    "path",
    ["data/clip.wav", "resources/other/x", "resources/set", "resources/set/../../data/clip.wav"],
)
def test_no_mark_leads_out_of_the_folders_of_jobs(place, path):
    clip = write("data/clip.wav")
    write("resources/other/x")
    write("resources/set/y")
    mark(path)
    assert remove() == []
    assert clip.exists() and pathlib.Path("resources/set/y").exists()


def test_what_is_no_mark_is_passed_over(place):
    write("marks/no base64!")
    write("marks/folder/cmVzb3VyY2Vz")
    assert remove() == []


def test_without_marks_there_is_nothing_to_do(place):
    assert unfinished.remove(pathlib.Path("none"), [pathlib.Path("resources")]) == []


@pytest.fixture
def groups(tmp_path):
    """Return two groups, of a file and a folder each, and what they are made from."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    groups = [[tmp_path / f"{name}.csv", tmp_path / name] for name in "ab"]
    for file, folder in groups:
        file.symlink_to("kept/file")
        folder.mkdir()
        (folder / "00.csv").touch()
    made_from = [tmp_path / "found", tmp_path / "unplaced"]
    for path in made_from:
        path.touch()
    return groups, made_from


def test_of_what_is_whole_only_together_no_part_is_left(groups, tmp_path):
    groups, made_from = groups
    assert unfinished.remove_parts(groups, made_from=made_from) == []
    (groups[0][0]).unlink()
    assert unfinished.remove_parts(groups, made_from=made_from) == [groups[0][1]]
    assert not groups[0][1].exists() and all(path.exists() for path in groups[1])
    assert unfinished.remove_parts(groups, made_from=made_from) == []
    # a link that leads nowhere is no file, and goes
    (tmp_path / "kept/file").unlink()
    assert unfinished.remove_parts(groups, made_from=made_from) == groups[1]
    assert not groups[1][0].is_symlink()


@pytest.mark.parametrize("which", [0, 1])
def test_of_what_is_made_from_nothing_that_is_there_none_is_left(groups, tmp_path, which):
    groups, made_from = groups
    made_from[which].unlink()
    assert unfinished.remove_parts(groups, made_from=made_from) == [*groups[0], *groups[1]]
    assert (tmp_path / "kept/file").exists()

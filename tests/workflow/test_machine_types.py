import os

import pytest

from pygoodvibes.data.sources.embedding import Settings as Vectors
from pygoodvibes.data.sources.folder import Settings
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import machine_types


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "clips"
    for split in ("train", "test"):
        (folder / "fan" / split).mkdir(parents=True)
        (folder / "fan" / split / "normal_id_00_00000000.wav").touch()
    return folder


@pytest.fixture
def searched(monkeypatch):
    """Tell how often clips were listed."""
    calls = []
    find = machine_types.list_clips.machine_types
    monkeypatch.setattr(
        machine_types.list_clips, "machine_types", lambda data: calls.append(data) or find(data)
    )
    return calls


def check(folder, tmp_path, code="code", cache=True, **settings):
    dataset = Settings(name="x", source="folder", path=str(folder), **settings)
    found = machine_types.look_up(dataset, code=code, cache=tmp_path / "cache" if cache else None)
    assert found == ["fan"]


def test_clips_are_listed_once_as_long_as_nothing_changes(folder, tmp_path, searched):
    check(folder, tmp_path)
    check(folder, tmp_path)
    assert len(searched) == 1


def change_nothing_but_the_folder(folder):
    (folder / "train").mkdir()


def change_a_time(folder):
    os.utime(folder / "fan/train/normal_id_00_00000000.wav", ns=(1, 1))


def add_a_file(folder):
    (folder / "fan/train/normal_id_00_00000001.wav").touch()


def remove_a_file(folder):
    (folder / "fan/train/normal_id_00_00000000.wav").unlink()


def move_it(folder):
    folder.rename(folder.with_name("moved"))
    folder.symlink_to("moved")


@pytest.mark.parametrize(
    "change", [change_nothing_but_the_folder, change_a_time, add_a_file, remove_a_file, move_it]
)
def test_clips_are_listed_again_after_each_change(folder, tmp_path, searched, change):
    check(folder, tmp_path)
    change(folder)
    try:
        check(folder, tmp_path)
    except UserError:
        assert change is change_nothing_but_the_folder
    assert len(searched) == 2


@pytest.mark.parametrize("other", [{"code": "edited"}, {"layout": "dcase"}])
def test_other_code_and_other_settings_list_again(folder, tmp_path, searched, other):
    check(folder, tmp_path)
    check(folder, tmp_path, **other)
    assert len(searched) == 2


def test_what_is_wrong_is_said_every_time(folder, tmp_path):
    check(folder, tmp_path)
    for path in folder.rglob("*.wav"):
        path.unlink()
    for _ in range(2):
        with pytest.raises(UserError, match="no recordings in it"):
            check(folder, tmp_path)


def test_a_folder_that_is_gone_is_told_by_the_search(folder, tmp_path):
    check(folder, tmp_path)
    folder.rename(folder.with_name("elsewhere"))
    with pytest.raises(UserError, match="no such folder"):
        check(folder, tmp_path)


def test_what_a_table_names_may_lie_elsewhere_and_is_looked_at_again(folder, tmp_path, searched):
    table = tmp_path / "clips.csv"
    table.write_text(
        "path,machine,id,split,label\nfan/train/normal_id_00_00000000.wav,fan,00,train,normal\n"
    )
    for _ in range(2):
        check(folder, tmp_path, layout="manifest", manifest=str(table))
    assert len(searched) == 2


def test_nothing_is_kept_without_a_folder_of_earlier_results(folder, tmp_path, searched):
    for _ in range(2):
        check(folder, tmp_path, cache=False)
    assert len(searched) == 2
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("content", [b"", b'["fa', b"{}", b"[1]", b"\xff", b"[]"])
def test_what_was_kept_and_cut_is_looked_for_again(folder, tmp_path, searched, content):
    check(folder, tmp_path)
    [kept] = (tmp_path / "cache" / machine_types.PLACE).iterdir()
    kept.write_bytes(content)
    check(folder, tmp_path)
    assert len(searched) == 2
    check(folder, tmp_path)
    assert len(searched) == 2


def test_the_vectors_of_a_table_are_read_once(tmp_path, searched):
    table = tmp_path / "v.csv"
    table.write_text("clip,x\nfan/train/normal_id_00_0.wav,1\n")
    dataset = Vectors(name="x", source="embedding", path=str(table))
    for more, times in (("", 1), ("", 1), ("pump/train/normal_id_00_0.wav,1\n", 2)):
        table.write_text(table.read_text() + more) if more else None
        found = machine_types.look_up(dataset, code="code", cache=tmp_path / "cache")
        assert len(searched) == times
    assert found == ["fan", "pump"]

import pytest

from local_server import read_tree
from pygoodvibes.data.sources.placement import (
    DOWNLOADS,
    clear_away,
    clip_place,
    is_placed,
    is_ready,
    make_ready,
    place_machine,
)
from pygoodvibes.util.errors import UserError

CLIP = "normal_id_00_00000000.wav"


@pytest.mark.parametrize("above", ["", "dev_data_fan/", "dataset/dev data/x/"])
@pytest.mark.parametrize("split", ["train", "test"])
def test_clip_at_any_depth(above, split):
    place = clip_place("a.zip", f"{above}fan/{split}/{CLIP}", ["fan", "pump"])
    assert place == f"fan/{split}/{CLIP}"


@pytest.mark.parametrize(
    "member",
    [
        f"pump/train/{CLIP}",
        "fan/train/readme.txt",
        "license.md",
        f"__MACOSX/fan/train/._{CLIP}",
        f"fan/train/.{CLIP}",
    ],
)
def test_members_left_out(member):
    assert clip_place("a.zip", member, ["fan"]) is None


@pytest.mark.parametrize(
    "member", [CLIP, f"train/{CLIP}", f"fan/{CLIP}", f"fan/dev/{CLIP}", f"fan/train/x/{CLIP}"]
)
def test_clips_that_have_no_place(member):
    with pytest.raises(UserError, match=rf"a\.zip: {member} is not in <machine>/train or"):
        clip_place("a.zip", member, ["fan"])


def staged(folder, clips=3):
    (folder / "staged" / "train").mkdir(parents=True)
    for i in range(clips):
        (folder / "staged" / "train" / f"{i}.wav").touch()
    return folder / "staged"


@pytest.mark.parametrize("made", [False, True])
def test_place_and_recognise(tmp_path, made):
    assert not is_placed(tmp_path, "fan", "x")
    if made:
        (tmp_path / "fan").mkdir()
        assert not is_placed(tmp_path, "fan", "x")
    make_ready(staged(tmp_path), tmp_path, "fan", [("a", 1)])
    assert read_tree(tmp_path) == {}
    assert is_ready(tmp_path, "fan", [("a", 1)])
    assert not is_ready(tmp_path, "fan", [("a", 2)])
    assert not is_ready(tmp_path, "pump", [("a", 1)])
    assert not is_placed(tmp_path, "fan", [("a", 1)])
    place_machine(tmp_path, "fan")
    assert not is_ready(tmp_path, "fan", [("a", 1)])
    assert sorted(read_tree(tmp_path)) == ["fan/train/0.wav", "fan/train/1.wav", "fan/train/2.wav"]
    assert is_placed(tmp_path, "fan", [("a", 1)])
    assert not is_placed(tmp_path, "pump", [("a", 1)])
    # The workflow removes its outputs before it makes them again.
    clear_away(tmp_path / "fan")
    assert not is_placed(tmp_path, "fan", [("a", 1)])


def test_folder_of_something_else(tmp_path):
    make_ready(staged(tmp_path), tmp_path, "fan", "a")
    place_machine(tmp_path, "fan")
    with pytest.raises(UserError, match="fan holds 3 clips that this download did not put there"):
        is_placed(tmp_path, "fan", "b")
    (tmp_path / "fan" / "train" / "1.wav").unlink()
    with pytest.raises(UserError, match=r"fan holds 2 clips that .* or not all of them"):
        is_placed(tmp_path, "fan", "a")
    (tmp_path / DOWNLOADS / "fan.json").write_text('{"clips"')
    with pytest.raises(UserError, match="move the folder away or delete it"):
        is_placed(tmp_path, "fan", "a")
    (tmp_path / "pump").write_text("a file")
    with pytest.raises(UserError, match="pump holds 0 clips"):
        is_placed(tmp_path, "pump", "a")


def test_no_clips(tmp_path):
    with pytest.raises(UserError, match="no clips of the machine 'fan'"):
        make_ready(staged(tmp_path, clips=0), tmp_path, "fan", "a")
    assert not is_ready(tmp_path, "fan", "a")


def test_ready_again_in_place_of_another(tmp_path):
    make_ready(staged(tmp_path, clips=5), tmp_path, "fan", "a")
    make_ready(staged(tmp_path, clips=2), tmp_path, "fan", "b")
    assert is_ready(tmp_path, "fan", "b")
    place_machine(tmp_path, "fan")
    assert len(read_tree(tmp_path)) == 2


def test_clear_away(tmp_path):
    folder = staged(tmp_path)
    clear_away(folder / "train" / "0.wav")
    assert not (folder / "train" / "0.wav").exists()
    clear_away(folder)
    clear_away(folder)
    assert list(tmp_path.iterdir()) == []

import collections

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clip_folders import by_path, mimii_paths, touch
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.mimii_layout import place_mimii
from pygoodvibes.util.errors import UserError


def split_of(clips):
    return {clip.clip: clip.split for clip in clips if clip.label == "normal" and not clip.reason}


def test_mimii_folder(tmp_path):
    touch(tmp_path, *mimii_paths())
    clips = find_clips(tmp_path, seed=3)
    assert clips == find_clips(tmp_path, layout="mimii", seed=3)
    assert collections.Counter((c.machine, c.id, c.split, c.label) for c in clips) == {
        ("fan", "00", "train", "normal"): 20,
        ("fan", "00", "test", "normal"): 10,
        ("fan", "00", "test", "anomaly"): 10,
    }
    anomaly = by_path(clips)["fan/id_00/abnormal/00000004.wav"]
    assert anomaly.clip == "anomaly_id_00_00000004.wav"
    assert by_path(clips)["fan/id_00/normal/00000004.wav"].clip == "normal_id_00_00000004.wav"
    assert len({c.clip for c in clips}) == 40
    assert clips == sorted(clips, key=lambda c: (c.machine, c.id, c.split, c.label, c.path))


def test_mimii_test_set_takes_at_most_half_of_the_normal_clips(tmp_path):
    touch(tmp_path, *mimii_paths(normals=9, abnormals=50))
    splits = split_of(find_clips(tmp_path, layout="mimii"))
    assert collections.Counter(splits.values()) == {"test": 4, "train": 5}


def test_mimii_number_of_test_clips_given(tmp_path):
    touch(tmp_path, *mimii_paths(normals=9))
    splits = split_of(find_clips(tmp_path, layout="mimii", test_normal_clips=7))
    assert collections.Counter(splits.values()) == {"test": 7, "train": 2}
    with pytest.raises(UserError, match="test_normal_clips is 9, but fan id_00 has 9 normal"):
        find_clips(tmp_path, layout="mimii", test_normal_clips=9)
    with pytest.raises(UserError, match="test_normal_clips is 0; it must be at least 1"):
        find_clips(tmp_path, layout="mimii", test_normal_clips=0)


@given(
    seed=st.integers(0, 2**32),
    normals=st.integers(0, 60),
    abnormals=st.integers(0, 60),
    shuffler=st.randoms(),
)
def test_mimii_split_is_seeded_and_complete(tmp_path_factory, seed, normals, abnormals, shuffler):
    root = tmp_path_factory.getbasetemp()
    paths = mimii_paths(normals=normals, abnormals=abnormals)
    clips = place_mimii(root, paths, test_normal_clips=None, seed=seed)
    assert sorted(clip.path for clip in clips) == sorted(paths)
    counts = collections.Counter((clip.split, clip.label) for clip in clips)
    assert counts["test", "anomaly"] == abnormals
    assert counts["test", "normal"] == min(abnormals, normals // 2)
    assert counts["train", "normal"] == normals - counts["test", "normal"]
    shuffler.shuffle(paths)
    assert place_mimii(root, paths, test_normal_clips=None, seed=seed) == clips


def test_mimii_split_depends_on_seed_and_on_id(tmp_path):
    touch(tmp_path, *mimii_paths(), *mimii_paths(machine_id="id_02"))
    clips = find_clips(tmp_path, layout="mimii", seed=0)
    assert split_of(clips) != split_of(find_clips(tmp_path, layout="mimii", seed=1))
    test = {
        machine_id: {
            c.path[-12:]
            for c in clips
            if c.id == machine_id and (c.split, c.label) == ("test", "normal")
        }
        for machine_id in ("00", "02")
    }
    assert test["00"] != test["02"]


def test_mimii_split_stays_when_a_clip_comes_or_goes(tmp_path):
    touch(tmp_path, *mimii_paths())
    before = split_of(find_clips(tmp_path, layout="mimii"))
    (tmp_path / "fan/id_00/normal/00000011.wav").unlink()
    touch(tmp_path, "fan/id_00/normal/99999999.wav")
    after = split_of(find_clips(tmp_path, layout="mimii"))
    changed = [clip for clip in before.keys() & after.keys() if before[clip] != after[clip]]
    assert len(changed) <= 1


def test_mimii_one_snr(tmp_path):
    touch(
        tmp_path,
        *mimii_paths("0_dB_fan/fan/"),
        *mimii_paths("0_dB_pump/"),
        *mimii_paths("0_dB/valve/"),
    )
    clips = find_clips(tmp_path)
    assert {clip.machine for clip in clips} == {"fan", "pump", "valve"}
    assert not any(clip.reason for clip in clips)


def test_mimii_several_snrs(tmp_path):
    touch(tmp_path, *mimii_paths("6_dB_pump/pump/"), *mimii_paths("-6_dB_pump/pump/"))
    clips = find_clips(tmp_path)
    assert {clip.machine for clip in clips} == {"pump_6_dB", "pump_-6_dB"}
    assert not any(clip.reason for clip in clips)
    # One machine is split alike at every ratio.
    louder = [c for c in clips if c.machine == "pump_6_dB"]
    softer = [c for c in clips if c.machine == "pump_-6_dB"]
    assert split_of(louder) == split_of(softer)


def test_mimii_split_is_the_same_however_the_folder_is_nested(tmp_path):
    touch(tmp_path, *mimii_paths("sets/6_dB_fan/fan/"))
    folders = ["", "sets", "sets/6_dB_fan", "sets/6_dB_fan/fan"]
    splits = [split_of(find_clips(tmp_path / folder, layout="mimii")) for folder in folders]
    assert splits[1:] == splits[:-1]
    assert {c.machine for c in find_clips(tmp_path / folders[-1], layout="mimii")} == {"fan"}


def test_mimii_folder_of_a_ratio_and_machine(tmp_path):
    touch(tmp_path, *mimii_paths("6_dB_pump/"))
    assert {c.machine for c in find_clips(tmp_path / "6_dB_pump", layout="mimii")} == {"pump"}


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("fan/id_00/normal/deeper/00000000.wav", "wrong place"),
        ("fan/00/normal/00000000.wav", "wrong place"),
        ("fan/id_00/00000000.wav", "wrong place"),
        ("0.wav", "wrong place"),
        ("fan/id_/normal/00000000.wav", "the ID '' is not"),
        ("big fan/id_00/normal/00000000.wav", "'big fan' is not"),
        ("fan/id_00/normal/00000000.wma", "of a kind that is not read"),
        ("copy/fan/id_00/abnormal/00000001.wav", "same machine, ID, split and name as"),
    ],
)
def test_mimii_file_that_does_not_fit_is_listed(tmp_path, path, reason):
    touch(tmp_path, *mimii_paths(normals=2, abnormals=2), path)
    clips = find_clips(tmp_path)
    assert len(clips) == 5
    reasons = [clip.reason for clip in clips if clip.reason]
    assert len(reasons) == 1
    assert reason in reasons[0]

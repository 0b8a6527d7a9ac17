"""Supplemental recordings: names, what is heard in them, and that other clips stay as they were."""

import numpy as np
import pytest
import soundfile

from pygoodvibes.data.synthesis.generate import clip_parts
from pygoodvibes.data.synthesis.sections import write_sections
from pygoodvibes.data.synthesis.supplemental import plan_supplemental, supplemental_clip
from pygoodvibes.data.synthesis.working_point import SOURCE_LOADS, SOURCE_SPEEDS
from pygoodvibes.util.errors import UserError

SOUND = {"seconds": 1.0, "sample_rate": 16000, "snr_db": 6.0}
SIZES = {"train_clips": 2, "target_train_clips": 1, "test_normal_clips": 1, "test_anomaly_clips": 1}


def plan(kind, clips=3):
    return plan_supplemental("fan", "02", kind=kind, clips=clips, seed=4)


def written(folder, **more):
    write_sections("fan", ["00", "02"], folder, shift="mild", seed=4, **SIZES, **SOUND, **more)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}


def test_names_tell_the_section_and_what_is_heard():
    assert [row["clip"] for row in plan("clean")] == [
        f"section_02_machine_{number:04d}_.wav" for number in (1, 2, 3)
    ]
    assert plan("noise")[0]["clip"] == "section_02_noise_0001_.wav"
    assert plan(None) == []


def test_working_points_are_those_of_the_source_domain_whatever_the_shift():
    points = [row["point"] for row in plan("clean", 200)]
    assert {point.speed for point in points} == set(SOURCE_SPEEDS)
    assert {point.load for point in points} == set(SOURCE_LOADS)
    assert {point.hall for point in points} == {"A"}


def test_of_the_two_parts_of_a_clip_one_alone_is_heard():
    for kind, part in (("clean", "machine"), ("noise", "background")):
        row = plan(kind)[0]
        names = {name: row[name] for name in ("clip", "split", "point")}
        parts = clip_parts("fan", "02", seed=4, **names, **SOUND)
        samples = supplemental_clip("fan", "02", row, seed=4, **SOUND)
        assert np.array_equal(samples, getattr(parts, part))
        assert samples.any()


def test_two_microphones_hear_the_same_part():
    row = plan("noise")[0]
    near = supplemental_clip("fan", "02", row, seed=4, **SOUND)
    both = supplemental_clip("fan", "02", row, seed=4, channels=2, **SOUND)
    assert np.array_equal(both[:, 0], near)
    assert both[:, 1].any()


def test_the_other_files_are_the_same_bytes_with_and_without(tmp_path):
    without = written(tmp_path / "none")
    assert not any("supplemental" in name for name in without)
    for kind, word in (("clean", "machine"), ("noise", "noise")):
        found = written(tmp_path / kind, supplemental=kind, supplemental_clips=2)
        more = sorted(found.keys() - without.keys())
        assert more == [
            f"supplemental/section_{section}_{word}_{number:04d}_.wav"
            for section in ("00", "02")
            for number in (1, 2)
        ]
        assert {name: found[name] for name in without} == without
        assert len({found[name] for name in more}) == 4
        assert soundfile.info(tmp_path / kind / more[0]).frames == 16000


def test_recordings_of_another_plan_are_not_mixed_with_these(tmp_path):
    written(tmp_path, supplemental="clean", supplemental_clips=2)
    written(tmp_path, supplemental="clean", supplemental_clips=2)
    with pytest.raises(UserError, match="section_00_machine_0002_"):
        written(tmp_path, supplemental="clean", supplemental_clips=1)


def test_an_unknown_kind_and_a_negative_number_are_refused():
    with pytest.raises(UserError, match="'quiet'; use clean, noise"):
        plan("quiet")
    with pytest.raises(UserError, match="supplemental_clips is -1"):
        plan("clean", -1)

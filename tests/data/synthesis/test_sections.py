"""Synthetic sections with two domains: names, counts, attributes, and what differs by strength."""

import collections
import csv

import numpy as np
import pytest

from pygoodvibes.data.dcase_layout import place_dcase
from pygoodvibes.data.synthesis.generate import MODULES
from pygoodvibes.data.synthesis.sections import plan_section, section_clip, write_sections
from pygoodvibes.util.errors import UserError

SIZES = {
    "train_clips": 6,
    "target_train_clips": 2,
    "test_normal_clips": 2,
    "test_anomaly_clips": 3,
    "seed": 4,
}
SOUND = {"seconds": 1.0, "sample_rate": 16000, "snr_db": 6.0, "seed": 4}


def sounds(shift, machine="fan"):
    return {
        row["stream"]: section_clip(machine, "02", row, **SOUND)
        for row in plan_section(machine, "02", shift=shift, **SIZES)
    }


def test_counts_are_those_asked_for_and_test_clips_come_in_both_domains():
    rows = plan_section("fan", "02", shift="mild", **SIZES)
    counts = collections.Counter((row["domain"], row["split"], row["label"]) for row in rows)
    assert counts == {
        ("source", "train", "normal"): 6,
        ("target", "train", "normal"): 2,
        **{(domain, "test", "normal"): 2 for domain in ("source", "target")},
        **{(domain, "test", "anomaly"): 3 for domain in ("source", "target")},
    }
    assert {row["fault"] for row in rows if row["label"] == "normal"} == {""}
    assert all(row["severity"] > 0 for row in rows if row["label"] == "anomaly")


def test_the_target_domain_is_shifted_and_the_source_domain_is_the_same_at_every_strength():
    none, mild, strong = (sounds(shift) for shift in ("none", "mild", "strong"))
    for name, sound in none.items():
        same = np.array_equal(sound, mild[name])
        assert same == ("source" in name), name
        assert np.array_equal(mild[name], strong[name]) == ("source" in name)


def test_the_unit_has_speed_and_load_in_every_machine_type():
    for module in MODULES.values():
        for unit in module.UNITS.values():
            assert all(hasattr(unit, name) for name in {**module.SPEED, **module.LOAD})


def test_the_files_are_read_as_those_of_a_development_set(tmp_path):
    folder = tmp_path / "fan"
    write_sections("fan", ["00", "02"], folder, shift="strong", **SIZES, **without_seed(SOUND))
    paths = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.wav"))
    clips = place_dcase(tmp_path, paths)
    assert not [clip.reason for clip in clips if clip.reason]
    assert {(clip.machine, clip.id) for clip in clips} == {("fan", "00"), ("fan", "02")}
    counts = collections.Counter((clip.split, clip.domain) for clip in clips if clip.id == "00")
    assert counts == {
        ("train", "source"): 6,
        ("train", "target"): 2,
        ("test", "source"): 5,
        ("test", "target"): 5,
    }
    for clip in clips:
        attributes = dict(clip.attributes)
        assert list(attributes) == ["spd", "load", "mic", "noise"]
        assert attributes["mic"] == ("1" if clip.domain == "source" else "2")
    with (folder / "faults.csv").open() as file:
        truth = {row["clip"]: row["label"] for row in csv.DictReader(file)}
    assert truth == {clip.clip: clip.label for clip in clips}


def test_the_names_tell_the_attributes_that_the_table_tells(tmp_path):
    write_sections("fan", ["00"], tmp_path / "fan", shift="mild", **SIZES, **without_seed(SOUND))
    paths = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.wav")]
    with_table = place_dcase(tmp_path, paths)
    (tmp_path / "fan" / "attributes_00.csv").unlink()
    assert place_dcase(tmp_path, paths) == with_table


def test_a_wrong_setting_is_refused_with_a_sentence():
    with pytest.raises(UserError, match="the shift is 'huge'; use none, mild, strong"):
        plan_section("fan", "02", shift="huge", **SIZES)
    with pytest.raises(UserError, match="target_train_clips is -1"):
        plan_section("fan", "02", shift="mild", **{**SIZES, "target_train_clips": -1})
    with pytest.raises(UserError, match="no synthetic fan with the ID '09'"):
        plan_section("fan", "09", shift="mild", **SIZES)


def without_seed(settings):
    return {name: value for name, value in settings.items() if name != "seed"}

"""Supplemental recordings: what their place and name tell, and how the manifest lists them."""

import numpy as np
import pytest
import soundfile

from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.manifest import by_machine_id, inspect_clips, usable
from pygoodvibes.data.supplemental import (
    STATUS,
    is_found,
    is_supplemental,
    kind_of,
    section_of,
    why_no_clip,
)

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 0}


def test_a_folder_above_the_file_is_called_so():
    assert is_supplemental("ToyPet/supplemental/a.wav") and is_supplemental("Supplemental/a.wav")
    assert not is_supplemental("fan/train/supplemental")


@pytest.mark.parametrize(
    ("name", "section", "kind"),
    [
        ("section_00_machine_0001_.wav", "00", "clean"),
        ("section_03_machine_0100_.flac", "03", "clean"),
        ("section_00_machine_0001.wav", "00", "clean"),
        ("section_00_machine_0001_spd_1.wav", "00", "clean"),
        ("section_01_noise_0001_.wav", "01", "noise"),
        ("section_00_clean_0000.wav", "00", "unknown"),
        ("section_00_0001.wav", "00", "unknown"),
        ("section_00_machine_.wav", "", "unknown"),
        ("machine_0001.wav", "", "unknown"),
        ("noise.wav", "", "unknown"),
    ],
)
def test_the_name_tells_section_and_kind(name, section, kind):
    path = f"ToyPet/supplemental/{name}"
    assert (section_of(path), kind_of(path)) == (section, kind)
    assert why_no_clip(path) == STATUS[kind]


def test_the_manifest_of_a_section_lists_them_with_their_kind_and_a_broken_one_with_its_reason(
    tmp_path,
):
    samples = np.random.default_rng(0).normal(scale=0.1, size=8000)
    names = {
        "train/section_00_source_train_normal_0000_a_1.wav": "ok",
        "supplemental/section_00_machine_0001_.wav": STATUS["clean"],
        "supplemental/section_00_noise_0001_.wav": STATUS["noise"],
        "supplemental/section_00_0001.wav": STATUS["unknown"],
    }
    for name in names:
        (tmp_path / "fan" / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / "fan" / name, samples, 16000)
    broken = tmp_path / "fan/supplemental/section_00_machine_0002_.wav"
    broken.write_bytes((tmp_path / "fan" / list(names)[1]).read_bytes()[:500])
    fast = tmp_path / "fan/supplemental/section_00_machine_0003_.wav"
    soundfile.write(fast, samples, 44100)

    rows = inspect_clips(find_clips(tmp_path), tmp_path, **AUDIO)
    assert {key: len(group) for key, group in by_machine_id(rows).items()} == {("fan", "00"): 6}
    found = {row["path"].removeprefix("fan/"): row for row in rows}
    assert {name: found[name]["status"] for name in names} == names
    assert all(found[name]["xxh3_128"] and found[name]["seconds"] == "0.5" for name in names)
    assert found["supplemental/section_00_machine_0002_.wav"]["status"].startswith("truncated")
    assert "44100" in found["supplemental/section_00_machine_0003_.wav"]["status"]
    assert {row["clip"] for row in rows if is_found(row)} == {
        name.rpartition("/")[2] for name in list(names)[1:]
    }
    assert [row["split"] for row in usable(rows)] == ["train"]

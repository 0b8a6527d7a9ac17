import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.data.clip import clip_of, parse_dcase_name, unit_of
from pygoodvibes.data.supplemental import STATUS


@pytest.mark.parametrize(
    ("name", "machine_id", "label", "split", "domain"),
    [
        ("normal_id_00_00000000.wav", "00", "normal", "", ""),
        ("anomaly_id_06_00000129.WAV", "06", "anomaly", "", ""),
        ("id_01_00000000.wav", "01", "unknown", "", ""),
        ("section_00_source_train_normal_0000_s_1.wav", "00", "normal", "train", "source"),
        ("section_03_target_test_0000.wav", "03", "unknown", "test", "target"),
        ("section_02_target_test_anomaly_0012.flac", "02", "anomaly", "test", "target"),
        ("anomaly_id_00_00000003.ogg", "00", "anomaly", "", ""),
        ("anomaly_id_00_00000003.wave", "00", "anomaly", "", ""),
        ("anomaly_id_00_00000003.m4a", "00", "anomaly", "", ""),  # not read, but listed there
        ("section_03_test_0000.wav", "03", "unknown", "test", ""),
        ("section_00_0199.wav", "00", "unknown", "", ""),
        # RoboticArm of 2024 says no split
        ("section_00_source_normal_0035_a_1.wav", "00", "normal", "", "source"),
    ],
)
def test_published_names(name, machine_id, label, split, domain):
    found = parse_dcase_name(name)
    assert (found["id"], found["label"]) == (machine_id, label)
    assert (found["split"], found["domain"]) == (split, domain)


@pytest.mark.parametrize(
    "name",
    [
        "00000000.wav",
        "normal_id_00_00000000.txt",
        "normal_id_00.wav",
        "abnormal_id_00_00000000.wav",
        "normal_id_00_00000000.wav\n",
        "my normal_id_00_00000000.wav",
        "section_00.wav",
        "section_00_middle_train_normal_0000.wav",
        "section_00_machine_0001_.wav",  # supplemental, 2025
        "",
    ],
)
def test_other_names(name):
    assert parse_dcase_name(name) is None


@given(
    label=st.sampled_from(["normal", "anomaly", "unknown"]),
    machine_id=st.integers(0, 99).map("{:02d}".format),
    number=st.integers(0, 10**8 - 1).map("{:08d}".format),
)
def test_names_of_2020_round_trip(label, machine_id, number):
    start = "" if label == "unknown" else label + "_"
    found = parse_dcase_name(f"{start}id_{machine_id}_{number}.wav")
    assert found == {
        "id": machine_id,
        "label": label,
        "number": number,
        "split": "",
        "domain": "",
        "attributes": "",
    }


@given(
    domain=st.sampled_from(["", "source", "target"]),
    split=st.sampled_from(["", "train", "test"]),
    label=st.sampled_from(["unknown", "normal", "anomaly"]),
    machine_id=st.integers(0, 99).map("{:02d}".format),
    number=st.integers(0, 9999).map("{:04d}".format),
    attributes=st.text(string.ascii_letters + string.digits + "_-.", max_size=20),
)
def test_names_since_2021_round_trip(domain, split, label, machine_id, number, attributes):
    # An attribute that is a number can't be told from the clip's number where label is missing.
    attributes = "spd_" + attributes
    parts = ["section", machine_id, domain, split, "" if label == "unknown" else label, number]
    name = "_".join([part for part in [*parts, attributes] if part])
    assert parse_dcase_name(name + ".wav") == {
        "id": machine_id,
        "label": label,
        "number": number,
        "split": split,
        "domain": domain,
        "attributes": attributes,
    }


@pytest.mark.parametrize(
    ("path", "written", "reason"),
    [
        ("a/\x1b[2J.wav", "a/\\x1b[2J.wav", "its name holds characters that are not shown"),
        ("a\n.wav", "a\\n.wav", "its name holds characters that are not shown"),
        ("caf\udce9.wav", "caf\\udce9.wav", "its name is not UTF-8 text"),
        ("=1+2.wav", "./=1+2.wav", "its name begins with =, which spreadsheets take for a"),
        ("a/@sum.wav", "a/@sum.wav", "its name begins with @, which spreadsheets take for a"),
        ("-6_dB/a b ü.wav", "-6_dB/a b ü.wav", ""),
    ],
)
def test_a_name_that_can_do_harm_where_it_is_shown_is_written_otherwise(path, written, reason):
    name = path.rpartition("/")[2]
    clip = clip_of("fan", "00", "test", "normal", path, name, "", "")
    assert (
        clip.path == written
        and clip.reason.startswith(reason)
        and bool(clip.reason) == bool(reason)
    )
    assert not clip.clip.startswith(("=", "@")) and clip.clip.isprintable()


def test_no_cell_of_machine_or_id_is_a_formula():
    clip = clip_of("=fan", "@1", "test", "normal", "a.wav", "a.wav", "", "")
    assert (clip.machine, clip.id) == ("'=fan", "'@1") and "'=fan' is not letters" in clip.reason


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("section_00_source_test_normal_0001_vel_730_ac_0.11.wav", "vel_730_ac_0.11"),
        ("section_00_target_train_normal_0001_m-n_W.wav", "m-n_W"),
        ("section_00_source_train_normal_0000_noAttribute.wav", "noAttribute"),
        ("section_00_source_test_normal_0001_car_B1_mic_2_mic_1.wav", "car_B1_mic_2_mic_1"),
        ("section_00_0001.wav", ""),
    ],
)
def test_attributes_of_a_name(name, attributes):
    assert parse_dcase_name(name)["attributes"] == attributes


def test_what_lies_in_a_folder_supplemental_is_no_clip():
    path = "ToyPet/supplemental/section_00_source_train_normal_0001.wav"
    clip = clip_of("ToyPet", "00", "train", "normal", path, "a.wav", "", "")
    assert clip.reason == STATUS["unknown"]


def test_a_data_set_has_sections_if_its_clips_are_named_so_or_have_domains():
    assert unit_of(["normal_id_00_00000000.wav"], [""]) == "machine ID"
    assert unit_of(["section_00_0000.wav"]) == "section"
    assert unit_of(["a.wav"], ["", "target"]) == "section"

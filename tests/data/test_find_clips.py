import collections
import csv
import os
import random
import string
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.data.clip import Clip, parse_dcase_name
from pygoodvibes.data.csv_manifest import MANIFEST_COLUMNS, find_manifest
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.mimii_layout import place_mimii
from pygoodvibes.util.errors import UserError


def touch(folder, *paths):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).touch()


def by_path(clips):
    assert len({clip.path for clip in clips}) == len(clips)
    return {clip.path: clip for clip in clips}


# --- names


@pytest.mark.parametrize(
    ("name", "machine_id", "label", "split", "domain"),
    [
        ("normal_id_00_00000000.wav", "00", "normal", "", ""),
        ("anomaly_id_06_00000129.WAV", "06", "anomaly", "", ""),
        ("id_01_00000000.wav", "01", "unknown", "", ""),
        ("section_00_source_train_normal_0000_s_1.wav", "00", "normal", "train", "source"),
        ("section_03_target_test_0000.wav", "03", "unknown", "test", "target"),
        ("section_02_target_test_anomaly_0012.flac", "02", "anomaly", "test", "target"),
        ("section_03_test_0000.wav", "03", "unknown", "test", ""),
        ("section_00_0199.wav", "00", "unknown", "", ""),
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


# --- DCASE


def test_dcase_folder(tmp_path):
    touch(
        tmp_path,
        "fan/train/normal_id_00_00000000.wav",
        "fan/test/normal_id_00_00000000.wav",
        "fan/test/anomaly_id_00_00000000.wav",
        "ToyCar/test/id_05_00000001.flac",
        "fan/readme.md",
        "fan/attributes_00.csv",
        ".downloads/fan/train/normal_id_00_00000009.wav",
        "fan/test/._anomaly_id_00_00000000.wav",
    )
    clips = find_clips(tmp_path, layout="dcase")
    assert clips == [
        Clip(
            "ToyCar",
            "05",
            "test",
            "unknown",
            "ToyCar/test/id_05_00000001.flac",
            "id_05_00000001.flac",
        ),
        Clip(
            "fan",
            "00",
            "test",
            "anomaly",
            "fan/test/anomaly_id_00_00000000.wav",
            "anomaly_id_00_00000000.wav",
        ),
        Clip(
            "fan",
            "00",
            "test",
            "normal",
            "fan/test/normal_id_00_00000000.wav",
            "normal_id_00_00000000.wav",
        ),
        Clip(
            "fan",
            "00",
            "train",
            "normal",
            "fan/train/normal_id_00_00000000.wav",
            "normal_id_00_00000000.wav",
        ),
    ]
    assert not any(clip.reason for clip in clips)
    assert find_clips(tmp_path) == clips


def test_dcase_folder_of_one_machine(tmp_path):
    touch(tmp_path, "fan/train/normal_id_00_00000000.wav", "fan/test/anomaly_id_02_00000003.wav")
    clips = find_clips(tmp_path / "fan")
    assert [(c.machine, c.id, c.split, c.path) for c in clips] == [
        ("fan", "00", "train", "train/normal_id_00_00000000.wav"),
        ("fan", "02", "test", "test/anomaly_id_02_00000003.wav"),
    ]


def test_machine_name_of_a_relative_folder(tmp_path, monkeypatch):
    touch(tmp_path, "fan/train/normal_id_00_00000000.wav")
    monkeypatch.chdir(tmp_path / "fan")
    assert find_clips(".")[0].machine == "fan"


def test_domains(tmp_path):
    touch(
        tmp_path,
        "fan/train/section_00_target_train_normal_0001_m_X.wav",
        "fan/source_test/section_00_source_test_normal_0000.wav",
        "fan/target_test/section_00_source_test_normal_0001.wav",
        "fan/target_test/section_00_0001.wav",
        "fan/test/section_01_source_train_normal_0000.wav",
        "fan/supplemental/section_00_0000.wav",
    )
    clips = by_path(find_clips(tmp_path, layout="dcase"))
    train = clips["fan/train/section_00_target_train_normal_0001_m_X.wav"]
    assert (train.domain, train.split, train.reason) == ("target", "train", "")
    source = clips["fan/source_test/section_00_source_test_normal_0000.wav"]
    assert (source.domain, source.split, source.reason) == ("source", "test", "")
    nameless = clips["fan/target_test/section_00_0001.wav"]
    assert (nameless.domain, nameless.label, nameless.reason) == ("target", "unknown", "")
    wrong = clips["fan/target_test/section_00_source_test_normal_0001.wav"].reason
    assert wrong == "its name says source, its folder target_test"
    wrong = clips["fan/test/section_01_source_train_normal_0000.wav"].reason
    assert wrong == "its name says train, its folder test"
    assert "supplemental" in clips["fan/supplemental/section_00_0000.wav"].reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("fan/train/anomaly_id_00_00000000.wav", "anomaly among the training clips"),
        ("fan/train/id_00_00000000.wav", "not labelled normal"),
        ("fan/train/hello.wav", "wrong name"),
        ("fan/train/deeper/normal_id_00_00000000.wav", "wrong place"),
        ("fan/normal_id_00_00000000.wav", "wrong place"),
        ("normal_id_00_00000000.wav", "wrong place"),
        ("fan/Train/normal_id_00_00000000.wav", "wrong place"),
        ("a fan/test/normal_id_00_00000000.wav", "'a fan' is not letters"),
        ("_fan/test/normal_id_00_00000000.wav", "'_fan' is not letters"),
        ("fan/test/normal_id_00_00000000.m4a", "of a kind that is not read"),
        ("fan/source_test/normal_id_07_00000000.wav", "same machine, ID, split and name as"),
    ],
)
def test_dcase_file_that_does_not_fit_is_listed(tmp_path, path, reason):
    touch(tmp_path, "fan/test/normal_id_07_00000000.wav", path)
    clips = find_clips(tmp_path)
    reasons = [clip.reason for clip in clips if clip.reason]
    assert len(clips) == 2
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert path in by_path(clips)


def test_name_that_is_not_text(tmp_path):
    touch(tmp_path, "fan/test/normal_id_07_00000000.wav")
    os.mknod(os.fsencode(tmp_path) + b"/fan/test/normal_id_\xff_1.wav")
    clips = find_clips(tmp_path)
    assert [clip.reason for clip in clips] == ["its name is not UTF-8 text; rename the file", ""]
    for clip in clips:
        clip.path.encode()
        clip.clip.encode()


def test_link_in_a_circle(tmp_path):
    touch(tmp_path, "fan/test/normal_id_07_00000000.wav")
    (tmp_path / "fan" / "again").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_clips(tmp_path)) == 1


def test_linked_machine_folder(tmp_path):
    touch(tmp_path, "store/fan/test/normal_id_07_00000000.wav")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "fan").symlink_to(tmp_path / "store" / "fan", target_is_directory=True)
    assert find_clips(tmp_path / "data")[0].path == "fan/test/normal_id_07_00000000.wav"


# --- MIMII


def mimii_paths(prefix="fan/", *, normals=30, abnormals=10, machine_id="id_00"):
    paths = [f"{prefix}{machine_id}/normal/{i:08d}.wav" for i in range(normals)]
    return paths + [f"{prefix}{machine_id}/abnormal/{i:08d}.wav" for i in range(abnormals)]


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


# --- manifests

HEADER = "path,machine,id,split,label\n"


def manifest(folder, text):
    file = folder / "clips.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_manifest(tmp_path):
    audio = tmp_path / "audio"
    touch(audio, "a/1.wav", "b/1.wav", "c/2.wav", "d/3.ogg")
    file = manifest(
        tmp_path,
        "\ufeffpath,comment,label, machine,id,split\n"
        'a/1.wav,x,normal,fan,A,train\nb/1.wav,"y, z",Abnormal,fan,A,test\n\n'
        f"{audio}/c/2.wav,,,fan,B,test\n./d//3.ogg,,anomalous,fan,B,Test\n",
    )
    clips = find_clips(audio, manifest=file)
    assert clips == find_manifest(file, audio)
    assert clips == [
        Clip("fan", "A", "test", "anomaly", "b/1.wav", "1.wav"),
        Clip("fan", "A", "train", "normal", "a/1.wav", "1.wav"),
        Clip("fan", "B", "test", "anomaly", "d/3.ogg", "3.ogg"),
        Clip("fan", "B", "test", "unknown", "c/2.wav", "2.wav"),
    ]


def test_manifest_makes_names_unique_only_where_needed(tmp_path):
    touch(tmp_path, "a/1.wav", "b/1.wav", "b/2.wav")
    rows = "a/1.wav,fan,A,test,normal\nb/1.wav,fan,A,test,anomaly\nb/2.wav,fan,A,test,normal\n"
    clips = by_path(find_manifest(manifest(tmp_path, HEADER + rows), tmp_path))
    names = {path: clip.clip for path, clip in clips.items()}
    assert names == {"a/1.wav": "a__1.wav", "b/1.wav": "b__1.wav", "b/2.wav": "2.wav"}


def test_manifest_file_outside_of_the_folder(tmp_path):
    touch(tmp_path, "elsewhere/1.wav")
    (tmp_path / "audio").mkdir()
    path = (tmp_path / "elsewhere/1.wav").as_posix()
    rows = f"{path},fan,A,test,normal\n../elsewhere/1.wav,fan,A,train,normal\n"
    clips = find_manifest(manifest(tmp_path, HEADER + rows), tmp_path / "audio")
    assert [(c.path, c.reason) for c in clips] == [(path, ""), ("../elsewhere/1.wav", "")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1.wav,fan,A,dev,normal", "the split is 'dev', not train or test"),
        ("1.wav,fan,A,test,ok", "the label is 'ok', not normal, anomaly or unknown"),
        ("1.wav,fan,A,train,anomaly", "an anomaly among the training clips"),
        ("1.wav,fan,A,train,", "not labelled normal"),
        ("9.wav,fan,A,test,normal", "the file does not exist"),
        (",fan,A,test,normal", "no path"),
        ("1.wav,,A,test,normal", "the machine '' is not"),
        ("1.wav,fan,A/B,test,normal", "the ID 'A/B' is not"),
    ],
)
def test_manifest_bad_row_is_listed(tmp_path, row, reason):
    touch(tmp_path, "0.wav", "1.wav")
    file = manifest(tmp_path, HEADER + "0.wav,fan,A,test,normal\n" + row + "\n")
    clips = find_clips(tmp_path, manifest=file)
    assert len(clips) == 2
    assert clips[0].reason == "" or clips[1].reason == ""
    assert reason in clips[0].reason + clips[1].reason


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lacks the columns path, machine, id, split, label"),
        ("path,machine,id,split\n", "lacks the column label"),
        ("path;machine;id;split;label\n", "lacks the columns"),
        (HEADER, "has a header but no rows"),
        (HEADER.replace("\n", ",id\n"), "has the column id twice"),
        (HEADER + "1.wav,fan,A\n", "row 2: 3 fields, but the header has 5"),
        (HEADER + "1.wav,fan,A,test,normal,extra\n", "row 2: 6 fields"),
        (
            HEADER + "1.wav,fan,A,test,normal\n2.wav,fan,A,test,\n./1.wav,fan,A,test,anomaly\n",
            "row 4: 1.wav is already in row 2",
        ),
        (HEADER + '"1.wav,fan,A,test,normal\n', "is not a CSV file"),
        (HEADER + "1.wav,fan,A,test,ok\n", "not one of the 1 clips of .*the label is 'ok'"),
    ],
)
def test_manifest_bad_file(tmp_path, text, message):
    touch(tmp_path, "1.wav", "2.wav")
    file = manifest(tmp_path, text)
    with pytest.raises(UserError, match=message) as caught:
        find_clips(tmp_path, manifest=file)
    assert str(file) in str(caught.value)


def test_manifest_not_text_or_not_there(tmp_path):
    file = tmp_path / "clips.csv"
    with pytest.raises(UserError, match="does not exist"):
        find_manifest(file, tmp_path)
    file.write_bytes(HEADER.encode() + b"\xff.wav,fan,A,test,normal\n")
    with pytest.raises(UserError, match="not UTF-8"):
        find_manifest(file, tmp_path)
    with pytest.raises(UserError, match="is not a folder"):
        find_manifest(file, tmp_path / "nowhere")


@given(
    names=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(["x.wav", "y.wav", "a__x.wav"])),
        unique=True,
        min_size=1,
    )
)
def test_manifest_names_are_unique(tmp_path_factory, names):
    folder = tmp_path_factory.mktemp("audio")
    touch(folder, *["/".join(name) for name in names])
    file = folder / "clips.csv"
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows(
            [MANIFEST_COLUMNS] + [["/".join(name), "fan", "A", "test", "normal"] for name in names]
        )
    usable = [clip.clip for clip in find_manifest(file, folder) if not clip.reason]
    assert len(set(usable)) == len(usable)
    assert len(usable) >= len(names) - 1  # a/a__x.wav may keep the name of a/x.wav


# --- which layout


def test_detect(tmp_path):
    touch(tmp_path, "d/fan/train/normal_id_00_00000000.wav", *mimii_paths("m/fan/"))
    for folder, layout in (("d", "dcase"), ("d/fan", "dcase"), ("m", "mimii"), ("m/fan", "mimii")):
        found = find_clips(tmp_path / folder)
        assert found == find_clips(tmp_path / folder, layout=layout)
        assert not any(clip.reason for clip in found)


def test_layout_can_be_forced(tmp_path):
    touch(tmp_path, "fan/train/normal_id_00_00000000.wav", *mimii_paths("fan/"))
    with pytest.raises(UserError, match=r"both the DCASE layout .* and the MIMII layout"):
        find_clips(tmp_path)
    good = [clip for clip in find_clips(tmp_path, layout="dcase") if not clip.reason]
    assert [clip.path for clip in good] == ["fan/train/normal_id_00_00000000.wav"]
    good = [clip for clip in find_clips(tmp_path, layout="mimii") if not clip.reason]
    assert len(good) == 40


def test_neither_layout(tmp_path):
    touch(tmp_path, "recordings/one.wav")
    with pytest.raises(UserError, match=r"has audio \(recordings/one.wav\) but in no known lay"):
        find_clips(tmp_path)


def test_folder_one_too_high(tmp_path):
    touch(tmp_path, "a/dev_data/fan/train/normal_id_00_00000000.wav")
    with pytest.raises(UserError, match=f"perhaps {tmp_path / 'a' / 'dev_data'} is the folder"):
        find_clips(tmp_path)
    assert len(find_clips(tmp_path / "a" / "dev_data")) == 1


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        find_clips(tmp_path / "nowhere")
    touch(tmp_path, "fan/readme.txt")
    with pytest.raises(UserError, match=r"no recordings in it .*; the DCASE layout is"):
        find_clips(tmp_path)
    with pytest.raises(UserError, match="is a file, not a folder"):
        find_clips(tmp_path / "fan" / "readme.txt")
    touch(tmp_path, "fan/train/a.m4a")
    with pytest.raises(UserError, match=r"but other audio, such as fan/train/a\.m4a"):
        find_clips(tmp_path, layout="mimii")


def test_nothing_usable(tmp_path):
    touch(tmp_path, "fan/train/one.wav", "fan/train/two.wav")
    with pytest.raises(UserError, match=r"not one of the 2 clips .*one\.wav: wrong name"):
        find_clips(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "DCASE"}, "the layout is 'DCASE'; choose auto, dcase, mimii or manifest"),
        ({"layout": "mimii", "manifest": "x.csv"}, "leave one out"),
        ({"layout": "manifest"}, "no manifest is given"),
    ],
)
def test_contradicting_options(tmp_path, options, message):
    with pytest.raises(UserError, match=message):
        find_clips(tmp_path, **options)


def test_order_of_the_file_system_does_not_matter(tmp_path):
    paths = mimii_paths()
    first, second = tmp_path / "first", tmp_path / "second"
    touch(first, *paths)
    random.Random(1).shuffle(paths)
    touch(second, *paths)
    assert find_clips(first) == find_clips(second)


def test_a_data_set_of_full_size_is_listed_quickly(tmp_path):
    for machine in ("fan", "pump"):
        for split in ("train", "test"):
            folder = tmp_path / machine / split
            folder.mkdir(parents=True)
            for i in range(500):
                os.mknod(folder / f"normal_id_00_{i:08d}.wav")
    start = time.process_time()
    assert len(find_clips(tmp_path)) == 2000
    # 0.02 s here; opening the files would take far longer than this.
    assert time.process_time() - start < 0.5


@pytest.mark.shared
def test_real_clips(shared):
    clips = find_clips(shared / "data" / "dcase2020_clips")
    clips += find_clips(shared / "data" / "mimii_fan_0db")
    assert len(clips) == 205
    assert not any(clip.reason for clip in clips)
    counts = collections.Counter((c.machine, c.id, c.split, c.label) for c in clips)
    assert counts["slider", "00", "train", "normal"] == 75
    assert counts["pump", "02", "test", "anomaly"] == 0

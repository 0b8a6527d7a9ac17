import pytest

from clip_folders import by_path, touch
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.find_clips import find_clips


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
        (f"{'fan' * 30}/test/normal_id_00_00000000.wav", "more than 64 characters"),
        (f"fan/test/normal_id_{'a' * 150}_00000000.wav", "more than 64 characters"),
        (f"fan/test/normal_id_{'a' * 20}_00000000.wav", "repeats the same characters"),
        (f"fan/test/normal_id_b{'ab0' * 20}_00000000.wav", "repeats the same characters"),
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


def test_folders_of_the_baseline_above_the_machine_types(tmp_path):
    touch(
        tmp_path,
        "dcase2025t2/dev_data/raw/fan/train/section_00_source_train_normal_0000_m-n_W.wav",
        "dcase2025t2/dev_data/raw/fan/test/section_00_target_test_anomaly_0000_m-n_X.wav",
        "dcase2025t2/eval_data/raw/ToyPet/test/section_00_0000.wav",
        "dcase2025t2/eval_data/raw/ToyPet/supplemental/section_00_machine_0001_.wav",
    )
    for folder, clips in ((tmp_path, 4), (tmp_path / "dcase2025t2", 4)):
        found = find_clips(folder)
        assert len(found) == clips
        assert [(c.machine, c.split, c.label, c.domain) for c in found if not c.reason] == [
            ("ToyPet", "test", "unknown", ""),
            ("fan", "test", "anomaly", "target"),
            ("fan", "train", "normal", "source"),
        ]
    assert len(find_clips(tmp_path / "dcase2025t2/dev_data")) == 2


def test_renamed_clips_are_not_there_twice(tmp_path):
    touch(
        tmp_path,
        "raw/bandsaw/test/section_00_0000.wav",
        "raw/bandsaw/test_rename/section_00_source_test_normal_0000_vel_15.wav",
        "raw/shaker/test/section_00_0000.wav",
    )
    for folder, single in ((tmp_path, "raw/bandsaw/"), (tmp_path / "raw/bandsaw", "")):
        clips = by_path(find_clips(folder))
        assert "test_rename" in clips[f"{single}test/section_00_0000.wav"].reason
        again = clips[f"{single}test_rename/section_00_source_test_normal_0000_vel_15.wav"]
        assert (again.label, again.domain, again.reason) == ("normal", "source", "")
    assert not by_path(find_clips(tmp_path))["raw/shaker/test/section_00_0000.wav"].reason


def test_attributes_of_names_and_tables(tmp_path):
    name = "section_00_source_train_normal_0000_mic_imp_mic_pos_A.wav"
    touch(tmp_path, f"fan/train/{name}", f"pump/train/{name}", "fan/test/section_00_0000.wav")
    (tmp_path / "fan/attributes_00.csv").write_text(
        f"file_name,d1p,d1v,d2p,d2v\nfan/train/{name},mic,imp,mic_pos,A\n"
    )
    clips = by_path(find_clips(tmp_path))
    assert clips[f"fan/train/{name}"].attributes == (("mic", "imp"), ("mic_pos", "A"))
    assert clips[f"pump/train/{name}"].attributes == (("", "mic_imp_mic_pos_A"),)
    assert clips["fan/test/section_00_0000.wav"].attributes == ()

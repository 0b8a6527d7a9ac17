import os

import numpy as np
import pytest
import soundfile

from pygoodvibes.data import recordings
from pygoodvibes.data.audio_files import NOT_READ
from pygoodvibes.util.errors import UserError


def make(folder, *names, rate=16000, seconds=0.1):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(len(name)).normal(size=int(rate * seconds)) / 10
        soundfile.write(path, noise, rate)


def inspect(folder, sample_rate=None, resample=False):
    return recordings.inspect_recordings(
        recordings.list_recordings(folder),
        folder,
        sample_rate=sample_rate,
        resample=resample,
        channel=0,
        threads=1,
    )


def test_any_layout_is_searched_to_any_depth_in_order(tmp_path):
    make(tmp_path, "b.wav", "2024/05/a.flac", "A.WAV", ".hidden/x.wav", "2024/.y.wav")
    (tmp_path / "notes.txt").write_text("no recording")
    clips = recordings.list_recordings(tmp_path)
    assert [clip.path for clip in clips] == ["2024/05/a.flac", "A.WAV", "b.wav"]
    assert {(clip.split, clip.label, clip.id, clip.reason) for clip in clips} == {
        ("train", "normal", "", "")
    }
    assert {clip.machine for clip in clips} == {recordings.name_of(tmp_path)}


def test_anomalies_and_test_clips_are_left_out_by_what_names_say(tmp_path):
    make(
        tmp_path,
        "fan/train/normal_id_00_00000001.wav",
        "fan/test/normal_id_00_00000002.wav",
        "fan/test/anomaly_id_00_00000003.wav",
        "fan/id_00/abnormal/00000004.wav",
        "fan/id_00/normal/00000005.wav",
    )
    clips = recordings.list_recordings(tmp_path)
    reasons = {clip.path.rpartition("/")[2][-5]: clip.reason for clip in clips}
    assert reasons["1"] == reasons["5"] == ""
    assert reasons["2"].startswith("a test clip")
    assert reasons["3"].startswith("anomalous by its name")
    assert reasons["4"].startswith("anomalous by its folder (abnormal)")
    assert {(clip.machine, clip.id) for clip in clips} == {("fan", "00")}


@pytest.mark.parametrize("folder", ["latest", "contest", "test-bench"])
def test_a_folder_is_no_test_folder_because_its_name_ends_so(tmp_path, folder):
    make(tmp_path, f"{folder}/normal_id_00_00000001.wav")
    [clip] = recordings.list_recordings(tmp_path)
    assert clip.reason == ""


@pytest.mark.parametrize("folder", ["test", "Test", "source_test", "target_test"])
def test_test_folders_of_every_year_are_left_out(tmp_path, folder):
    make(tmp_path, "fan/train/normal_id_00_00000001.wav", f"fan/{folder}/normal_id_00_00000002.wav")
    reasons = {clip.path: clip.reason for clip in recordings.list_recordings(tmp_path)}
    assert reasons.pop("fan/train/normal_id_00_00000001.wav") == ""
    assert list(reasons.values()) == [f"a test clip by its folder ({folder})"]


def test_a_single_recording_is_named_after_itself(tmp_path):
    make(tmp_path, "pump 3.wav", "other.wav")
    [clip] = recordings.list_recordings(tmp_path / "pump 3.wav")
    assert (clip.path, clip.machine) == ("pump 3.wav", "pump_3")


def test_one_machine_id_at_a_time(tmp_path):
    make(tmp_path, "fan/train/normal_id_00_00000001.wav", "fan/train/normal_id_02_00000001.wav")
    with pytest.raises(UserError, match=r"several machine IDs \(fan 00, fan 02\).*--id"):
        recordings.list_recordings(tmp_path)
    [clip] = recordings.list_recordings(tmp_path, machine_id="02")
    assert clip.path.endswith("normal_id_02_00000001.wav") and clip.id == "02"
    with pytest.raises(UserError, match="machine ID 07"):
        recordings.list_recordings(tmp_path, machine_id="07")


@pytest.mark.parametrize(
    ("folder", "name"),
    [("my pump", "my_pump"), ("fan/train", "fan"), ("fan/normal", "fan"), ("...", "machine")],
)
def test_a_machine_is_named_after_its_folder(tmp_path, folder, name):
    assert recordings.name_of(tmp_path / folder) == name


def test_no_folder_and_no_recordings_are_said(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        recordings.list_recordings(tmp_path / "no")
    with pytest.raises(UserError, match="no recordings in it"):
        recordings.list_recordings(tmp_path)


def test_audio_that_is_not_read_is_listed_with_its_reason(tmp_path):
    make(tmp_path, "a.wav")
    (tmp_path / "b.M4A").touch()
    reasons = {clip.path: clip.reason for clip in recordings.list_recordings(tmp_path)}
    assert reasons == {"a.wav": "", "b.M4A": NOT_READ}
    (tmp_path / "a.wav").unlink()
    with pytest.raises(UserError, match=r"no recordings in it .* such as b\.M4A"):
        recordings.list_recordings(tmp_path)


def test_the_sample_rate_is_that_of_most_recordings(tmp_path):
    make(tmp_path, "a.wav", "b.wav", rate=44100)
    make(tmp_path, "c.wav", rate=8000)
    rows, rate = inspect(tmp_path)
    assert rate == 44100
    assert [row["status"] for row in rows] == [
        "ok",
        "ok",
        "sample rate 8000 Hz, but 2 of 3 recordings have 44100 Hz: convert it, or fit with "
        "audio.resample: true in a config (--config)",
    ]
    assert {row["status"] for row in inspect(tmp_path, resample=True)[0]} == {"ok"}
    rows, rate = inspect(tmp_path, sample_rate=8000)
    assert rate == 8000 and [row["status"] == "ok" for row in rows] == [False, False, True]
    make(tmp_path, "d.wav", rate=8000)
    assert inspect(tmp_path)[1] == 8000  # as many of each: the lower


def test_files_that_are_no_audio_are_listed_and_all_of_them_is_an_error(tmp_path):
    make(tmp_path, "a.wav")
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "empty.wav").write_bytes(b"")
    rows, _ = inspect(tmp_path)
    assert [row["status"] == "ok" for row in rows] == [True, False, False]
    (tmp_path / "a.wav").unlink()
    with pytest.raises(UserError, match="none of its 2 recordings can be used"):
        inspect(tmp_path)


def test_a_name_that_is_not_utf8_is_left_out_with_its_reason(tmp_path):
    make(tmp_path, "a.wav", "b.wav")
    (tmp_path / "b.wav").rename(tmp_path / os.fsdecode(b"caf\xe9.wav"))
    first, second = recordings.list_recordings(tmp_path)
    assert (first.path, first.reason) == ("a.wav", "")
    assert second.path == "caf\\udce9.wav" and "not UTF-8" in second.reason
    rows, _ = inspect(tmp_path)
    assert [row["status"] for row in rows] == ["ok", second.reason]


def test_supplemental_recordings_are_no_training_clips(tmp_path):
    make(tmp_path, "ToyPet/train/a.wav", "ToyPet/supplemental/section_00_machine_0001_.wav")
    reasons = {clip.path: clip.reason for clip in recordings.list_recordings(tmp_path / "ToyPet")}
    assert reasons == {
        "supplemental/section_00_machine_0001_.wav": (
            "supplemental recording of the machine: neither a training nor a test clip"
        ),
        "train/a.wav": "",
    }


def test_a_machine_is_named_in_letters_that_every_file_may_have():
    named = {
        "Lüfter Ä": "Luefter_Ae",
        "Lu\u0308fter": "Luefter",
        "pompe été": "pompe_ete",
        "Straße 2": "Strasse_2",
        "pump-3.b": "pump-3.b",
        "ポンプ": "machine",
    }
    assert {text: recordings.plain_name(text) for text in named} == named

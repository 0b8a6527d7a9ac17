import pytest

from pygoodvibes.data import duplicates


def row(path, digest, split="train", label="normal", **more):
    known = {"machine": "fan", "id": "00", "split": split, "label": label, "status": "ok"}
    return {**known, "path": path, "clip": path, "xxh3_128": digest, **more}


def statuses(rows):
    return [row["status"] for row in duplicates.leave_out(rows)]


def test_the_first_training_clip_stays_also_behind_test_clips():
    rows = [
        row("test/a.wav", "1", split="test"),
        row("train/b.wav", "1"),
        row("train/c.wav", "1"),
        row("train/d.wav", "2"),
        row("test/e.wav", "3", split="test"),
        row("test/f.wav", "3", split="test"),
    ]
    assert statuses(rows) == [
        "the same recording as train/b.wav, a training clip",
        "ok",
        "the same recording as train/b.wav",
        "ok",
        "ok",
        "the same recording as test/e.wav",
    ]
    assert [duplicates.is_copy(each) for each in duplicates.leave_out(rows)] == [1, 0, 1, 0, 0, 1]
    assert {each["status"] for each in rows} == {"ok"}


def test_another_label_is_said():
    rows = [
        row("anomaly.wav", "1", split="test", label="anomaly"),
        row("normal.wav", "1", split="test"),
    ]
    assert statuses(rows)[1] == "the same recording as anomaly.wav, which is labelled anomaly"


def test_machine_ids_are_apart_and_what_is_of_no_use_is_no_first():
    rows = [
        row("a.wav", "1", status="empty file (0 bytes)"),
        row("b.wav", "1"),
        row("c.wav", "1", id="02"),
        row("d.wav", "1", machine="pump"),
        row("e.wav", ""),
        row("f.wav", ""),
    ]
    assert statuses(rows) == ["empty file (0 bytes)"] + 5 * ["ok"]


def test_clips_of_one_file_are_told_by_their_names():
    rows = [row("all.npy", "1", clip="a"), row("all.npy", "1", clip="b")]
    assert statuses(rows)[1] == "the same recording as a"


def test_windows_of_one_recording_are_no_copies_of_each_other():
    rows = [row("a.wav", "1"), row("a.wav", "1"), row("b.wav", "1")]
    found = duplicates.of_machine_id(rows, "xxh3_128", windows=True)
    assert found == {2: "the same recording as a.wav"}


def test_copies_by_samples_are_found_unless_they_are_to_be_kept():
    rows = [row(name, "", samples_xxh3_128="1") for name in ("a.wav", "a.flac")]
    assert duplicates.finder("leave_out")(rows) == {1: "the same recording as a.wav"}
    assert duplicates.finder("keep") is None


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ((), ""),
        ("a", "1 of 3 recordings are there twice and used once"),
        ("abc", "3 of 3 recordings are there twice and used once"),
        ("aab", "2 of 3 recordings are there several times and used once"),
    ],
)
def test_what_is_said_of_copies(copies, expected):
    rows = [row(f"{name}.wav", name) for name in "abc"]
    rows += [row(f"z{number}.wav", name) for number, name in enumerate(copies)]
    assert duplicates.told(duplicates.leave_out(rows)) == expected

import resource

import numpy as np
import pytest
import xxhash

from pygoodvibes.audio import mel_cache
from pygoodvibes.data import manifest
from pygoodvibes.data.sources import mel
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError

HEADER = ("clip", "machine", "id", "split", "label", "file", "offset", "frames")


def mel_row(number, **more):
    given = {"clip": f"c{number}.wav", "machine": "fan", "id": "00", "split": "test"}
    return {**given, "label": "normal", "file": "all.npy", "offset": "", "frames": "", **more}


def list_mel(folder, *rows):
    write_records(folder / "mel.csv", rows, HEADER)
    return mel.list_mel(folder / "mel.csv")


@pytest.fixture
def frames(tmp_path):
    values = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    np.save(tmp_path / "all.npy", values)
    return values


def test_a_file_may_hold_one_clip_or_many(tmp_path, frames):
    np.save(tmp_path / "one.npy", frames[:3].astype(np.float64))
    rows = list_mel(
        tmp_path,
        mel_row(0, file="one.npy", split="train"),
        mel_row(1, offset="5", frames="7", label="anomaly"),
        mel_row(2, offset="12"),
    )
    assert [row["status"] for row in rows] == ["ok"] * 3
    assert [(row["offset"], row["frames"]) for row in rows] == [(0, 3), (5, 7), (12, 8)]
    assert all(set(row) == set(manifest.COLUMNS) for row in rows)
    assert rows[1]["label"] == "anomaly"
    found = [values for _, values in mel.mel_frames(rows, tmp_path)]
    for values, expected in zip(found, [frames[:3], frames[5:12], frames[12:]], strict=True):
        assert values.dtype == np.float32
        assert np.array_equal(values, expected)
    assert rows[1]["xxh3_128"] == xxhash.xxh3_128_hexdigest(frames[5:12].tobytes())
    mel_cache.write(tmp_path / "c.npy", tmp_path / "c.csv", mel.mel_frames(rows, tmp_path))
    cache = mel_cache.open_cache(tmp_path / "c.npy", tmp_path / "c.csv")
    assert np.array_equal(cache.of(cache.clips[1]), frames[5:12])


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"offset": "15", "frames": "6"}, "frames 15 to 21 lie outside its 20 frames"),
        ({"offset": "-1", "frames": "3"}, "lie outside"),
        ({"offset": "20"}, "lie outside"),
        ({"offset": "25"}, "lie outside"),
        ({"frames": "0", "offset": "0"}, "lie outside"),
        ({"frames": "many"}, "must be whole numbers"),
        ({"offset": "1.5"}, "must be whole numbers"),
        ({"file": "missing.npy"}, "no readable .npy array"),
        ({"file": ""}, "no readable .npy array"),
        ({"file": "empty.npy"}, "no readable .npy array"),
        ({"file": "text.npy"}, "no readable .npy array"),
        ({"file": "archive.npz"}, "no readable .npy array"),
        ({"file": "cut.npz"}, "no readable .npy array"),
        ({"file": "flat.npy"}, "must be numbers of shape (n_frames, n_mels)"),
        ({"file": "words.npy"}, "must be numbers of shape"),
        ({"file": "nan.npy"}, "holds values that are not finite"),
        ({"machine": ""}, "neither the table nor the clip's path tells machine type and ID"),
        ({"machine": "../fan"}, "is not letters"),
        ({"id": "0 0"}, "is not letters"),
        ({"split": "validation"}, "split must be train or test, not 'validation'"),
        ({"split": "train", "label": "anomaly"}, "an anomalous clip among the training clips"),
        ({"clip": "c1.wav"}, "same machine, ID, split and clip name as a row above"),
    ],
)
def test_a_clip_that_can_not_be_used_keeps_its_row_with_the_reason(tmp_path, frames, more, reason):
    (tmp_path / "empty.npy").write_bytes(b"")
    (tmp_path / "text.npy").write_text("no array")
    np.savez(tmp_path / "archive.npz", frames)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "archive.npz").read_bytes()[:50])
    np.save(tmp_path / "flat.npy", frames[0])
    np.save(tmp_path / "words.npy", np.array([["a", "b"]]))
    np.save(tmp_path / "nan.npy", np.array([[1.0, np.nan]]))
    good, bad = list_mel(tmp_path, mel_row(1), mel_row(2, **more))
    assert good["status"] == "ok"
    assert reason in bad["status"]
    handed_on = list(mel.mel_frames([good, bad], tmp_path))
    assert handed_on[1] == (bad, bad["status"])
    assert isinstance(handed_on[0][1], np.ndarray)


@pytest.mark.parametrize("column", mel.MEL_COLUMNS)
def test_a_mel_manifest_needs_its_columns(tmp_path, frames, column):
    names = [name for name in HEADER if name != column]
    rows = [{name: mel_row(0)[name] for name in names}]
    write_records(tmp_path / "mel.csv", rows, names)
    with pytest.raises(UserError, match=rf"lacks the column\(s\) {column}; it has "):
        mel.list_mel(tmp_path / "mel.csv")


def test_an_empty_or_missing_table_is_refused(tmp_path):
    (tmp_path / "mel.csv").write_text("clip,machine\n")
    with pytest.raises(UserError, match="holds no row below its header"):
        mel.list_mel(tmp_path / "mel.csv")
    with pytest.raises(UserError, match="no such file"):
        mel.list_mel(tmp_path / "no.csv")


def test_more_files_than_a_process_may_have_open(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    rows = []
    for number in range(200):
        np.save(tmp_path / f"{number}.npy", np.full((3, 4), number, dtype=np.float32))
        given = {"machine": "fan", "id": "00", "split": "train", "label": "normal"}
        rows.append({"clip": f"{number}.wav", **given, "file": f"{number}.npy"})
    write_records(tmp_path / "mel.csv", rows, list(rows[0]))
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        listed = mel.list_mel(tmp_path / "mel.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert {row["status"] for row in listed} == {"ok"}
    assert len({row["xxh3_128"] for row in listed}) == 200

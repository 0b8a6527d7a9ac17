import re
import resource

import numpy as np
import pytest
import xxhash
from pygoodvibes.data.settings import Columns

from pygoodvibes.audio import mel_cache
from pygoodvibes.data import manifest, precomputed
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.errors import UserError

HEADER = ("clip", "machine", "id", "split", "label", "file", "offset", "frames")


def mel_row(number, **more):
    given = {"clip": f"c{number}.wav", "machine": "fan", "id": "00", "split": "test"}
    return {**given, "label": "normal", "file": "all.npy", "offset": "", "frames": "", **more}


def list_mel(folder, *rows):
    write_records(folder / "mel.csv", rows, HEADER)
    return precomputed.list_mel(folder / "mel.csv")


@pytest.fixture
def frames(tmp_path):
    values = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
    np.save(tmp_path / "all.npy", values)
    return values


def columns(**more):
    return Columns.model_validate(more).model_dump()


# --- mel frames


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
    found = [values for _, values in precomputed.mel_frames(rows, tmp_path)]
    for values, expected in zip(found, [frames[:3], frames[5:12], frames[12:]], strict=True):
        assert values.dtype == np.float32
        assert np.array_equal(values, expected)
    assert rows[1]["xxh3_128"] == xxhash.xxh3_128_hexdigest(frames[5:12].tobytes())
    mel_cache.write(tmp_path / "c.npy", tmp_path / "c.csv", precomputed.mel_frames(rows, tmp_path))
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
        ({"machine": "../fan"}, "must be made of letters"),
        ({"id": "0 0"}, "must be made of letters"),
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
    handed_on = list(precomputed.mel_frames([good, bad], tmp_path))
    assert handed_on[1] == (bad, bad["status"])
    assert isinstance(handed_on[0][1], np.ndarray)


@pytest.mark.parametrize("column", precomputed.MEL_COLUMNS)
def test_a_mel_manifest_needs_its_columns(tmp_path, frames, column):
    names = [name for name in HEADER if name != column]
    rows = [{name: mel_row(0)[name] for name in names}]
    write_records(tmp_path / "mel.csv", rows, names)
    with pytest.raises(UserError, match=rf"lacks the column\(s\) {column}; it has "):
        precomputed.list_mel(tmp_path / "mel.csv")


def test_an_empty_or_missing_table_is_refused(tmp_path):
    (tmp_path / "mel.csv").write_text("clip,machine\n")
    with pytest.raises(UserError, match="holds no row below its header"):
        precomputed.list_mel(tmp_path / "mel.csv")
    with pytest.raises(UserError, match="no such file"):
        precomputed.list_vectors(tmp_path / "no.csv", array=None, columns=columns())


# --- vectors

TABLE = """,clip,x,y,remark
0,data/fan/train/normal_id_00_00000000.wav,1.5,2,fine
1,data/fan/test/anomaly_id_00_00000000.wav,-3,4e2,loud
2,pump/test/normal_id_02_00000007.wav,0,0,
"""


def list_vectors(folder, text=TABLE, array=None, **named):
    (folder / "v.csv").write_text(text)
    return precomputed.list_vectors(folder / "v.csv", array=array, columns=columns(**named))


def test_machine_id_split_and_label_may_stand_in_the_path(tmp_path):
    rows, values, names = list_vectors(tmp_path)
    assert names == ["x", "y"]
    assert values.dtype == np.float32
    assert np.array_equal(values, np.array([[1.5, 2], [-3, 400], [0, 0]], np.float32))
    keys = ("machine", "id", "split", "label", "clip", "offset", "status")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("fan", "00", "train", "normal", "normal_id_00_00000000.wav", 0, "ok"),
        ("fan", "00", "test", "anomaly", "anomaly_id_00_00000000.wav", 1, "ok"),
        ("pump", "02", "test", "normal", "normal_id_02_00000007.wav", 2, "ok"),
    ]


def test_columns_of_the_table_go_before_the_path(tmp_path):
    text = (
        "file,kind,unit,part,truth,a\n"
        "pump/test/normal_id_02_00000007.wav,fan,06,test,oui,1\n"
        "pump/test/normal_id_02_00000008.wav,fan,06,test,peut-etre,2\n"
    )
    named = {"clip": "file", "machine": "kind", "id": "unit", "split": "part", "label": "truth"}
    rows, _, names = list_vectors(tmp_path, text, normal="non", anomaly="oui", **named)
    assert names == ["a"]
    keys = ("machine", "id", "split", "label")
    assert [tuple(row[key] for key in keys) for row in rows] == [
        ("fan", "06", "test", "anomaly"),
        ("fan", "06", "test", "unknown"),
    ]


def test_a_value_that_is_no_number_leaves_its_clip_out(tmp_path):
    rows, values, _ = list_vectors(tmp_path, TABLE.replace("-3", "none"))
    assert [row["status"] for row in rows] == [
        "ok",
        "row 3 of v.csv: a value is no finite number",
        "ok",
    ]
    assert np.isnan(values[1, 0])
    rows, _, names = list_vectors(tmp_path, TABLE.replace("1.5", ""))
    assert names == ["x", "y"]
    assert rows[0]["status"].startswith("row 2 of v.csv")


def test_named_value_columns_keep_their_order(tmp_path):
    _, values, names = list_vectors(tmp_path, values=["y", "x"])
    assert names == ["y", "x"]
    assert np.array_equal(values[0], [2, 1.5])
    with pytest.raises(UserError, match=r"lacks the column\(s\) z"):
        list_vectors(tmp_path, values=["x", "z"])


def test_a_table_that_does_not_fit_its_settings_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"lacks the column\(s\) fichier; it has , clip, x, y"):
        list_vectors(tmp_path, clip="fichier")
    with pytest.raises(UserError, match="no column of numbers"):
        list_vectors(tmp_path, "clip,remark\nfan/test/normal_id_00_0.wav,fine\n")
    with pytest.raises(UserError, match="line 2: more or fewer values"):
        list_vectors(tmp_path, "clip,x\nfan/test/normal_id_00_0.wav\n")


def test_vectors_may_stand_in_an_array_beside_the_table(tmp_path):
    values = np.arange(12.0).reshape(3, 4)
    np.save(tmp_path / "v.npy", values)
    rows, found, names = list_vectors(tmp_path, array="v.npy")
    assert np.array_equal(found, values)
    assert names == ["value_000", "value_001", "value_002", "value_003"]
    assert [row["offset"] for row in rows] == [0, 1, 2]
    np.save(tmp_path / "v.npy", values[:2])
    with pytest.raises(UserError, match=r"v\.npy: has 2 rows, its table has 3"):
        list_vectors(tmp_path, array="v.npy")
    np.save(tmp_path / "v.npy", values[0])
    with pytest.raises(UserError, match=re.escape("must be numbers of shape (n_clips, d)")):
        list_vectors(tmp_path, array="v.npy")
    with pytest.raises(UserError, match=r"no readable \.npy array"):
        list_vectors(tmp_path, array="missing.npy")


def test_clips_of_one_name_are_told_apart_by_id_and_split(tmp_path):
    text = "clip,id,machine,split,x\n" + "".join(
        f"normal.wav,{machine_id},fan,{split},1\n"
        for machine_id, split in [("00", "test"), ("02", "test"), ("00", "train"), ("00", "test")]
    )
    rows, _, _ = list_vectors(tmp_path, text, machine="machine", id="id", split="split")
    assert [row["status"] == "ok" for row in rows] == [True, True, True, False]
    assert rows[3]["status"] == "same machine, ID, split and clip name as a row above"


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
        listed = precomputed.list_mel(tmp_path / "mel.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert {row["status"] for row in listed} == {"ok"}
    assert len({row["xxh3_128"] for row in listed}) == 200


def test_a_clip_with_other_values_has_another_hash(tmp_path):
    one, _, _ = list_vectors(tmp_path)
    two, _, _ = list_vectors(tmp_path, TABLE.replace("-3", "-3.1"))
    assert one[0]["xxh3_128"] == two[0]["xxh3_128"]
    assert one[1]["xxh3_128"] != two[1]["xxh3_128"]


PUBLISHED = """
ToyCar 01 1000/350/264, 02 1000/350/265, 03 1000/350/265, 04 1000/350/265;
ToyConveyor 01 1000/800/400, 02 1000/800/355, 03 1000/799/355;
fan 00 911/100/407, 02 916/100/359, 04 933/100/348, 06 915/100/361;
pump 00 906/100/143, 02 905/100/111, 04 602/100/100, 06 936/100/102;
slider 00 968/100/356, 02 968/100/267, 04 434/100/178, 06 434/100/89;
valve 00 891/100/119, 02 608/100/120, 04 900/100/120, 06 892/100/120
"""


@pytest.mark.shared
def test_the_published_embedding_has_the_clips_of_the_development_set(shared):
    rows, values, names = precomputed.list_vectors(
        shared / "golden/pygoodvibes/final_encoded_machine_dataset.csv",
        array=None,
        columns=columns(
            clip="fichier",
            machine="type",
            split="set",
            label="anomalie",
            normal="non",
            anomaly="oui",
        ),
    )
    assert values.shape == (30987, 3)
    assert names == ["x", "y", "z"]
    assert {row["status"] for row in rows} == {"ok"}
    expected = []
    for part in PUBLISHED.replace("\n", " ").split(";"):
        machine, _, ids = part.strip().partition(" ")
        for entry in ids.split(", "):
            machine_id, counts = entry.split()
            expected.append((machine, machine_id, *map(int, counts.split("/"))))
    keys = ("machine", "id", "train", "test_normal", "test_anomaly")
    found = [tuple(entry[key] for key in keys) for entry in manifest.coverage(rows)]
    assert sorted(found) == sorted(expected)
    assert len(found) == 23

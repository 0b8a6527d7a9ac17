import re

import numpy as np
import pytest

from pygoodvibes.data import manifest
from pygoodvibes.data.sources import embedding
from pygoodvibes.data.sources.embedding import Columns
from pygoodvibes.util.errors import UserError

HEADER = ("clip", "machine", "id", "split", "label", "file", "offset", "frames")


def columns(**more):
    return Columns.model_validate(more).model_dump()


TABLE = """,clip,x,y,remark
0,data/fan/train/normal_id_00_00000000.wav,1.5,2,fine
1,data/fan/test/anomaly_id_00_00000000.wav,-3,4e2,loud
2,pump/test/normal_id_02_00000007.wav,0,0,
"""


def list_vectors(folder, text=TABLE, array=None, **named):
    (folder / "v.csv").write_text(text)
    return embedding.list_vectors(folder / "v.csv", array=array, columns=columns(**named))


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


def test_sections_and_domains_come_from_columns_or_from_the_name(tmp_path):
    text = "clip,machine,section,split,label,domain,a\n" + "".join(
        f"{name},fan,{section},test,normal,{domain},1\n"
        for name, section, domain in (
            ("a", "00", "Target"),
            ("b", "01", "source"),
            ("c", "01", "x"),
        )
    )
    rows, _, names = list_vectors(
        tmp_path,
        text,
        machine="machine",
        id="section",
        domain="domain",
        split="split",
        label="label",
    )
    assert names == ["a"]
    assert [(row["id"], row["domain"]) for row in rows] == [
        ("00", "target"),
        ("01", "source"),
        ("01", ""),
    ]
    rows, _, _ = list_vectors(
        tmp_path, "clip,a\nfan/test/section_03_target_test_normal_0001.wav,1\n"
    )
    assert [(row["id"], row["domain"]) for row in rows] == [("03", "target")]


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
    rows, values, names = embedding.list_vectors(
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


def test_a_missing_table_is_refused(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        embedding.list_vectors(tmp_path / "no.csv", array=None, columns=columns())

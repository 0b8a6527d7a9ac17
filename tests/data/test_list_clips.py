import shutil

import numpy as np
import pytest
import soundfile

from pygoodvibes.data import list_clips, manifest
from pygoodvibes.data.sources.registry import settings_of
from pygoodvibes.util.csv_files import read_records

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 0}


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for machine, machine_id, train in [("fan", "00", 4), ("fan", "02", 1), ("pump", "00", 3)]:
        for number in range(train):
            write(tmp_path, machine, "train", f"normal_id_{machine_id}_{number:08d}.wav", rng)
        for label in ("normal", "anomaly"):
            write(tmp_path, machine, "test", f"{label}_id_{machine_id}_00000000.wav", rng)
    return tmp_path


def write(folder, machine, split, name, rng):
    path = folder / machine / split / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, rng.normal(scale=0.1, size=3000), 16000)


def section(folder, machines="all", **more):
    return {"name": "t", "source": "folder", "path": str(folder), "machines": machines, **more}


def checked(dataset):
    return settings_of(dataset["source"]).model_validate(dataset)


def write_manifests(folder, out, machines="all", **more):
    dataset = section(folder, machines, **more)
    list_clips.write_manifests(
        list_clips.found_rows(checked(dataset)),
        dataset,
        AUDIO,
        manifest_path=out / "manifest.csv",
        coverage_path=out / "coverage.csv",
        ids_folder=out / "ids",
    )
    return read_records(out / "manifest.csv"), read_records(out / "coverage.csv")


def test_the_manifest_of_all_and_of_each_id(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    (folder / "fan/train/normal_id_00_00000001.wav").write_bytes(b"")
    rows, coverage = write_manifests(folder, out)
    assert len(rows) == 14
    assert [row["path"] for row in rows if row["status"] != "ok"] == [
        "fan/train/normal_id_00_00000001.wav"
    ]
    assert tuple(coverage[0]) == manifest.COVERAGE_COLUMNS
    assert [(entry["machine"], entry["id"], entry["train"]) for entry in coverage] == [
        ("fan", "00", "3"),
        ("fan", "02", "1"),
        ("pump", "00", "3"),
    ]
    assert [bool(entry["note"]) for entry in coverage] == [False, True, False]
    parts = sorted(path.relative_to(out / "ids").as_posix() for path in out.rglob("ids/*/*"))
    assert parts == ["fan/00.csv", "fan/02.csv", "pump/00.csv"]
    gathered = [row for part in parts for row in read_records(out / "ids" / part)]
    assert sorted(map(str, gathered)) == sorted(map(str, rows))


def test_same_clips_same_bytes(folder, tmp_path_factory):
    contents = []
    for name in "ab":
        out = tmp_path_factory.mktemp(name)
        write_manifests(folder, out)
        contents.append({p.name: p.read_bytes() for p in sorted(out.rglob("*.csv"))})
    assert contents[0] == contents[1]


def test_only_selected_machines_are_listed(folder, tmp_path_factory):
    rows, _ = write_manifests(folder, tmp_path_factory.mktemp("out"), {"fan": ["02"]})
    assert {(row["machine"], row["id"]) for row in rows} == {("fan", "02")}


def found(folder, out, machines=("fan", "pump"), **more):
    place, rest = out / "found", out / "unplaced.csv"
    list_clips.write_found(section(folder, **more), machines, folder=place, unplaced_path=rest)
    return {path.stem: read_records(path) for path in (*sorted(place.iterdir()), rest)}


def test_by_their_names_clips_are_shared_out_among_machine_types(folder, tmp_path):
    (folder / "fan/train/what.wav").write_bytes(b"")
    (folder / "stray.wav").write_bytes(b"")
    parts = found(folder, tmp_path)
    assert {name: len(rows) for name, rows in parts.items()} == {
        "fan": 10,
        "pump": 5,
        "unplaced": 1,
    }
    assert [row["path"] for row in parts["unplaced"]] == ["stray.wav"]
    assert [row["path"] for row in parts["fan"] if row["status"] != "ok"] == ["fan/train/what.wav"]
    # nobody has opened them
    assert {row["seconds"] for rows in parts.values() for row in rows} == {""}
    assert list_clips.machine_types(checked(section(folder))) == ["fan", "pump"]


def test_a_clip_of_a_machine_type_that_the_run_does_not_know_is_listed_with_the_reason(
    folder, tmp_path
):
    parts = found(folder, tmp_path, machines=("fan",))
    assert {row["status"] for row in parts["fan"]} == {"ok"}
    assert {(row["machine"], row["status"]) for row in parts["unplaced"]} == {
        (
            "pump",
            "this run has no machine type 'pump' (it has fan); run again, or keep it elsewhere",
        )
    }
    assert len(parts["unplaced"]) == 5


def test_one_that_has_gone_leaves_an_empty_list(folder, tmp_path):
    shutil.rmtree(folder / "pump")
    assert found(folder, tmp_path)["pump"] == []


@pytest.mark.parametrize("name", ["../../evil", "a b", "x" * 65, "..", "/evil"])
@pytest.mark.parametrize("place", ["machine", "id"])
def test_no_file_is_named_after_what_is_no_name(tmp_path, name, place):
    row = {"clip": "a.wav", "machine": "fan", "id": "00", "split": "train", "x": "1"}
    table = tmp_path / "t/v.csv"
    table.parent.mkdir()
    lines = [",".join(row), *(",".join({**row, **more}.values()) for more in ({}, {place: name}))]
    table.write_text("\n".join(lines) + "\n")
    columns = {"machine": "machine", "id": "id", "split": "split"}
    given = {"source": "embedding", "path": str(table), "columns": columns}
    out = tmp_path / "a/b/c/out"
    out.mkdir(parents=True)
    parts = found(tmp_path, out, machines=("fan",), **given)
    assert [row[place] for row in [*parts["fan"], *parts["unplaced"]]] == [row[place], name]
    assert list_clips.machine_types(checked(section(tmp_path, **given))) == ["fan"]
    rows, _ = write_manifests(tmp_path, out, **given)
    assert [row["status"] == "ok" for row in rows] == [True, False]
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.csv")}
    assert written == {
        "t/v.csv",
        *(f"a/b/c/out/{each}.csv" for each in ("found/fan", "unplaced", "manifest", "coverage")),
        "a/b/c/out/ids/fan/00.csv",
    }


def test_vectors_computed_elsewhere_are_listed_too(tmp_path):
    (tmp_path / "v.csv").write_text(
        "clip,x\n"
        + "".join(f"fan/train/normal_id_00_{number}.wav,{number}\n" for number in range(3))
        + "pump/test/anomaly_id_02_0.wav,1\n"
    )
    dataset = {"source": "embedding", "path": str(tmp_path / "v.csv"), "machines": {"fan": "all"}}
    rows, coverage = write_manifests(tmp_path, tmp_path, **dataset)
    assert len(rows) == 3
    assert [row["offset"] for row in rows] == ["0", "1", "2"]
    assert coverage[0]["note"] == "nothing to score: no usable test clip"


def test_mel_frames_computed_elsewhere_are_listed_too(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((5, 3)))
    (tmp_path / "m.csv").write_text(
        "clip,machine,id,split,label,file\na.wav,fan,00,train,normal,a.npy\n"
    )
    rows, _ = write_manifests(tmp_path, tmp_path, source="mel", path=str(tmp_path / "m.csv"))
    assert [(row["frames"], row["status"]) for row in rows] == [("5", "ok")]
    assert tuple(rows[0]) == manifest.COLUMNS


def test_copies_of_recordings_are_found_where_their_samples_are_read(folder, tmp_path):
    train = folder / "fan/train"
    shutil.copy(train / "normal_id_00_00000000.wav", train / "normal_id_00_00000009.wav")
    rows, coverage = write_manifests(folder, tmp_path)
    assert {row["status"] for row in rows} == {"ok"}
    assert [coverage[0][key] for key in ("train", "left_out")] == ["5", "0"]


def test_equal_vectors_are_one_recording(tmp_path):
    (tmp_path / "v.csv").write_text(
        "clip,x\n"
        + "".join(f"fan/train/normal_id_00_{number}.wav,{number % 3}\n" for number in range(4))
        + "fan/test/normal_id_00_9.wav,1\n"
    )
    dataset = {"source": "embedding", "path": str(tmp_path / "v.csv")}
    rows, _ = write_manifests(tmp_path, tmp_path, **dataset)
    assert [row["clip"] for row in rows if row["status"] != "ok"] == [
        "normal_id_00_3.wav",
        "normal_id_00_9.wav",
    ]
    rows, _ = write_manifests(tmp_path, tmp_path, **dataset, duplicates="keep")
    assert {row["status"] for row in rows} == {"ok"}

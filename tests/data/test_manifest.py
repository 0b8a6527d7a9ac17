import dataclasses

import numpy as np
import pytest
import soundfile

from pygoodvibes.data import manifest
from pygoodvibes.data.clip import Clip
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.sources.folder import Settings as FolderDataset
from pygoodvibes.data.supplemental import STATUS
from pygoodvibes.util.errors import UserError

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 0}


def clip(name, *, machine="fan", machine_id="00", split="train", label="normal", reason=""):
    path = f"{machine}/{split}/{name}"
    return Clip(machine, machine_id, split, label, path, name, "", reason)


def dataset(machines):
    return FolderDataset(name="test", source="folder", path="clips", machines=machines)


def row(machine="fan", machine_id="00", split="train", label="normal", status="ok"):
    given = {"machine": machine, "id": machine_id, "split": split, "label": label}
    return {**dict.fromkeys(manifest.COLUMNS, ""), **given, "status": status}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fan/train").mkdir(parents=True)
    noise = np.random.default_rng(0).normal(scale=0.1, size=8000)
    write = {
        "good.wav": (noise, 16000),
        "fast.wav": (noise, 44100),
        "eight.wav": (np.stack([noise] * 8, axis=1), 16000),
    }
    for name, (samples, rate) in write.items():
        soundfile.write(tmp_path / "fan/train" / name, samples, rate)
    content = (tmp_path / "fan/train/good.wav").read_bytes()
    (tmp_path / "fan/train/cut.wav").write_bytes(content[:500])
    (tmp_path / "fan/train/empty.wav").write_bytes(b"")
    (tmp_path / "fan/train/text.wav").write_text("no sound\n" * 50)
    return tmp_path


NAMES = ["cut.wav", "eight.wav", "empty.wav", "fast.wav", "good.wav", "missing.wav", "text.wav"]


@pytest.mark.parametrize("threads", [1, 3])
def test_a_clip_that_can_not_be_used_keeps_its_row_with_the_reason(folder, threads):
    clips = [clip(name) for name in NAMES] + [clip("good.wav", reason="no place")]
    rows = manifest.inspect_clips(clips, folder, threads=threads, **AUDIO)
    assert [row["clip"] for row in rows] == [*NAMES, "good.wav"]
    assert all(tuple(row) == manifest.COLUMNS for row in rows)
    status = {row["clip"]: row["status"] for row in rows[:-1]}
    assert status["good.wav"] == status["eight.wav"] == "ok"
    assert status["cut.wav"].startswith("truncated")
    assert status["empty.wav"].startswith("empty file")
    assert status["fast.wav"].startswith("sample rate 44100 Hz")
    assert status["missing.wav"].startswith("can't be read")
    assert status["text.wav"].startswith("no readable audio")
    assert rows[-1]["status"] == "no place"
    good = rows[NAMES.index("good.wav")]
    assert (good["seconds"], good["sample_rate"], good["channels"]) == ("0.5", 16000, 1)
    assert len(good["xxh3_128"]) == 32
    # what could be read is told, also of a clip that does not fit
    assert rows[NAMES.index("fast.wav")]["sample_rate"] == 44100


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ((), ""),
        ((("spd", "34V"), ("mic", "1")), "spd=34V;mic=1"),
        ((("", "strength_1_ambient"),), "strength_1_ambient"),
        ((("=cmd()", "1"),), "'=cmd()=1"),
        ((("spd", "a\x1b[2J"),), "spd=a\\x1b[2J"),
    ],
)
def test_attributes_are_one_cell_that_nothing_runs(attributes, told):
    own = dataclasses.replace(clip("a.wav"), attributes=attributes)
    assert manifest.blank_row(own)["attributes"] == told


def test_channel_and_resampling_decide_what_fits(folder):
    clips = [clip("eight.wav"), clip("good.wav"), clip("fast.wav")]
    rows = manifest.inspect_clips(clips, folder, **{**AUDIO, "channel": 7, "resample": True})
    assert [row["status"] == "ok" for row in rows] == [True, False, False]
    assert "1 channel(s), but audio.channel is 7" in rows[1]["status"]
    rows = manifest.inspect_clips(clips, folder, **{**AUDIO, "resample": True})
    assert [row["status"] for row in rows] == ["ok"] * 3


def test_progress_sees_every_clip(folder):
    seen = []

    def progress(rows, *, total):
        assert total == len(NAMES)
        for each in rows:
            seen.append(each["clip"])
            yield each

    manifest.inspect_clips([clip(n) for n in NAMES], folder, progress=progress, **AUDIO)
    assert seen == NAMES


ENTRIES = [
    row(machine, machine_id)
    for machine, machine_id in [("fan", "00"), ("fan", "02"), ("pump", "00"), ("", "")]
]


@pytest.mark.parametrize(
    ("machines", "expected"),
    [
        ("all", [("fan", "00"), ("fan", "02"), ("pump", "00"), ("", "")]),
        ({"fan": "all"}, [("fan", "00"), ("fan", "02")]),
        ({"fan": ["02"], "pump": "all"}, [("fan", "02"), ("pump", "00")]),
    ],
)
def test_selection_of_machines_and_ids(machines, expected):
    chosen = manifest.select(ENTRIES, dataset(machines))
    assert [(entry["machine"], entry["id"]) for entry in chosen] == expected
    clips = [clip("a.wav", machine=each["machine"], machine_id=each["id"]) for each in ENTRIES]
    chosen = manifest.select(clips, dataset(machines))
    assert [(entry.machine, entry.id) for entry in chosen] == expected


def test_a_selection_of_what_is_not_there_is_refused():
    with pytest.raises(UserError, match=r"machine type 'valve'; there are fan, pump"):
        manifest.select(ENTRIES, dataset({"valve": "all"}))
    with pytest.raises(UserError, match=r"machines\.fan: no clip of machine ID '04'.* 00, 02"):
        manifest.select(ENTRIES, dataset({"fan": ["00", "04"]}))


def test_groups_are_sorted_and_need_a_name():
    groups = manifest.by_machine_id(reversed(ENTRIES))
    assert list(groups) == [("fan", "00"), ("fan", "02"), ("pump", "00")]


def case(train=3, normal=1, anomaly=1, unknown=0, left_out=0):
    return (
        [row(split="train")] * train
        + [row(split="test")] * normal
        + [row(split="test", label="anomaly")] * anomaly
        + [row(split="test", label="unknown")] * unknown
        + [row(status="truncated")] * left_out
    )


@pytest.mark.parametrize(
    ("counts", "trainable", "note"),
    [
        ({}, True, ""),
        ({"left_out": 7}, True, ""),
        ({"train": 2}, False, "no detector can be fitted: 2 usable training clip"),
        ({"train": 0}, False, "no detector can be fitted: 0 usable"),
        ({"train": 2, "left_out": 1}, False, "no detector can be fitted: 2 usable"),
        ({"normal": 0, "anomaly": 0}, True, "nothing to score: no usable test clip"),
        ({"normal": 0}, True, "no AUC: no normal test clip"),
        ({"anomaly": 0}, True, "no AUC: no anomalous test clip"),
        (
            {"normal": 0, "anomaly": 0, "unknown": 3},
            True,
            "no AUC: no normal and no anomalous test clip",
        ),
    ],
)
def test_what_an_id_can_not_carry_is_said(counts, trainable, note):
    [entry] = manifest.coverage(case(**counts))
    assert manifest.trainable(entry) == trainable
    assert entry["note"].startswith(note)
    assert bool(entry["note"]) == bool(note)


def test_only_usable_clips_count():
    [entry] = manifest.coverage(case(train=5, normal=4, anomaly=3, unknown=2, left_out=1))
    entry.pop("note")
    assert list(entry.values()) == ["fan", "00", 5, 4, 3, 2, 1, 0]


def test_supplemental_recordings_are_not_counted_as_left_out_unless_they_are_broken():
    more = [row(status=STATUS["clean"], split="", label="unknown")] * 9
    rows = [*case(left_out=1), *more]
    [entry] = manifest.coverage(rows)
    assert entry["left_out"] == 1
    assert manifest.of_clips(rows) == case(left_out=1)
    assert manifest.left_out(rows) == [row(status="truncated")]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "ids", "total"), [("mimii_fan_0db", 1, 40), ("dcase2020_clips", 16, 165)]
)
def test_all_real_clips_are_usable(shared, name, ids, total):
    folder = shared / "data" / name
    rows = manifest.inspect_clips(find_clips(folder, layout="dcase"), folder, threads=2, **AUDIO)
    assert len(rows) == total
    assert {row["status"] for row in rows} == {"ok"}
    coverage = {(entry["machine"], entry["id"]): entry for entry in manifest.coverage(rows)}
    assert len(coverage) == ids
    trained = {key for key, entry in coverage.items() if manifest.trainable(entry)}
    assert trained == ({("fan", "00")} if ids == 1 else {("slider", "00")})
    if ids > 1:
        assert coverage["slider", "00"]["train"] == 75
        assert coverage["pump", "02"]["test_anomaly"] == 0
        assert "1 usable training clip" in coverage["pump", "06"]["note"]

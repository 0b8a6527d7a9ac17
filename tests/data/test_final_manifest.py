import numpy as np
import pytest

from pygoodvibes.audio.condition import measure
from pygoodvibes.data import manifest
from pygoodvibes.data.final_manifest import gather, merge_mel_clips, merge_supplemental
from pygoodvibes.data.supplemental import STATUS
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.errors import UserError


def row(machine="fan", machine_id="00", split="train", label="normal", status="ok"):
    given = {"machine": machine, "id": machine_id, "split": split, "label": label}
    return {**dict.fromkeys(manifest.COLUMNS, ""), **given, "status": status}


def mel_row(path, status="ok"):
    return row() | {"path": path, "clip": path, "status": status}


def test_what_shows_on_decoding_goes_into_the_manifest():
    rows = [mel_row("a"), mel_row("b"), mel_row("c", "truncated")]
    decoded = [mel_row("a"), mel_row("b", "digital silence")]
    merged = merge_mel_clips(rows, {("fan", "00"): decoded}, sample_rate=16000)
    assert [row["status"] for row in merged] == ["ok", "digital silence", "truncated"]
    assert rows[1]["status"] == "ok"


def test_clips_that_share_a_file_are_told_apart():
    rows = [{**mel_row("all.npy"), "clip": name} for name in "ab"]
    tables = {("fan", "00"): [{**rows[1], "status": "bad"}]}
    merged = merge_mel_clips(rows, tables, sample_rate=16000)
    assert [row["status"] for row in merged] == ["ok", "bad"]


def test_a_recording_that_serves_two_machines_has_a_status_for_each():
    rows = [mel_row("a"), {**mel_row("a"), "machine": "pump"}]
    tables = {("fan", "00"): [{**rows[0], "status": "a copy"}], ("pump", "00"): [rows[1]]}
    merged = merge_mel_clips(rows, tables, sample_rate=16000)
    assert [row["status"] for row in merged] == ["a copy", "ok"]


def test_a_supplemental_recording_of_no_use_has_its_reason_and_others_their_kind():
    rows = [mel_row(name, STATUS["noise"]) for name in "abc"]
    rows.append({**rows[0], "machine": "pump"})
    table = [mel_row("a", "digital silence"), mel_row("b")]
    merged = merge_supplemental(rows, {("fan", "00"): table})
    assert [row["status"] for row in merged] == ["digital silence", *[STATUS["noise"]] * 3]
    assert merge_supplemental(rows, {}) == rows


def decoded(machine_id, split, number, *, gain=1.0, label="normal"):
    """Return the manifest row of a clip of noise, and its row in the table of the mel cache."""
    noise = np.random.default_rng(number).normal(scale=0.01 * gain, size=4000)
    path = f"fan/{split}/{label}_id_{machine_id}_{number:08d}.wav"
    clip = {"path": path, "split": split, "clip": path, "status": "ok"}
    known = row(machine_id=machine_id, split=split, label=label) | clip
    return known, {**clip, "codec": "PCM", "channels": "1", **measure(noise)}


def test_test_clips_are_compared_with_the_training_clips_of_their_id_alone():
    loud = {"00": 1.0, "02": 10.0}
    pairs = {
        name: [decoded(name, "train", number, gain=gain) for number in range(10)]
        + [decoded(name, "test", 20 + number, gain=(1, 10)[number % 2]) for number in range(4)]
        + [decoded(name, "test", 30, gain=100, label="anomaly")]
        for name, gain in loud.items()
    }
    rows = [known for group in pairs.values() for known, _ in group]
    tables = {("fan", name): [table for _, table in group] for name, group in pairs.items()}
    merged = merge_mel_clips(rows, tables, sample_rate=16000)
    told = {row["path"][-15:-4]: row["unlike"] for row in merged if row["unlike"]}
    assert sorted(told) == sorted(
        f"{name}_{number:08d}"
        for name, numbers in {"00": (21, 23, 30), "02": (20, 22, 30)}.items()
        for number in numbers
    )
    assert "20 dB louder" in told["00_00000021"] and "20 dB quieter" in told["02_00000020"]
    assert [entry["unlike"] for entry in manifest.coverage(merged)] == [3, 3]
    # no label counts: with others the same is told
    others = [{**known, "label": "unknown"} for known in rows]
    again = merge_mel_clips(others, tables, sample_rate=16000)
    assert [row["unlike"] for row in again] == [row["unlike"] for row in merged]


def test_a_clip_that_is_left_out_is_unlike_nothing():
    rows, table = zip(*(decoded("00", "train", number) for number in range(10)), strict=True)
    bad, loud = decoded("00", "test", 20, gain=10)
    table = [*table, {**loud, "status": "the same recording as a.wav"}]
    merged = merge_mel_clips([*rows, bad], {("fan", "00"): table}, sample_rate=16000)
    assert {row.get("unlike", "") for row in merged} == {""}
    assert manifest.coverage(merged)[0]["unlike"] == 0


def gathered(folder, *, unplaced=(), **machines):
    """Put together the rows of machine types; return manifest and coverage."""
    paths = {name: [str(folder / f"{name}.{kind}") for kind in "mc"] for name in machines}
    for name, rows in machines.items():
        write_records(paths[name][0], rows, manifest.COLUMNS)
        write_records(paths[name][1], manifest.coverage(rows), manifest.COVERAGE_COLUMNS)
    write_records(folder / "unplaced", unplaced, manifest.COLUMNS)
    manifests, coverages = zip(*paths.values(), strict=True)
    out = {f"{name}_path": folder / f"{name}.csv" for name in ("manifest", "coverage")}
    gather(manifests, coverages, unplaced=str(folder / "unplaced"), folder="clips", **out)
    return [read_records(path) for path in out.values()]


def test_the_manifests_of_all_machine_types_are_one(tmp_path):
    stray = {**mel_row("stray.wav", "no place"), "machine": "", "id": ""}
    odd = {**mel_row("odd.wav", "no name"), "machine": "a b"}
    pump = {**mel_row("p.wav"), "machine": "pump"}
    rows, coverage = gathered(tmp_path, unplaced=[stray, odd], fan=[mel_row("f.wav")], pump=[pump])
    assert [row["path"] for row in rows] == ["stray.wav", "odd.wav", "f.wav", "p.wav"]
    assert [(entry["machine"], entry["train"]) for entry in coverage] == [
        ("a b", "0"),
        ("fan", "1"),
        ("pump", "1"),
    ]


def test_a_data_set_without_a_usable_clip_is_refused(tmp_path):
    none = [mel_row(name, "empty file") for name in "ab"]
    with pytest.raises(UserError, match=r"clips: none of its 3 clips .* most often: empty file"):
        gathered(tmp_path, unplaced=[mel_row("c", "no place")], fan=none, pump=[])
    rows, _ = gathered(tmp_path, fan=none, pump=[mel_row("d")])
    assert len(rows) == 3

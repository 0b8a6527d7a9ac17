"""The synthetic data set: repeatable, in the right format, and with faults that can be found."""

import csv
import itertools
import os
import pathlib
import runpy
import subprocess
import sys
import types
import zlib

import numpy as np
import pytest
import soundfile

from pygoodvibes.data.synthesis import generate, signals
from pygoodvibes.data.synthesis.generate import (
    DEFAULT_IDS,
    FAULTS,
    MACHINES,
    MODULES,
    SEVERITIES,
    clip_parts,
    plan_clips,
    synthesize_clip,
    write_machine,
)
from pygoodvibes.util.errors import UserError

SIZES = {"train_clips": 3, "test_normal_clips": 2, "test_anomaly_clips": 4, "seed": 3}
SETTINGS = {**SIZES, "seconds": 1.0, "sample_rate": 16000, "snr_db": 6.0}

# The unit of each machine that is heard best.
CLEAR = {
    "fan": "06",
    "pump": "04",
    "slider": "00",
    "valve": "04",
    "ToyCar": "02",
    "ToyConveyor": "01",
}
CASES = [
    (machine, fault, pattern)
    for machine in MACHINES
    for fault, patterns in MODULES[machine].FAULTS.items()
    for pattern in patterns
]
BURSTS = [(machine, fault) for machine, fault, pattern in CASES if pattern == "burst"]


def band_levels(samples, sample_rate=16000, n_bands=48):
    """Return the level in dB of some bands over frames of 64 ms, shape (frames, bands)."""
    frames = samples[: len(samples) // 512 * 512].reshape(-1, 512)
    frames = np.hstack([frames[:-1], frames[1:]]) * np.hanning(1024)
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    edges = np.unique(np.geomspace(1, 512, n_bands + 1).astype(int))
    return 10 * np.log10(np.add.reduceat(power[:, :512], edges[:-1], axis=1) + 1e-9)


def auc(normal, anomalous):
    """Return the share of pairs in the right order."""
    return np.mean(np.asarray(anomalous)[:, None] > np.asarray(normal)[None, :])


# ------------------------------------------------------------------------------------- the plan


def test_machines_and_ids_are_those_of_dcase_2020():
    assert MACHINES == ("fan", "pump", "slider", "valve", "ToyCar", "ToyConveyor")
    for machine in ("fan", "pump", "slider", "valve"):
        assert DEFAULT_IDS[machine] == ("00", "02", "04", "06")
    assert DEFAULT_IDS["ToyCar"] == ("01", "02", "03", "04")
    assert DEFAULT_IDS["ToyConveyor"] == ("01", "02", "03")
    assert all(4 <= len(faults) <= 6 for faults in FAULTS.values())
    assert {pattern for _, _, pattern in CASES} == {"steady", "burst"}


@pytest.mark.parametrize("machine", MACHINES)
def test_plan_names_counts_and_deals_out_every_fault(machine):
    machine_id = DEFAULT_IDS[machine][1]
    rows = plan_clips(
        machine, machine_id, train_clips=5, test_normal_clips=4, test_anomaly_clips=48, seed=1
    )
    keys = [(row["split"], row["label"]) for row in rows]
    assert keys.count(("train", "normal")) == 5
    assert keys.count(("test", "normal")) == 4
    assert keys.count(("test", "anomaly")) == 48
    assert rows[0]["clip"] == f"normal_id_{machine_id}_00000000.wav"
    assert rows[-1]["clip"] == f"anomaly_id_{machine_id}_00000047.wav"
    assert len({(row["split"], row["clip"]) for row in rows}) == len(rows)
    for row in rows:
        if row["label"] == "normal":
            assert (row["fault"], row["severity"], row["pattern"]) == ("", 0.0, "")
        else:
            assert (machine, row["fault"], row["pattern"]) in CASES
    anomalies = [row for row in rows if row["label"] == "anomaly"]
    faults = [row["fault"] for row in anomalies]
    assert set(faults) == set(FAULTS[machine])
    counts = [faults.count(fault) for fault in FAULTS[machine]]
    assert max(counts) - min(counts) <= 1
    severities = [row["severity"] for row in anomalies]
    assert {round(severities.count(s) / 12) for s in SEVERITIES} == {1}
    assert severities != sorted(severities)


@pytest.mark.parametrize("machine", MACHINES)
def test_a_fault_with_two_patterns_has_every_severity_of_both(machine):
    rows = plan_clips(
        machine,
        DEFAULT_IDS[machine][0],
        train_clips=0,
        test_normal_clips=0,
        test_anomaly_clips=8 * len(FAULTS[machine]),
        seed=1,
    )
    dealt = {(row["fault"], row["pattern"], row["severity"]) for row in rows}
    wanted = {
        (fault, pattern, severity)
        for m, fault, pattern in CASES
        for severity in SEVERITIES
        if m == machine
    }
    assert dealt == wanted


# -------------------------------------------------------------------------------- repeatability


def test_same_samples_in_any_order_and_alone():
    rows = plan_clips("valve", "02", **SIZES)
    forth = [synthesize_clip("valve", "02", **row, seconds=1.0, seed=3) for row in rows]
    back = [synthesize_clip("valve", "02", **row, seconds=1.0, seed=3) for row in reversed(rows)]
    for one, other in zip(forth, reversed(back), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in itertools.combinations(forth, 2):
        assert not np.array_equal(one, other)


def test_train_and_test_clip_of_the_same_name_differ_and_so_do_seeds():
    fields = {"clip": "normal_id_00_00000000.wav", "seconds": 1.0}
    train = synthesize_clip("fan", "00", split="train", **fields)
    test = synthesize_clip("fan", "00", split="test", **fields)
    seeded = synthesize_clip("fan", "00", split="train", seed=1, **fields)
    assert not np.array_equal(train, test)
    assert not np.array_equal(train, seeded)


def test_another_process_with_another_hash_seed_makes_the_same_samples(root):
    code = (
        "import zlib; from pygoodvibes.data.synthesis.generate import synthesize_clip as s;"
        "x = s('ToyCar', '03', clip='a.wav', split='test', fault='rattle', severity=0.5,"
        " pattern='burst', seconds=1.0); print(zlib.crc32(x.tobytes()))"
    )
    here = synthesize_clip(
        "ToyCar",
        "03",
        clip="a.wav",
        split="test",
        fault="rattle",
        severity=0.5,
        pattern="burst",
        seconds=1.0,
    )
    environment = {**os.environ, "PYTHONPATH": str(root / "scripts"), "PYTHONHASHSEED": "77"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert int(run.stdout) == zlib.crc32(here.tobytes())


# ------------------------------------------------------------------------------ files and layout


@pytest.mark.parametrize(("machine", "seconds"), [("ToyCar", 2.0), ("slider", 1.0)])
def test_written_files_are_as_dcase_has_them(tmp_path, machine, seconds):
    ids = list(DEFAULT_IDS[machine][:2])
    truth = write_machine(machine, ids, tmp_path, **SETTINGS)
    files = sorted(tmp_path.glob("*/*.wav"))
    assert len(files) == 2 * (3 + 2 + 4)
    assert [p.name for p in sorted((tmp_path / "train").iterdir())] == [
        f"normal_id_{machine_id}_{number:08d}.wav" for machine_id in ids for number in range(3)
    ]
    assert len(list((tmp_path / "test").glob("anomaly_id_*.wav"))) == 8
    for path in files:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels) == (16000, 1)
        assert (info.format, info.subtype) == ("WAV", "PCM_16")
        assert info.frames == seconds * 16000

    with (tmp_path / "faults.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert tuple(written[0]) == (
        "machine",
        "id",
        "split",
        "clip",
        "label",
        "fault",
        "severity",
        "pattern",
    )
    assert {tmp_path / row["split"] / row["clip"] for row in written} == set(files)
    assert [{**row, "severity": str(row["severity"])} for row in truth] == written
    for row in written:
        assert (row["machine"], row["label"]) == (machine, row["clip"].split("_")[0])
        assert (row["label"] == "anomaly") == (float(row["severity"]) > 0) == (row["fault"] != "")


def test_written_samples_are_the_clips_and_do_not_depend_on_the_other_ids(tmp_path):
    write_machine("pump", ["00", "04"], tmp_path / "both", **SETTINGS)
    write_machine("pump", ["04"], tmp_path / "one", **SETTINGS)
    alone = sorted((tmp_path / "one").glob("*/*.wav"))
    assert len(alone) == 9
    for path in alone:
        same = tmp_path / "both" / path.parent.name / path.name
        assert path.read_bytes() == same.read_bytes()
    row = plan_clips("pump", "04", **SIZES)[-1]
    samples = synthesize_clip("pump", "04", **row, seconds=1.0, seed=3)
    read, _ = soundfile.read(tmp_path / "one" / row["split"] / row["clip"])
    np.testing.assert_allclose(read, samples, atol=1 / 32768)


def test_writing_again_gives_the_same_bytes_but_strange_clips_are_refused(tmp_path):
    write_machine("valve", ["00"], tmp_path, **SETTINGS)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    write_machine("valve", ["00"], tmp_path, **SETTINGS)
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    with pytest.raises(UserError, match="9 other clips"):
        write_machine("valve", ["02"], tmp_path, **SETTINGS)


def test_the_rules_script_writes_the_machine(tmp_path, root):
    snakemake = types.SimpleNamespace(
        wildcards=types.SimpleNamespace(machine="ToyConveyor"),
        params=types.SimpleNamespace(ids=["01"], settings=SETTINGS),
        input=[],
        output=[str(tmp_path / "ToyConveyor")],
        log=[],
    )
    runpy.run_path(str(root / "scripts" / "synthesize_dataset.py"), {"snakemake": snakemake})
    assert len(list((tmp_path / "ToyConveyor").glob("*/*.wav"))) == 9
    assert (tmp_path / "ToyConveyor" / "faults.csv").is_file()


# ------------------------------------------------------------------------------------- the sound


@pytest.mark.parametrize(("machine", "fault", "pattern"), CASES)
def test_no_clip_clips(machine, fault, pattern):
    for machine_id in DEFAULT_IDS[machine]:
        for sample_rate in (8000, 16000):
            samples = synthesize_clip(
                machine,
                machine_id,
                clip="a.wav",
                split="test",
                fault=fault,
                severity=1.0,
                pattern=pattern,
                seconds=1.5,
                sample_rate=sample_rate,
                snr_db=20.0,
            )
            assert samples.shape == (1.5 * sample_rate,)
            assert samples.dtype == np.float64
            assert 0.01 < np.max(np.abs(samples)) < 0.99


def test_a_clip_that_is_too_loud_is_turned_down_not_cut(monkeypatch):
    fields = {"clip": "a.wav", "split": "test", "seconds": 2.0}
    quiet = synthesize_clip("valve", "04", **fields)
    monkeypatch.setattr(generate, "LEVEL", 1.0)
    loud = synthesize_clip("valve", "04", **fields)
    assert np.max(np.abs(loud)) == pytest.approx(0.98)
    np.testing.assert_allclose(loud / signals.rms(loud), quiet / signals.rms(quiet), atol=1e-9)


@pytest.mark.parametrize("machine", MACHINES)
def test_machine_stands_over_the_factory_as_set(machine):
    for machine_id in DEFAULT_IDS[machine]:
        offset = MODULES[machine].UNITS[machine_id].snr_offset
        ratios = []
        for number in range(20):
            parts = clip_parts(
                machine, machine_id, clip=f"{number}", split="train", seconds=1.0, snr_db=6.0
            )
            ratios.append(10 * np.log10(np.mean(parts.machine**2) / np.mean(parts.background**2)))
        assert np.mean(ratios) == pytest.approx(6.0 + offset, abs=0.8)
        assert 0.3 < np.std(ratios) < 2.0


def test_clip_is_the_sum_of_its_parts_and_snr_moves_it():
    fields = {"clip": "a.wav", "split": "test", "seconds": 1.0}
    ratios = []
    for snr_db in (0.0, 6.0):
        parts = clip_parts("fan", "02", **fields, snr_db=snr_db)
        samples = synthesize_clip("fan", "02", **fields, snr_db=snr_db)
        np.testing.assert_array_equal(samples, parts.machine + parts.background)
        ratios.append(np.mean(parts.machine**2) / np.mean(parts.background**2))
    assert 10 * np.log10(ratios[1] / ratios[0]) == pytest.approx(6.0, abs=1e-6)


@pytest.mark.parametrize("machine", MACHINES)
def test_ids_sound_different(machine):
    def spectrum(machine_id, numbers):
        power = 0
        for k in numbers:
            fields = {"clip": f"{k}", "split": "train", "seconds": 2.0}
            parts = clip_parts(machine, machine_id, **fields)
            power = power + np.mean(10 ** (band_levels(parts.machine) / 10), axis=0)
        levels = 10 * np.log10(power)
        return levels - levels.mean()

    ids = DEFAULT_IDS[machine]
    mean = {i: (spectrum(i, range(6)), spectrum(i, range(6, 12))) for i in ids}
    for one, other in itertools.combinations(mean, 2):
        within = np.linalg.norm(mean[one][0] - mean[one][1])
        between = np.linalg.norm(mean[one][0] - mean[other][0])
        assert between > 1.5 * within


@pytest.mark.parametrize(("machine", "fault", "pattern"), CASES)
def test_loudness_does_not_tell_a_fault(machine, fault, pattern):
    fields = {"clip": "a.wav", "split": "test", "seconds": 3.0}
    machine_id = CLEAR[machine]
    healthy = synthesize_clip(machine, machine_id, **fields)
    ill = synthesize_clip(machine, machine_id, **fields, fault=fault, severity=1.0, pattern=pattern)
    assert not np.array_equal(healthy, ill)
    assert 20 * np.log10(signals.rms(ill) / signals.rms(healthy)) == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize(("machine", "fault", "pattern"), CASES)
def test_severity_0_is_the_healthy_machine(machine, fault, pattern):
    fields = {"clip": "a.wav", "split": "test", "seconds": 1.0}
    machine_id = CLEAR[machine]
    healthy = clip_parts(machine, machine_id, **fields)
    ill = clip_parts(machine, machine_id, **fields, fault=fault, severity=0.0, pattern=pattern)
    np.testing.assert_array_equal(healthy.machine, ill.machine)
    np.testing.assert_array_equal(healthy.background, ill.background)
    assert not ill.window.any()


@pytest.mark.parametrize(("machine", "fault"), BURSTS)
def test_bursts_are_where_the_truth_says(machine, fault):
    inside, outside = [], []
    for number in range(4):
        fields = {"clip": f"{number}", "split": "test", "seconds": 10.0, "snr_db": 20.0}
        healthy = clip_parts(machine, CLEAR[machine], **fields)
        ill = clip_parts(
            machine, CLEAR[machine], **fields, fault=fault, severity=1.0, pattern="burst"
        )
        assert 0.05 < ill.window.mean() < 0.4
        change = np.abs(band_levels(ill.machine) - band_levels(healthy.machine)).max(axis=1)
        window = ill.window[512 : 512 * (len(change) + 1) : 512]
        # A stroke or a click that begins in the burst ends a little after it.
        near = np.convolve(window, np.ones(61), mode="same") > 0
        inside.append(change[window > 0.9].mean())
        outside.append(change[~near].mean())
    assert np.mean(inside) > 2 * np.mean(outside)


@pytest.mark.parametrize(
    ("machine", "fault"), [(m, f) for m, f, pattern in CASES if pattern == "steady"]
)
def test_steady_faults_last_all_the_clip(machine, fault):
    fields = {"clip": "a.wav", "split": "test", "seconds": 10.0}
    healthy = clip_parts(machine, CLEAR[machine], **fields)
    ill = clip_parts(machine, CLEAR[machine], **fields, fault=fault, severity=1.0, pattern="steady")
    assert np.all(ill.window == 1.0)
    change = np.abs(band_levels(ill.machine) - band_levels(healthy.machine)).max(axis=1)
    quarters = [part.mean() for part in np.array_split(change, 4)]
    assert min(quarters) > 0.5 * max(quarters)
    assert min(quarters) > 1.0


@pytest.mark.parametrize("machine", MACHINES)
def test_faults_can_be_found_and_severe_ones_more_easily(machine):
    machine_id = CLEAR[machine]

    def features(**fields):
        levels = band_levels(synthesize_clip(machine, machine_id, **fields))
        return np.concatenate([levels.mean(axis=0), levels.max(axis=0), levels.std(axis=0)])

    train = np.array([features(clip=f"{k}", split="train") for k in range(36)])
    held_out = np.array([features(clip=f"{k}", split="train") for k in range(36, 56)])
    normal = np.array([features(clip=f"{k}", split="test") for k in range(20)])
    patterns = [(fault, pattern) for m, fault, pattern in CASES if m == machine]
    ill = {
        severity: np.array(
            [
                features(
                    clip=f"ill {k}", split="test", fault=fault, severity=severity, pattern=pattern
                )
                for k in range(12 // len(patterns) + 1)
                for fault, pattern in patterns
            ]
        )
        for severity in (0.25, 1.0)
    }

    # Mean distance to the nearest three training clips, bands in units of their own scatter.
    centre, scale = train.mean(axis=0), train.std(axis=0)

    def score(x):
        gaps = (x - centre)[:, None, :] / scale - (train - centre)[None, :, :] / scale
        return np.sort(np.linalg.norm(gaps, axis=2), axis=1)[:, :3].mean(axis=1)

    assert auc(score(normal), score(ill[1.0])) > 0.85
    assert auc(score(normal), score(ill[1.0])) > auc(score(normal), score(ill[0.25]))
    # Normal test clips are nothing but more normal clips. 0.3 to 0.7 is two standard errors.
    assert 0.3 < auc(score(held_out), score(normal)) < 0.7


# ------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"machine": "Fan"}, "no synthetic machine 'Fan'; use fan, pump"),
        ({"machine_id": "01"}, "no synthetic fan with the ID '01'; use 00, 02, 04, 06"),
        ({"fault": "leak", "severity": 1.0, "pattern": "steady"}, "fan has no fault 'leak'"),
        ({"fault": "rattle", "severity": 1.0, "pattern": "steady"}, "use burst"),
        ({"fault": "rattle", "severity": 1.5, "pattern": "burst"}, "severity is 1.5"),
        ({"severity": 0.5}, "without a fault"),
        ({"pattern": "burst"}, "without a fault"),
        ({"label": "anomaly"}, "label is 'anomaly'"),
        ({"seconds": 0.5}, "lasts 0.5 seconds"),
        ({"seconds": float("nan")}, "lasts nan seconds"),
        ({"sample_rate": 4000}, "sample rate is 4000"),
        ({"sample_rate": 16000.5}, "sample rate is 16000.5"),
        ({"snr_db": float("inf")}, "snr_db is inf"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_bad_clips_are_refused(change, message):
    good = {"machine": "fan", "machine_id": "00", "clip": "a.wav", "split": "test", "seconds": 1.0}
    synthesize_clip(**good)
    with pytest.raises(UserError, match=message):
        synthesize_clip(**{**good, **change})


@pytest.mark.parametrize(
    ("ids", "change", "message"),
    [
        (["00"], {"train_clips": -1}, "train_clips is -1"),
        (["00"], {"test_normal_clips": 1.5}, "test_normal_clips is 1.5"),
        (["00"], {"seed": "x"}, "seed is 'x'"),
        (["00"], {"seconds": 0}, "lasts 0 seconds"),
        (["00", "00"], {}, "name one twice"),
        ([], {}, "give a list"),
        ("00", {}, "give a list"),
        (["00", "99"], {}, "ID '99'"),
    ],
)
def test_bad_data_sets_are_refused_before_anything_is_written(tmp_path, ids, change, message):
    with pytest.raises(UserError, match=message):
        write_machine("fan", ids, tmp_path / "fan", **{**SETTINGS, **change})
    assert not pathlib.Path(tmp_path / "fan").exists()

"""Spoilt recordings through every door: `score`, windows, `fit`, the workflow.

`python tests/soak/recordings.py FOLDER` opens each file of a folder as jobs do, and prints a line
for each before and after it, so that whoever watches knows where it stopped.
"""

import csv
import json
import math
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import yaml

import altered_audio
import tiny_project
from faulty_runs import environment
from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.read import inspect_audio, read_audio
from pygoodvibes.audio.stream import file_blocks
from pygoodvibes.util.errors import UserError
from soak.found import Found

ROOT = pathlib.Path(__file__).resolve().parents[2]
RATE = 16000
READ = {"sample_rate": RATE, "resample": False, "channel": 0}
MEL = {"n_fft": 1024, "hop_length": 512, "n_mels": 64}
GOOD = 16
"""Good recordings of each kind, so that there is something to learn."""

SLOWEST = 10.0
"""Most seconds that a recording of a second may take; others may use the processors meanwhile."""

MOST_MB = 700
"""Most memory of a process."""

LIMIT = 1200
"""Most seconds of a command."""


def sound(seed: int, *, whistle: float = 0.0) -> np.ndarray:
    """Return a second of a machine, shape (16000,)."""
    rng = np.random.default_rng(seed)
    instant = np.arange(RATE) / RATE
    hum = 0.1 * np.sin(2 * np.pi * 120 * instant + rng.uniform(0, 6))
    return hum + 0.05 * rng.normal(size=RATE) + whistle * np.sin(2 * np.pi * 2500 * instant)


def spoilt(folder: pathlib.Path, count: int, seed: int) -> Iterator[pathlib.Path]:
    """Write spoilt recordings of all formats, and yield their paths.

    Half are training clips, half test clips; their names are those of DCASE 2020.
    """
    rng = random.Random(seed)
    scratch = folder.parent / "good.tmp"
    for number in range(count):
        ending, container, coding = altered_audio.FORMATS[number % len(altered_audio.FORMATS)]
        samples = sound(1000 + number)
        good = altered_audio.write(scratch, container, coding, samples, RATE)
        split, label = (("train", "normal"), ("test", "normal"), ("test", "anomaly"))[number % 3]
        path = folder / "pump" / split / f"{label}_id_00_{number + 1000:08d}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        # by formats and ways to spoil them, each with each
        path.write_bytes(altered_audio.altered(good, number // len(altered_audio.FORMATS), rng))
        yield path
    scratch.unlink()


def good(folder: pathlib.Path) -> int:
    """Write recordings with nothing wrong beside them; return how many."""
    kinds = (("train", "normal", 0.0), ("test", "normal", 0.0), ("test", "anomaly", 0.1))
    for kind, (split, label, whistle) in enumerate(kinds):
        for number in range(GOOD):
            path = folder / "pump" / split / f"{label}_id_00_{number:08d}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            samples = sound(number + GOOD * kind, whistle=whistle)
            altered_audio.write(path, "WAV", "PCM_16", samples, RATE)
    return GOOD * len(kinds)


def try_recordings(place: pathlib.Path, count: int, seed: int) -> Iterator[Found]:
    """Try all doors with the same recordings."""
    folder = place / "clips"
    folder.mkdir(parents=True)
    files = list(spoilt(folder, count, seed))
    yield through_the_readers(files, folder)
    files_in_all = len(files) + good(folder)
    model = place / "pump.pgv"
    yield fitted(folder / "pump/train", model)
    yield scored(folder, model, files_in_all)
    yield scored(folder, model, files_in_all, "--window", "0.5")
    yield computed(folder, place / "project", files_in_all)


def measured(
    command: list[str], cwd: pathlib.Path, **variables: str
) -> tuple[int, str, str, float]:
    """Run a command; return exit code, standard output, standard error and memory in MB.

    A command that doesn't end is ended and has the exit code -9.
    """
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    late = threading.Timer(LIMIT, process.kill)
    late.start()
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    said = process.stdout.read()
    reader.join()
    _, status, usage = os.wait4(process.pid, 0)
    late.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, said, errors[0], usage.ru_maxrss / 1024


def ends_well(found: Found, code: int, allowed: tuple, errors: str, peak: float) -> None:
    """Check how a command ended."""
    found.check(code in allowed, f"exit code {code}: {errors[-300:]}")
    found.check("Traceback" not in errors, f"a traceback: {errors[-1500:]}")
    found.check(peak < MOST_MB, f"{peak:.0f} MB of memory")


def through_the_readers(files: list[pathlib.Path], folder: pathlib.Path) -> Found:
    """Open each file as the workflow and windows do."""
    found = Found("spoilt recordings, each door by itself")
    variables = {"PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT / "tests")])}
    command = [sys.executable, "-W", "error", str(pathlib.Path(__file__)), str(folder)]
    code, said, errors, peak = measured(command, ROOT, **variables)
    last = ""
    for line in said.splitlines():
        entry = json.loads(line)
        last = entry["name"]
        if "outcome" in entry:
            found.add(entry["outcome"])
            slow = entry["seconds"] > SLOWEST
            found.check(not slow, f"{last}: {entry['seconds']:.1f} s")
    ends_well(found, code, (0,), f"{last}: {errors}", peak)
    found.check(found.count == len(files), f"{found.count} of {len(files)}, the last {last}")
    return found


def open_each(folder: pathlib.Path) -> None:
    """Open each file of a folder; what is no reason ends this in a traceback."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        print(json.dumps({"name": path.name}), flush=True)
        began, outcome = time.monotonic(), "read"
        for resample in (False, True):
            try:
                inspect_audio(path)
                signal = read_audio(path, **{**READ, "resample": resample})
                frames = clip_frames(signal, sample_rate=RATE, **MEL)
            except UserError as error:
                assert str(error) and "\n" not in str(error), path
                outcome = "refused with a reason"
            else:
                assert len(signal) and np.isfinite(signal).all() and np.isfinite(frames).all(), path
        try:
            for block in file_blocks(path, READ):
                assert block.ndim == 1, path
        except UserError as error:
            assert str(error) and "\n" not in str(error), path
        seconds = time.monotonic() - began
        entry = {"name": path.name, "outcome": outcome, "seconds": seconds}
        print(json.dumps(entry), flush=True)


def fitted(folder: pathlib.Path, model: pathlib.Path) -> Found:
    """Fit a model to good and spoilt recordings."""
    found = Found("spoilt recordings among those of `fit`")
    files = [path for path in folder.iterdir() if path.is_file()]
    # what is spoilt may lie far apart from the rest, and nobody is there to be asked
    command = [sys.executable, "-m", "pygoodvibes", "fit", str(folder), "-o", str(model), "--yes"]
    variables = {"PYTHONPATH": str(ROOT / "scripts")}
    code, said, errors, peak = measured([*command, "--machine", "pump"], ROOT, **variables)
    ends_well(found, code, (0, 4), errors, peak)
    told = re.search(r"^pump_id_00: (\d+) recordings.*?(?:; (\d+) left out:)?$", said, re.MULTILINE)
    found.check(told, f"no line about recordings: {said[:300]}")
    used, left_out = (int(number or 0) for number in told.groups()) if told else (0, 0)
    found.add("learnt", used)
    found.add("left out with a reason", left_out)
    found.check(used + left_out == len(files), f"{used} + {left_out} of {len(files)} files")
    return found


def finite(text: str) -> bool:
    """Say whether a cell of a table holds no number that is none."""
    try:
        return math.isfinite(float(text))
    except ValueError:
        return True


def scored(folder: pathlib.Path, model: pathlib.Path, files: int, *options: str) -> Found:
    """Score all recordings, and read the tables."""
    how = "windows of `score`" if options else "`score`"
    found = Found(f"spoilt recordings, {how}")
    tables = [model.parent / f"scores.{ending}" for ending in ("csv", "json")]
    command = [sys.executable, "-m", "pygoodvibes", "score", str(model), str(folder), *options]
    command += ["--csv", str(tables[0]), "--json", str(tables[1])]
    variables = {"PYTHONPATH": str(ROOT / "scripts")}
    code, _, errors, peak = measured(command, ROOT, **variables)
    ends_well(found, code, (0, 3, 4), errors, peak)
    if not all(table.is_file() for table in tables):
        return found
    with tables[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    document = json.loads(tables[1].read_text(encoding="utf-8"), parse_constant=found.wrong.append)
    found.check(len(rows) == len(document["clips"]), "CSV and JSON differ in length")
    names = ("start", "score", "threshold", "p_value")
    found.check(all(finite(row[name]) for row in rows for name in names), "a number that is none")
    by_clip: dict[str, list[dict]] = {}
    for row in rows:
        by_clip.setdefault(row["clip"], []).append(row)
        silent = row["verdict"] == "not scored" and not row["reason"]
        found.check(not silent, f"{row['clip']}: not scored without a reason")
    for rows_of_clip in by_clip.values():
        found.add("scored" if any(row["score"] for row in rows_of_clip) else "not scored")
    found.check(len(by_clip) == files, f"{len(by_clip)} of {files} files in the table")
    found.check(re.search(rf"^{files} (clip|recording)\(s\): ", errors, re.MULTILINE), "the total")
    return found


def computed(folder: pathlib.Path, project: pathlib.Path, files: int) -> Found:
    """Run the workflow on all recordings, and read its tables."""
    found = Found("spoilt recordings, the workflow")
    tiny_project.make(ROOT, project)
    config = {
        **tiny_project.TINY,
        "dataset": {"name": "spoilt", "source": "folder", "path": str(folder)},
        "detectors": {"lof": {"n_neighbors": 4}, "mahalanobis": {}},
    }
    (project / "spoilt.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "-j2", "--configfile", "spoilt.yaml"]
    code, _, errors, peak = measured(command, project)
    ends_well(found, code, (0,), errors, peak)
    results = project / "results/spoilt"
    if not (results / "manifest.csv").is_file():
        found.check(False, "no tables")
        return found
    for path in sorted(results.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            bad = [row for row in csv.reader(file) if not all(map(finite, row))]
        found.check(not bad, f"{path.name}: a number that is none: {bad[:1]}")
    for path in sorted(results.rglob("*.json")):
        json.loads(path.read_text(encoding="utf-8"), parse_constant=found.wrong.append)
    with (results / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        found.add("used" if row["status"] == "ok" else "left out with a reason")
        found.check(row["status"], f"{row['path']}: no status")
    found.check(len(rows) == files, f"{len(rows)} of {files} files in the manifest")
    with (project / "resources/spoilt/final/coverage.csv").open(encoding="utf-8") as file:
        counts = list(csv.DictReader(file))
    names = ("train", "test_normal", "test_anomaly", "test_unknown", "left_out")
    total = sum(int(row[name]) for row in counts for name in names)
    found.check(total == files, f"coverage adds up to {total} of {files}")
    return found


if __name__ == "__main__":
    open_each(pathlib.Path(sys.argv[1]))

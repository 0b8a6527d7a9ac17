"""Faults of runs: kills, full disks, damaged caches, two runs at once.

`python tests/soak/faults.py FOLDER PLACE BYTES` runs the workflow with a small disk mounted at a
place of its folder, gives it more room, and runs it again; it needs a mount namespace of its own.
"""

import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import tiny_project
from faulty_runs import (
    CACHED,
    METRICS,
    VICTIMS,
    alter,
    copy_of,
    cut,
    different,
    environment,
    kill_one,
    run,
    run_unlocked,
    start,
)
from soak.found import Found

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIPS = 32
"""Recordings of the tiny data set."""

SENTENCES = (
    "make room on the disk and run again",
    "No space left on device",
)
"""What a full disk is called: by jobs, and by Snakemake where it writes notes of its own."""


def try_faults(place: pathlib.Path, scale: float, seed: int) -> Iterator[Found]:
    """Try all faults; after each, the next run has to give the same bytes."""
    place.mkdir(parents=True)
    finished = tiny_project.make(ROOT, place / "finished")
    tiny_project.snakemake(finished, "-j2", METRICS)
    yield damaged_caches(place, finished, round(22 * scale), seed)
    yield killed(place, finished, round(64 * scale), seed)
    yield full_disks(place, finished, round(16 * scale), seed)
    yield two_at_once(place, finished, max(1, round(5 * scale)))
    yield two_copies(place, finished, max(1, round(5 * scale)))


def killed(place: pathlib.Path, finished: pathlib.Path, count: int, seed: int) -> Found:
    """Kill a process of a run, at any time from its first clip on."""
    found = Found("killed runs")
    rng = random.Random(f"kills {seed}")
    for number in range(count):
        folder = tiny_project.make(ROOT, place / "killed")
        victim = VICTIMS[number % len(VICTIMS)]
        # half of them while clips are made
        seconds = rng.uniform(0, 0.5) if rng.random() < 0.5 else rng.uniform(0, 2.5)
        case = f"{victim} after {seconds:.2f} s"
        try:
            while kill_one(folder, victim, seconds) is None:
                shutil.rmtree(folder)  # the run was over before
                folder, seconds = tiny_project.make(ROOT, place / "killed"), seconds / 2
        except AssertionError as late:
            found.wrong.append(f"{case}: {late}")
        clips = folder / "data/tiny/fan"
        whole = not clips.exists() or len(list(clips.rglob("*.wav"))) == CLIPS
        found.check(whole, f"{case}: half a folder of clips")
        code, said, locked = run_unlocked(folder, "-j2", METRICS)
        found.check(not code, f"{case}: {said[-800:]}")
        found.check(not different(folder, finished), f"{case}: other bytes")
        found.check(victim in ("main", "group") or not locked, f"{case}: locked")
        found.add("same bytes after unlocking, as was said" if locked else "same bytes")
        shutil.rmtree(folder)
    return found


def full_disks(place: pathlib.Path, finished: pathlib.Path, count: int, seed: int) -> Found:
    """Let the disk be full while data, resources, results or anything is written."""
    found = Found("full disks")
    namespace = ["unshare", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*namespace, "true"]).returncode:
        found.outcomes["not tried: this system lets nobody mount a disk"] = 1
        return found
    rng = random.Random(f"disks {seed}")
    sizes = {"data": 2_000, "resources": 1_500, "results": 60, "logs": 60, ".": 3_500}
    for number in range(count):
        name = list(sizes)[number % len(sizes)]
        kilobytes = round(sizes[name] * rng.uniform(0.05, 0.6)) + (2_200 if name == "." else 0)
        folder = tiny_project.make(ROOT, place / "full")
        (folder / name).mkdir(exist_ok=True)
        command = [*namespace, sys.executable, str(pathlib.Path(__file__)), str(folder), name]
        variables = {"PYTHONPATH": ":".join(str(ROOT / part) for part in ("scripts", "tests"))}
        done = subprocess.run(
            [*command, str(kilobytes * 1000), str(finished)],
            env=environment(**variables),
            capture_output=True,
            text=True,
            check=False,
        )
        case = f"{name} of {kilobytes} kB"
        if done.returncode:
            found.wrong.append(f"{case}: {done.stderr[-800:]}")
            continue
        told = json.loads(done.stdout.splitlines()[-1])
        code, said = told["first"]
        if code:
            told_why = any(sentence in said for sentence in SENTENCES)
            found.check(told_why, f"{case}: no sentence: {said[-800:]}")
            found.check("Traceback" not in said, f"{case}: a traceback: {said[-2500:]}")
        code_after, said_after = told["second"]
        found.check(not code_after, f"{case}: then {said_after[-800:]}")
        found.check(not told["different"], f"{case}: other bytes {told['different']}")
        found.add("a sentence, then the same bytes" if code else "enough room after all")
        shutil.rmtree(folder)
    return found


def with_a_small_disk(folder: pathlib.Path, name: str, size: int, finished: pathlib.Path) -> None:
    """Mount, run, give room, run; print what both runs said and which results differ."""
    place = folder / name
    if name == ".":
        kept = folder.rename(folder.with_name("full_before"))
        folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=True)
    if name == ".":
        shutil.copytree(kept, folder, dirs_exist_ok=True)
        shutil.rmtree(kept)
    first = run(folder, "-j2", METRICS)
    subprocess.run(["mount", "-o", "remount,size=200m", str(place)], check=True)
    code, said, _ = run_unlocked(folder, "-j2", METRICS)
    told = {"first": first, "second": (code, said), "different": different(folder, finished)}
    print(json.dumps(told))


def made_after(path: pathlib.Path, folder: pathlib.Path) -> list[pathlib.Path]:
    """Return the files of resources that are younger than one, its sisters of one job left out."""
    return [
        each
        for each in (folder / "resources/tiny").rglob("*")
        if each.is_file()
        and each.stat().st_mtime_ns >= path.stat().st_mtime_ns
        and (each.parent, each.name.split(".")[0]) != (path.parent, path.name.split(".")[0])
    ]


def damaged_caches(place: pathlib.Path, finished: pathlib.Path, count: int, seed: int) -> Found:
    """Alter or cut what a run keeps, and have all read it that is made from it."""
    found = Found("damaged files of the cache")
    cases = [(name, damage) for damage in (alter, cut) for name in CACHED]
    random.Random(f"caches {seed}").shuffle(cases)
    for name, damage in cases[:count]:
        folder = copy_of(finished, place / "damaged")
        path = folder / "resources/tiny" / name
        for later in made_after(path, folder):
            later.resolve().unlink()
            later.unlink(missing_ok=True)
        for result in (folder / "results/tiny").glob("*.*"):
            result.unlink()
        damage(path.resolve())
        case = f"{damage.__name__} {name}"
        code, said = run(folder, "-j2", METRICS)
        found.check("Traceback" not in said, f"{case}: a traceback")
        told = re.search(rf"resources/tiny/{name}: altered or cut .*\((rm [^)]+)\)", said)
        if code:
            found.check(told, f"{case}: not named: {said[-800:]}")
        if told:
            subprocess.run(told[1], shell=True, cwd=folder, check=True)
            code, said = run(folder, "-j2", METRICS)
        found.check(not code, f"{case}: {said[-800:]}")
        found.check(not different(folder, finished), f"{case}: other bytes")
        found.add("named, same bytes after its removal" if told else "not read, same bytes")
        shutil.rmtree(folder)
    return found


def two_at_once(place: pathlib.Path, finished: pathlib.Path, count: int) -> Found:
    """Start two runs in one folder."""
    found = Found("two runs at once in one folder")
    for number in range(count):
        folder = tiny_project.make(ROOT, place / "twice")
        runs = [start(folder, "-j2", METRICS)]
        time.sleep(number * 0.5)  # the second comes later each time
        runs.append(start(folder, "-j2", METRICS))
        said = [snakemake.communicate(timeout=300)[0] for snakemake in runs]
        for snakemake, text in zip(runs, said, strict=True):
            told = snakemake.returncode == 0 or "--unlock" in text
            found.check(told and "Traceback" not in text, f"no sentence: {text[-800:]}")
        ended_well = [snakemake.returncode == 0 for snakemake in runs]
        found.check(any(ended_well), f"none of both: {said[0][-800:]}")
        code, text = run(folder, "-j2", METRICS)
        found.check(not code, f"after both: {text[-800:]}")
        found.check(not different(folder, finished), "other bytes")
        found.add("both done" if all(ended_well) else "one done, the other told of the lock")
        shutil.rmtree(folder)
    return found


def two_copies(place: pathlib.Path, finished: pathlib.Path, count: int) -> Found:
    """Run two copies of one project, as DVC makes them of experiments, which share its results."""
    found = Found("two experiment copies at once")
    for _ in range(count):
        project = tiny_project.make(ROOT, place / "shared")
        copies = [tiny_project.make(ROOT, place / f"copy{number}") for number in range(2)]
        runs = [start(copy, "-j2", METRICS, DVC_ROOT=str(project)) for copy in copies]
        for snakemake, copy in zip(runs, copies, strict=True):
            said = snakemake.communicate(timeout=300)[0]
            found.check(not snakemake.returncode, said[-800:])
            found.check(not different(copy, finished), "other bytes")
        found.add("same bytes in both")
        for folder in (project, *copies):
            shutil.rmtree(folder)
    return found


if __name__ == "__main__":
    with_a_small_disk(
        pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), pathlib.Path(sys.argv[4])
    )

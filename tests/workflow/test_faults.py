"""Faults of a running workflow: the next run gives the same bytes, or is told what to do."""

import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import time

import pytest

import tiny_project
from pygoodvibes.cli.main import main
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import checksums, fork_server

ROOT = pathlib.Path(__file__).resolve().parents[2]
METRICS = "results/tiny/metrics.json"
RESULTS = [f"results/tiny/{name}" for name in ("metrics.json", "metrics.csv", "roc.csv")]

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(not fork_server.AVAILABLE, reason="jobs start anew here"),
]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a project with all numbers of the tiny data set, from a run without faults."""
    folder = tiny_project.make(ROOT, tmp_path_factory.mktemp("whole") / "project")
    tiny_project.snakemake(folder, "-j2", METRICS)
    return folder


@pytest.fixture
def damaged(finished, tmp_path):
    """Return a copy of it to damage; links to earlier results lead to those of the copy."""
    folder = tmp_path / "project"
    shutil.copytree(finished, folder, symlinks=True)
    for link in [each for each in (folder / "resources").rglob("*") if each.is_symlink()]:
        target, time_ns = link.readlink(), link.lstat().st_mtime_ns
        link.unlink()
        link.symlink_to(folder / target.relative_to(finished))
        os.utime(link, ns=(time_ns, time_ns), follow_symlinks=False)
    return folder


def run(folder, *arguments):
    """Run Snakemake, however it ends; return its exit code and what it says."""
    names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH")
    command = [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key not in names},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout


def processes_in(folder):
    """Return number, parent and command of each process that works in a folder."""
    found = {}
    for place in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (place / "cwd").resolve() != folder.resolve():
                continue
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(place.name)] = parent, (place / "cmdline").read_bytes().decode()
        except OSError:
            continue  # it has ended meanwhile
    return found


def victim_of(folder, kind, main):
    """Return the number of the process to kill; None if there is none now."""
    if kind == "main":
        return main
    processes = processes_in(folder)
    servers = [
        pid
        for pid, (parent, command) in processes.items()
        if parent == main and "fork_server" in command
    ]
    if kind == "server":
        return servers[0] if servers else None
    jobs = [pid for pid, (parent, _) in processes.items() if parent in servers]
    return jobs[0] if jobs else None


def kill_one(folder, kind, seconds):
    """Start a run, and after some time of making clips or later kill one of its processes."""
    names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH")
    snakemake = subprocess.Popen(
        [sys.executable, "-m", "snakemake", "--configfile", "tiny.yaml", "-j2", METRICS],
        cwd=folder,
        env={key: value for key, value in os.environ.items() if key not in names},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    # the first thing that a job writes
    while not (folder / "logs/tiny/synthesize_dataset").exists():
        assert time.monotonic() < deadline and snakemake.poll() is None
        time.sleep(0.005)
    time.sleep(seconds)
    killed = None
    while snakemake.poll() is None and killed is None:
        killed = victim_of(folder, kind, snakemake.pid)
        if killed is not None:
            os.kill(killed, signal.SIGKILL)
    snakemake.wait(timeout=60)
    deadline = time.monotonic() + 5
    while left := processes_in(folder):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.02)
    return killed


@pytest.mark.parametrize(("kind", "seed"), [("server", 0), ("main", 1), ("job", 0)])
def test_after_a_kill_nothing_goes_on_and_the_next_run_gives_the_same_bytes(
    finished, tmp_path, kind, seed
):
    folder = tiny_project.make(ROOT, tmp_path / "project")
    # mostly while clips are made, sometimes later
    seconds = random.Random(f"{kind} {seed}").choice([0.05, 0.2, 0.4, 0.8])
    assert kill_one(folder, kind, seconds)
    clips = folder / "data/tiny/fan"
    assert not clips.exists() or len(list(clips.rglob("*.wav"))) == 32
    code, said = run(folder, "-j2", METRICS)
    if "--unlock" in said:
        assert kind == "main" and code
        run(folder, "--unlock")
        code, said = run(folder, "-j2", METRICS)
    assert not code, said
    for name in RESULTS:
        assert (folder / name).read_bytes() == (finished / name).read_bytes()


def test_a_folder_of_clips_without_its_snapshot_is_made_again(damaged, finished):
    clips = damaged / "data/tiny/fan"
    (clips / ".snapshot").unlink()
    next(clips.rglob("*.wav")).unlink()
    # a run that was ended while it made clips has nothing that comes after them
    shutil.rmtree(damaged / "resources")
    shutil.rmtree(damaged / "results")
    code, said = run(damaged, "-n", "-j2", METRICS)
    assert not code and "is made again" not in said and clips.exists()
    code, said = run(damaged, "-j2", METRICS)
    assert not code, said
    assert "Notice: data/tiny/fan was not finished; it is made again." in said
    assert len(list(clips.rglob("*.wav"))) == 32
    for name in RESULTS:
        assert (damaged / name).read_bytes() == (finished / name).read_bytes()


def alter(path):
    """Change bytes in the middle; size and time stay."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4] = bytes(each ^ 1 for each in content[middle : middle + 4])
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path):
    """Keep the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [alter, cut])
@pytest.mark.parametrize(
    "name",
    [
        "manifests/fan/00.csv",
        "mel/fan/00.npy",
        "mel/fan/00.clips.csv",
        "embedding/fan/00.npz",
        "projection/fan/00.npz",
        "detection/fan/00.fitted",
        "detection/fan/00.scores.csv",
        "detection/fan/00.notes.json",
        "evaluation/fan/00.json",
        "evaluation/fan/00.scores.csv",
        "final/coverage.csv",
    ],
)
def test_damage_of_each_kind_of_file_is_found(damaged, monkeypatch, capsys, name, damage):
    monkeypatch.chdir(damaged)
    monkeypatch.delenv("SNAKEMAKE_OUTPUT_CACHE", raising=False)
    path = pathlib.Path("resources/tiny", name)
    cache = pathlib.Path("resources/.cache")
    checksums.check([path], cache)
    damage(path.resolve())
    with pytest.raises(UserError, match=f"{name}: altered or cut"):
        checksums.check([path], cache)
    assert main(["check", "tiny.yaml", "--cache"]) == 1
    said = capsys.readouterr().out
    assert said.count("altered or cut") == 1 and str(path.resolve().name) in said


def test_all_files_of_a_run_are_whole(finished, monkeypatch, capsys):
    monkeypatch.chdir(finished)
    monkeypatch.delenv("SNAKEMAKE_OUTPUT_CACHE", raising=False)
    assert main(["check", "tiny.yaml", "--cache"]) == 0
    assert re.search(r"^all [1-9][0-9]+ files are whole$", capsys.readouterr().out, re.MULTILINE)


def test_a_damaged_file_is_named_and_after_its_removal_the_bytes_are_the_same(damaged, finished):
    resources = damaged / "resources/tiny"
    for damage, name, made_from_it in (
        (alter, "mel/fan/00.npy", "embedding/fan/00.npz"),
        (cut, "projection/fan/02.npz", "detection/fan/02.scores.csv"),
    ):
        damage((resources / name).resolve())
        # what is missing and asked for is made, of the damaged file
        (resources / made_from_it).resolve().unlink()
        asked_for = (METRICS, f"resources/tiny/{made_from_it}")
        code, said = run(damaged, "-j2", *asked_for)
        assert code and "Traceback" not in said, said
        found = re.search(
            rf"Error: resources/tiny/{name}: altered or cut since it was computed; "
            r"delete it \((rm '[^']+')\) and run again",
            said,
        )
        assert found, said
        subprocess.run(found[1], shell=True, cwd=damaged, check=True)
        code, said = run(damaged, "-j2", *asked_for)
        assert not code, said
        for each in RESULTS:
            assert (damaged / each).read_bytes() == (finished / each).read_bytes()

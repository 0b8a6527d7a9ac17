"""Faults of a run of the workflow: a project with the tiny data set in, what became of it out."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

METRICS = "results/tiny/metrics.json"
RESULTS = [f"results/tiny/{name}" for name in ("metrics.json", "metrics.csv", "roc.csv")]
"""What has to be the same, byte for byte, after a fault."""

CACHED = (
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
)
"""A file of each kind that jobs read, below resources/tiny."""

VICTIMS = ("main", "group", "job", "server")
"""What can be killed: Snakemake, it and all in its group, one job, the process that jobs fork."""


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a run that nothing outside of its folder has to do with."""
    names = ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH")
    return {**{key: value for key, value in os.environ.items() if key not in names}, **more}


def start(folder: pathlib.Path, *arguments: str, **variables: str) -> subprocess.Popen:
    """Start Snakemake in a group of its own; what it says can be read from `stdout`."""
    return subprocess.Popen(
        [sys.executable, "-m", "snakemake", "-p", "--configfile", "tiny.yaml", *arguments],
        cwd=folder,
        env=environment(**variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def run(folder: pathlib.Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run Snakemake, however it ends; return its exit code and what it says."""
    snakemake = start(folder, *arguments, **variables)
    said, _ = snakemake.communicate(timeout=300)
    return snakemake.returncode, said


def run_unlocked(folder: pathlib.Path, *arguments: str) -> tuple[int, str, bool]:
    """Run as `run`; do what a lock left behind asks for, and say whether there was one."""
    code, said = run(folder, *arguments)
    locked = "--unlock" in said
    if locked:
        run(folder, "--unlock")
        code, said = run(folder, *arguments)
    return code, said, locked


def copy_of(finished: pathlib.Path, folder: pathlib.Path) -> pathlib.Path:
    """Copy a project, to damage it; links to earlier results lead to those of the copy."""
    shutil.copytree(finished, folder, symlinks=True)
    for link in [each for each in (folder / "resources").rglob("*") if each.is_symlink()]:
        target, time_ns = link.readlink(), link.lstat().st_mtime_ns
        link.unlink()
        link.symlink_to(folder / target.relative_to(finished))
        os.utime(link, ns=(time_ns, time_ns), follow_symlinks=False)
    return folder


def different(folder: pathlib.Path, finished: pathlib.Path) -> list[str]:
    """Return the results that are not those of a run without faults."""
    return [
        name
        for name in RESULTS
        if not (folder / name).is_file()
        or (folder / name).read_bytes() != (finished / name).read_bytes()
    ]


def processes_in(folder: pathlib.Path) -> dict[int, tuple[int, str]]:
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


def victim_of(folder: pathlib.Path, victim: str, main: int) -> int | None:
    """Return the number of the process to kill; None if there is none now."""
    if victim in ("main", "group"):
        return main
    processes = processes_in(folder)
    servers = [
        pid
        for pid, (parent, command) in processes.items()
        if parent == main and "fork_server" in command
    ]
    if victim == "server":
        return servers[0] if servers else None
    jobs = [pid for pid, (parent, _) in processes.items() if parent in servers]
    return jobs[0] if jobs else None


def kill_one(folder: pathlib.Path, victim: str, seconds: float) -> int | None:
    """Start a run, and some time after its first job has begun to write kill one of `VICTIMS`.

    Returns the number of what was killed; None if the run had ended before.
    """
    snakemake = start(folder, "-j2", METRICS)
    deadline = time.monotonic() + 60
    # the first thing that a job writes
    while not (folder / "logs/tiny/synthesize_dataset").exists():
        assert time.monotonic() < deadline and snakemake.poll() is None
        time.sleep(0.005)
    time.sleep(seconds)
    killed = None
    while snakemake.poll() is None and killed is None:
        killed = victim_of(folder, victim, snakemake.pid)
        if killed is not None and victim == "group":
            os.killpg(killed, signal.SIGKILL)
        elif killed is not None:
            try:
                os.kill(killed, signal.SIGKILL)
            except ProcessLookupError:  # a job that has just ended
                killed = None
    snakemake.communicate(timeout=60)
    deadline = time.monotonic() + 5
    while left := processes_in(folder):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.02)
    return killed


def alter(path: pathlib.Path) -> None:
    """Change bytes in the middle; size and time stay."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 4] = bytes(each ^ 1 for each in content[middle : middle + 4])
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def cut(path: pathlib.Path) -> None:
    """Keep the first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

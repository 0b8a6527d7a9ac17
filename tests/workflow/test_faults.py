"""Faults of a running workflow: the next run gives the same bytes, or is told what to do."""

import itertools
import pathlib
import random
import re
import shutil
import subprocess
import time

import pytest

import tiny_project
from faulty_runs import (
    CACHED,
    METRICS,
    alter,
    copy_of,
    cut,
    different,
    kill_one,
    run,
    run_unlocked,
    start,
)
from pygoodvibes.cli.main import main
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import checksums, fork_server, starting

ROOT = pathlib.Path(__file__).resolve().parents[2]

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
    """Return a copy of it to damage."""
    return copy_of(finished, tmp_path / "project")


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
    code, said, locked = run_unlocked(folder, "-j2", METRICS)
    assert not code, said
    assert not locked or kind == "main"
    assert different(folder, finished) == []


def test_a_run_waits_for_one_that_just_starts_and_lets_the_next_one_start(damaged, finished):
    shutil.rmtree(damaged / "data")
    (damaged / METRICS).unlink()
    lock = starting.Starting(damaged / ".snakemake")
    with start(damaged, "-j2", METRICS) as waiting:
        # it says so, and nothing else is done before
        said = itertools.takewhile(
            lambda line: "another run is just starting" not in line, waiting.stdout
        )
        assert len(list(said)) < 3 and waiting.poll() is None
        assert not (damaged / "data").exists()
        lock.end()
        waiting.communicate(timeout=120)
        assert waiting.returncode == 0
    assert different(damaged, finished) == []


def test_a_run_that_has_started_holds_up_none(finished, tmp_path):
    folder = tiny_project.make(ROOT, tmp_path / "project")
    with start(folder, "-j1", METRICS) as working:
        patience = time.monotonic() + 120
        while not (folder / "logs/tiny/synthesize_dataset").exists():
            assert working.poll() is None and time.monotonic() < patience
            time.sleep(0.02)
        code, said = run(folder, "-j1", METRICS)
        assert code and "--unlock" in said and "just starting" not in said
        working.communicate(timeout=120)
        assert working.returncode == 0
    assert different(folder, finished) == []


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
    assert different(damaged, finished) == []


@pytest.mark.parametrize("damage", [alter, cut])
@pytest.mark.parametrize("name", CACHED)
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
        # one of a folder that is made as a whole
        (cut, "manifests/fan/00.csv", "mel/fan/00.npy"),
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
            r"delete (?:it|what its job has made) \((rm [^)]+)\) and run again",
            said,
        )
        assert found, said
        subprocess.run(found[1], shell=True, cwd=damaged, check=True)
        code, said = run(damaged, "-j2", *asked_for)
        assert not code, said
        assert different(damaged, finished) == []

"""The same bytes whatever the shell, the folder and the person are called: workflow, fit, score."""

import os
import pathlib
import subprocess
import sys

import pytest

import own_machine
import tiny_project

ROOT = pathlib.Path(__file__).resolve().parents[2]
OTHER_NAME = "Halle 3 Büro/الصوت 音 'x' $y"
TIMES = {"provenance.json", "costs.csv", "costs.md"}
"""Results that say how long jobs took."""

NOWHERE = "/dev/null/nowhere"
"""A home folder that nobody can write to, root included."""

# a language that is not installed still is what libraries read
ENVIRONMENTS = {
    "as it is": ({}, (), 0o022),
    "Turkish, far east, private": (
        {"TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8"},
        ("HOME",),
        0o077,
    ),
    "plain C, half hours, open": (
        {"TZ": "America/St_Johns", "LC_ALL": "C", "HOME": NOWHERE},
        ("LANG",),
        0o000,
    ),
}


def environment(name: str, seed: int) -> dict:
    """Return what `subprocess.run` takes for an environment."""
    variables, without, mask = ENVIRONMENTS[name]
    unwanted = {"DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE", "PYTHONPATH", *without}
    kept = {key: value for key, value in os.environ.items() if key not in unwanted}
    return {"env": {**kept, "PYTHONHASHSEED": f"{seed}", **variables}, "umask": mask}


def run(command: list, cwd: pathlib.Path, **options) -> str:
    """Run a command that has to end well; return what it says."""
    said = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
        **options,
    )
    assert said.returncode in (0, 3), said.stdout[-4000:]
    return said.stdout


def contents(folder: pathlib.Path) -> dict[str, bytes]:
    """Return the content of each file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.name not in TIMES
    }


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """Fit and score as it is; return the folder, what was written and what was said."""
    return fit_and_score(tmp_path_factory.mktemp("plain"), "as it is", 1, jobs=1)


def fit_and_score(place: pathlib.Path, name: str, seed: int, *, jobs: int):
    """Fit a model to recordings and score some; return what was written, and what was said."""
    own_machine.healthy(place / "pump", 12)
    own_machine.write(place / "new/İi ß ğ.wav", 50)
    own_machine.write(place / "new/odd.wav", 51, whistle=0.1)
    for path in (place / "new").iterdir():
        os.utime(path, (1e9, 1e9))  # what is written has the time of each file
    options = environment(name, seed)
    options["env"]["PYTHONPATH"] = str(ROOT / "scripts")
    command = [sys.executable, "-m", "pygoodvibes"]
    names = ("--detectors", "fusion,frames,idnn", "-o", "pump.pgv", "--jobs", jobs)
    said = run([*command, "fit", "pump", *names], place, **options)
    tables = ("--csv", "scores.csv", "--json", "scores.json", "--jobs", jobs)
    said += run([*command, "score", "pump.pgv", "new", *tables], place, **options)
    written = {
        path: (place / path).read_bytes() for path in ("pump.pgv", "scores.csv", "scores.json")
    }
    return written, said


@pytest.mark.parametrize(("name", "jobs"), [*[(name, 1) for name in ENVIRONMENTS], ("as it is", 8)])
def test_fit_and_score_write_the_same_bytes(fitted, tmp_path, name, jobs):
    place = tmp_path / OTHER_NAME
    place.mkdir(parents=True)
    written, said = fit_and_score(place, name, 77, jobs=jobs)
    assert [path for path in written if written[path] != fitted[0][path]] == []
    assert "Traceback" not in said and "Warning" not in said


def home_of_make(home: str | None) -> str:
    """Return where `make` has Snakemake keep its files."""
    variables = {
        key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")
    }
    variables |= {"HOME": home} if home else {}
    show = "show:; @echo $$XDG_CACHE_HOME"
    return run(["make", "-s", "--eval", show, "show"], ROOT, env=variables).strip()


def test_snakemake_keeps_its_files_in_the_project_where_home_takes_none(tmp_path):
    assert home_of_make(str(tmp_path)) == f"{tmp_path}/.cache"
    for home in (None, NOWHERE):
        assert home_of_make(home) == f"{ROOT}/.snakemake/home"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Run the workflow as it is; return its results."""
    return compute(tmp_path_factory.mktemp("plain") / "project", "as it is", 1, "-j2")


def compute(
    folder: pathlib.Path, name: str, seed: int, *arguments: str, cwd: pathlib.Path | None = None
):
    """Run the workflow in a folder; return its results."""
    tiny_project.make(ROOT, folder)
    command = [sys.executable, "-m", "snakemake", "--configfile", folder / "tiny.yaml", *arguments]
    options = environment(name, seed)
    if options["env"].get("HOME") == NOWHERE:
        options["env"]["XDG_CACHE_HOME"] = home_of_make(NOWHERE)
    run(command, cwd or folder, **options)
    return contents(folder / "results/tiny")


@pytest.mark.workflow
@pytest.mark.parametrize(
    ("name", "jobs"), [(list(ENVIRONMENTS)[1], "-j1"), (list(ENVIRONMENTS)[2], "-j8")]
)
def test_the_workflow_writes_the_same_bytes(finished, tmp_path, name, jobs):
    # from another folder than its own
    folder = tmp_path / "Halle 3 Büro 音"
    place = ("--snakefile", folder / "Snakefile", "--directory", folder)
    found = compute(folder, name, 77, jobs, *place, cwd=tmp_path)
    assert len(found) > 30
    assert [path for path in finished | found if finished.get(path) != found.get(path)] == []

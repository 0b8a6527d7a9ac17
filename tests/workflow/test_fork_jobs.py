"""How jobs start (rules/jobs.smk): in forks of one process, unless told otherwise."""

import re
import sys
import threading

import pytest

import tiny_project
from pygoodvibes.workflow import fork_jobs, fork_server
from tiny_project import METRICS, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

# Python runs this file whenever it starts
NOTED = """
import sys
import threading
with open({path!r}, "a") as file:
    file.write(" ".join(sys.orig_argv) + chr(10))
"""


@pytest.fixture
def starts(tmp_path):
    """Return what tells the command lines of all Pythons started, and the variable it takes."""
    noted = tmp_path / "starts.txt"
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(NOTED.format(path=str(noted)))
    return lambda: noted.read_text().splitlines(), {"PYTHONPATH": str(tmp_path / "hook")}


@pytest.mark.skipif(not fork_server.AVAILABLE, reason="scripts start anew here")
def test_all_jobs_run_in_forks_of_one_process_and_count_as_jobs_of_their_own(
    root, tmp_path, starts
):
    folder = tiny_project.make(root, tmp_path / "here")
    noted, variables = starts
    trace = folder / "trace"
    snakemake(folder, "-j2", "--", METRICS, PYGOODVIBES_TRACE=str(trace), **variables)
    assert len(trace.read_text().splitlines()) == 16
    started = [line for line in noted() if "fork_server" in line or ".snakemake" in line]
    assert len(started) == 1 and "-m pygoodvibes.workflow.fork_server" in started[0]
    assert "Nothing to be done" in snakemake(folder, "-j2", "--", METRICS, **variables)

    logs = [path.read_text() for path in (folder / "logs").rglob("*.log")]
    assert len(logs) == 16 and all("finished: " in text for text in logs)
    took = (folder / "resources/tiny/job_costs/gather_metrics.tsv").read_text().splitlines()
    measured = dict(zip(took[0].split("\t"), took[1].split("\t"), strict=True))
    assert float(measured["max_rss"]) > 10  # MB: of the job, not of a shell that waits for it


def test_the_whole_workflow_gives_the_same_where_each_job_starts_a_python(root, tmp_path, starts):
    here = tiny_project.make(root, tmp_path / "here")
    snakemake(here, "-j2")
    there = tiny_project.make(root, tmp_path / "there")
    noted, variables = starts
    said = snakemake(there, "-j2", PYGOODVIBES_FORKS="off", **variables)
    jobs = int(re.search(r"^total +(\d+)$", said, flags=re.M)[1])
    started = sum(".snakemake/scripts" in line for line in noted())
    assert started >= jobs - 1  # all that have a script; more are found once the clips are listed
    ours, theirs = (
        {p.relative_to(f): p for p in (f / "results").rglob("*")} for f in (here, there)
    )
    assert set(ours) == set(theirs) and len(ours) > 30
    for name, path in ours.items():
        # seconds and dates
        if path.is_file() and path.name not in ("costs.csv", "costs.md", "provenance.json"):
            assert path.read_bytes() == theirs[name].read_bytes(), name


@pytest.mark.skipif(not fork_server.AVAILABLE, reason="scripts start anew here")
@pytest.mark.parametrize("change", ["execute_script", "benchmarked", "import"])
def test_another_snakemake_is_left_as_it_is_with_a_notice(monkeypatch, capsys, change):
    import snakemake.benchmark
    import snakemake.script

    monkeypatch.delenv(fork_jobs.SWITCH, raising=False)
    assert fork_jobs.is_known()
    if change == "execute_script":
        monkeypatch.setattr(snakemake.script.PythonScript, change, lambda self, job: None)
    elif change == "benchmarked":
        monkeypatch.setattr(snakemake.benchmark, change, lambda job: None)
    else:
        monkeypatch.setitem(sys.modules, "snakemake.benchmark", None)
    before = snakemake.script.PythonScript.execute_script
    assert fork_jobs.start({}, {}, first=[]) is None
    assert snakemake.script.PythonScript.execute_script is before
    said = capsys.readouterr().err
    assert said.startswith("Notice: Snakemake ") and "a Python of its own" in said


def test_switched_off_nothing_is_said(monkeypatch, capsys):
    monkeypatch.setenv(fork_jobs.SWITCH, "off")
    assert fork_jobs.start({}, {}, first=[]) is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("but_the_newest", [False, True])
def test_timers_are_ended_but_for_one(but_the_newest):
    rang = []
    timers = [threading.Timer(0.2, rang.append, [number]) for number in range(5)]
    for timer in timers:
        timer.start()
    fork_jobs.end_timers(but_the_newest=but_the_newest)
    for timer in timers:
        timer.join()
    assert rang == ([4] if but_the_newest else [])

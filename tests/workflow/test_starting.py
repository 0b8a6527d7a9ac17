"""Runs start one after the other."""

import os
import select
import signal
import subprocess
import sys

import pytest
from snakemake.cli import get_argument_parser

from pygoodvibes.workflow.starting import NAME, NO_RUN, Starting, starts_jobs
from snakemake_logger_plugin_calm import OTHER_WORK

HOLD = """
import pathlib, sys
from pygoodvibes.workflow.starting import Starting

lock = Starting(pathlib.Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def another(tmp_path):
    """Return what starts another process that takes the lock, and says so."""
    running = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_a_second_waits_until_the_first_has_started(tmp_path, another):
    first = Starting(tmp_path / "notes" / "..")
    second = another()
    assert "another run is just starting" in second.stderr.readline()
    with pytest.raises(subprocess.TimeoutExpired):
        second.wait(timeout=0.5)
    assert not select.select([second.stdout], [], [], 0)[0]
    first.end()
    first.end()  # once more does nothing
    assert second.stdout.readline() == "held\n"


def test_whoever_is_killed_holds_nothing(tmp_path, another, capfd):
    first = another()
    assert first.stdout.readline() == "held\n"
    first.kill()
    first.wait()
    Starting(tmp_path).end()
    assert (tmp_path / NAME).exists()
    assert capfd.readouterr().err == ""


def test_what_it_starts_does_not_hold_it(tmp_path, another):
    lock = Starting(tmp_path)
    child = os.fork()
    if not child:
        signal.pause()
        os._exit(0)
    try:
        lock.end()
        other = another()
        assert other.stdout.readline() == "held\n"
        assert other.communicate(timeout=20) == ("", "") and other.returncode == 0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_place_that_cannot_be_written_to_is_left_to_snakemake(tmp_path):
    (tmp_path / "file").touch()
    Starting(tmp_path / "file" / "folder").end()


@pytest.mark.parametrize(
    ("command", "starts"),
    [
        ("-j8", True),
        ("-j8 --report-after-run", True),
        ("-s Snakefile --configfile config/n.yaml", True),
        ("results/set/metrics.json --default-storage-provider s3", True),
        ("-n", False),
        ("-np -j8", False),
        ("--dry-run", False),
        ("--report=here.html", False),
        ("--unlock", False),
        ("-j2 --lint text", False),
    ],
)
def test_which_commands_start_jobs(command, starts):
    assert starts_jobs(command.split()) is starts


def test_the_options_are_those_of_snakemake():
    actions = get_argument_parser()._actions
    assert {option for action in actions for option in action.option_strings} >= NO_RUN
    # the calm log knows them too, and imports nothing of the library; `--mode` is that of a job
    assert OTHER_WORK - {"--mode"} <= NO_RUN

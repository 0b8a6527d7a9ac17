"""Runs start one after the other."""

import multiprocessing
import os
import signal

import pytest
from snakemake.cli import get_argument_parser

from pygoodvibes.workflow.starting import NAME, NO_RUN, Starting, starts_jobs


def hold(folder, connection):
    """Take the lock, say so, and keep it until told to end."""
    lock = Starting(folder)
    connection.send("held")
    connection.recv()
    lock.end()
    connection.send("ended")
    connection.recv()


@pytest.fixture
def another(tmp_path):
    """Return what starts another process that takes the lock, and the connection to it."""
    running = []

    def start():
        ours, its = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=hold, args=(tmp_path, its))
        process.start()
        running.append(process)
        return process, ours

    yield start
    for process in running:
        process.kill()
        process.join()


def test_a_second_waits_until_the_first_has_started(tmp_path, another, capfd):
    first = Starting(tmp_path / "notes" / "..")
    _, second = another()
    assert not second.poll(1.5)
    first.end()
    first.end()  # once more does nothing
    assert second.poll(20) and second.recv() == "held"
    assert capfd.readouterr().err.count("another run is just starting") == 1


def test_whoever_is_killed_holds_nothing(tmp_path, another, capfd):
    process, first = another()
    assert first.recv() == "held"
    os.kill(process.pid, signal.SIGKILL)
    process.join()
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
        _, other = another()
        assert other.poll(20) and other.recv() == "held"
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

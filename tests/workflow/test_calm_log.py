import io
import logging
import pathlib
import re
import subprocess
import sys
import types

import pytest
import yaml
from snakemake_interface_logger_plugins.common import LogEvent

import snakemake_logger_plugin_calm as calm_log
from pygoodvibes.workflow import job


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes as the test says."""
    now = types.SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(calm_log.time, "monotonic", lambda: now.seconds)
    return now


@pytest.fixture
def started(monkeypatch, clock):
    """Return a log on a terminal or none, and what it writes."""

    def start(file, **settings):
        monkeypatch.setattr("sys.stderr", file)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv(calm_log.CALM, "")  # what the log sets is undone with it
        usual = dict.fromkeys(("dryrun", "verbose", "debug_dag", "printshellcmds", "stdout"), False)
        log = calm_log.LogHandler(types.SimpleNamespace(**usual | settings), None)
        log.setFormatter(logging.Formatter("%(message)s"))
        return log

    return start


def record(event=None, text="", level=logging.INFO, **values):
    made = logging.LogRecord("snakemake", level, "", 0, text, None, None)
    made.__dict__.update(values, **({"event": event} if event else {}))
    return made


def run(log, clock, tmp_path, *, steps=40):
    """Let a run go by: two jobs of a checkpoint, and then as many steps, a second each."""
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path\n" + "a.wav\n" * 16)
    log.emit(record(text="Building DAG of jobs..."))
    log.emit(record(LogEvent.RUN_INFO, stats={"list_clips": 2, "total": 14}))
    for number, total in ((5, 14), (6, 27)):
        listing = {"jobid": number, "rule_name": "list_clips", "rule_msg": "List the clips"}
        log.emit(record(LogEvent.JOB_INFO, **listing, output=[str(manifest)]))
        log.emit(record(LogEvent.JOB_FINISHED, job_id=number))
        clock.seconds += number - 5
        log.emit(record(LogEvent.PROGRESS, done=number - 4, total=total))
    log.emit(record(text="Moving output file x to cache."))
    for done in range(3, steps + 1):
        job = {"jobid": done + 10, "rule_name": "mel", "rule_msg": f"Hear clip {done} " + "x" * 60}
        log.emit(record(LogEvent.JOB_INFO, **job, output=[]))
        clock.seconds += 1
        log.emit(record(LogEvent.PROGRESS, done=done, total=steps))
    log.close()


def test_a_terminal_has_one_line_and_the_number_of_steps_never_changes(started, clock, tmp_path):
    shown = Terminal()
    run(started(shown), clock, tmp_path)
    text = shown.getvalue()
    assert text.count("\n") == 1 and text.endswith("40 steps done in 39 s.\n")
    lines = text.split("\r\x1b[K")
    assert all(len(line.rstrip("\n")) <= 79 for line in lines)
    assert "cache" not in text and "DAG" not in text
    assert set(re.findall(r"of (\d+) steps", text)) == {"40"}
    assert any(line.startswith("32 clips, 20 of 40 steps, about 20 s left: Hear") for line in lines)


def test_without_a_terminal_there_is_a_plain_line_now_and_then(started, clock, tmp_path):
    shown = io.StringIO()
    run(started(shown), clock, tmp_path, steps=100)
    lines = shown.getvalue().splitlines()
    assert len(lines) == 4 and "\r" not in shown.getvalue()
    assert lines[0].startswith("32 clips, 31 of 100 steps, about ")
    assert lines[-1] == "100 steps done in 1 min 39 s."


def test_errors_and_warnings_stay_below_the_line(started, clock, tmp_path):
    shown = Terminal()
    log = started(shown)
    log.emit(record(LogEvent.PROGRESS, done=1, total=3))
    log.emit(record(LogEvent.JOB_ERROR, "Error in rule mel", logging.ERROR))
    log.emit(record(LogEvent.PROGRESS, done=2, total=3))
    log.emit(record(text="careful", level=logging.WARNING))
    log.close()
    lines = [line.rpartition("\r\x1b[K")[2] for line in shown.getvalue().split("\n")]
    assert lines == ["Error in rule mel", "careful", ""]


def test_nothing_to_do_is_said(started, clock):
    shown = io.StringIO()
    log = started(shown)
    log.emit(record(text="Nothing to be done (all requested files are present and up to date)."))
    assert shown.getvalue().startswith("Nothing to do: ") and shown.getvalue().count("\n") == 1


@pytest.mark.parametrize("asked", ["dryrun", "verbose", "debug_dag", "printshellcmds"])
def test_who_asks_for_details_gets_the_words_of_snakemake(started, clock, asked):
    shown = io.StringIO()
    log = started(shown, **{asked: True})
    assert not log.has_filter
    log.emit(record(text="rule mel: ..."))
    assert shown.getvalue() == "rule mel: ...\n"
    assert started(io.StringIO()).has_filter


@pytest.mark.parametrize("option", ["--lint", "--unlock", "--report=here.html", "--mode"])
def test_what_is_no_run_answers_in_the_words_of_snakemake(started, clock, monkeypatch, option):
    monkeypatch.setattr("sys.argv", ["snakemake", option])
    shown = io.StringIO()
    started(shown).emit(record(text="Congratulations"))
    assert shown.getvalue() == "Congratulations\n"


@pytest.mark.parametrize(
    ("steps", "seconds", "said"), [(50, 1, "50 s"), (601, 1, "10 min"), (40, 100, "1 h 6 min")]
)
def test_times_are_said_as_people_say_them(started, clock, seconds, steps, said):
    shown = io.StringIO()
    log = started(shown)
    clock.seconds = steps * seconds
    log.emit(record(LogEvent.PROGRESS, done=3, total=3))
    assert shown.getvalue() == f"3 steps done in {said}.\n"


def test_snakemake_finds_it_by_its_name():
    from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

    plugin = LoggerPluginRegistry().get_plugin("calm")
    assert plugin.log_handler is calm_log.LogHandler
    assert calm_log.CALM == job.CALM
    profile = pathlib.Path(__file__).resolve().parents[2] / "profiles/default/config.yaml"
    assert yaml.safe_load(profile.read_text("utf-8"))["logger"] == "calm"


def test_it_imports_nothing_of_the_library():
    code = "import sys, snakemake_logger_plugin_calm; print('pygoodvibes' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert said.stdout == "False\n"

import contextlib
import errno
import logging
import pathlib
import re
import subprocess
import sys
import warnings

import pytest

from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import checksums, job
from pygoodvibes.workflow.job import logged, progress


@pytest.fixture(autouse=True)
def logging_as_before():
    root = logging.getLogger()
    before, level, told = list(root.handlers), root.level, logging.raiseExceptions
    logging.captureWarnings(False)  # a script run by another test may have left it on
    with warnings.catch_warnings():
        yield
    logging.captureWarnings(False)
    for handler in set(root.handlers) - set(before):
        with contextlib.suppress(OSError):  # on a full disk
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    logging.raiseExceptions = told


def test_the_log_goes_to_its_file(tmp_path, capsys):
    log = tmp_path / "logs/mel/00.log"
    with logged([str(log)]):
        logging.getLogger("pygoodvibes.audio.mel").info("12 clips")
        warnings.warn("too quiet", stacklevel=1)
    text = log.read_text()
    assert "INFO pygoodvibes.audio.mel: 12 clips" in text
    assert "too quiet" in text
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="no device that is full")
def test_a_log_on_a_full_disk_leaves_the_one_sentence(capsys):
    with pytest.raises(SystemExit), logged(["/dev/full"]):
        logging.getLogger("pygoodvibes").info("12 clips")
        raise OSError(errno.ENOSPC, "No space left on device", "data/x")
    said = capsys.readouterr().err.splitlines()
    assert said == ["Error: data/x: No space left on device; make room on the disk and run again"]


def test_the_last_line_tells_seconds_and_memory(tmp_path):
    code = (
        "import time; time.sleep(0.3); from pygoodvibes.workflow.job import logged\n"
        f"with logged([{str(tmp_path / 'a.log')!r}]): kept = bytearray(2**26); time.sleep(0.1)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    line = (tmp_path / "a.log").read_text().splitlines()[-1]
    found = re.search(r"finished: (.*) s, (.*) MiB, without its start (.*) s$", line)
    seconds, peak, work = map(float, found.groups())
    assert seconds >= work + 0.29
    assert work >= 0.1
    assert peak >= 64


def test_long_jobs_tell_how_far_they_are(tmp_path, monkeypatch, capsys):
    now = iter(range(0, 1000, 3))  # each look at the clock is three seconds later
    monkeypatch.setattr(job.time, "perf_counter", lambda: next(now))
    monkeypatch.setattr(job.sys.stderr, "isatty", lambda: True)
    monkeypatch.chdir(tmp_path)
    log = pathlib.Path("logs/tiny/mel/fan/00.log")
    with logged([str(log)]):
        assert list(progress("abcde", total=5)) == list("abcde")
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(": ")[2] for line in lines] == [
        "1 of 5 clips, 0.167 clips/s, 24 s left",
        "3 of 5 clips, 0.25 clips/s, 8 s left",
    ]
    assert all(line.startswith("mel fan 00: ") for line in lines)
    assert "3 of 5 clips, 0.25 clips/s, 8 s left" in log.read_text()


def test_progress_is_quiet_without_a_terminal_and_in_short_jobs(monkeypatch, capsys):
    with logged([]):
        assert list(progress(range(100), total=100, every=0.0)) == list(range(100))
        assert capsys.readouterr().err == ""
        monkeypatch.setattr(job.sys.stderr, "isatty", lambda: True)
        assert list(progress(range(100), total=100)) == list(range(100))
        assert list(progress([], total=0, every=0.0)) == []
    assert capsys.readouterr().err == ""


def test_a_log_starts_anew(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("of an earlier run\n")
    with logged([str(log)]):
        pass
    assert "of an earlier run" not in log.read_text()


def test_bad_input_is_said_in_one_line_and_ends_with_1(tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped, logged([str(tmp_path / "a.log")]):
        raise UserError("clips.csv: lacks the column id; add it")
    assert stopped.value.code == 1
    assert capsys.readouterr().err == "Error: clips.csv: lacks the column id; add it\n"
    text = (tmp_path / "a.log").read_text()
    assert "ERROR pygoodvibes.workflow.job: clips.csv: lacks the column id; add it" in text
    assert "Traceback" not in text


def test_a_mistake_of_ours_keeps_its_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), logged([str(tmp_path / "a.log")]):
        1 / 0  # noqa: B018
    assert "Traceback" in (tmp_path / "a.log").read_text()


def test_a_rule_without_a_log_is_possible(capsys):
    with pytest.raises(SystemExit), logged([]):
        raise UserError("no")
    assert capsys.readouterr().err == "Error: no\n"


def test_a_full_disk_is_one_sentence(tmp_path, capsys):
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit) as stopped, logged([str(log)]):
        raise OSError(errno.ENOSPC, "No space left on device", "data/x")
    assert stopped.value.code == 1
    said = "data/x: No space left on device; make room on the disk and run again"
    assert capsys.readouterr().err == f"Error: {said}\n"
    assert said in log.read_text() and "Traceback" not in log.read_text()


def test_a_log_that_cannot_be_made_is_one_sentence(tmp_path, capsys, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, "No space left on device", "logs/x")

    monkeypatch.setattr(pathlib.Path, "mkdir", full)
    with pytest.raises(SystemExit), logged([str(tmp_path / "logs/a.log")]):
        raise AssertionError
    assert capsys.readouterr().err.startswith("Error: logs/x: No space left on device; make room")


def test_altered_inputs_are_told_before_the_work_and_outputs_noted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", "resources/.cache")
    checksums.start(pathlib.Path("resources/.cache"))
    path = pathlib.Path("resources/x.csv")
    with logged([], outputs=[str(path)]):
        path.write_text("a")
    with logged([], inputs=[str(path)]):
        pass
    path.write_text("b")
    with pytest.raises(SystemExit), logged([], inputs=[str(path)]):
        raise AssertionError
    assert "resources/x.csv: altered or cut" in capsys.readouterr().err

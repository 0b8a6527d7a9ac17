"""What Snakemake says of a run, on one live line: clips, steps, time left.

Comes in: Snakemake's log records. Goes out: a line on the terminal that is written over, or a plain
line now and then where there is no terminal; and every error and warning as Snakemake writes it. A
dry run, whoever asks Snakemake for details (`-p`, `--verbose`), and what Snakemake does beside runs
gets Snakemake's own words.

Snakemake takes loggers from packages of such a name only; `profiles/default` names it. It imports
all that it finds whenever it starts, before the rules say where the project's library is. So
nothing of the library is imported here.

The number of steps is told once the clips are listed: before, Snakemake doesn't know it.
"""

import logging
import os
import pathlib
import shutil
import sys
import time

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

__all__ = ["LogHandler"]

CALM = "PYGOODVIBES_CALM"
"""Environment variable that jobs look at, as in `pygoodvibes.workflow.job`."""

LISTING = "list_clips"
"""The checkpoint after whose jobs, one a machine type, the number of steps is known."""

OTHER_WORK = {
    "--archive",
    "--cleanup-metadata",
    "--containerize",
    "--delete-all-output",
    "--delete-temp-output",
    "--lint",
    "--mode",  # one job, started by another Snakemake that waits for it
    "--report",
    "--unlock",
}
"""Options with which Snakemake makes no run, and answers by messages alone."""

EVERY = 30.0
"""Seconds from one plain line to the next, without a terminal."""

WIDTH = 79
"""Most characters of a line."""

SURE = 0.03
"""Share of the steps after which the time left is told."""


class LogHandler(LogHandlerBase):
    """A logger plugin of Snakemake 9."""

    def __post_init__(self) -> None:
        """Prepare a run; its jobs then leave the terminal to this line."""
        settings = self.common_settings
        self._plain = bool(
            settings.dryrun or settings.verbose or settings.debug_dag or settings.printshellcmds
        ) or any(argument.partition("=")[0] in OTHER_WORK for argument in sys.argv)
        if not self._plain:
            os.environ[CALM] = "1"
        self._stream = sys.stdout if settings.stdout else sys.stderr
        self._terminal = self._stream.isatty()
        self._live = False
        self._began = self._said = time.monotonic()
        self._counted: tuple[float, int] | None = None
        # a checkpoint's own record of progress still has the number of steps from before it
        self._known, self._stale, self._to_list = True, False, 0
        self._listed: dict[int, str] = {}
        self._clips = 0
        self._doing = ""

    writes_to_stream = True
    writes_to_file = False
    has_formatter = False
    needs_rulegraph = False

    @property
    def has_filter(self) -> bool:
        """Return whether all records come here: Snakemake's filter would hold back progress."""
        return not self._plain

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        event = getattr(record, "event", None)
        if self._plain or record.levelno >= logging.WARNING or event in _FAILURES:
            self._print(self.format(record))
        elif event == LogEvent.RUN_INFO:
            self._to_list = record.stats.get(LISTING, 0)
            self._known = not self._to_list
        elif event == LogEvent.JOB_INFO:
            self._job(record)
        elif event == LogEvent.JOB_FINISHED and record.job_id in self._listed:
            self._clips += _rows(self._listed.pop(record.job_id))
            self._to_list -= 1
            self._stale = not self._to_list
        elif event == LogEvent.PROGRESS:
            self._progress(record.done, record.total)
        elif str(record.msg).startswith("Nothing to be done"):
            self._print("Nothing to do: all results are there, and none is older than its config.")

    def _job(self, record: logging.LogRecord) -> None:
        self._doing = record.rule_msg or record.rule_name
        if record.rule_name == LISTING:
            listed = (path for path in record.output if path.endswith(".csv"))
            self._listed[record.jobid] = next(listed, "")
        if not self._live and self._counted is None:
            self._show(f"{self._doing} ...")

    def _progress(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._known:
            self._show(f"{done} step(s) done: {self._doing}")
            self._known = self._stale
            return
        if self._counted is None:
            self._counted = (now, done)
        if done >= total:
            self._print(f"{total} steps done in {_duration(now - self._began)}.")
            return
        parts = [f"{self._clips:,} clips"] if self._clips else []
        parts.append(f"{done} of {total} steps")
        since, before = self._counted
        if done - before > SURE * total:
            parts.append(
                f"about {_duration((now - since) / (done - before) * (total - done))} left"
            )
        self._show(f"{', '.join(parts)}: {self._doing}")

    def _show(self, text: str) -> None:
        """Write over the live line; without a terminal write a line if it is time."""
        if self._terminal:
            width = min(WIDTH, shutil.get_terminal_size().columns - 1)
            self._stream.write(f"{_ANEW}{_cut(text, width)}")
            self._live = True
        elif time.monotonic() - self._said >= EVERY:
            self._said = time.monotonic()
            self._stream.write(f"{_cut(text, WIDTH)}\n")
        self._stream.flush()

    def _print(self, text: str | None) -> None:
        """Write a line that stays."""
        if text in (None, "", "None"):
            return
        self._stream.write(f"{_ANEW if self._live else ''}{text}\n")
        self._stream.flush()
        self._live = False

    def close(self) -> None:
        """Leave the terminal on a line of its own."""
        if self._live:
            self._stream.write("\n")
            self._stream.flush()
            self._live = False
        super().close()


_ANEW = "\r\x1b[K"
_FAILURES = (LogEvent.JOB_ERROR, LogEvent.GROUP_ERROR, LogEvent.ERROR)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _duration(seconds: float) -> str:
    """Return a time as people say it: '40 s', '2 min 40 s', '1 h 20 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def _rows(path: str) -> int:
    """Count the rows of a CSV file below its heading, 0 if it can't be read."""
    try:
        return max(0, pathlib.Path(path).read_bytes().count(b"\n") - 1)
    except OSError:
        return 0

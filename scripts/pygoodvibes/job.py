"""What every rule's script does around its work: a log, and errors that a user can read."""

import contextlib
import logging
import os
import pathlib
import re
import sys
import time
import warnings
from collections.abc import Iterator, Sequence

from pygoodvibes.errors import UserError

TRACE = "PYGOODVIBES_TRACE"
"""Environment variable that names a file: each job that really runs adds the name of its log."""


def _seconds() -> float:
    """Return the seconds since the process began, imports included."""
    try:
        status = pathlib.Path("/proc/self/stat").read_text()
        ticks = int(status.rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        # elsewhere than on Linux; importing it takes as long as some jobs
        import psutil

        return time.time() - psutil.Process().create_time()


def _peak() -> int:
    """Return the peak memory of the process, MiB."""
    status = pathlib.Path("/proc/self/status")
    if status.is_file():
        # getrusage would tell the peak of the process that started this one, if that was higher
        [peak] = re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), re.MULTILINE)
        return int(peak) // 1024
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (2**20 if sys.platform == "darwin" else 2**10)  # bytes, or KiB


@contextlib.contextmanager
def logged(log: Sequence[str]) -> Iterator[None]:
    """Write the log of a job to its file; on bad input say what is wrong and exit with 1.

    Parameters
    ----------
    log : sequence of str
        The rule's log file, or none. Its last line says how long the job took and how much memory.
    """
    if log and os.environ.get(TRACE):
        with pathlib.Path(os.environ[TRACE]).open("a", encoding="utf-8") as trace:
            trace.write(f"{log[0]}\n")
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setLevel(logging.ERROR)
    if log:
        pathlib.Path(log[0]).parent.mkdir(parents=True, exist_ok=True)
        handlers.append(logging.FileHandler(log[0], mode="w", encoding="utf-8"))
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    began = time.perf_counter()
    try:
        yield
        work = time.perf_counter() - began
        text = "finished: %.2f s, %d MiB, without its start %.2f s"
        logging.getLogger(__name__).info(text, _seconds(), _peak(), work)
    except UserError as error:
        for handler in handlers[1:]:
            record = {"name": __name__, "msg": str(error), "levelname": "ERROR"}
            handler.emit(logging.makeLogRecord(record))
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except Exception:
        logging.getLogger(__name__).exception("the job failed")
        raise

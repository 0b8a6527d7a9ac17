"""What every rule's script does around its work: a log, and errors that a user can read."""

import contextlib
import logging
import os
import pathlib
import re
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from pygoodvibes.util.errors import UserError
from pygoodvibes.util.full_disk import the_disk_told
from pygoodvibes.util.messages import printable
from pygoodvibes.workflow import checksums

TRACE = "PYGOODVIBES_TRACE"
"""Environment variable that names a file: each job that really runs adds the name of its log."""


CALM = "PYGOODVIBES_CALM"
"""Environment variable that is set where one live line tells how far the run is: jobs leave the
terminal to it, and begin a new line where they have to say something."""


_Item = TypeVar("_Item")


def progress(
    items: Iterable[_Item], *, total: int, unit: str = "clips", every: float = 5.0
) -> Iterator[_Item]:
    """Hand on items, and tell now and then how far the job is and how long it will take.

    Whole lines go to the log, and to the terminal if there is one: jobs run side by side, and bars
    would overwrite each other. A job that is done before the first line stays quiet.

    Parameters
    ----------
    items : iterable
        What the job goes through.
    total : int >= 0
        How many there are.
    unit : str
        What they are, in the plural.
    every : float >= 0
        Seconds from one line to the next.
    """
    began = said = time.perf_counter()
    for done, item in enumerate(items):
        now = time.perf_counter()
        if done and now - said >= every:
            said = now
            rate = done / (now - began)
            left = (total - done) / rate
            text = f"{done} of {total} {unit}, {rate:.3g} {unit}/s, {left:.0f} s left"
            logging.getLogger(__name__).info(text)
            if sys.stderr.isatty() and not os.environ.get(CALM):
                print(f"{_label}: {text}", file=sys.stderr, flush=True)
        yield item


_label = ""


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
def logged(
    log: Sequence[str], inputs: Iterable[str] = (), outputs: Iterable[str] = ()
) -> Iterator[dict[str, str]]:
    """Write the log of a job to its file; on bad input say what is wrong and exit with 1.

    Parameters
    ----------
    log : sequence of str
        The rule's log file, or none. Its last line says how long the job took and how much memory.
    inputs, outputs : iterable of str
        The rule's files: those that earlier jobs have written are checked before the work, and the
        checksums of its own are noted after it.

    Yields
    ------
    dict of str to str
        Empty. A checksum that the script puts there under the name of an output is noted as it is,
        and the file is not read again.
    """
    try:
        with _to_file(log, inputs, outputs) as known:
            yield known
    except UserError as error:
        begin = "\n" if os.environ.get(CALM) and sys.stderr.isatty() else ""
        print(f"{begin}Error: {printable(error.message)}", file=sys.stderr)
        sys.exit(1)


@contextlib.contextmanager
def _to_file(
    log: Sequence[str], inputs: Iterable[str], outputs: Iterable[str]
) -> Iterator[dict[str, str]]:
    if log and os.environ.get(TRACE):
        with pathlib.Path(os.environ[TRACE]).open("a", encoding="utf-8") as trace:
            trace.write(f"{log[0]}\n")
    global _label
    # logs/<data set>/<rule>/<machine>/<id>.log
    _label = " ".join(pathlib.Path(log[0]).with_suffix("").parts[2:]) if log else ""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    handlers[0].setLevel(logging.ERROR)
    if log:
        with the_disk_told():
            pathlib.Path(log[0]).parent.mkdir(parents=True, exist_ok=True)
            handlers.append(logging.FileHandler(log[0], mode="w", encoding="utf-8"))
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
    # a log on a full disk is not told line by line; the job itself says that the disk is full
    logging.raiseExceptions = False
    logging.captureWarnings(True)
    warnings.simplefilter("default")
    began = time.perf_counter()
    cache = checksums.earlier_results()
    try:
        with the_disk_told():
            known: dict[str, str] = {}
            checksums.check(inputs, cache)
            yield known
            checksums.note(outputs, cache, known)
        work = time.perf_counter() - began
        text = "finished: %.2f s, %d MiB, without its start %.2f s"
        logging.getLogger(__name__).info(text, _seconds(), _peak(), work)
    except UserError as error:
        for handler in handlers[1:]:
            record = {"name": __name__, "msg": str(error), "levelname": "ERROR"}
            handler.emit(logging.makeLogRecord(record))
        raise
    except Exception:
        logging.getLogger(__name__).exception("the job failed")
        raise

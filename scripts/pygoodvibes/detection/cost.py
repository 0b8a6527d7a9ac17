"""What the work of a detector costs: seconds and memory, measured while it goes on."""

import contextlib
import ctypes
import dataclasses
import pathlib
import threading
import time
from collections.abc import Iterator, Mapping

from pygoodvibes.util.csv_files import write_records

COLUMNS = ("detector", "fits", "fit_seconds", "clips", "score_seconds", "memory_mib")
"""Columns of a file of costs."""

INTERVAL = 0.01
"""Seconds between two looks at the memory."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What the work of a detector on a machine ID cost.

    Attributes
    ----------
    fits : int
        Completed fits: on all training clips, and for held-out scores.
    fit_seconds : float
        Processor seconds of all fits, failed ones included.
    clips : int
        Clips scored: test clips, and training clips held out.
    score_seconds : float
        Processor seconds of scoring them.
    memory_mib : float
        Largest growth of the process's resident memory meanwhile, MiB.
    """

    fits: int
    fit_seconds: float
    clips: int
    score_seconds: float
    memory_mib: float


class Meter:
    """Measures the fits and scorings of a detector.

    It counts processor seconds of the whole process; other jobs on the machine hardly change them.
    Used as a context, it also watches the memory, from beginning to end.
    """

    def __init__(self):
        self._seconds = {"fit": 0.0, "score": 0.0}
        self._counts = {"fit": 0, "score": 0}
        self._growth = 0

    @contextlib.contextmanager
    def fit(self) -> Iterator[None]:
        """Measure one fit."""
        with self._measure("fit", 1):
            yield

    @contextlib.contextmanager
    def score(self, clips: int) -> Iterator[None]:
        """Measure the scoring of some clips."""
        with self._measure("score", clips):
            yield

    @contextlib.contextmanager
    def _measure(self, what: str, count: int) -> Iterator[None]:
        begin = time.process_time()
        try:
            yield
            self._counts[what] += count
        finally:
            self._seconds[what] += time.process_time() - begin

    def __enter__(self) -> "Meter":
        import psutil

        _return_free_memory()
        self._memory = psutil.Process().memory_info
        self._before = self._memory().rss
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self._watch.start()
        return self

    def __exit__(self, *_) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        while True:
            # one more look after the end, for work shorter than the interval
            done = self._done.wait(INTERVAL)
            self._growth = max(self._growth, self._memory().rss - self._before)
            if done:
                return

    def cost(self) -> Cost:
        """Return what was measured."""
        return Cost(
            fits=self._counts["fit"],
            fit_seconds=self._seconds["fit"],
            clips=self._counts["score"],
            score_seconds=self._seconds["score"],
            memory_mib=self._growth / 2**20,
        )


def _return_free_memory() -> None:
    """Give free memory back to the system; otherwise its next use would not show as growth.

    Only the C library of Linux (glibc) can do that.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def write_cost(path: str | pathlib.Path, costs: Mapping[str, Cost]) -> None:
    """Write the costs of the detectors of a machine ID, a row each."""
    records = [
        {
            "detector": name,
            "fits": cost.fits,
            "fit_seconds": f"{cost.fit_seconds:.4f}",
            "clips": cost.clips,
            "score_seconds": f"{cost.score_seconds:.4f}",
            "memory_mib": f"{cost.memory_mib:.1f}",
        }
        for name, cost in costs.items()
    ]
    write_records(path, records, COLUMNS)

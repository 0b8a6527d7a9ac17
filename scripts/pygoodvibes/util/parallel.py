"""The same function on many clips, in several processes, in order."""

import concurrent.futures
import itertools
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable, Iterator

from pygoodvibes.util.parent import end_with

CHUNK = 16
"""Clips that a process gets at a time."""


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def map_chunks(
    function: Callable[[list], list], items: Iterable, *, jobs: int, chunk: int = CHUNK
) -> Iterator:
    """Apply a function that takes a list of items and returns one result for each.

    Parameters
    ----------
    function : callable
        Can be sent to another process.
    items : iterable
        What it is applied to.
    jobs : int > 0
        Processes; what fits into one chunk is done in this one.
    chunk : int > 0
        Items at a time.

    Yields
    ------
    object
        The results, in the order of the items.
    """
    items = list(items)
    chunks = [items[start : start + chunk] for start in range(0, len(items), chunk)]
    if jobs == 1 or len(chunks) < 2:
        yield from itertools.chain.from_iterable(map(function, chunks))
        return
    # a fork starts at once, with all that is loaded; elsewhere it isn't safe
    method = "fork" if sys.platform == "linux" else None
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(
        min(jobs, len(chunks)),
        mp_context=context,
        initializer=_keep,
        initargs=(function, os.getpid()),
    ) as pool:
        try:
            yield from itertools.chain.from_iterable(pool.map(_apply, chunks))
        finally:
            pool.shutdown(cancel_futures=True)


_kept: list[Callable] = []


def _keep(function: Callable, parent: int) -> None:
    """Take the function, which may hold whole models, once and not with every chunk."""
    end_with(parent)
    _kept[:] = [function]


def _apply(chunk: list) -> list:
    return _kept[0](chunk)

"""Files that are read one after the other: the system reads the next ones meanwhile.

A slow disk waits while a file is worked on, unless it knows what comes next.
"""

import contextlib
import os
import pathlib
from collections.abc import Iterator, Sequence

AHEAD = 8
"""Files that the system is asked to read before their turn."""


def read_ahead(paths: Sequence[pathlib.Path]) -> Iterator[pathlib.Path]:
    """Hand on the paths of files, each after the system was asked to read those behind it.

    Parameters
    ----------
    paths : sequence of pathlib.Path
        What is no file, or can't be opened, is handed on like the others.

    Yields
    ------
    pathlib.Path
        The paths, in their order.
    """
    for number, path in enumerate(paths):
        for coming in paths[1:AHEAD] if number == 0 else paths[number + AHEAD - 1 :][:1]:
            _ask_for(coming)
        yield path


def _ask_for(path: pathlib.Path) -> None:
    if not hasattr(os, "posix_fadvise"):
        return
    with contextlib.suppress(OSError, ValueError):  # of a name that can be none
        # a pipe in place of a file would be waited for
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_WILLNEED)
        finally:
            os.close(file)

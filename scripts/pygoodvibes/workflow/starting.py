"""One run after the other starts in a folder: what is left of a killed run is removed by one alone.

Comes in: the folder where Snakemake keeps its notes. Goes out: a lock from when the rules are read
until the first job may start.

Snakemake looks whether a folder is locked, and locks it a little later. Of 17 pairs of runs that
were started in the same moment, both went on in 2, and spoilt each other's files.
"""

import fcntl
import pathlib
import sys
from collections.abc import Iterable
from typing import IO

NAME = "starting.lock"

NO_RUN = {
    "--archive",
    "--cleanup-metadata",
    "--cleanup-shadow",
    "--conda-cleanup-envs",
    "--container-cleanup-images",
    "--containerize",
    "--d3dag",
    "--dag",
    "--delete-all-output",
    "--delete-temp-output",
    "--detailed-summary",
    "--dry-run",
    "--dryrun",
    "--export-cwl",
    "--filegraph",
    "--generate-unit-tests",
    "--lint",
    "--list",
    "--list-changes",
    "--list-conda-envs",
    "--list-input-changes",
    "--list-params-changes",
    "--list-rules",
    "--list-target-rules",
    "--list-untracked",
    "--print-compilation",
    "--report",
    "--rulegraph",
    "--summary",
    "--unlock",
    "-D",
    "-S",
    "-l",
}
"""Options of Snakemake with which no job starts; so does `-n`, which others may follow: `-np`."""


def starts_jobs(arguments: Iterable[str]) -> bool:
    """Return whether a command of Snakemake starts jobs, as far as its arguments tell."""
    return not any(
        argument.startswith("-n") or argument.partition("=")[0] in NO_RUN for argument in arguments
    )


class Starting:
    """The lock, held from the beginning.

    Another run that starts is waited for. The lock ends with the process at the latest, whatever
    ends it, and the processes it starts don't have it.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is kept; made if it is not there.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self._file: IO[bytes] | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = (folder / NAME).open("ab")
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except (BlockingIOError, PermissionError):
                said = "Notice: another run is just starting in this folder; it is waited for."
                print(said, file=sys.stderr, flush=True)
                fcntl.lockf(self._file, fcntl.LOCK_EX)
        except OSError:
            # a folder that can't be written to, or a disk without locks: Snakemake says the one,
            # and has a lock of its own for the other
            self.end()

    def end(self) -> None:
        """Let the next one start: this one has Snakemake's lock by now."""
        if self._file:
            self._file.close()
            self._file = None

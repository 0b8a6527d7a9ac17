"""Trimming the folder of earlier results, which otherwise grows with every setting tried."""

import os
import pathlib
import time
from collections.abc import Iterable


def linked_files(folders: Iterable[pathlib.Path]) -> set[pathlib.Path]:
    """Return the files that links below some folders lead to: results that are in use."""
    results = set()
    for folder in folders:
        for place, _, names in os.walk(folder):
            paths = (pathlib.Path(place, name) for name in names)
            results.update(path.resolve() for path in paths if path.is_symlink())
    return results


def prune(
    cache: pathlib.Path,
    folders: Iterable[pathlib.Path],
    *,
    keep_days: float = 0.0,
    max_gb: float | None = None,
) -> tuple[int, int]:
    """Remove earlier results that nothing links to; what is removed is computed again when needed.

    Parameters
    ----------
    cache : pathlib.Path
        Folder of earlier results.
    folders : iterable of pathlib.Path
        Where links to them are: the folder `resources` of each copy of the project.
    keep_days : float >= 0
        Results used or made within so many days stay.
    max_gb : float >= 0, optional
        Remove the oldest first, and no more once the folder is down to so many GB (10 ** 9 bytes).

    Returns
    -------
    tuple of (int, int)
        Files removed, and their bytes.
    """
    used = linked_files(folders)
    latest = time.time() - 86400 * keep_days
    # an interrupted run leaves its lock, and the next one needs it
    entries = [path for path in cache.iterdir() if path.is_file() and path.suffix != ".lock"]
    total = sum(path.stat().st_size for path in entries)
    count = freed = 0
    for path in sorted(entries, key=lambda path: (path.stat().st_mtime, path.name)):
        if max_gb is not None and total - freed <= max_gb * 1e9:
            break
        status = path.stat()
        if path.resolve() in used or max(status.st_mtime, status.st_atime) > latest:
            continue
        path.unlink()
        count, freed = count + 1, freed + status.st_size
    return count, freed


def drop_broken_links(folder: pathlib.Path) -> int:
    """Remove links below a folder that lead nowhere, so that what they named is made again.

    Returns
    -------
    int
        How many there were.
    """
    dropped = 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place, name)
            if path.is_symlink() and not path.exists():
                path.unlink()
                dropped += 1
    return dropped

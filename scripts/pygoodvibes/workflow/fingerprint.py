"""Whether clips have changed: the state of a folder, by names, sizes and times."""

import contextlib
import hashlib
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator

from pygoodvibes.util.atomic import write_text

SNAPSHOT = ".snapshot"
"""File in a folder of clips that we made ourselves: the folder's fingerprint at that time."""


def fingerprint(folder: pathlib.Path) -> str:
    """Hash names, sizes and times of change of all files below a folder, without reading them."""
    digest = hashlib.sha256()
    waiting: list[tuple[pathlib.Path, tuple]] = [(folder, ())]
    while waiting:
        place, above = waiting.pop()
        status = place.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in above:
            continue  # a link that leads back to a folder above would be followed for ever
        inner = place.relative_to(folder).as_posix()
        within = b"" if inner == "." else os.fsencode(f"{inner}/")
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    waiting.append((pathlib.Path(entry.path), (*above, identity)))
                    continue
                try:
                    status = entry.stat()
                except OSError:
                    status = entry.stat(follow_symlinks=False)  # a link that leads nowhere
                digest.update(within + os.fsencode(entry.name))
                digest.update(f"\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def made_whole(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Give the place of a draft of a folder of clips; at the end it takes the folder's place.

    Parameters
    ----------
    folder : pathlib.Path
        Folder to make; what it holds already is replaced.

    Yields
    ------
    pathlib.Path
        Empty hidden folder beside it. One that a killed job left is cleared away.
    """
    draft = folder.with_name(f".{folder.name}.draft")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(parents=True)
    yield draft
    take_snapshot(draft)
    if folder.exists():
        shutil.rmtree(folder)
    draft.rename(folder)


def is_unfinished(folder: pathlib.Path) -> bool:
    """Tell whether a folder of clips that is made here has no snapshot: its job never ended."""
    return folder.is_dir() and not (folder / SNAPSHOT).is_file()


def take_snapshot(folder: pathlib.Path) -> None:
    """Note the state of a folder of clips that was just made."""
    write_text(folder / SNAPSHOT, fingerprint(folder) + "\n")


def state(path: pathlib.Path, fingerprint_of: Callable[[pathlib.Path], str] = fingerprint) -> str:
    """Tell whether clips have changed: a text that stays the same as long as they do.

    Parameters
    ----------
    path : pathlib.Path
        Folder or file.
    fingerprint_of : callable
        What tells the state of a folder.

    Returns
    -------
    str
        '' for a folder that isn't there yet or is still as we made it; else the fingerprint of the
        folder, or size and time of change of the file.
    """
    if path.is_file():
        status = path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"
    if not path.is_dir():
        return ""
    now, snapshot = fingerprint_of(path), path / SNAPSHOT
    then = snapshot.read_text(encoding="utf-8").strip() if snapshot.is_file() else None
    return "" if now == then else now

"""Whether files that jobs read are still what jobs have written.

Comes in: the inputs and outputs of a job. Goes out: an error that names an altered file.

The checksum (XXH3, 128 bits) of each file that a job writes below `resources/` is kept beside the
earlier results, as the name of an empty file in `.cache/.checksums`. A file is whole if its
checksum is there: if what it holds was written by a job. So files can be linked, moved and shared
by copies of the project, and their formats stay as they are. Folders and files of an object store
are not checked: it has checksums of its own.
"""

import os
import pathlib
from collections.abc import Iterable, Iterator, Mapping

from pygoodvibes.util.atomic import write_bytes
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

PLACE = ".checksums"
"""Folder in that of earlier results."""

_SINCE = "since"
"""File in it, made with it: older files are not judged."""

_NOT_OURS = "job_costs"
"""Folder of `resources/<data set>` whose files Snakemake writes."""

_BLOCK = 2**20

_HEAD = 128
"""Bytes at the beginning of a file that are hashed last: who writes how much follows, as that of an
array, knows it at the end."""


class Running:
    """The checksum of a file while it is written or read."""

    def __init__(self):
        import xxhash

        self._digest = xxhash.xxh3_128()
        self._head = b""

    def head(self, block: bytes) -> None:
        """Take the first 128 bytes of the file, or all if it has fewer, at any time."""
        if len(block) > _HEAD:
            raise ValueError(f"a head of {len(block)} bytes, {_HEAD} are the most")
        self._head = bytes(block)

    def update(self, block: bytes | memoryview) -> None:
        """Take the bytes that follow, block after block."""
        self._digest.update(block)

    def hexdigest(self) -> str:
        """Return the checksum, once nothing follows."""
        whole = self._digest.copy()
        whole.update(self._head)
        return whole.hexdigest()


def checksum(path: str | pathlib.Path) -> str:
    """Return the checksum of a file, read once in blocks."""
    running = Running()
    for number, block in enumerate(_blocks(path)):
        if number:
            running.update(block)
        else:
            running.head(block)
    return running.hexdigest()


def _blocks(path: str | pathlib.Path) -> Iterator[memoryview]:
    """Read a file: its head first."""
    block = memoryview(bytearray(_BLOCK))
    with pathlib.Path(path).open("rb", buffering=0) as file:
        size = file.readinto(block[:_HEAD])
        while size:
            yield block[:size]
            size = file.readinto(block)


def _in_one_order(path: str | pathlib.Path) -> str:
    """Return what earlier versions noted: a hash from the first byte to the last."""
    import xxhash

    digest = xxhash.xxh3_128()
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def earlier_results() -> pathlib.Path | None:
    """Return the folder of earlier results that Snakemake uses; None if it is no folder here."""
    place = os.environ.get("SNAKEMAKE_OUTPUT_CACHE", "")
    return pathlib.Path(place) if place and "://" not in place else None


def note(
    outputs: Iterable[str | pathlib.Path],
    cache: pathlib.Path | None,
    known: Mapping[str, str] | None = None,
) -> None:
    """Note what a job has written.

    Parameters
    ----------
    outputs : iterable of path
        Files and folders; those outside of `resources/` are passed over.
    cache : pathlib.Path or None
        Folder of earlier results; None: nothing is noted.
    known : mapping of str to str, optional
        Checksums of outputs that need not be read again.
    """
    files = list(_files_of_jobs(outputs)) if cache else []
    if not files:
        return
    store = cache / PLACE
    store.mkdir(parents=True, exist_ok=True)
    for path in files:
        (store / ((known or {}).get(str(path)) or checksum(path))).touch()


def write_noted(path: pathlib.Path, content: bytes, cache: pathlib.Path) -> None:
    """Write a file below a folder of earlier results, and note its checksum before it is there."""
    running = Running()
    running.head(content[:_HEAD])
    running.update(content[_HEAD:])
    store = cache / PLACE
    store.mkdir(parents=True, exist_ok=True)
    (store / running.hexdigest()).touch()
    write_bytes(path, content)


def start(cache: pathlib.Path) -> None:
    """Begin to note checksums in a folder of earlier results, if that has not begun."""
    since = cache / PLACE / _SINCE
    since.parent.mkdir(parents=True, exist_ok=True)
    if not since.exists():
        since.touch()


def check(inputs: Iterable[str | pathlib.Path], cache: pathlib.Path | None) -> None:
    """Check what a job is about to read.

    Parameters
    ----------
    inputs, cache
        As the outputs in `note`.

    Raises
    ------
    UserError
        If one of the files is not what a job has written.
    """
    for path in _files_of_jobs(inputs) if cache else ():
        if is_damaged(path, cache):
            raise UserError(told(path, cache))


def check_read(path: str | pathlib.Path, read: Running, cache: pathlib.Path | None) -> None:
    """Check what a job has read from beginning to end, before it writes anything.

    Parameters
    ----------
    path : path
        One of its inputs.
    read : Running
        Has taken the whole file.
    cache : pathlib.Path or None
        As in `note`.

    Raises
    ------
    UserError
        If the file is not what a job has written.
    """
    if cache and is_damaged(pathlib.Path(path), cache, found=read.hexdigest()):
        raise UserError(told(pathlib.Path(path), cache))


def is_damaged(path: pathlib.Path, cache: pathlib.Path, *, found: str = "") -> bool:
    """Tell whether a file is newer than the first checksum and is not what a job has written.

    Parameters
    ----------
    path, cache : pathlib.Path
        The file, and the folder of earlier results.
    found : str
        Its checksum, if that is known.
    """
    store = cache / PLACE
    try:
        began = (store / _SINCE).stat().st_mtime_ns
    except FileNotFoundError:
        return False
    if path.stat().st_mtime_ns < began:
        return False
    read = found or checksum(path)
    if (store / read).exists():
        return False
    # else it is as it was read, and perhaps noted by an earlier version
    return bool(found and checksum(path) != found) or not (store / _in_one_order(path)).exists()


def told(path: pathlib.Path, cache: pathlib.Path) -> Message:
    """Say of a file that it is damaged, and what to do."""
    # a link is made again without what it leads to being made again
    real, results = path.resolve(), cache.resolve()
    if real.is_relative_to(results) and real.parent != results:
        # Snakemake makes a folder again only if all is missing that its job has made; their names
        # begin alike
        job = real.relative_to(results).parts[0].partition("_")[0]
        return message(
            "{path}: altered or cut since it was computed; delete what its job has made "
            "(rm -r '{files}'*) and run again",
            path=path,
            files=os.path.relpath(results / job),
        )
    return message(
        "{path}: altered or cut since it was computed; delete it (rm '{file}') and run again",
        path=path,
        file=os.path.relpath(real),
    )


def check_all(
    resources: pathlib.Path, cache: pathlib.Path
) -> tuple[list[pathlib.Path], list[pathlib.Path]]:
    """Read all that jobs have written for a data set, and all earlier results.

    Parameters
    ----------
    resources, cache : pathlib.Path
        Folder of the data set in `resources`, and that of earlier results.

    Returns
    -------
    tuple of (list of pathlib.Path, list of pathlib.Path)
        All files, each once, and those that are damaged.
    """
    places: dict[pathlib.Path, pathlib.Path] = {}
    for folder in (resources, cache):
        for path in _below(folder):
            if path.relative_to(folder).parts[0] != _NOT_OURS and path.suffix != ".lock":
                places.setdefault(path.resolve(), path)
    files = sorted(places.values())
    return files, [path for path in files if is_damaged(path, cache)]


def _files_of_jobs(paths: Iterable[str | pathlib.Path]) -> Iterator[pathlib.Path]:
    for path in map(pathlib.Path, paths):
        if path.parts[0] != "resources":
            continue
        yield from _below(path) if path.is_dir() else [path] if path.is_file() else ()


def _below(folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Go through the files below a folder, without hidden files and folders."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = pathlib.Path(place, name)
            if not name.startswith(".") and path.is_file():
                yield path

"""What jobs have left that were killed: files that a later run must not take for whole.

Comes in: the marks that Snakemake keeps while a job runs. Goes out: the files they name. Snakemake
makes such files again by itself, but not those that only a checkpoint leads to, as nearly all here.
And what is whole only together: of a checkpoint with a part of its outputs Snakemake makes neither
the others again, nor does it read those that are there.
"""

import base64
import binascii
import pathlib
import shutil
from collections.abc import Iterable, Iterator, Sequence

MARKS = pathlib.Path(".snakemake/incomplete")
"""Where Snakemake keeps a mark for each output of a job that runs, in the project's folder."""

_PARTS = "@"  # a long name is cut up into folders that begin so


def named(marks: pathlib.Path, below: Iterable[pathlib.Path]) -> Iterator[pathlib.Path]:
    """Go through what marks name and is there.

    Parameters
    ----------
    marks : pathlib.Path
        Folder of the marks; their names say the path in base64.
    below : iterable of pathlib.Path
        Folders of what jobs make: nothing else is given out, whatever a mark says.

    Yields
    ------
    pathlib.Path
        A file, a folder, or a link, whether it leads anywhere or not.
    """
    folders = [folder.resolve() for folder in below]
    for mark in sorted(marks.rglob("*")):
        parts = mark.relative_to(marks).parts
        if not mark.is_file() or not all(part.startswith(_PARTS) for part in parts[:-1]):
            continue
        name = "".join(part.removeprefix(_PARTS) for part in parts)
        try:
            path = pathlib.Path(base64.urlsafe_b64decode(name).decode())
        except (binascii.Error, UnicodeDecodeError):
            continue
        # of a link, where it stands counts
        place = path.parent.resolve() / path.name
        ours = any(place.is_relative_to(folder) and place != folder for folder in folders)
        if ours and (path.exists() or path.is_symlink()):
            yield path


def remove(marks: pathlib.Path, below: Iterable[pathlib.Path]) -> list[pathlib.Path]:
    """Remove what marks name; of a link, the link alone.

    Parameters
    ----------
    marks, below
        As in `named`.

    Returns
    -------
    list of pathlib.Path
        What was removed.
    """
    found = list(named(marks, below))
    _remove(found)
    return found


def remove_parts(
    groups: Iterable[Sequence[pathlib.Path]], *, made_from: Sequence[pathlib.Path] = ()
) -> list[pathlib.Path]:
    """Remove what is left of groups of files that are whole only together.

    Parameters
    ----------
    groups : iterable of sequence of pathlib.Path
        Files and folders, those that one job makes in a group.
    made_from : sequence of pathlib.Path
        What all groups are made from, a group as well: of nothing that is gone, anything is kept.

    Returns
    -------
    list of pathlib.Path
        What was removed.
    """
    groups = list(groups)
    there = all(path.exists() for path in made_from)
    broken = [
        path
        for group in groups
        if not there or not all(path.exists() for path in group)
        for path in group
        if path.exists() or path.is_symlink()
    ]
    _remove(broken)
    return broken


def _remove(paths: Iterable[pathlib.Path]) -> None:
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # it may have stood in a folder before it

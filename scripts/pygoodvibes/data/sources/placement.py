"""Bring the clips of downloaded archives to `<folder>/<machine>/<split>/<file>`.

The archives of Zenodo hold `fan/train/...`; copies elsewhere put one or two folders above. Tables
of attributes stand in the folder of the machine type, as since DCASE 2022. Clips
are gathered in `<folder>/.downloads` first: a machine that is complete waits there, because a
workflow deletes the outputs of a job that fails, and would delete finished machines when the next
one fails. At the end their folders appear in one step each. A note says what each was made from, so
a second run has nothing to do.
"""

import json
import pathlib
import re
import shutil
from collections.abc import Collection

from pygoodvibes.data.audio_files import is_read
from pygoodvibes.data.dcase_layout import SPLIT_FOLDERS
from pygoodvibes.data.supplemental import is_supplemental
from pygoodvibes.util.errors import UserError

__all__ = [
    "DOWNLOADS",
    "clear_away",
    "clip_place",
    "is_placed",
    "is_ready",
    "make_ready",
    "place_machine",
]

DOWNLOADS = ".downloads"
"""Folder, inside the data set's, of archives and half-done work."""


def clip_place(archive: str, member: str, machines: Collection[str]) -> str | None:
    """Tell where a member of an archive goes.

    Parameters
    ----------
    archive : str
        Name of the archive, for the message.
    member : str
        Name of the member, with '/' between its parts.
    machines : collection of str
        Machine types that are wanted.

    Returns
    -------
    str or None
        `<machine>/<split>/<file>`, or `<machine>/attributes_<section>.csv`; None for a member that
        is neither, or of another machine. A second edition of an archive may say so in the name of
        its folder (`ToyCar_r2`).

    Raises
    ------
    UserError
        A clip in a folder that is no split and not `supplemental`.
    """
    parts = [re.sub(r"_r\d+$", "", name) for name in member.split("/")[:-1]]
    parts.append(member.rpartition("/")[2])
    if any(name.startswith((".", "__MACOSX")) for name in parts):
        return None
    if len(parts) > 1 and re.fullmatch(r"attributes_\w+\.csv", parts[-1]):
        return "/".join(parts[-2:]) if parts[-2] in machines else None
    if not is_read(parts[-1]):
        return None
    if len(parts) < 3 or not (parts[-2] in SPLIT_FOLDERS or is_supplemental(member)):
        raise UserError(
            "{archive}: {member} is not in <machine>/train or <machine>/test; this is "
            "not an archive of DCASE Task 2",
            archive=archive,
            member=member,
        )
    return "/".join(parts[-3:]) if parts[-3] in machines else None


def is_placed(folder: pathlib.Path, machine: str, origin: object) -> bool:
    """Tell whether a machine's folder is there, complete, and made from the same origin.

    Parameters
    ----------
    folder : path
        Folder of the data set.
    machine : str
        Machine type.
    origin : object
        What JSON can hold: says which archives the clips come from.

    Raises
    ------
    UserError
        The folder holds something else, which a download must not mix with.
    """
    here = folder / machine
    if not here.exists() or (here.is_dir() and not any(here.iterdir())):
        return False
    if _is_noted(here, folder, machine, origin):
        return True
    raise UserError(
        "{here} holds {clips} clips that this download did not put there, or not all "
        "of them; move the folder away or delete it, then run again",
        here=here,
        clips=_count_clips(here),
    )


def is_ready(folder: pathlib.Path, machine: str, origin: object) -> bool:
    """Tell whether a machine's clips wait in the folder of downloads, complete.

    Parameters
    ----------
    folder, machine, origin
        See `is_placed`.
    """
    return _is_noted(_ready(folder, machine), folder, machine, origin)


def make_ready(staged: pathlib.Path, folder: pathlib.Path, machine: str, origin: object) -> None:
    """Put a machine's complete clips where they wait for those of the other machines.

    Parameters
    ----------
    staged : path
        Folder with `train` and `test`, on the same disk; it is moved away.
    folder, machine, origin
        See `is_placed`.

    Raises
    ------
    UserError
        There are no clips.
    """
    clips = _count_clips(staged)
    if not clips:
        raise UserError(
            "the archives have no clips of the machine {machine!r}; check the machines' names",
            machine=machine,
        )
    note = _note(folder, machine)
    note.parent.mkdir(parents=True, exist_ok=True)
    clear_away(_ready(folder, machine))
    # The note first: killed in between, there is a note without a folder, which counts as
    # nothing, while a folder without a note would look like somebody else's.
    note.write_text(json.dumps({"clips": clips, "origin": origin}) + "\n", encoding="utf-8")
    staged.rename(_ready(folder, machine))


def place_machine(folder: pathlib.Path, machine: str) -> None:
    """Move a machine that is ready to its place, `<folder>/<machine>`, which must be empty."""
    here = folder / machine
    if here.is_dir():
        here.rmdir()
    _ready(folder, machine).rename(here)


def clear_away(path: pathlib.Path) -> None:
    """Remove a file or a folder with all in it, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _is_noted(place: pathlib.Path, folder: pathlib.Path, machine: str, origin: object) -> bool:
    note = _note(folder, machine)
    if not place.is_dir() or not note.is_file():
        return False
    try:
        noted = json.loads(note.read_text(encoding="utf-8"))
    except ValueError:  # cut while it was written
        return False
    # Through JSON, so that tuples and lists compare as equal.
    return noted == json.loads(json.dumps({"clips": _count_clips(place), "origin": origin}))


def _ready(folder: pathlib.Path, machine: str) -> pathlib.Path:
    return folder / DOWNLOADS / f"{machine}.ready"


def _note(folder: pathlib.Path, machine: str) -> pathlib.Path:
    return folder / DOWNLOADS / f"{machine}.json"


def _count_clips(folder: pathlib.Path) -> int:
    return sum(is_read(path.name) for path in folder.rglob("*") if not path.name.startswith("."))

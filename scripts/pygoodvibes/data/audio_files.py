"""The audio files below a folder.

Comes in: a folder. Goes out: sorted paths, and the files that look like audio but are not read.
"""

import os
import pathlib
from collections.abc import Iterator

from pygoodvibes.util.errors import UserError

AUDIO_SUFFIXES = (".wav", ".flac")
"""File name endings that count as audio, in lower case."""


# Listed with a reason rather than passed over: somebody who has such files expects to see them.
_OTHER_AUDIO = (".mp3", ".ogg", ".opus", ".m4a", ".aac", ".wma", ".aif", ".aiff", ".au", ".raw")


LAYOUT_HELP = (
    "the DCASE layout is <machine>/train/normal_id_00_00000000.wav and "
    "<machine>/test/anomaly_id_00_00000000.wav, the MIMII layout is "
    "<machine>/id_00/normal/00000000.wav and <machine>/id_00/abnormal/00000000.wav, any other "
    "needs a CSV manifest with the columns path, machine, id, split, label"
)


def list_audio(folder: pathlib.Path) -> list[str]:
    """Return the paths of all audio files below a folder, relative to it, sorted."""
    if not folder.exists():
        raise UserError(f"the folder {folder} does not exist; check the path")
    if not folder.is_dir():
        raise UserError(f"{folder} is a file, not a folder; name the folder that holds the audio")
    paths = sorted(_walk(os.fspath(folder), "", ()))
    if not any(path.lower().endswith(AUDIO_SUFFIXES) for path in paths):
        raise UserError(
            f"no .wav or .flac file in {folder}"
            + (f" (but other audio, such as {paths[0]}; convert it to .wav)" if paths else "")
            + f"; {LAYOUT_HELP}"
        )
    return paths


def _walk(folder: str, prefix: str, parents: tuple[tuple[int, int], ...]) -> Iterator[str]:
    try:
        # A link that leads back to a folder above would be followed for ever.
        status = os.stat(folder)  # noqa: PTH116 (strings: this is the loop that must be fast)
        identity = (status.st_dev, status.st_ino)
        if identity in parents:
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield from _walk(entry.path, f"{prefix}{entry.name}/", (*parents, identity))
                elif entry.name.lower().endswith(AUDIO_SUFFIXES + _OTHER_AUDIO):
                    yield prefix + entry.name
    except OSError as error:
        raise UserError(
            f"can't read the folder {folder} ({error.strerror}); check its permissions"
        ) from error


SUFFIXES = (
    *AUDIO_SUFFIXES,
    ".aif",
    ".aiff",
    ".au",
    ".caf",
    ".mp3",
    ".ogg",
    ".opus",
    ".rf64",
    ".w64",
)
"""File name endings that count as recordings, in lower case."""


def find_audio(folder: str | os.PathLike) -> list[str]:
    """Return the recordings below a folder, '/' between the parts of their paths, sorted.

    Parameters
    ----------
    folder : path
        Searched to any depth, but for hidden files and folders.

    Returns
    -------
    list of str
        Paths relative to it.

    Raises
    ------
    UserError
        If there is no such folder, or it is a file.
    """
    folder = pathlib.Path(folder)
    if folder.is_file():
        raise UserError(f"{folder}: a file, not a folder")
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder")
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = pathlib.Path(place).relative_to(folder)
        found += [
            (below / name).as_posix()
            for name in names
            if not name.startswith(".") and name.lower().endswith(SUFFIXES)
        ]
    return sorted(found)

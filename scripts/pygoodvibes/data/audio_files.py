"""The audio files below a folder, by their names alone.

Comes in: a folder. Goes out: paths relative to it, of files that are read and of those that are
known as audio but not read: somebody who has such files expects to hear of them.
"""

import os
from collections.abc import Iterable, Iterator

from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import joined, message

SUFFIXES = (
    ".wav",
    ".wave",
    ".bwf",
    ".flac",
    ".aif",
    ".aifc",
    ".aiff",
    ".au",
    ".snd",
    ".caf",
    ".mp3",
    ".oga",
    ".ogg",
    ".opus",
    ".rf64",
    ".w64",
)
"""File name endings of audio that is read, in lower case."""

OTHER_SUFFIXES = (
    ".3g2",
    ".3gp",
    ".aac",
    ".ac3",
    ".amr",
    ".ape",
    ".avi",
    ".dff",
    ".dsf",
    ".m4a",
    ".m4b",
    ".mka",
    ".mkv",
    ".mov",
    ".mp2",
    ".mp4",
    ".mpc",
    ".raw",
    ".spx",
    ".tta",
    ".webm",
    ".wma",
    ".wv",
)
"""Those of audio, and of films with a sound track, that is not read."""

NOT_READ = message("audio of a kind that is not read; convert it to .wav, for example with ffmpeg")
"""Why a file with one of `OTHER_SUFFIXES` is left out."""


def is_read(name: str) -> bool:
    """Tell by its name whether a file is audio that is read."""
    return name.lower().endswith(SUFFIXES)


def is_audio(name: str) -> bool:
    """Tell by its name whether a file is audio, read or not."""
    return name.lower().endswith(SUFFIXES + OTHER_SUFFIXES)


def check_read(name: str) -> None:
    """Refuse audio that is not read, by its name.

    Raises
    ------
    UserError
        With what to do.
    """
    if name.lower().endswith(OTHER_SUFFIXES):
        raise UserError(NOT_READ)


def find_audio(folder: str | os.PathLike) -> list[str]:
    """List the audio files below a folder, read or not.

    Parameters
    ----------
    folder : path
        Searched to any depth, links to folders included, but for hidden files and folders.

    Returns
    -------
    list of str
        Paths relative to it, '/' between their parts, sorted.

    Raises
    ------
    UserError
        If there is no such folder, it is a file, or it or a folder below can't be read.
    """
    return sorted(_walk(os.fspath(folder), "", ()))


def check_any_read(folder: str | os.PathLike, paths: Iterable[str], *, hint: str = "") -> None:
    """Refuse a folder without audio that is read.

    Parameters
    ----------
    folder : path
        The folder, for the message.
    paths : iterable of str
        From `find_audio`.
    hint : str
        What else to say.

    Raises
    ------
    UserError
        If none of the paths is read.
    """
    paths = list(paths)
    if any(map(is_read, paths)):
        return
    values = {"folder": folder, "endings": ", ".join(SUFFIXES)}
    said = message("{folder}: no recordings in it ({endings})", **values)
    if paths:
        said = message(
            "{folder}: no recordings in it ({endings}), but other audio, such as {path}; convert "
            "it to .wav",
            path=paths[0],
            **values,
        )
    if hint:
        said = joined([said, hint])
    raise UserError(said)


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
                elif is_audio(entry.name):
                    yield prefix + entry.name
    except FileNotFoundError:
        if not prefix:
            raise UserError("{folder}: no such folder", folder=folder) from None
        # a folder below that has gone since it was listed
    except NotADirectoryError:
        raise UserError(
            "{folder} is a file, not a folder; name the folder that holds the audio", folder=folder
        ) from None
    except OSError as error:
        raise UserError(
            "can't read the folder {folder} ({reason}); check its permissions",
            folder=folder,
            reason=error.strerror,
        ) from error

"""Extract a zip file: checked before the first byte is written, and in place only when whole.

An archive from the network may name members outside of the folder ('../x', '/etc/x', links), or
may have been cut. Here all names are looked at first; the members then go to a folder beside the
target, and move into place when every checksum (CRC-32) was right. A killed extraction leaves
only that folder, which the next one clears away.
"""

import os
import pathlib
import re
import shutil
import stat
import sys
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from pygoodvibes.data.sources.download import require_space
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

if TYPE_CHECKING:
    import tqdm

__all__ = ["extract_zip"]

_CHUNK = 1 << 20


def extract_zip(
    archive: str | os.PathLike,
    folder: str | os.PathLike,
    *,
    place: Callable[[str], str | None] | None = None,
    progress: bool = True,
) -> list[str]:
    """Extract a zip file into a folder.

    Parameters
    ----------
    archive : path
        Zip file.
    folder : path
        Made if missing. Files that are there already are kept, except those of the same name.
        If it holds all members with the right size and checksum already, nothing is written.
    place : callable, optional
        Takes a member's name and returns where it goes, relative to the folder, or None to
        leave it out. Without it, members keep their names.
    progress : bool
        Show a bar on stderr if that is a terminal.

    Returns
    -------
    list of str
        The files extracted, relative to the folder, sorted.

    Raises
    ------
    UserError
        The file is no zip file, damaged or encrypted; a member would leave the folder, is a
        link, or takes another one's place; the disk is too small. Nothing is extracted then.
    """
    archive, folder = pathlib.Path(archive), pathlib.Path(folder).resolve()
    try:
        with zipfile.ZipFile(archive) as file:
            members = _checked_members(archive, file, place)
            if not _is_extracted(members, folder):
                require_space(folder, sum(info.file_size for info in members.values()))
                _extract(archive, file, members, folder, progress)
    except zipfile.BadZipFile as error:
        raise UserError(
            "{archive} is not a zip file or is damaged ({error}); delete it and download it again",
            archive=archive,
            error=error,
        ) from error
    except OSError as error:
        values = {"archive": archive, "reason": error.strerror or error}
        if error.filename:
            raise UserError(
                "can't extract {archive}: {reason} ({path}); check the disk and its permissions, "
                "then run again",
                path=error.filename,
                **values,
            ) from error
        raise UserError(
            "can't extract {archive}: {reason}; check the disk and its permissions, then run again",
            **values,
        ) from error
    return sorted(members)


def _checked_members(
    archive: pathlib.Path,
    file: zipfile.ZipFile,
    place: Callable[[str], str | None] | None,
) -> dict[str, zipfile.ZipInfo]:
    """Return where each file goes, after looking at every name, also of those left out."""
    members: dict[str, zipfile.ZipInfo] = {}
    for info in file.infolist():
        name = _checked_name(archive, info)
        if name is None:
            continue
        target = name if place is None else place(name)
        if target is None:
            continue
        if target in members:
            raise UserError(
                "{archive}: {member!r} and {second!r} are both to become {target}; the "
                "archive is not as it should be",
                archive=archive,
                member=info.filename,
                second=members[target].filename,
                target=target,
            )
        members[target] = info
    for target, info in members.items():
        for parent in pathlib.PurePosixPath(target).parents:
            if parent.as_posix() in members:
                raise UserError(
                    "{archive}: {member!r} lies in {parent}, which is a file; the archive is not "
                    "as it should be",
                    archive=archive,
                    member=info.filename,
                    parent=parent,
                )
    return members


def _checked_name(archive: pathlib.Path, info: zipfile.ZipInfo) -> str | None:
    """Return a file's name with '/' between its parts and without './', or None for a folder."""
    # orig_filename: zipfile cuts a name at its first zero byte.
    name = info.orig_filename.replace("\\", "/")
    parts = name.split("/")
    kind = stat.S_IFMT(info.external_attr >> 16)
    problem = ""
    if name.startswith("/"):
        problem = message("is an absolute path")
    elif re.match(r"[A-Za-z]:", name):
        problem = message("names a drive")
    elif ".." in parts:
        problem = message("leads out of the folder")
    elif "\0" in name or parts[-1] == ".":
        problem = message("has no proper name")
    elif kind == stat.S_IFLNK:
        problem = message("is a link")
    elif kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        problem = message("is neither a file nor a folder")
    elif info.flag_bits & 0x1:
        problem = message("is encrypted")
    if problem:
        raise UserError(
            "{archive}: the member {member!r} {problem}, so nothing was extracted; get "
            "the archive from a source you trust",
            archive=archive,
            member=info.orig_filename,
            problem=problem,
        )
    if parts[-1] == "":
        return None
    return "/".join(name for name in parts if name not in ("", "."))


def _is_extracted(members: dict[str, zipfile.ZipInfo], folder: pathlib.Path) -> bool:
    # All sizes first: they tell at once what the checksums would take minutes for.
    paths = {folder / target: info for target, info in members.items()}
    return all(
        path.is_file() and path.stat().st_size == info.file_size for path, info in paths.items()
    ) and all(_crc(path) == info.CRC for path, info in paths.items())


def _crc(path: pathlib.Path) -> int:
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def _extract(
    archive: pathlib.Path,
    file: zipfile.ZipFile,
    members: dict[str, zipfile.ZipInfo],
    folder: pathlib.Path,
    progress: bool,
) -> None:
    import tqdm

    beside = folder.with_name(f".{folder.name}.extracting")
    if beside.exists():
        shutil.rmtree(beside)
    beside.mkdir(parents=True)
    try:
        with tqdm.tqdm(
            desc=archive.name,
            total=sum(info.file_size for info in members.values()),
            unit="B",
            unit_scale=True,
            disable=not (progress and sys.stderr.isatty()),
        ) as bar:
            for target, info in members.items():
                path = beside / target
                path.parent.mkdir(parents=True, exist_ok=True)
                extract_member(archive, file, info, path, bar)
        if not folder.exists():
            beside.rename(folder)
            return
        for target in members:
            (folder / target).parent.mkdir(parents=True, exist_ok=True)
            (beside / target).replace(folder / target)
    finally:
        if beside.exists():
            shutil.rmtree(beside)


def extract_member(
    archive: pathlib.Path,
    file: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    path: pathlib.Path,
    bar: "tqdm.tqdm",
) -> None:
    """Write a member of an archive to a file.

    Parameters
    ----------
    archive : pathlib.Path
        For messages.
    file, info
        The opened archive, and which of its members.
    path : pathlib.Path
        File to write; its folder exists.
    bar : tqdm.tqdm
        Counts the bytes.

    Raises
    ------
    UserError
        If the member can't be read or has another length than the archive says.
    """
    try:
        with file.open(info) as source, path.open("wb") as target:
            while chunk := source.read(_CHUNK):
                target.write(chunk)
                bar.update(len(chunk))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        # RuntimeError: encrypted, or a compression that this Python does not have
        raise UserError(
            "{archive}: the member {member!r} can't be read ({error}), so nothing was "
            "extracted; delete the archive and download it again",
            archive=archive,
            member=info.filename,
            error=error,
        ) from error
    if path.stat().st_size != info.file_size:
        raise UserError(
            "{archive}: the member {member!r} has {found} bytes instead of {promised}, "
            "so nothing was extracted; delete the archive and download it again",
            archive=archive,
            member=info.filename,
            found=path.stat().st_size,
            promised=info.file_size,
        )

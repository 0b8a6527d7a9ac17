"""The data set of DCASE 2020 Challenge Task 2 from Zenodo, where it is published.

Three records (development, additional training and evaluation data), each with one zip file per
machine type; `pygoodvibes.protocols.dcase2020` has their numbers and MD5s. CC BY-NC-SA 4.0.
"""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pygoodvibes.data.sources.archive import extract_zip
from pygoodvibes.data.sources.base import DcaseDataset
from pygoodvibes.data.sources.download import download, remote_size, require_space
from pygoodvibes.data.sources.placement import (
    DOWNLOADS,
    clear_away,
    clip_place,
    is_placed,
    is_ready,
    make_ready,
    place_machine,
)
from pygoodvibes.protocols.dcase2020 import ARCHIVES, MACHINES, MD5, RECORDS
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

# Recordings of noise shrink by a quarter at most when zipped; what an archive really needs is
# checked again, exactly, before it is extracted.
_GROWTH = 4 / 3


class Settings(DcaseDataset):
    """The DCASE 2020 Task 2 data set from Zenodo; needs no account."""

    made_by: ClassVar[str] = "fetch_dataset"
    heading: ClassVar[str] = "DCASE 2020 Task 2"
    fetched_with: ClassVar[tuple[str, ...]] = ("parts", "base_url")
    at_once: ClassVar[bool] = False

    source: Literal["zenodo"]
    parts: Annotated[
        list[Literal["development", "additional_training", "evaluation"]], Field(min_length=1)
    ] = Field(default=["development"])
    """Which records: the development set (3678171), the additional training clips of the evaluation
    machine IDs (3727685), their test clips (3841772, without labels)."""

    base_url: Annotated[str, Field(pattern=r"^https?://")] = "https://zenodo.org"
    """Where the records are served."""

    published: Literal["none", "dcase2020"] = "dcase2020"


def file_name(part: str, machine: str) -> str:
    """Return the name of the zip file of one part and machine type."""
    return ARCHIVES[part].format(machine=machine)


def fetch(
    folder: str | os.PathLike,
    *,
    machines: Sequence[str] = MACHINES,
    parts: Sequence[str] = ("development",),
    base_url: str = "https://zenodo.org",
    progress: bool = True,
    md5: Mapping[str, str] | None = None,
    timeout: float = 60.0,
    retries: int = 5,
) -> None:
    """Download the data set, or what is missing of it.

    Parameters
    ----------
    folder : path
        Becomes `<folder>/<machine>/{train,test}/*.wav`. Archives are kept in
        `<folder>/.downloads` until their machine is extracted, and all machines' clips until
        the last is: then each appears in its place.
    machines : sequence of str
        Machine types to fetch.
    parts : sequence of str
        'development', 'additional_training', 'evaluation'; they share the machines' folders.
    base_url : str
        Where the records are.
    progress : bool
        Show progress on stderr.
    md5 : mapping, optional
        File name -> MD5, if the files are not the published ones.
    timeout, retries
        See `pygoodvibes.data.sources.download.download`.

    Raises
    ------
    UserError
        Unknown machine or part; too little room for all of it; the server fails (running again
        resumes); a file is not the published one; an archive is not what it should be.
    """
    folder = pathlib.Path(folder)
    table = MD5 if md5 is None else md5
    parts = [part for part in RECORDS if part in _known(parts, tuple(RECORDS), "part")]
    machines = _known(machines, MACHINES, "machine")

    origins = {
        machine: [[file_name(part, machine), _md5_of(table, part, machine)] for part in parts]
        for machine in machines
    }
    missing = [m for m in machines if not is_placed(folder, m, origins[m])]
    wanted = [m for m in missing if not is_ready(folder, m, origins[m])]
    _require_space_for(folder, wanted, parts, base_url, timeout, retries)
    for machine in machines:
        zips = [folder / DOWNLOADS / file_name(part, machine) for part in parts]
        staging = folder / DOWNLOADS / f"{machine}.extracted"
        if machine in wanted:
            for part, archive in zip(parts, zips, strict=True):
                download(
                    _url(base_url, part, machine),
                    archive,
                    md5=_md5_of(table, part, machine),
                    progress=progress,
                    timeout=timeout,
                    retries=retries,
                )
            # What other settings or a killed run left would mix with what is asked for now.
            clear_away(staging)
            for archive in zips:
                extract_zip(
                    archive,
                    staging,
                    place=lambda name, a=archive.name, m=machine: clip_place(a, name, [m]),
                    progress=progress,
                )
            make_ready(staging / machine, folder, machine, origins[machine])
        for leftover in (staging, *zips):
            clear_away(leftover)
    for machine in missing:
        place_machine(folder, machine)


def _known(names: Sequence[str], known: Sequence[str], what: str) -> list[str]:
    names = list(dict.fromkeys(names))
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UserError(
            "{problem}; Zenodo has {known}",
            problem=_unknown(what, unknown[0]) if unknown else _unnamed(what),
            known=", ".join(known),
        )
    return names


def _unknown(what: str, name: str) -> Message:
    if what == "machine":
        return message("machine {name!r} is unknown", name=name)
    return message("part {name!r} is unknown", name=name)


def _unnamed(what: str) -> Message:
    return message("no machine is named") if what == "machine" else message("no part is named")


def _md5_of(table: Mapping[str, str], part: str, machine: str) -> str:
    name = file_name(part, machine)
    if name not in table:
        raise UserError("the table of MD5s lacks {name}; add it", name=name)
    return table[name]


def _url(base_url: str, part: str, machine: str) -> str:
    record, name = RECORDS[part], file_name(part, machine)
    return f"{base_url.rstrip('/')}/record/{record}/files/{name}?download=1"


def _require_space_for(
    folder: pathlib.Path,
    machines: Sequence[str],
    parts: Sequence[str],
    base_url: str,
    timeout: float,
    retries: int,
) -> None:
    """Ask the server how large everything is, and raise if the disk can't hold it."""
    clips, most, there = 0.0, 0, 0
    for machine in machines:
        zipped = 0
        for part in parts:
            archive = folder / DOWNLOADS / file_name(part, machine)
            partial = archive.with_name(archive.name + ".partial")
            there += sum(path.stat().st_size for path in (archive, partial) if path.exists())
            size = remote_size(_url(base_url, part, machine), timeout=timeout, retries=retries)
            zipped += size or 0  # a server that does not tell: each download checks for itself
        clips += zipped * _GROWTH
        most = max(most, zipped)
    # Archives go when their machine is extracted, so only one machine's are there at a time.
    if machines:
        require_space(folder, round(clips + most) - there)

"""The data sets of DCASE Task 2 from Zenodo, where they are published.

Three records a year (development, additional training and evaluation data), each with one zip file
per machine type; `pygoodvibes.protocols` has their numbers. MD5s are those of a table (2020), or
what the record itself says of its files.
"""

import dataclasses
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from pygoodvibes.data.sources.archive import extract_zip
from pygoodvibes.data.sources.base import DcaseDataset
from pygoodvibes.data.sources.download import download, remote_json, remote_size, require_space
from pygoodvibes.data.sources.placement import (
    DOWNLOADS,
    clear_away,
    clip_place,
    is_placed,
    is_ready,
    make_ready,
    place_machine,
)
from pygoodvibes.protocols.dcase2020 import MD5
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message

PARTS = ("development", "additional_training", "evaluation")
"""Records of a year, in the order in which they appeared."""

# Recordings of noise shrink by a quarter at most when zipped; what an archive really needs is
# checked again, exactly, before it is extracted.
_GROWTH = 4 / 3


class Settings(DcaseDataset):
    """A data set of DCASE Task 2 from Zenodo; needs no account."""

    made_by: ClassVar[str] = "fetch_dataset"
    fetched_with: ClassVar[tuple[str, ...]] = ("year", "parts", "base_url")
    at_once: ClassVar[bool] = False

    source: Literal["zenodo"]
    year: Literal[2020, 2021, 2022, 2023, 2024, 2025, 2026] = 2020
    """Of which year."""

    parts: Annotated[
        list[Literal["development", "additional_training", "evaluation"]], Field(min_length=1)
    ] = Field(default=["development"])
    """Which records: the development set, the additional training clips of the evaluation set, its
    test clips (without labels). Since 2023 the evaluation set has machine types of its own."""

    base_url: Annotated[str, Field(pattern=r"^https?://")] = "https://zenodo.org"
    """Where the records are served."""

    published: Literal["none", "dcase2020"] = "dcase2020"
    """Published results to show beside ours, of the development set of 2020 (other years: none)."""

    @property
    def title(self) -> str:
        """Return what headings and figures say of the data."""
        return f"DCASE {self.year} Task 2"

    def known_machines(self) -> tuple[str, ...]:
        """Return the machine types of the year and its parts."""
        return tuple(_machines(self.year, self.parts))

    @model_validator(mode="before")
    @classmethod
    def _none_published_of_other_years(cls, values: object) -> object:
        if isinstance(values, Mapping) and values.get("year", 2020) != 2020:
            return {"published": "none", **values}
        return values

    @model_validator(mode="after")
    def _published_of_the_year(self) -> "Settings":
        if self.year != 2020 and self.published != "none":
            raise ValueError(f"published: these are results of 2020, and the clips of {self.year}")
        return self


@dataclasses.dataclass(frozen=True)
class _Archive:
    """A zip file of a record: where it is, and what it must be; size None if not known."""

    url: str
    name: str
    md5: str
    size: int | None


def file_name(part: str, machine: str, year: int = 2020) -> str:
    """Return the name of the zip file of one part and machine type; a later edition adds `_r2`."""
    return protocol_of(year).archives[part].format(machine=machine)


def fetch(
    folder: str | os.PathLike,
    *,
    machines: Sequence[str] | None = None,
    year: int = 2020,
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
        Becomes `<folder>/<machine>/<split>/*.wav`. Archives are kept in
        `<folder>/.downloads` until their machine is extracted, and all machines' clips until
        the last is: then each appears in its place.
    machines : sequence of str, optional
        Machine types to fetch (default: all of the parts).
    year : int
        Of the challenge.
    parts : sequence of str
        'development', 'additional_training', 'evaluation'; they share the machines' folders.
    base_url : str
        Where the records are.
    progress : bool
        Show progress on stderr.
    md5 : mapping, optional
        File name -> MD5, if the files of 2020 are not the published ones.
    timeout, retries
        See `pygoodvibes.data.sources.download.download`.

    Raises
    ------
    UserError
        Unknown machine or part; too little room for all of it; the server fails (running again
        resumes); a record lacks an archive; a file is not the published one; an archive is not what
        it should be.
    """
    folder = pathlib.Path(folder)
    parts = [part for part in PARTS if part in _known(parts, PARTS, "part")]
    of_machine = _machines(year, parts)
    known = tuple(of_machine)
    machines = _known(known if machines is None else machines, known, "machine")
    records = _Records(year, base_url, MD5 if md5 is None else md5, timeout, retries)

    origins = {m: [records.origin(part, m) for part in of_machine[m]] for m in machines}
    missing = [m for m in machines if not is_placed(folder, m, origins[m])]
    wanted = [m for m in missing if not is_ready(folder, m, origins[m])]
    archives = {m: [records.archive(part, m) for part in of_machine[m]] for m in wanted}
    _require_space_for(folder, archives, timeout, retries)
    for machine in machines:
        staging = folder / DOWNLOADS / f"{machine}.extracted"
        zips = [folder / DOWNLOADS / each.name for each in archives.get(machine, ())]
        if machine in wanted:
            for archive, path in zip(archives[machine], zips, strict=True):
                download(
                    archive.url,
                    path,
                    md5=archive.md5,
                    size=archive.size,
                    progress=progress,
                    timeout=timeout,
                    retries=retries,
                )
            # What other settings or a killed run left would mix with what is asked for now.
            clear_away(staging)
            for path in zips:
                extract_zip(
                    path,
                    staging,
                    place=lambda name, a=path.name, m=machine: clip_place(a, name, [m]),
                    progress=progress,
                )
            make_ready(staging / machine, folder, machine, origins[machine])
        # also those of a run that was killed after it had extracted them, in any edition
        for part in of_machine[machine]:
            stem = file_name(part, machine, year).removesuffix(".zip")
            zips += [
                folder / DOWNLOADS / f"{stem}.zip",
                *(folder / DOWNLOADS).glob(f"{stem}_r*.zip"),
            ]
        for leftover in (staging, *zips):
            clear_away(leftover)
    for machine in missing:
        place_machine(folder, machine)


def _machines(year: int, parts: Sequence[str]) -> dict[str, list[str]]:
    """Return the machine types of some parts, each with the parts that have clips of it."""
    protocol = protocol_of(year)
    found: dict[str, list[str]] = {}
    for part in PARTS:
        development, evaluation = (protocol.parts[name].sections for name in PARTS[::2])
        # 2020: the same machine types, with machine IDs that only the archives tell
        sections = development if part == "development" else evaluation or development
        for machine in sections if part in parts else ():
            found.setdefault(machine, []).append(part)
    return found


class _Records:
    """The records of a year: what archives they have."""

    def __init__(
        self, year: int, base_url: str, md5: Mapping[str, str], timeout: float, retries: int
    ):
        self._year, self._base, self._md5 = year, base_url.rstrip("/"), md5
        self._patience = {"timeout": timeout, "retries": retries}
        self._listings: dict[str, dict[str, tuple[str, int]]] = {}

    def origin(self, part: str, machine: str) -> list[str]:
        """Return what tells an archive from others, without asking the server."""
        name = file_name(part, machine, self._year)
        if self._year == 2020:
            return [name, self._of_table(name)]
        # the files of a record never change: another edition is another record
        return [protocol_of(self._year).records[part], name]

    def archive(self, part: str, machine: str) -> _Archive:
        """Return the archive of one part and machine type."""
        record = protocol_of(self._year).records[part]
        name = file_name(part, machine, self._year)
        if self._year == 2020:
            return _Archive(self._url(record, name), name, self._of_table(name), None)
        if record not in self._listings:
            self._listings[record] = self._list(record)
        files = self._listings[record]
        editions = re.compile(rf"{re.escape(name.removesuffix('.zip'))}(?:_r(\d+))?\.zip")
        found = {each: int(match[1] or 1) for each in files if (match := editions.fullmatch(each))}
        if not found:
            raise UserError(
                "record {record} has no {name}; it has {names}",
                record=f"{self._base}/records/{record}",
                name=name,
                names=", ".join(sorted(files)) or message("no files"),
            )
        last = max(found, key=found.__getitem__)
        return _Archive(self._url(record, last), last, *files[last])

    def _of_table(self, name: str) -> str:
        if name not in self._md5:
            raise UserError("the table of MD5s lacks {name}; add it", name=name)
        return self._md5[name]

    def _url(self, record: str, name: str) -> str:
        return f"{self._base}/record/{record}/files/{name}?download=1"

    def _list(self, record: str) -> dict[str, tuple[str, int]]:
        """Ask the server which files a record has: MD5 and size, bytes, by name."""
        url = f"{self._base}/api/records/{record}"
        answer = remote_json(url, **self._patience)
        try:
            return dict(_described(file) for file in answer["files"])
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(
                "{url}: the answer doesn't tell name, size and MD5 of each file ({error!r}); "
                "download the archives with a browser and use source: folder",
                url=url,
                error=error,
            ) from error


def _described(file: Mapping) -> tuple[str, tuple[str, int]]:
    """Return name, MD5 and size of a file in the answer of a server, in old or new words."""
    name = file["key"] if "key" in file else file["filename"]
    size = file["size"] if "size" in file else file["filesize"]
    md5 = str(file["checksum"]).removeprefix("md5:").lower()
    if not re.fullmatch("[0-9a-f]{32}", md5) or not re.fullmatch(r"[\w.-]+", str(name)):
        raise ValueError(f"{name}: {file['checksum']}")
    if isinstance(size, bool) or not isinstance(size, int) or size < 0:
        raise ValueError(f"{name}: {size} bytes")
    return str(name), (md5, size)


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


def _require_space_for(
    folder: pathlib.Path, archives: Mapping[str, Sequence[_Archive]], timeout: float, retries: int
) -> None:
    """Sum up how large everything is, and raise if the disk can't hold it."""
    clips, most, there = 0.0, 0, 0
    for of_machine in archives.values():
        zipped = 0
        for archive in of_machine:
            path = folder / DOWNLOADS / archive.name
            partial = path.with_name(path.name + ".partial")
            there += sum(each.stat().st_size for each in (path, partial) if each.exists())
            size = archive.size
            if size is None:
                size = remote_size(archive.url, timeout=timeout, retries=retries)
            zipped += size or 0  # a server that does not tell: each download checks for itself
        clips += zipped * _GROWTH
        most = max(most, zipped)
    # Archives go when their machine is extracted, so only one machine's are there at a time.
    if archives:
        require_space(folder, round(clips + most) - there)

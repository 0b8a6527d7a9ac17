"""Score and decision files of a year, found in a folder by their names.

Comes in: a folder, and the facts of a year. Goes out: the files by machine type, section and
domain. Known are the names that the organisers' evaluators read, those without `_test`, and those
that the organisers' baseline writes.
"""

import dataclasses
import pathlib
import re

from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.util.errors import UserError

Key = tuple[str, str, str]
"""Machine type, section (2020: machine ID), and the domain ('' where a file has both)."""

_NAME = re.compile(
    r"(?P<kind>anomaly_score|decision_result)_(?:DCASE(?P<year>[0-9]{4})T2)?"
    r"(?P<machine>[A-Za-z0-9-]+)_(?:section|id)_(?P<section>[0-9]+)"
    r"(?:_(?P<domain>source|target))?(?:_test)?(?:_seed[0-9]+.*|_Eval)?\.csv"
)
_KINDS = {"anomaly_score": "scores", "decision_result": "decisions"}


@dataclasses.dataclass(frozen=True, slots=True)
class SubmissionFiles:
    """What a folder holds.

    Attributes
    ----------
    scores, decisions : dict of Key to pathlib.Path
        Files by machine type, section and domain.
    others : tuple of (pathlib.Path, str, str)
        Files of this kind whose machine type and section the year doesn't have.
    """

    scores: dict[Key, pathlib.Path]
    decisions: dict[Key, pathlib.Path]
    others: tuple[tuple[pathlib.Path, str, str], ...]


def find_files(folder: pathlib.Path, protocol: Protocol) -> SubmissionFiles:
    """Find the score and decision files of a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Folder that holds them; folders in it are not searched.
    protocol : Protocol
        Of the year.

    Raises
    ------
    UserError
        If there is no folder or no such file, a name says another year, or two files are of one
        machine type, section and domain.
    """
    if not folder.is_dir():
        raise UserError("{folder}: no such folder", folder=folder)
    found: dict[str, dict[Key, pathlib.Path]] = {"scores": {}, "decisions": {}}
    others = []
    for path in sorted(folder.iterdir()):
        match = _NAME.fullmatch(path.name)
        if match is None or not path.is_file():
            continue
        if match["year"] and int(match["year"]) != protocol.year:
            raise UserError(
                "{path}: its name says {found}, not {year}; name the year with --year",
                path=path,
                found=match["year"],
                year=protocol.year,
            )
        machine, section = match["machine"], match["section"]
        key = (machine, section, match["domain"] or "")
        if not protocol.part_of(machine, section) or key[2] not in protocol.file_domains:
            others.append((path, machine, section))
            continue
        of_kind = found[_KINDS[match["kind"]]]
        if key in of_kind:
            raise UserError(
                "{folder}: {first} and {second} are of one machine type and section; keep one",
                folder=folder,
                first=of_kind[key].name,
                second=path.name,
            )
        of_kind[key] = path
    if not found["scores"] and not others:
        below = next(folder.glob("*/**/anomaly_score_*.csv"), None)
        if below is not None:
            raise UserError(
                "{folder}: no score file; perhaps {below} is the folder you mean",
                folder=folder,
                below=below.parent,
            )
        raise UserError(
            "{folder}: no score file; one is called {example}",
            folder=folder,
            example=protocol.score_file("fan", "00", protocol.file_domains[0]),
        )
    return SubmissionFiles(found["scores"], found["decisions"], tuple(others))

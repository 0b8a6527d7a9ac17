"""Records of scored clips, read back from the files that they went to, and put in order of time.

Comes in: CSV or JSON files of `pygoodvibes.monitoring.output`. Goes out: records.
"""

import csv
import dataclasses
import datetime
import io
import json
import pathlib
import re
import types
import typing
from collections.abc import Iterable, Mapping, Sequence

from pygoodvibes.monitoring.output import COLUMNS
from pygoodvibes.monitoring.score_files import Record
from pygoodvibes.util.errors import UserError

SUFFIXES = (".csv", ".json", ".jsonl")
"""File name endings of what is read here."""

ORDERS = ("time", "name", "given")
"""What clips can be put in order by."""

_KINDS = {
    name: next(kind for kind in typing.get_args(hint) or (hint,) if kind is not types.NoneType)
    for name, hint in typing.get_type_hints(Record).items()
}


def read_log(path: str | pathlib.Path) -> list[Record]:
    """Read the records of a file of scores, in its order.

    Parameters
    ----------
    path : path
        Written by `pygoodvibes score` or `pygoodvibes drift`: CSV, a JSON document or JSON lines. A
        line that was not written to its end is passed over.

    Raises
    ------
    UserError
        If it is no such file, or one of an earlier version, which lacks columns.
    """
    try:
        text = pathlib.Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            "{path}: can't be read ({reason})", path=path, reason=error.strerror
        ) from None
    except UnicodeDecodeError:
        raise UserError("{path}: no text in UTF-8", path=path) from None
    rows = _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)
    if rows is None:
        raise UserError(
            "{path}: no file of scores of this version; score the recordings again (pygoodvibes "
            "score --csv)",
            path=path,
        )
    return [record for row in rows if (record := _record(row)) is not None]


def _csv_rows(text: str) -> list[Mapping] | None:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(rows.fieldnames or ()) != COLUMNS:
        return None
    try:
        return list(rows)
    except csv.Error:
        return None


def _json_rows(text: str) -> list[Mapping] | None:
    try:
        document = json.loads(text)
        rows = document.get("clips", [document])
    except ValueError:
        rows = list(map(_object, text.splitlines()))
    known = [row for row in rows if isinstance(row, dict) and tuple(row) == COLUMNS]
    return known or (None if rows else [])


def _object(line: str) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _record(row: Mapping) -> Record | None:
    texts = [row.get(name) for name, kind in _KINDS.items() if kind is str]
    if None in row or not all(isinstance(text, str) for text in texts):
        return None
    try:
        return Record(**{name: _value(row[name], kind) for name, kind in _KINDS.items()})
    except (TypeError, ValueError):
        return None


def _value(value: object, kind: type) -> object:
    if kind is str:
        return value
    if value is None or value == "":
        return None
    return bool(int(value)) if kind is bool else float(value)


def in_order(records: Iterable[Record], order: str | None) -> list[Record]:
    """Put records of one model in the order of the clips.

    Parameters
    ----------
    records : iterable of Record
        Clips of one machine; one that is there twice, with the same time and score, counts once.
    order : str or None
        One of `ORDERS`: by when their files were last changed, those of one second by name; by
        name, in which 2 stands before 10, and without times, which then mean nothing; or as they
        are given. None: by time, if the times can be those of recordings.

    Raises
    ------
    UserError
        If a clip has no time; or, if no order is given, all times lie closer together than clips
        of such length can be recorded.
    """
    kept = list({_identity(number, each): each for number, each in enumerate(records)}.values())
    if order == "given":
        return kept
    if order == "name":
        ordered = sorted(kept, key=lambda record: _natural(record.clip))
        return [dataclasses.replace(record, time="") for record in ordered]
    if without := [record.clip for record in kept if not record.time]:
        raise UserError(
            "{clip}: the time when it was last changed is not known; put clips in order by their "
            "names (--order name), or as they are given (--order given)",
            clip=without[0],
        )
    ordered = sorted(kept, key=lambda record: (record.time, _natural(record.clip)))
    if order is None:
        _check_times(ordered)
    return ordered


def _identity(number: int, record: Record) -> tuple:
    return (record.clip, record.time, record.score) if record.time else (number,)


def _natural(name: str) -> list[tuple[int, int | str]]:
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part)) if part.isdecimal() else (1, part) for part in parts]


def _check_times(ordered: Sequence[Record]) -> None:
    """Refuse times that are those of a copy: one recorder takes one clip after the other."""
    seconds = sum(record.seconds or 0.0 for record in ordered[1:])
    if not seconds:
        return
    first, last = (
        datetime.datetime.fromisoformat(record.time) for record in (ordered[0], ordered[-1])
    )
    apart = (last - first).total_seconds()
    if apart < seconds / 2:
        raise UserError(
            "{count} clips of {seconds:.0f} s in all, but their files were changed within "
            "{apart:.0f} s: copied, so that nothing tells when they were recorded. Put them in "
            "order by their names (--order name), by the lines of a log (--order given), or by "
            "these times all the same (--order time)",
            count=len(ordered),
            seconds=seconds + (ordered[0].seconds or 0.0),
            apart=apart,
        )

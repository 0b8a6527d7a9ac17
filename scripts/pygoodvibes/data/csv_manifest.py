"""Recordings in any layout that a CSV file tells: from its rows to clips."""

import csv
import dataclasses
import os
import pathlib
import posixpath
from collections.abc import Iterator

from pygoodvibes.data.audio_files import NOT_READ, is_audio, is_read
from pygoodvibes.data.clip import LABEL_WORDS, Clip, clip_of, domain_of, finish_clips
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

MANIFEST_COLUMNS = ("path", "machine", "id", "split", "label")
"""Columns that a CSV manifest must have."""

_DOMAIN = "domain"


def find_manifest(csv_path: str | os.PathLike, folder: str | os.PathLike) -> list[Clip]:
    """List the clips that a CSV manifest names.

    Parameters
    ----------
    csv_path : path
        UTF-8 file with commas, a header, and the columns path, machine, id, split, label; a column
        domain may say 'source' or 'target'; others are ignored. Split is 'train' or 'test'; label
        is 'normal', 'anomaly' ('anomalous' and 'abnormal' mean the same), 'unknown' or nothing.
    folder : path
        What the paths in the file are relative to. Absolute paths are allowed.

    Returns
    -------
    list of Clip
        One per row, sorted. A recording may serve several machines: a row each. `clip` is the file
        name; where two rows of one machine, ID and split have the same file name, it is the path
        with '__' for '/'. `reason` says what is wrong with a single row: an unknown split or label,
        a training clip that is not normal, a name that can't be used, a file that is not there.

    Raises
    ------
    UserError
        The file as a whole can't be trusted: missing, not UTF-8, columns missing, a row with too
        few or too many fields, the same path twice for a machine ID, no row at all.
    """
    csv_path, folder = pathlib.Path(csv_path), pathlib.Path(folder)
    if not folder.is_dir():
        raise UserError(
            "{folder} is not a folder; the manifest's paths are relative to it", folder=folder
        )
    base = pathlib.Path(os.path.abspath(folder)).as_posix()  # noqa: PTH100 (links stay as they are)
    first_row: dict[tuple[str, str, str], int] = {}
    placed: list[Clip] = []
    for number, row in _manifest_rows(csv_path):
        path = _manifest_path(row["path"], base)
        key = (path, row["machine"], row["id"])
        if path and key in first_row:
            raise UserError(
                "{path}, row {row}: {clip} is already in row {first}; name each clip of a machine "
                "ID once",
                path=csv_path,
                row=number,
                clip=path,
                first=first_row[key],
            )
        first_row[key] = number
        placed.append(_place_row(row, path, folder))
    if not placed:
        raise UserError("{path} has a header but no rows; add one row per clip", path=csv_path)

    seen: dict[tuple[str, str, str, str], int] = {}
    for clip in placed:
        key = (clip.machine, clip.id, clip.split, clip.clip)
        seen[key] = seen.get(key, 0) + 1
    for i, clip in enumerate(placed):
        if seen[clip.machine, clip.id, clip.split, clip.clip] > 1:
            placed[i] = dataclasses.replace(clip, clip=clip.path.lstrip("/").replace("/", "__"))
    return finish_clips(placed)


def _manifest_rows(csv_path: pathlib.Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number in the file and the fields of every row of a manifest."""
    if not csv_path.is_file():
        raise UserError(
            "the manifest {path} does not exist or is no file; check the path", path=csv_path
        )
    try:
        # utf-8-sig: spreadsheets put a byte order mark before the first column's name.
        with csv_path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            missing = [name for name in MANIFEST_COLUMNS if name not in header]
            if missing:
                if hint := _hint(header, csv_path):
                    raise UserError(hint)
                values = {"path": csv_path, "columns": ", ".join(MANIFEST_COLUMNS)}
                if len(missing) == 1:
                    raise UserError(
                        "{path} lacks the column {missing}; its first line must name {columns}, "
                        "between commas",
                        missing=missing[0],
                        **values,
                    )
                raise UserError(
                    "{path} lacks the columns {missing}; its first line must name {columns}, "
                    "between commas",
                    missing=", ".join(missing),
                    **values,
                )
            twice = [name for name in MANIFEST_COLUMNS if header.count(name) > 1]
            if twice:
                raise UserError(
                    "{path} has the column {column} twice; keep one of them",
                    path=csv_path,
                    column=twice[0],
                )
            where = {
                name: header.index(name) for name in (*MANIFEST_COLUMNS, _DOMAIN) if name in header
            }
            for fields in reader:
                if not any(field.strip() for field in fields):
                    continue
                if len(fields) != len(header):
                    raise UserError(
                        "{path}, row {line}: {fields} fields, but the header has {columns}; put "
                        "fields that hold a comma in quotes",
                        path=csv_path,
                        line=reader.line_num,
                        fields=len(fields),
                        columns=len(header),
                    )
                yield reader.line_num, {name: fields[i].strip() for name, i in where.items()}
    except UnicodeDecodeError as error:
        raise UserError(
            "{path} is not UTF-8 text; save it as CSV (UTF-8)", path=csv_path
        ) from error
    except csv.Error as error:
        raise UserError(
            "{path} is not a CSV file ({error}); save it as CSV", path=csv_path, error=error
        ) from error
    except OSError as error:
        raise UserError(
            "can't read the manifest {path}: {reason}", path=csv_path, reason=error.strerror
        ) from error


def _hint(header: list[str], csv_path: pathlib.Path) -> str:
    """Say what is odd about a header as programs and people write it; '' if nothing is known."""
    line = ",".join(header)
    if line.lower().startswith("sep="):
        return message(
            "{path}: its first line is {line!r}, a note for spreadsheets; delete it, so that the "
            "first line names the columns",
            path=csv_path,
            line=line,
        )
    if set(MANIFEST_COLUMNS) <= {name.lower() for name in header}:
        return message(
            "{path}: the columns are named in small letters: {columns}",
            path=csv_path,
            columns=", ".join(MANIFEST_COLUMNS),
        )
    for sign, called in ((";", message("semicolons")), ("\t", message("tabs"))):
        if set(MANIFEST_COLUMNS) <= {name.strip().lower() for name in line.split(sign)}:
            return message(
                "{path}: its columns stand between {sign}; save it with commas",
                path=csv_path,
                sign=called,
            )
    return ""


def _manifest_path(text: str, base: str) -> str:
    """Return a path as `Clip.path` has it; two spellings of one path become the same."""
    if not text:
        return ""
    path = posixpath.normpath(text)
    if path.startswith(base + "/"):
        return path[len(base) + 1 :]
    return path


def _place_row(row: dict[str, str], path: str, folder: pathlib.Path) -> Clip:
    split = row["split"].lower()
    label = LABEL_WORDS.get(row["label"].lower())
    reason = ""
    if not path:
        reason = message("no path")
    elif split not in ("train", "test"):
        reason = message("the split is {split!r}, not train or test", split=row["split"])
        split = ""
    elif label is None:
        reason = message(
            "the label is {label!r}, not normal, anomaly or unknown", label=row["label"]
        )
    elif not (folder / path).is_file():
        reason = message("the file does not exist")
        if "\\" in path and (folder / path.replace("\\", "/")).is_file():
            reason = message("the file does not exist: write / in its path, not \\")
    elif is_audio(path) and not is_read(path):
        reason = NOT_READ
    name = posixpath.basename(path)
    domain = domain_of(row.get(_DOMAIN, ""))
    return clip_of(row["machine"], row["id"], split, label or "unknown", path, name, domain, reason)

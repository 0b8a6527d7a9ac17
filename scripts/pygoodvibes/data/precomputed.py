"""Data sets that enter further down the chain: log-mel frames or vectors computed elsewhere.

A mel manifest is a CSV table with a row a clip: clip, machine, id, split, label, and file, a .npy
array (n_frames, n_mels) in dB, relative to the table; where a file holds many clips one after the
other, offset (first frame) and frames (how many) say which part is the clip's.

A table of vectors is a CSV table with a row a clip; the vectors stand in columns of its own or in a
.npy array (n_clips, d) beside it, row by row.
"""

import functools
import pathlib
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xxhash

from pygoodvibes.data.clip import Clip, parse_dcase_name
from pygoodvibes.data.manifest import blank_row
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.errors import UserError

MEL_COLUMNS = ("clip", "machine", "id", "split", "label", "file")
"""Columns that a mel manifest must have."""

_LABELS = {"normal": "normal", "anomaly": "anomaly", "anomalous": "anomaly", "abnormal": "anomaly"}


def list_mel(table: pathlib.Path) -> list[dict]:
    """Turn a mel manifest into the rows of our manifest, checking every array.

    Parameters
    ----------
    table : pathlib.Path
        The mel manifest.

    Returns
    -------
    list of dict
        Rows with the keys of `pygoodvibes.data.manifest.COLUMNS`; `path` is the file of frames.

    Raises
    ------
    UserError
        If the table is missing, empty, or lacks a column.
    """
    records = _read_table(table, MEL_COLUMNS)
    # an open map keeps its file open, of which a process may have a thousand; tables name the clips
    # of a file one after the other
    opened = functools.lru_cache(maxsize=4)(_open_frames)
    rows = []
    for record in records:
        name = record["file"]
        row = _row(record["clip"], record, path=name)
        array = opened(table.parent / name)
        if row["status"] == "ok" and isinstance(array, str):
            row["status"] = array
        if row["status"] == "ok":
            row |= _check_part(array, record)
        rows.append(row)
    _refuse_same_names(rows)
    return rows


def mel_frames(rows: Sequence[Mapping], folder: pathlib.Path) -> Iterator[tuple[Mapping, object]]:
    """Go through the clips of a manifest made by `list_mel`: each row and its frames.

    What can't be used comes with its reason instead of frames.
    """
    for row in rows:
        if row["status"] != "ok":
            yield row, row["status"]
            continue
        array = np.load(folder / row["path"], mmap_mode="r")
        start = int(row["offset"])
        yield row, np.asarray(array[start : start + int(row["frames"])], dtype=np.float32)


def list_vectors(
    table: pathlib.Path, *, array: str | None, columns: Mapping[str, object]
) -> tuple[list[dict], np.ndarray, list[str]]:
    """Read a table of vectors.

    Parameters
    ----------
    table : pathlib.Path
        CSV table, a row a clip.
    array : str, optional
        .npy array (n_clips, d), relative to the table; without it the vectors stand in the table.
    columns : mapping
        The `dataset.columns` section of the config: which column is what.

    Returns
    -------
    rows : list of dict
        Manifest rows; `offset` is the row of the vector, from 0.
    values : np.ndarray [shape=(n_clips, d), dtype=float32]
        The vectors.
    names : list of str
        Names of their d columns.

    Raises
    ------
    UserError
        If the table or a named column is missing, or table and array don't go together.
    """
    named = {key: columns[key] for key in ("clip", "machine", "id", "split", "label")}
    records = _read_table(table, [name for name in named.values() if name])
    if array is None:
        values, names = _vectors_of_table(table, records, columns["values"], set(named.values()))
    else:
        values, names = _vectors_of_array(table.parent / array, len(records))
    words = {columns["normal"]: "normal", columns["anomaly"]: "anomaly"}
    rows = []
    for number, record in enumerate(records):
        given = {key: record[name] for key, name in named.items() if name}
        if "label" in given:
            given["label"] = words.get(given["label"], "unknown")
        row = _row(given["clip"], given, path=given["clip"])
        if row["status"] == "ok" and not np.isfinite(values[number]).all():
            row["status"] = f"row {number + 2} of {table.name}: a value is no finite number"
        digest = xxhash.xxh3_128_hexdigest(np.ascontiguousarray(values[number]))
        rows.append({**row, "offset": number, "xxh3_128": digest})
    _refuse_same_names(rows)
    return rows, values, names


def _read_table(table: pathlib.Path, needed: Sequence[str]) -> list[dict[str, str]]:
    records = read_records(table)
    if not records:
        raise UserError(f"{table}: holds no row below its header")
    missing = [name for name in needed if name not in records[0]]
    if missing:
        raise UserError(
            f"{table}: lacks the column(s) {', '.join(missing)}; it has {', '.join(records[0])}"
        )
    return records


def _row(name: str, given: Mapping[str, str], *, path: str) -> dict:
    """Return a manifest row from what a table says, and where it is silent from the clip's path."""
    parts = pathlib.PurePosixPath(name).parts
    in_name = parse_dcase_name(parts[-1] if parts else "") or {}
    in_path = {"machine": parts[-3], "split": parts[-2]} if len(parts) >= 3 else {}
    told = {key: given.get(key) or in_path.get(key) or in_name.get(key) or "" for key in _KEYS}
    told["label"] = _LABELS.get(told["label"].lower(), "unknown")
    reason = ""
    if not told["machine"] or not told["id"]:
        reason = "neither the table nor the clip's path tells machine type and ID"
    elif not (_WORD.fullmatch(told["machine"]) and _WORD.fullmatch(told["id"])):
        reason = (
            f"machine {told['machine']!r} and ID {told['id']!r} must be made of letters, digits, "
            "dots, dashes and underscores"
        )
    elif told["split"] not in ("train", "test"):
        reason = f"split must be train or test, not {told['split']!r}"
    elif told["split"] == "train" and told["label"] == "anomaly":
        reason = "an anomalous clip among the training clips"
    elif told["split"] == "train" and given.get("label") and told["label"] != "normal":
        reason = "a training clip must be labelled normal"
    elif told["split"] == "train":
        told["label"] = "normal"
    clip = Clip(**told, path=path, clip=parts[-1] if parts else "", reason=reason)
    return {**blank_row(clip), "status": reason or "ok"}


_KEYS = ("machine", "id", "split", "label")

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # it will be part of file names


def _refuse_same_names(rows: Sequence[dict]) -> None:
    """Give a reason to a clip whose name in score files is taken by one before it."""
    taken = set()
    for row in rows:
        if row["status"] == "ok":
            name = tuple(row[key] for key in ("machine", "id", "split", "clip"))
            if name in taken:
                row["status"] = "same machine, ID, split and clip name as a row above"
            taken.add(name)


def _open_frames(path: pathlib.Path) -> np.ndarray | str:
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        return f"no readable .npy array ({error})"
    if not isinstance(array, np.ndarray):
        return "no readable .npy array (it is an .npz file)"
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        return f"must be numbers of shape (n_frames, n_mels), is {array.dtype} {array.shape}"
    return array


def _check_part(array: np.ndarray, record: Mapping[str, str]) -> dict:
    try:
        start = int(record.get("offset") or 0)
        count = int(record.get("frames") or len(array) - start)
    except ValueError:
        return {"status": "offset and frames must be whole numbers"}
    if count < 1 or start < 0 or start + count > len(array):
        return {"status": f"frames {start} to {start + count} lie outside its {len(array)} frames"}
    part = np.asarray(array[start : start + count], dtype=np.float32)
    if not np.isfinite(part).all():
        return {"status": "holds values that are not finite"}
    return {
        "offset": start,
        "frames": count,
        "xxh3_128": xxhash.xxh3_128_hexdigest(np.ascontiguousarray(part)),
    }


def _vectors_of_array(path: pathlib.Path, n_clips: int) -> tuple[np.ndarray, list[str]]:
    array = _open_frames(path)
    if isinstance(array, str):
        raise UserError(f"{path}: {array.replace('n_frames, n_mels', 'n_clips, d')}")
    if len(array) != n_clips:
        raise UserError(f"{path}: has {len(array)} rows, its table has {n_clips}")
    values = np.asarray(array, dtype=np.float32)
    return values, [f"value_{number:03d}" for number in range(values.shape[1])]


def _vectors_of_table(
    table: pathlib.Path, records: list[dict[str, str]], asked: object, named: set
) -> tuple[np.ndarray, list[str]]:
    if asked == "rest":
        # a column without a name is the row number that pandas writes
        candidates = [name for name in records[0] if name and name not in named]
        names = [name for name in candidates if _is_number(_first_value(records, name))]
    else:
        names = list(asked)
        missing = [name for name in names if name not in records[0]]
        if missing:
            raise UserError(f"{table}: lacks the column(s) {', '.join(missing)}")
    if not names:
        raise UserError(f"{table}: no column of numbers; name them in dataset.columns.values")
    values = np.full((len(records), len(names)), np.nan, dtype=np.float32)
    for number, record in enumerate(records):
        for column, name in enumerate(names):
            if _is_number(record[name]):
                values[number, column] = float(record[name])
    return values, names


def _first_value(records: list[dict[str, str]], name: str) -> str:
    """Return the first value of a column that is not blank."""
    return next((record[name] for record in records if record[name].strip()), "")


def _is_number(text: str | None) -> bool:
    try:
        float(text)
    except (TypeError, ValueError):
        return False
    return True

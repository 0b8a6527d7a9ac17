"""Vectors computed elsewhere.

A table of vectors is a CSV table with a row a clip; the vectors stand in columns of its own or in a
.npy array (n_clips, d) beside it, row by row.
"""

import pathlib
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
import xxhash
from pydantic import Field

from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.data.sources.clip_table import (
    manifest_row,
    open_array,
    read_table,
    refuse_same_names,
)
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message
from pygoodvibes.util.paths import locate
from pygoodvibes.util.settings import Section


class Columns(Section):
    """Names of the columns of a table of vectors."""

    clip: str = "clip"
    """Column with the clip's path or file name."""

    machine: str | None = None
    """Column with the machine type (null: from the path, <machine>/<split>/<file>)."""

    id: str | None = None
    """Column with the machine ID or section (null: from the file name, as in
    normal_id_00_00000000.wav)."""

    split: str | None = None
    """Column with train or test (null: from the path)."""

    label: str | None = None
    """Column with the label (null: from the file name)."""

    domain: str | None = None
    """Column with source or target; other values mean that there is none (null: from the file name,
    as in section_00_target_test_normal_0000.wav)."""

    values: Literal["rest"] | Annotated[list[str], Field(min_length=1)] = "rest"
    """Columns that hold the vector; 'rest': every other column whose values are all numbers."""

    normal: str = "normal"
    """How the label column says normal."""

    anomaly: str = "anomaly"
    """How the label column says anomalous; other values mean unknown."""


class Settings(Dataset):
    """A table of vectors computed elsewhere, one row a clip."""

    enters_as: ClassVar[str] = "embedding"

    source: Literal["embedding"]
    path: Annotated[str, Field(min_length=1)]
    """CSV table with the names of clips (and the vectors, where there is no `array`)."""

    array: str | None = None
    """A .npy array (n_clips, d), row by row as in the table (null: the table holds the vectors)."""

    columns: Columns = Columns()
    """Which column is what."""

    @property
    def folder(self) -> str:
        """Return the folder of the table, which the paths in it count from."""
        return str(pathlib.Path(self.path).parent)

    @property
    def watched(self) -> list[str]:
        """Return the table, and the array beside it."""
        beside = [str(pathlib.Path(self.folder, self.array))] if self.array else []
        return [self.path, *beside]


def rows(settings: Settings) -> list[dict]:
    """Return the manifest rows of the data set."""
    listed, _, _ = list_vectors(
        locate(settings.path), array=settings.array, columns=settings.columns.model_dump()
    )
    return listed


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
    named = {key: columns.get(key) for key in ("clip", "machine", "id", "split", "label", "domain")}
    records = read_table(table, [name for name in named.values() if name])
    if array is None:
        values, names = _vectors_of_table(table, records, columns["values"], set(named.values()))
    else:
        values, names = _vectors_of_array(table.parent / array, len(records))
    words = {columns["normal"]: "normal", columns["anomaly"]: "anomaly"}
    listed = []
    for number, record in enumerate(records):
        given = {key: record[name] for key, name in named.items() if name}
        if "label" in given:
            given["label"] = words.get(given["label"], "unknown")
        row = manifest_row(given["clip"], given, path=given["clip"])
        if row["status"] == "ok" and not np.isfinite(values[number]).all():
            row["status"] = message(
                "row {row} of {table}: a value is no finite number",
                row=number + 2,
                table=table.name,
            )
        digest = xxhash.xxh3_128_hexdigest(np.ascontiguousarray(values[number]))
        listed.append({**row, "offset": number, "xxh3_128": digest})
    refuse_same_names(listed)
    return listed, values, names


def _vectors_of_array(path: pathlib.Path, n_clips: int) -> tuple[np.ndarray, list[str]]:
    array = open_array(path, shape="(n_clips, d)")
    if isinstance(array, str):
        raise UserError("{path}: {reason}", path=path, reason=array)
    if len(array) != n_clips:
        raise UserError(
            "{path}: has {found} rows, its table has {n_clips}",
            path=path,
            found=len(array),
            n_clips=n_clips,
        )
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
            raise UserError(
                "{table}: lacks the column(s) {missing}", table=table, missing=", ".join(missing)
            )
    if not names:
        raise UserError(
            "{table}: no column of numbers; name them in dataset.columns.values", table=table
        )
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

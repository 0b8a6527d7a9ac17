"""Log-mel frames computed elsewhere.

A mel manifest is a CSV table with a row a clip: clip, machine, id, split, label, and file, a .npy
array (n_frames, n_mels) in dB, relative to the table; where a file holds many clips one after the
other, offset (first frame) and frames (how many) say which part is the clip's. A
column domain may say source or target.
"""

import functools
import pathlib
from collections.abc import Iterator, Mapping, Sequence
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
from pygoodvibes.util.messages import message
from pygoodvibes.util.paths import locate

MEL_COLUMNS = ("clip", "machine", "id", "split", "label", "file")
"""Columns that a mel manifest must have."""


class Settings(Dataset):
    """Log-mel spectrograms computed elsewhere."""

    enters_as: ClassVar[str] = "mel"

    source: Literal["mel"]
    path: Annotated[str, Field(min_length=1)]
    """CSV manifest: clip, machine, id, split, label, file (a .npy array (n_frames, n_mels) in dB),
    where a file holds many clips, offset and frames, and where clips have one, domain (source or
    target)."""

    @property
    def folder(self) -> str:
        """Return the folder of the table, which the paths in it count from."""
        return str(pathlib.Path(self.path).parent)

    @property
    def watched(self) -> list[str]:
        """Return the table, and the folder of the arrays that it names."""
        return [self.path, self.folder]


def rows(settings: Settings) -> list[dict]:
    """Return the manifest rows of the data set."""
    return list_mel(locate(settings.path))


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
    records = read_table(table, MEL_COLUMNS)
    # an open map keeps its file open, of which a process may have a thousand; tables name the clips
    # of a file one after the other
    opened = functools.lru_cache(maxsize=4)(open_array)
    listed = []
    for record in records:
        name = record["file"]
        row = manifest_row(record["clip"], record, path=name)
        array = opened(table.parent / name, shape="(n_frames, n_mels)")
        if row["status"] == "ok" and isinstance(array, str):
            row["status"] = array
        if row["status"] == "ok":
            row |= _check_part(array, record)
        listed.append(row)
    refuse_same_names(listed)
    return listed


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


def _check_part(array: np.ndarray, record: Mapping[str, str]) -> dict:
    try:
        start = int(record.get("offset") or 0)
        count = int(record.get("frames") or len(array) - start)
    except ValueError:
        return {"status": message("offset and frames must be whole numbers")}
    if count < 1 or start < 0 or start + count > len(array):
        return {
            "status": message(
                "frames {start} to {end} lie outside its {found} frames",
                start=start,
                end=start + count,
                found=len(array),
            )
        }
    frames = np.asarray(array[start : start + count], dtype=np.float32)
    if not np.isfinite(frames).all():
        return {"status": message("holds values that are not finite")}
    return {
        "offset": start,
        "frames": count,
        "xxh3_128": xxhash.xxh3_128_hexdigest(np.ascontiguousarray(frames)),
    }

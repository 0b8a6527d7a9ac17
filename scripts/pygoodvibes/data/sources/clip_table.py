"""Tables of clips that were computed elsewhere: a row a clip, as rows of our manifest.

Comes in: a CSV table and the names of its columns. Goes out: manifest rows, each with 'ok' or the
reason why its clip is of no use.
"""

import pathlib
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.data.clip import Clip, domain_of, parse_dcase_name, why_no_name
from pygoodvibes.data.manifest import blank_row
from pygoodvibes.data.supplemental import is_supplemental, why_no_clip
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

_LABELS = {"normal": "normal", "anomaly": "anomaly", "anomalous": "anomaly", "abnormal": "anomaly"}

_KEYS = ("machine", "id", "split", "label")


def read_table(table: pathlib.Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV table, as text.

    Raises
    ------
    UserError
        If it is missing, has no row, or lacks a needed column.
    """
    records = read_records(table)
    if not records:
        raise UserError("{table}: holds no row below its header", table=table)
    missing = [name for name in needed if name not in records[0]]
    if missing:
        raise UserError(
            "{table}: lacks the column(s) {missing}; it has {columns}",
            table=table,
            missing=", ".join(missing),
            columns=", ".join(records[0]),
        )
    return records


def manifest_row(name: str, given: Mapping[str, str], *, path: str) -> dict:
    """Return a manifest row from what a table says, and where it is silent from the clip's path."""
    parts = pathlib.PurePosixPath(name).parts
    in_name = parse_dcase_name(parts[-1] if parts else "") or {}
    in_path = {"machine": parts[-3], "split": parts[-2]} if len(parts) >= 3 else {}
    fields = {key: given.get(key) or in_path.get(key) or in_name.get(key) or "" for key in _KEYS}
    fields["label"] = _LABELS.get(fields["label"].lower(), "unknown")
    reason = ""
    if not fields["machine"] or not fields["id"]:
        reason = message("neither the table nor the clip's path tells machine type and ID")
    elif said := why_no_name(fields["machine"], fields["id"]):
        reason = said
    elif is_supplemental(name):
        reason = why_no_clip(name)
    elif fields["split"] not in ("train", "test"):
        reason = message("split must be train or test, not {split!r}", split=fields["split"])
    elif fields["split"] == "train" and fields["label"] == "anomaly":
        reason = message("an anomalous clip among the training clips")
    elif fields["split"] == "train" and given.get("label") and fields["label"] != "normal":
        reason = message("a training clip must be labelled normal")
    elif fields["split"] == "train":
        fields["label"] = "normal"
    domain = domain_of(given.get("domain") or in_name.get("domain") or "")
    name = parts[-1] if parts else ""
    clip = Clip(**fields, path=path, clip=name, domain=domain, reason=reason)
    return {**blank_row(clip), "status": reason or "ok"}


def refuse_same_names(rows: Sequence[dict]) -> None:
    """Give a reason to a clip whose name in score files is taken by one before it."""
    taken = set()
    for row in rows:
        if row["status"] == "ok":
            name = tuple(row[key] for key in ("machine", "id", "split", "clip"))
            if name in taken:
                row["status"] = message("same machine, ID, split and clip name as a row above")
            taken.add(name)


def open_array(path: pathlib.Path, *, shape: str) -> np.ndarray | str:
    """Open a .npy file of numbers in rows, without reading it; a text says why it can't be used.

    `shape` names the rows and columns that it must have, as in '(n_clips, d)'.
    """
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        return message("no readable .npy array ({error})", error=error)
    if not isinstance(array, np.ndarray):
        return message("no readable .npy array ({error})", error=message("it is an .npz file"))
    if array.ndim != 2 or array.dtype.kind not in "fiu":
        return message(
            "must be numbers of shape {wanted}, is {kind} {shape}",
            wanted=shape,
            kind=array.dtype,
            shape=array.shape,
        )
    return array

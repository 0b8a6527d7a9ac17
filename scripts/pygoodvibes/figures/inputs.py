"""Reading the tables and vectors that figures are drawn from."""

import pathlib
import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pygoodvibes.util.errors import UserError


def read_table(path: str | pathlib.Path) -> pd.DataFrame:
    """Read a CSV table, keeping names and machine IDs as text.

    Parameters
    ----------
    path : str or pathlib.Path
        CSV file with a header.

    Returns
    -------
    pandas.DataFrame
        The columns machine, id, split, label, clip, path, status, detector, note and domain as
        str, empty where the file is, and so the machine and ID that a clip is recognised as; the
        others as numbers.

    Raises
    ------
    UserError
        If the file is not there or is not a table.
    """
    names = ("machine", "id", "split", "label", "clip", "path", "status", "detector", "note")
    names += ("domain", "recognised_machine", "recognised_id")
    try:
        table = pd.read_csv(path, dtype=dict.fromkeys(names, str))
    except (OSError, ValueError) as error:
        raise UserError(
            "cannot read the table {path}: {error}; make it again", path=path, error=error
        ) from error
    for name in names:
        if name in table.columns:
            table[name] = table[name].fillna("")
    return table


def read_vectors(path: str | pathlib.Path) -> dict[str, np.ndarray]:
    """Read an NPZ file of vectors, one row per clip.

    Parameters
    ----------
    path : str or pathlib.Path
        NPZ file with the arrays clip, split, label (n,), values (n, d) and columns (d,);
        projections also have explained_variance_ratio (k,), overviews machine and id (n,).

    Returns
    -------
    dict of str to np.ndarray
        All arrays of the file.

    Raises
    ------
    UserError
        If the file cannot be read, or an array is missing or has another length.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            "cannot read the vectors {path}: {error}; make the file again", path=path, error=error
        ) from error
    missing = [
        name for name in ("clip", "split", "label", "values", "columns") if name not in arrays
    ]
    if missing:
        raise UserError(
            "{path} has no array {missing}; make the file again",
            path=path,
            missing=", ".join(missing),
        )
    expected = (len(arrays["clip"]), len(arrays["columns"]))
    if arrays["values"].shape != expected:
        raise UserError(
            "values in {path} has the shape {shape}, but clip and columns ask for "
            "{expected}; make the file again",
            path=path,
            shape=arrays["values"].shape,
            expected=expected,
        )
    return arrays


def points_table(
    arrays: Mapping[str, np.ndarray], *, machine: str | None = None, id: str | None = None
) -> pd.DataFrame:
    """Turn vectors into the table of points: machine, id, clip, split, label, PC1, PC2[, PC3].

    Parameters
    ----------
    arrays : mapping of str to np.ndarray
        As returned by `read_vectors`.
    machine, id : str, optional
        Machine type and ID of all clips, where the arrays do not name them.

    Returns
    -------
    pandas.DataFrame
        One row per clip. The first columns of values, at most three, are called PC1, PC2, PC3.
        A projection on one component has PC2 = 0, one on none has NaN in both.
    """
    count = len(arrays["clip"])
    table = pd.DataFrame(
        {
            "machine": arrays["machine"].astype(str) if machine is None else [machine] * count,
            "id": arrays["id"].astype(str) if id is None else [id] * count,
            "clip": arrays["clip"].astype(str),
            "split": arrays["split"].astype(str),
            "label": arrays["label"].astype(str),
        },
        dtype=object,
    )
    values = arrays["values"]
    for number in range(min(3, values.shape[1])):
        table[f"PC{number + 1}"] = values[:, number].astype(float)
    if values.shape[1] == 0:
        table["PC1"] = table["PC2"] = np.nan
    elif values.shape[1] == 1:
        table["PC2"] = 0.0
    return table


def points_of_ids(
    paths: Sequence[str | pathlib.Path], machine: str, ids: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Read the projections of several machine IDs of one type.

    Parameters
    ----------
    paths : sequence of path
        One NPZ file per machine ID, in the order of `ids`.
    machine : str
        Machine type.
    ids : sequence of str
        Machine IDs.

    Returns
    -------
    tuple of (pandas.DataFrame, dict)
        The points of all IDs, and each ID's explained variance ratios where its file has them.

    Raises
    ------
    UserError
        If there are not as many files as IDs, or a file cannot be read.
    """
    if len(paths) != len(ids):
        raise UserError(
            "{files} files of vectors for {ids} machine IDs of {machine}; give one file "
            "per ID, in the same order",
            files=len(paths),
            ids=len(ids),
            machine=machine,
        )
    names = ("machine", "id", "clip", "split", "label", "PC1", "PC2")
    tables, ratios = [pd.DataFrame(columns=names, dtype=object)] if not ids else [], {}
    for path, id_ in zip(paths, ids, strict=True):
        arrays = read_vectors(path)
        tables.append(points_table(arrays, machine=machine, id=id_))
        if "explained_variance_ratio" in arrays:
            ratios[id_] = arrays["explained_variance_ratio"]
    return pd.concat(tables, ignore_index=True), ratios


def with_domains(points: pd.DataFrame, manifest: pd.DataFrame) -> pd.DataFrame:
    """Return points with the column domain of their clips; as they are if no clip has one.

    Parameters
    ----------
    points, manifest : pandas.DataFrame
        With the columns machine, id, split and clip; the manifest also has status and domain.
    """
    keys = ["machine", "id", "split", "clip"]
    # a clip that is left out may have the name of one that is not
    usable = manifest[(manifest["status"] == "ok") & (manifest["domain"] != "")]
    known = usable[[*keys, "domain"]]
    if known.empty:
        return points
    return points.merge(known, how="left", on=keys).fillna({"domain": ""})

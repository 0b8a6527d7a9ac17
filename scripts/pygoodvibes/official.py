"""The score and decision files of the DCASE tasks: headerless `file name,value`, a row a clip.

Format of the official evaluators since 2020: `anomaly_score_<machine>_id_<id>.csv` holds scores
(higher = more anomalous), `decision_result_<machine>_id_<id>.csv` holds 0 (normal) or 1. Those
evaluators join rows to the truth by position; here the file name decides.
"""

import csv
import math
import pathlib
from collections.abc import Mapping

import numpy as np

from pygoodvibes import metrics
from pygoodvibes.errors import UserError
from pygoodvibes.layouts import parse_dcase_name


def score_file(machine: str, machine_id: str) -> str:
    """Return the name of a score file."""
    return f"anomaly_score_{machine}_id_{machine_id}.csv"


def decision_file(machine: str, machine_id: str) -> str:
    """Return the name of a decision file."""
    return f"decision_result_{machine}_id_{machine_id}.csv"


def write(path: str | pathlib.Path, values: Mapping[str, float | bool]) -> None:
    """Write a value a clip, by file name: normal clips first, as in the organisers' files.

    Booleans are written as 0 and 1, scores with all their digits.
    """
    names = sorted(values, key=lambda name: (name.startswith("anomaly"), name))
    with pathlib.Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        for name in names:
            value = values[name]
            writer.writerow([name, int(value) if isinstance(value, bool) else repr(float(value))])


def read(path: str | pathlib.Path) -> dict[str, float]:
    """Read a score or decision file.

    Raises
    ------
    UserError
        If the file can't be read, a row has no two columns, a value is no number, or a file name
        comes twice.
    """
    values: dict[str, float] = {}
    try:
        rows = list(csv.reader(pathlib.Path(path).read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: no readable score file ({error})") from None
    for number, row in enumerate(rows, start=1):
        try:
            name, text = row
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise UserError(
                f"{path}, row {number}: must be 'file name,number' without a header, "
                f"found {','.join(row)!r}"
            )
        if name in values:
            raise UserError(f"{path}, row {number}: {name} comes twice")
        values[name] = value
    return values


def evaluate_file(
    path: str | pathlib.Path, truth: Mapping[str, str] | None = None, *, max_fpr: float = 0.1
) -> dict[str, float]:
    """Compute AUC and pAUC of a score file, whoever wrote it.

    Parameters
    ----------
    path : path
        Score file.
    truth : mapping of file name to label, optional
        Without it the label is read from the name ('normal_id_00_...', 'anomaly_id_00_...').
    max_fpr : float in (0, 1]
        As in `pygoodvibes.metrics.partial_auc`.

    Returns
    -------
    dict
        auc, pauc (McClish-standardised), n_normal, n_anomaly.

    Raises
    ------
    UserError
        If a clip has no label, or `truth` has clips that the file lacks.
    """
    scores = read(path)
    if truth is None:
        truth = {name: (parse_dcase_name(name) or {}).get("label", "unknown") for name in scores}
    nameless = [name for name in scores if truth.get(name) not in ("normal", "anomaly")]
    missing = [name for name in truth if name not in scores]
    for names, what in ((nameless, "no label for"), (missing, "no score for")):
        if names:
            raise UserError(f"{path}: {what} {len(names)} clip(s), the first is {names[0]}")
    anomalous = np.array([truth[name] == "anomaly" for name in scores])
    values = np.array(list(scores.values()))
    return {
        "auc": metrics.auc(anomalous, values),
        "pauc": metrics.partial_auc(anomalous, values, max_fpr=max_fpr),
        "n_normal": int((~anomalous).sum()),
        "n_anomaly": int(anomalous.sum()),
    }

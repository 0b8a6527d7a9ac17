"""The files that leave the workflow: figures, and the official score and decision files."""

import csv
import json
import math
import pathlib
import shutil
from collections.abc import Iterable, Mapping

import numpy as np

from pygoodvibes.data.clip import parse_dcase_name
from pygoodvibes.evaluation import metrics
from pygoodvibes.protocols import dcase2020, dcase2021, dcase2022
from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.util.atomic import draft
from pygoodvibes.util.errors import UserError

score_file = dcase2020.PROTOCOL.score_file
"""Return the name of a score file, by machine type and machine ID."""

decision_file = dcase2020.PROTOCOL.decision_file
"""Return the name of a decision file, by machine type and machine ID."""


def write(path: str | pathlib.Path, values: Mapping[str, float | bool]) -> None:
    """Write a value a clip, by file name: normal clips first, as in the organisers' files.

    Booleans are written as 0 and 1, scores with all their digits.
    """
    names = sorted(values, key=lambda name: (name.startswith("anomaly"), name))
    with draft(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
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
        # spreadsheets put a byte order mark first
        rows = list(csv.reader(pathlib.Path(path).read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            "{path}: no readable score file ({error})", path=path, error=error
        ) from None
    for number, row in enumerate(rows, start=1):
        try:
            name, text = row
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise UserError(
                "{path}, row {number}: must be 'file name,number' without a header, found {row!r}",
                path=path,
                number=number,
                row=",".join(row),
            )
        if name in values:
            raise UserError(
                "{path}, row {number}: {name} comes twice", path=path, number=number, name=name
            )
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
        As in `pygoodvibes.evaluation.metrics.partial_auc`.

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
    if nameless:
        raise UserError(
            "{path}: no label for {clips} clip(s), the first is {first}",
            path=path,
            clips=len(nameless),
            first=nameless[0],
        )
    if missing:
        raise UserError(
            "{path}: no score for {clips} clip(s), the first is {first}",
            path=path,
            clips=len(missing),
            first=missing[0],
        )
    anomalous = np.array([truth[name] == "anomaly" for name in scores])
    values = np.array(list(scores.values()))
    return {
        "auc": metrics.auc(anomalous, values),
        "pauc": metrics.partial_auc(anomalous, values, max_fpr=max_fpr),
        "n_normal": int((~anomalous).sum()),
        "n_anomaly": int(anomalous.sum()),
    }


def naming(names: Iterable[str]) -> tuple[Protocol, dict[str, list[str]]]:
    """Tell by the names of test clips how the evaluators want their files called.

    Parameters
    ----------
    names : iterable of str
        All test clips of a machine ID or section.

    Returns
    -------
    protocol : Protocol
        That of 2020 for machine IDs, of 2021 for sections whose test clips tell a domain but no
        attributes, else that of 2022, whose names later years have too.
    domains : dict of str to list of str
        The clips of each file, by domain; '' where one file has all.
    """
    names = list(names)
    fields = [parse_dcase_name(name) for name in names]
    if not all(
        name.startswith("section_") and found for name, found in zip(names, fields, strict=True)
    ):
        return dcase2020.PROTOCOL, {"": names}
    if all(found["domain"] and not found["attributes"] for found in fields):
        domains: dict[str, list[str]] = {}
        for name, found in zip(names, fields, strict=True):
            domains.setdefault(found["domain"], []).append(name)
        return dcase2021.PROTOCOL, domains
    return dcase2022.PROTOCOL, {"": names}


def copy_files(files: Iterable[str], source: pathlib.Path, target: pathlib.Path) -> None:
    """Copy files to the same places below another folder, as files even where they are links."""
    for file in files:
        place = target / pathlib.Path(file).relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)


def write_official(evaluations: Iterable[str], target: pathlib.Path) -> None:
    """Write the score and decision file of each machine ID and detector.

    Parameters
    ----------
    evaluations : iterable of str
        JSON documents from `pygoodvibes.evaluation.evaluate.evaluate_machine_id`.
    target : pathlib.Path
        Folder for `<detector>/anomaly_score_<machine>_id_<id>.csv` and
        `<detector>/decision_result_<machine>_id_<id>.csv`; for clips of a section as in `naming`.
    """
    for path in evaluations:
        document = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        machine, machine_id = document["machine"], document["id"]
        for detector, values in document["test"].items():
            folder = target / detector
            folder.mkdir(parents=True, exist_ok=True)
            protocol, domains = naming(values["scores"])
            for domain, names in domains.items():
                for name, key in (
                    (protocol.score_file(machine, machine_id, domain), "scores"),
                    (protocol.decision_file(machine, machine_id, domain), "decisions"),
                ):
                    write(folder / name, {clip: values[key][clip] for clip in names})

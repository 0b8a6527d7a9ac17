"""Tables of the check of the representation: how many clips are recognised, of which machines."""

import pathlib
import shutil
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.data.clip import name_of
from pygoodvibes.evaluation.representation import (
    CLASSIFIERS,
    LABELS,
    MOST_CLIPS,
    NAMES,
    NEIGHBORS,
    Key,
    matrix,
    shares,
    targets_of,
)
from pygoodvibes.report.table import NOTHING, Table, percent, with_bounds
from pygoodvibes.report.words import id_heading
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records

_WORDS = {"normal": "normal", "anomaly": "anomalous"}


def accuracy_table(rows: Sequence[Mapping], *, confidence: float, data: str) -> Table:
    """Return how many test clips are recognised.

    Parameters
    ----------
    rows : sequence of mapping
        With `pygoodvibes.evaluation.representation.COLUMNS`.
    confidence : float
        Coverage of the intervals.
    data : str
        Which data these are, for the heading.
    """
    targets = targets_of(rows)
    unit = targets[1]
    by = {(row["classifier"], row["target"], row["label"]): row for row in rows}
    cells = []
    for classifier in CLASSIFIERS:
        for target in targets:
            pair = [by[classifier, target, label] for label in LABELS]
            values = [with_bounds(_number(row, ""), *_bounds(row)) for row in pair]
            cells.append([NAMES[classifier], target, *values, percent(pair[0]["chance"])])
    columns = ["Classifier", "What is recognised"]
    columns += [f"Test, {_WORDS[label]}" for label in LABELS]
    notes = [
        f"Test clips whose machine type, or {unit}, is recognised by their embedding, in %: "
        f"mean over {unit}s, in brackets the {100 * confidence:g} % interval (Wilson, over "
        "clips).",
        f"Learnt from {rows[0]['n_train']} normal training clips (drawn evenly from the "
        f"{unit}s if there are more than {MOST_CLIPS}) of standardised columns: {NAMES['svm']}, "
        f"support vector machine with radial basis functions, C = 1; {NAMES['knn']}, {NEIGHBORS} "
        "nearest neighbours. Nothing is fitted on a test clip, and no setting is chosen.",
        "Where machines can't be told apart, a fault hardly can. Anomalous clips that are still "
        "recognised differ less from normal than machines do from each other.",
    ]
    if not int(rows[0]["n_train"]):
        notes = notes[-1:]
    parts = dict.fromkeys(note for row in rows for note in row["note"].split("; ") if note)
    notes += [f"{note[0].upper()}{note[1:]}." for note in parts]
    text = frozenset({"Classifier", "What is recognised"})
    title = f"Can machines be told apart? ({data})"
    return Table(title, [*columns, "Chance"], cells, notes, text)


def recognised_ids(confusion: Iterable[Mapping], classifier: str) -> list[dict]:
    """Return for each machine ID how many of its test clips are recognised.

    Parameters
    ----------
    confusion : iterable of mapping
        With `pygoodvibes.evaluation.representation.CONFUSION_COLUMNS`.
    classifier : str
        One of `CLASSIFIERS`.

    Returns
    -------
    list of dict
        machine, id; normal, anomaly: shares from 0 to 1, NaN without clips; taken_for: the other
        (machine, id) that most of its anomalous clips are taken for, None if none is.
    """
    confusion = list(confusion)
    of = {label: matrix(confusion, classifier, label) for label in LABELS}
    keys = of["normal"][0]
    shares_of = {label: shares(clips) for label, (_, clips) in of.items()}
    result = []
    for place, (machine, machine_id) in enumerate(keys):
        others = of["anomaly"][1][place].copy()
        others[place] = 0
        most: Key | None = keys[int(np.argmax(others))] if others.any() else None
        row = {"machine": machine, "id": machine_id, "taken_for": most}
        result.append(row | {label: float(shares_of[label][place, place]) for label in LABELS})
    return result


def ids_table(
    confusion: Sequence[Mapping], classifier: str, *, data: str, unit: str = "machine ID"
) -> Table:
    """Return which machine IDs are recognised, and what their anomalous clips are taken for."""
    heading = id_heading(unit)
    rows = [
        [
            row["machine"],
            row["id"],
            *(percent(row[label]) for label in LABELS),
            name_of(*row["taken_for"], unit) if row["taken_for"] else NOTHING,
        ]
        for row in recognised_ids(confusion, classifier)
    ]
    columns = ["Machine", heading, *(f"Test, {_WORDS[label]}" for label in LABELS)]
    columns.append("Anomalous clips else taken for")
    note = (
        f"Test clips of each {unit} that are recognised as of this one, in % "
        f"({NAMES[classifier]}), and the other {unit} that most of the remaining anomalous "
        "clips are taken for. representation_confusion.csv has all pairs, of both classifiers."
    )
    text = frozenset({"Machine", heading, columns[-1]})
    return Table(f"Which machines are recognised ({data})", columns, rows, [note], text)


def _number(row: Mapping, ending: str) -> float:
    return float(row[f"accuracy{ending}"] or "nan")


def _bounds(row: Mapping) -> tuple[float | None, float | None]:
    if row["accuracy_low"] == "":
        return None, None
    return _number(row, "_low"), _number(row, "_high")


def write_representation(
    *,
    accuracies: str | pathlib.Path,
    confusion: str | pathlib.Path,
    outputs: Mapping[str, str | pathlib.Path],
    confidence: float,
    data: str,
) -> None:
    """Write the tables that people read, and put the numbers beside them.

    Parameters
    ----------
    accuracies, confusion : path
        Numbers, from `pygoodvibes.evaluation.representation.check_representation`.
    outputs : mapping of name to path
        Where table (Markdown), csv and confusion (numbers) go.
    confidence, data
        As in `accuracy_table`.
    """
    rows, pairs = read_records(accuracies), read_records(confusion)
    tables = [accuracy_table(rows, confidence=confidence, data=data)]
    if pairs:
        tables.append(ids_table(pairs, CLASSIFIERS[0], data=data, unit=targets_of(rows)[1]))
    text = "\n".join(table.markdown() for table in tables)
    write_text(outputs["table"], text)
    shutil.copyfile(accuracies, outputs["csv"])
    shutil.copyfile(confusion, outputs["confusion"])

"""The evaluations of all machine IDs, gathered into the files that people and tools read."""

import itertools
import json
import math
import pathlib
from collections.abc import Iterable, Mapping, Sequence

from pygoodvibes.data import manifest
from pygoodvibes.evaluation import averages as evaluation_averages
from pygoodvibes.evaluation.averages import (
    AVERAGE_COLUMNS,
    AVERAGED,
    ROC_COLUMNS,
    headline,
    mean_roc,
)
from pygoodvibes.evaluation.evaluate import COLUMNS, SCORE_COLUMNS, SWEEP_COLUMNS
from pygoodvibes.util.atomic import draft, write_text
from pygoodvibes.util.csv_files import read_records, write_records


def not_evaluated(coverage: Iterable[Mapping], detectors: Sequence[str]) -> list[dict]:
    """Return rows of metrics.csv for the machine IDs that no detector could be fitted for."""
    return [
        {
            **dict.fromkeys(COLUMNS, ""),
            "machine": entry["machine"],
            "id": entry["id"],
            "detector": detector,
            "n_train": entry["train"],
            "n_test_normal": entry["test_normal"],
            "n_test_anomaly": entry["test_anomaly"],
            "note": entry["note"],
        }
        for entry in coverage
        if not manifest.trainable(entry)
        for detector in detectors
    ]


def gather_metrics(
    documents: Iterable[Mapping], coverage: Sequence[Mapping], detectors: Sequence[str]
) -> dict[str, list[dict] | dict]:
    """Turn the documents of `pygoodvibes.evaluation.evaluate.evaluate_machine_id` into tables.

    Parameters
    ----------
    documents : iterable of mapping
        One a machine ID.
    coverage : sequence of mapping
        Counts of clips of all machine IDs, from `pygoodvibes.data.manifest.coverage`.
    detectors : sequence of str
        Names, in the order of the config.

    Returns
    -------
    dict
        metrics, averages, sweep: rows; headline: the content of metrics.json.
    """
    documents = list(documents)
    missing = {(entry["machine"], entry["id"]): entry["note"] for entry in coverage}
    # an ID may lose its training clips only on decoding: no detector was fitted for it after all
    trained = {(entry["machine"], entry["id"]) for entry in coverage if manifest.trainable(entry)}
    rows = []
    for entry in itertools.chain.from_iterable(document["metrics"] for document in documents):
        if (entry["machine"], entry["id"]) not in trained:
            continue
        notes = [missing.get((entry["machine"], entry["id"]), ""), entry["note"]]
        rows.append({**entry, "note": "; ".join(filter(None, notes))})
    numbers = [
        {
            **row,
            **{key: math.nan if row[key] is None else row[key] for key in AVERAGED},
        }
        for row in rows
    ]
    averages = evaluation_averages.averages(numbers)
    rows += not_evaluated(coverage, detectors)
    order = {name: number for number, name in enumerate(detectors)}
    rows.sort(key=lambda row: (row["machine"], row["id"], order[row["detector"]]))
    return {
        "metrics": rows,
        "averages": averages,
        "sweep": list(itertools.chain.from_iterable(item["sweep"] for item in documents)),
        "headline": headline(averages),
    }


def write_metrics(
    *,
    coverage_path: str,
    evaluations: Sequence[str],
    scores: Sequence[str],
    detectors: Sequence[str],
    outputs: Mapping[str, pathlib.Path],
) -> None:
    """Read the files of all machine IDs and write what is gathered from them.

    Parameters
    ----------
    coverage_path : str
        Counts of clips of all machine IDs, from `pygoodvibes.data.manifest.complete`.
    evaluations, scores : sequence of str
        Files of the single machine IDs.
    detectors : sequence of str
        Names, in the order of the config.
    outputs : mapping of name to pathlib.Path
        Where metrics_json, metrics, averages, sweep, roc and scores go.
    """
    documents = [json.loads(pathlib.Path(path).read_text()) for path in evaluations]
    tables = gather_metrics(documents, read_records(coverage_path), detectors)
    write_records(outputs["metrics"], _texts(tables["metrics"]), COLUMNS)
    write_records(outputs["averages"], _texts(tables["averages"]), AVERAGE_COLUMNS)
    write_records(outputs["sweep"], _texts(tables["sweep"]), SWEEP_COLUMNS)
    write_text(outputs["metrics_json"], json.dumps(tables["headline"], indent=2) + "\n")
    curves = mean_roc(itertools.chain.from_iterable(read_records(path) for path in scores))
    write_records(outputs["roc"], _texts(curves), ROC_COLUMNS)
    with draft(outputs["scores"]) as beside, beside.open("w", encoding="utf-8") as target:
        target.write(",".join(SCORE_COLUMNS) + "\n")
        for path in scores:
            # the rows as they are: at full size parsing them would take longer than all the rest
            target.write(pathlib.Path(path).read_text(encoding="utf-8").partition("\n")[2])


def _texts(rows: Iterable[Mapping]) -> list[dict]:
    return [{key: _text(value) for key, value in row.items()} for row in rows]


def _text(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return "" if value is None else value

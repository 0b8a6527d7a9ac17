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
    rounded,
)
from pygoodvibes.evaluation.domains import (
    AVERAGED_BY_DOMAIN,
    DOMAIN_COLUMNS,
    OFFICIAL_BOUNDS,
    official_interval,
    with_domains,
)
from pygoodvibes.evaluation.evaluate import COLUMNS, DOMAIN, SCORE_COLUMNS, SWEEP_COLUMNS
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
    documents: Iterable[Mapping],
    coverage: Sequence[Mapping],
    detectors: Sequence[str],
    *,
    confidence: float = 0.95,
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
    confidence : float in (0, 1)
        Coverage of the official score's interval, where the data set has domains.

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
    measures = AVERAGED
    if any("official" in row for row in rows):
        measures = (*AVERAGED, *AVERAGED_BY_DOMAIN)
        # sections without known domains, as those of evaluation sets, have no such metrics
        rows = [dict.fromkeys(DOMAIN_COLUMNS) | row for row in rows]
    numbers = [
        {
            **row,
            **{key: math.nan if row[key] is None else row[key] for key in measures},
        }
        for row in rows
    ]
    averages = evaluation_averages.averages(numbers, measures)
    top = headline(averages)
    if measures is not AVERAGED:
        top |= _official(averages, documents, confidence)
    rows += not_evaluated(coverage, detectors)
    order = {name: number for number, name in enumerate(detectors)}
    rows.sort(key=lambda row: (row["machine"], row["id"], order[row["detector"]]))
    return {
        "metrics": rows,
        "averages": averages,
        "sweep": list(itertools.chain.from_iterable(item["sweep"] for item in documents)),
        "headline": top,
    }


def _official(
    averages: Sequence[dict], documents: Sequence[Mapping], confidence: float
) -> dict[str, dict]:
    """Add the interval of the official score to averages, and return what metrics.json says.

    Returns
    -------
    dict
        official, official_low, official_high, auc_source, auc_target: per detector, the harmonic
        mean over sections; shares from 0 to 1, None where there is none.
    """
    named = ("official", *OFFICIAL_BOUNDS, "auc_source", "auc_target")
    picked: dict[str, dict] = {name: {} for name in named}
    for row in averages:
        row |= dict.fromkeys(OFFICIAL_BOUNDS, math.nan)
        if row["over"] != "IDs" or row["mean"] != "harmonic":
            continue
        draws = [document.get("draws", {}).get(row["detector"]) for document in documents]
        draws = [drawn for drawn in draws if drawn and any(drawn.values())]
        if draws:
            bounds = official_interval(draws, confidence)
            row |= dict(zip(OFFICIAL_BOUNDS, bounds, strict=True))
        for name in named:
            picked[name][row["detector"]] = rounded(row[name])
    return picked


def write_metrics(
    *,
    coverage_path: str,
    evaluations: Sequence[str],
    scores: Sequence[str],
    detectors: Sequence[str],
    outputs: Mapping[str, pathlib.Path],
    confidence: float = 0.95,
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
    confidence : float in (0, 1)
        As in `gather_metrics`.
    """
    documents = [json.loads(pathlib.Path(path).read_text()) for path in evaluations]
    tables = gather_metrics(
        documents, read_records(coverage_path), detectors, confidence=confidence
    )
    metric_columns, average_columns = list(COLUMNS), list(AVERAGE_COLUMNS)
    if "official" in tables["headline"]:
        metric_columns = with_domains(COLUMNS, DOMAIN_COLUMNS)
        average_columns += [*AVERAGED_BY_DOMAIN, *OFFICIAL_BOUNDS]
    metric_rows = [dict.fromkeys(metric_columns, "") | row for row in tables["metrics"]]
    write_records(outputs["metrics"], _texts(metric_rows), metric_columns)
    write_records(outputs["averages"], _texts(tables["averages"]), average_columns)
    write_records(outputs["sweep"], _texts(tables["sweep"]), SWEEP_COLUMNS)
    write_text(outputs["metrics_json"], json.dumps(tables["headline"], indent=2) + "\n")
    curves = mean_roc(itertools.chain.from_iterable(read_records(path) for path in scores))
    write_records(outputs["roc"], _texts(curves), ROC_COLUMNS)
    _join_scores(scores, outputs["scores"])


def _join_scores(paths: Sequence[str], target: pathlib.Path) -> None:
    """Write the rows of all tables of scores into one; with the domain, where one of them has it.

    At full size parsing the rows would take longer than all the rest, so they stay as they are.
    """
    texts = [pathlib.Path(path).read_text(encoding="utf-8") for path in paths]
    known = ",".join((*SCORE_COLUMNS, DOMAIN))
    any_domain = any(text.startswith(known + "\n") for text in texts)
    with draft(target) as beside, beside.open("w", encoding="utf-8") as file:
        file.write((known if any_domain else ",".join(SCORE_COLUMNS)) + "\n")
        for text in texts:
            header, _, rows = text.partition("\n")
            file.write(rows.replace("\n", ",\n") if any_domain and header != known else rows)


def _texts(rows: Iterable[Mapping]) -> list[dict]:
    return [{key: _text(value) for key, value in row.items()} for row in rows]


def _text(value: object) -> object:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.6g}"
    return "" if value is None else value

"""Comparison of the detectors with each other: intervals of metrics and of their differences.

Test clips are resampled, normal and anomalous ones apart, the same resamples for every detector, so
that a difference between two detectors has an interval of its own: it is narrower than those of the
two metrics, since a hard clip is hard for both.

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap.
"""

import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.compare_detectors import (
    MEAN,
    Scores,
    average,
    group_scores,
    resample,
    scored_by_all,
)
from pygoodvibes.report.domain_tables import unit_in
from pygoodvibes.report.published import published_cells, read_references
from pygoodvibes.report.table import NOTHING, Table, by, percent
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records

METRICS = ("AUC", "pAUC")
"""Metrics in the order in which `average` gives them."""


def comparison_tables(
    scores: Scores,
    detectors: Sequence[str],
    *,
    max_fpr: float,
    resamples: int,
    confidence: float,
    seed: int,
    data: str,
    unit: str = "machine ID",
    references: Sequence[Mapping[str, str]] = (),
) -> list[Table]:
    """Return the comparison: all detectors, and their differences to the first.

    Parameters
    ----------
    scores : Scores
        From `group_scores`.
    detectors : sequence of str
        Names in the order of the config; the first is what the others are compared with.
    max_fpr, resamples, seed
        As in `resample`.
    confidence : float
        Coverage of the intervals.
    data : str
        What the data are, for headings.
    unit : {'machine ID', 'section'}
        What a machine type is divided into.
    references : sequence of mapping
        Published results on these data, to stand beside ours.

    Returns
    -------
    list of Table
        AUC, pAUC, the differences of both, and, if there are some, published results. The oracle
        row takes for each machine type the detector with the highest AUC there by the test labels:
        nobody can know it beforehand.
    """
    usable = [name for name in detectors if any(name in of_id for of_id in scores.values())]
    averaged = average(resample(scores, max_fpr=max_fpr, resamples=resamples, seed=seed), usable)
    if not averaged:
        note = f"No {unit} has test clips of both kinds that every detector has scored."
        return [Table(f"Comparison of detectors ({data})", ["Detector"], [], [note])]
    best = _best_by_labels(averaged)
    oracle = {machine: averaged[name][machine] for machine, name in best.items()}
    oracle[MEAN] = np.mean(list(oracle.values()), axis=0)
    with_oracle = {**averaged, "oracle (by test labels)": oracle}
    left_out = [name for name in detectors if name not in usable]
    common = [
        f"In brackets the {100 * confidence:g} % bootstrap interval over test clips ({resamples} "
        "resamples, normal and anomalous clips apart, the same for all detectors).",
        "Oracle: for each machine type the detector that is best there by the test labels ("
        + ", ".join(f"{machine}: {name}" for machine, name in best.items())
        + "). It shows what a perfect choice would give, and is no method.",
        *([_of_choice(unit)] if CHOICE in averaged else []),
        *([f"Without scores on these data: {', '.join(left_out)}."] if left_out else []),
    ]
    pauc = f"pAUC: up to a false-positive rate of {max_fpr:g}, standardised after McClish."
    tables = [
        _metric_table(with_oracle, "AUC", confidence, data, notes=common),
        _metric_table(with_oracle, "pAUC", confidence, data, notes=[*common, pauc]),
        _differences_table(with_oracle, confidence, data, note=common[0]),
    ]
    if references:
        ids: dict[str, list[str]] = {}
        for machine, machine_id in scored_by_all(scores, usable):
            ids.setdefault(machine, []).append(machine_id)
        tables.append(published_table(averaged, ids, references, data=data, unit=unit))
    return tables


def _best_by_labels(averaged: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, str]:
    """Return for each machine type the detector with the highest AUC by the test labels."""
    # the choice is made of detectors, and none of them
    single = [name for name in averaged if name != CHOICE] or list(averaged)
    return {
        machine: max(single, key=lambda name, of=machine: averaged[name][of][0, 0])
        for machine in next(iter(averaged.values()))
        if machine != MEAN
    }


def _metric_table(
    averaged: Mapping[str, Mapping[str, np.ndarray]],
    metric: str,
    confidence: float,
    data: str,
    *,
    notes: Sequence[str],
) -> Table:
    """Return a metric, 'AUC' or 'pAUC', of each detector with its intervals, per machine type."""
    columns = list(next(iter(averaged.values())))
    index = METRICS.index(metric)
    rows = [
        [name, *(_interval(values[column][index], confidence) for column in columns)]
        for name, values in averaged.items()
    ]
    title = f"{metric} in % with intervals ({data})"
    return Table(title, ["Detector", *columns], rows, list(notes), frozenset({"Detector"}))


def _differences_table(
    averaged: Mapping[str, Mapping[str, np.ndarray]], confidence: float, data: str, *, note: str
) -> Table:
    """Return by how much the first detector is better than each other, per machine type."""
    (first, of_first), *others = averaged.items()
    rows = []
    for name, values in others:
        for index, metric in enumerate(METRICS):
            differences = (of_first[column][index] - values[column][index] for column in of_first)
            rows.append(
                [name, metric, *(_interval(values_of, confidence) for values_of in differences)]
            )
    better = f"Points by which {first} is better. An interval without 0 is a difference that holds."
    return Table(
        f"{first} against the others, paired ({data})",
        ["Against", "Metric", *of_first],
        rows,
        [better, note],
        frozenset({"Against", "Metric"}),
    )


def _of_choice(unit: str) -> str:
    return (
        f"{CHOICE.capitalize()}: per {unit} the detectors, or members of them, chosen by "
        "its normal training clips alone, and averaged (choice.md). The oracle here takes one "
        "whole detector per machine type, so the choice may lie above it; the oracle of choice.md "
        f"takes the best candidate per {unit}."
    )


def published_table(
    averaged: Mapping[str, Mapping[str, np.ndarray]],
    ids: Mapping[str, Sequence[str]],
    references: Sequence[Mapping[str, str]],
    *,
    data: str,
    unit: str = "machine ID",
) -> Table:
    """Return our detectors beside published results, which have columns of their own.

    Parameters
    ----------
    averaged : mapping
        From `average`.
    ids : mapping of str to sequence of str
        Machine IDs that it averages over, by machine type.
    references : sequence of mapping
        Published results, as in `pygoodvibes.report.published.read_references`.
    data : str
        What the data are, for the heading.
    unit
        As in `comparison_tables`.
    """
    published = by(references, "name")
    cells = {name: published_cells(group, ids) for name, group in published.items()}
    rows = []
    for machine in [*ids, MEAN]:
        ours = [
            " / ".join(percent(value) for value in of_detector[machine][:, 0])
            for of_detector in averaged.values()
        ]
        theirs = [by_type["" if machine == MEAN else machine] for by_type in cells.values()]
        count = sum(map(len, ids.values())) if machine == MEAN else len(ids[machine])
        rows.append([machine, str(count), *ours, *theirs])
    units = "Sections" if unit == "section" else "IDs"
    notes = [
        "AUC / pAUC in %. Columns headed 'published' are taken from others' reports, not computed "
        "here; they have no intervals, and differences to them are not paired.",
        f"{units}: {unit}s that our columns are means of. Published results are means of the same "
        f"{unit}s where they were published one by one, else of all of the development set.",
        *(f"Published, {name}: {group[0]['source']}." for name, group in published.items()),
    ]
    columns = ["Machine", units, *averaged, *(f"published: {name}" for name in published)]
    title = f"Our detectors beside published results ({data})"
    return Table(title, columns, rows, notes, frozenset({"Machine"}))


def _interval(values: np.ndarray, confidence: float) -> str:
    text = percent(values[0])
    if len(values) < 2 or text == NOTHING:
        return text
    low, high = np.nanquantile(values[1:], [(1 - confidence) / 2, (1 + confidence) / 2])
    return f"{text} [{percent(low)}, {percent(high)}]"


def fault_table(
    rows: Iterable[Mapping[str, str]],
    truth: Iterable[Mapping[str, str]],
    detectors: Sequence[str],
    *,
    data: str,
    unit: str = "machine ID",
) -> Table:
    """Return the AUC by kind of fault and severity, where the truth is known by construction.

    Parameters
    ----------
    rows : iterable of mapping
        As in `group_scores`.
    truth : iterable of mapping
        Rows of faults.csv: machine, id, split, clip, fault, severity.
    detectors : sequence of str
        Names, in the order of the config.
    data : str
        What the data are, for the heading.
    unit
        As in `comparison_tables`.

    Returns
    -------
    Table
        A row for each machine type, fault and severity. The AUC is that of its clips against all
        normal test clips of the same machine ID, averaged over machine IDs.
    """
    scores = _scores_by_fault(rows, truth)
    kinds = sorted({(key[0], *key[2:]) for key in scores if key[2]})
    cells = []
    for machine, fault, severity in kinds:
        ids = [key[1] for key in scores if (key[0], *key[2:]) == (machine, fault, severity)]
        values, count = [], 0
        for number, name in enumerate(detectors):
            of_ids = []
            for machine_id in ids:
                bad = scores[machine, machine_id, fault, severity].get(name, [])
                good = scores.get((machine, machine_id, "", 0.0), {}).get(name, [])
                count += 0 if number else len(bad)
                if bad and good:
                    labels = np.arange(len(good) + len(bad)) >= len(good)
                    of_ids.append(metrics.auc(labels, np.array(good + bad)))
            values.append(percent(np.mean(of_ids)) if of_ids else NOTHING)
        cells.append([machine, fault, f"{severity:g}", str(count), *values])
    notes = [
        "AUC in % of the clips with this fault and severity against all normal test clips of the "
        f"same {unit}, mean over {unit}s. Few clips a row: read the columns, not the cells.",
    ]
    return Table(
        f"AUC by fault and severity ({data})",
        ["Machine", "Fault", "Severity", "Clips", *detectors],
        cells,
        notes,
        frozenset({"Machine", "Fault"}),
    )


def _scores_by_fault(
    rows: Iterable[Mapping[str, str]], truth: Iterable[Mapping[str, str]]
) -> dict[tuple[str, str, str, float], dict[str, list[float]]]:
    """Return the scores of the test clips by machine type, ID, fault and severity, by detector."""
    known = {(row["machine"], row["id"], row["split"], row["clip"]): row for row in truth}
    scores: dict[tuple[str, str, str, float], dict[str, list[float]]] = {}
    for row in rows:
        fault = known.get((row["machine"], row["id"], row["split"], row["clip"]))
        if row["split"] != "test" or fault is None or not row["score"]:
            continue
        kind = (fault["fault"], float(fault["severity"]))
        group = scores.setdefault((row["machine"], row["id"], *kind), {})
        group.setdefault(row["detector"], []).append(float(row["score"]))
    return scores


def compare_detectors(
    *,
    scores: str | pathlib.Path,
    faults: Sequence[str | pathlib.Path],
    lead: str | pathlib.Path | None = None,
    output: str | pathlib.Path,
    detectors: Sequence[str],
    max_fpr: float,
    resamples: int,
    confidence: float,
    seed: int,
    data: str,
    published: str = "none",
) -> None:
    """Read the file of all scores and write the comparison in Markdown.

    Parameters
    ----------
    scores : path
        All scores.
    faults : sequence of path
        Tables of the truth, for synthetic data.
    lead : path, optional
        A table in Markdown to begin with.
    output : path
        Markdown file.
    detectors, max_fpr, resamples, confidence, seed, data
        As in `comparison_tables`.
    published : str
        Whose published results to show, as in `pygoodvibes.report.published.read_references`.
    """
    rows = read_records(scores)
    unit = unit_in(rows)
    tables = comparison_tables(
        group_scores(rows),
        detectors,
        max_fpr=max_fpr,
        resamples=resamples,
        confidence=confidence,
        seed=seed,
        data=data,
        unit=unit,
        references=read_references(published),
    )
    if faults:
        truth = [row for path in faults for row in read_records(path)]
        tables.append(fault_table(rows, truth, detectors, data=data, unit=unit))
    first = [] if lead is None else [pathlib.Path(lead).read_text(encoding="utf-8")]
    text = "\n".join([*first, *(table.markdown() for table in tables)])
    text += "\nWhat the detectors cost, in seconds and memory: costs.md, one folder up.\n"
    write_text(output, text)

"""The results of a study as a table, as CSV rows and as what its figure shows."""

import math
from collections.abc import Iterable, Mapping, Sequence

from pygoodvibes.evaluation.averages import by_detector, mean_of_types, type_means
from pygoodvibes.evaluation.intervals import LEAST_IDS, interval
from pygoodvibes.experiments.settings_diff import plain
from pygoodvibes.experiments.study import MEASURES
from pygoodvibes.experiments.study_plan import Run
from pygoodvibes.report.table import NOTHING, Table, best_marked, best_of, percent, with_bounds


def rows_of(
    run: Run,
    metrics: Iterable[Mapping],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[dict]:
    """Return what a run found out: a row per detector and its settings.

    Parameters
    ----------
    run : Run
        The run.
    metrics : iterable of mapping
        Rows of its metrics.csv.
    resamples, confidence, seed
        Of the bootstrap over machine IDs: as in `pygoodvibes.evaluation.intervals.interval`.

    Returns
    -------
    list of dict
        detector; settings: by dotted key; means and types: by measure the mean of types, and the
        means of the machine types; bounds: by measure the interval, (None, None) if none.
    """
    metrics = list(metrics)
    values = {name: by_detector(metrics, name) for name in MEASURES}
    rows = []
    for variant, (detector, of_variant) in run.variants.items():
        row: dict = {"detector": detector, "settings": {**run.settings, **of_variant}}
        row |= {"means": {}, "types": {}, "bounds": {}}
        for name in MEASURES:
            mine = values[name].get(variant, {})
            row["means"][name] = mean_of_types(mine)
            row["types"][name] = type_means(mine)
            row["bounds"][name] = interval(
                mine, resamples=resamples, confidence=confidence, seed=seed
            ) or (None, None)
        rows.append(row)
    return rows


def _keys(rows: Iterable[Mapping]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row["settings"]))


def _machines(rows: Iterable[Mapping]) -> list[str]:
    names = {machine for row in rows for machine in row["types"]["auc"]}
    return sorted(names)


def axes_of(rows: Sequence[Mapping]) -> dict[str, list[str]]:
    """Return the keys that vary and their values in words, in order.

    A key whose value follows from another's, as a hop that is always half the window, is no axis
    of its own.
    """
    axes: dict[str, list[str]] = {}
    for key in _keys(rows):
        texts = [_text(row, key) for row in rows]
        if len(set(texts)) < 2:
            continue
        follows = any(
            len({(_text(row, other), _text(row, key)) for row in rows})
            == len({_text(row, other) for row in rows})
            for other in axes
        )
        if not follows:
            axes[key] = list(dict.fromkeys(texts))
    return axes


def _text(row: Mapping, key: str) -> str:
    return plain(row["settings"][key]) if key in row["settings"] else NOTHING


def study_table(rows: Sequence[Mapping], *, title: str, data: str, confidence: float) -> Table:
    """Return the table that people read.

    Parameters
    ----------
    rows : sequence of mapping
        From `rows_of`, of all runs.
    title : str
        What the study is about.
    data : str
        Which data these are, for the heading.
    confidence : float
        Coverage of the intervals.
    """
    keys, machines = _keys(rows), _machines(rows)
    others = [name for name in MEASURES if name not in ("auc", "pauc")]
    columns = ["Detector", *keys, "AUC", "pAUC", *machines, *(MEASURES[name] for name in others)]
    types = {
        machine: best_marked([row["types"]["auc"].get(machine, math.nan) for row in rows])
        for machine in machines
    }
    best = {name: best_of([row["means"][name] for row in rows]) for name in ("auc", "pauc")}
    cells = []
    for number, row in enumerate(rows):
        heads = []
        for name in ("auc", "pauc"):
            text = with_bounds(row["means"][name], *row["bounds"][name])
            heads.append(f"**{text}**" if best[name][number] else text)
        cells.append(
            [row["detector"], *(_text(row, key) for key in keys), *heads]
            + [types[machine][number] for machine in machines]
            + [percent(row["means"][name]) for name in others]
        )
    notes = [
        "In %. AUC and pAUC: mean of machine types, each the mean of its machine IDs; in brackets "
        f"the {100 * confidence:g} % interval from a bootstrap over machine IDs, which says how "
        "much other machines would change the number, not how sure the order of the rows is. The "
        "columns of machine types give the AUC. Sensitivity, specificity and F1: at the "
        "threshold, mean of types.",
        "Bold: the best of the column. Choosing a row by these numbers uses test labels: what the "
        "best one reaches is an oracle's result.",
    ]
    if any(row["bounds"]["auc"] == (None, None) for row in rows):
        notes.append(
            f"No interval: it takes {LEAST_IDS} machine IDs and evaluation.bootstrap above 0."
        )
    return Table(f"{title} ({data})", columns, cells, notes, frozenset({"Detector"}))


def csv_rows(rows: Sequence[Mapping]) -> tuple[list[dict], list[str]]:
    """Return the rows of the study's CSV file and its columns: shares; '' for none."""
    keys, machines = _keys(rows), _machines(rows)
    columns = ["detector", *keys]
    for name in MEASURES:
        columns += [name, f"{name}_low", f"{name}_high"]
    columns += [f"auc_{machine}" for machine in machines]
    written = []
    for row in rows:
        entry = {"detector": row["detector"]}
        entry |= {
            key: plain(row["settings"][key]) if key in row["settings"] else "" for key in keys
        }
        for name in MEASURES:
            low, high = row["bounds"][name]
            entry |= {
                name: _number(row["means"][name]),
                f"{name}_low": _number(low),
                f"{name}_high": _number(high),
            }
        for machine in machines:
            entry[f"auc_{machine}"] = _number(row["types"]["auc"].get(machine))
        written.append(entry)
    return written, columns


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"


def figure_rows(rows: Sequence[Mapping], axes: Iterable[str]) -> list[dict]:
    """Return what `pygoodvibes.figures.studies` draws: settings as texts, those of `axes` only."""
    axes = list(axes)
    return [
        {
            "detector": row["detector"],
            "settings": {key: _text(row, key) for key in axes if key in row["settings"]},
            **{key: row[key] for key in ("means", "types", "bounds")},
        }
        for row in rows
    ]

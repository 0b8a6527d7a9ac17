"""Means over machine types from values per machine ID, and how sure they are.

The mean of types is the one that tables head with: each type is the mean of its machine IDs, and
all types count the same. Its interval comes from a bootstrap over machine IDs: how much would the
number change with other machines? (The intervals of metrics.csv resample clips instead.)

References
----------
Efron and Tibshirani (1993), An Introduction to the Bootstrap.
"""

import collections
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.evaluation import metrics

Values = Mapping[tuple[str, str], float]
"""One value per (machine, id); what is not known is left out."""


def by_detector(rows: Iterable[Mapping], measure: str) -> dict[str, dict[tuple[str, str], float]]:
    """Return the values of a column of metrics.csv.

    Parameters
    ----------
    rows : iterable of mapping
        Rows of metrics.csv, values as text, '' for none.
    measure : str
        Column, e.g. 'auc'.

    Returns
    -------
    dict
        By detector the known values of its machine IDs. A detector without any is there as well.
    """
    result: dict[str, dict[tuple[str, str], float]] = {}
    for row in rows:
        values = result.setdefault(row["detector"], {})
        if row[measure] not in ("", None) and math.isfinite(float(row[measure])):
            values[row["machine"], row["id"]] = float(row[measure])
    return result


def type_means(values: Values) -> dict[str, float]:
    """Return the arithmetic mean over the machine IDs of each type, types sorted by name."""
    groups: dict[str, list[float]] = {}
    for (machine, _), value in sorted(values.items()):
        groups.setdefault(machine, []).append(value)
    return {machine: sum(group) / len(group) for machine, group in groups.items()}


def mean_of_types(values: Values) -> float:
    """Return the arithmetic mean of `type_means`, NaN without values."""
    means = type_means(values).values()
    return sum(means) / len(means) if means else math.nan


def differences(values: Values, baseline: Values) -> dict[tuple[str, str], float]:
    """Return value minus baseline of the machine IDs that have both."""
    return {key: value - baseline[key] for key, value in values.items() if key in baseline}


AVERAGED = ("auc", "pauc", "sensitivity", "specificity", "precision", "recall", "f1")
"""Metrics that are averaged over machine IDs."""


def averages(rows: Sequence[Mapping], measures: Sequence[str] = AVERAGED) -> list[dict]:
    """Average the metrics of machine IDs.

    Parameters
    ----------
    rows : sequence of mapping
        Rows with the keys machine, detector and the measures, values as numbers; NaN are passed
        over.
    measures : sequence of str
        What is averaged, 'auc' among it.

    Returns
    -------
    list of dict
        Per detector: a row a machine type (`over` = 'IDs of <type>'), one over the types
        ('types', from the arithmetic means of the types) and one over all IDs ('IDs'), each once
        with `mean` = 'arithmetic' and once 'harmonic'; `n` counts the values behind the AUC, and
        minimum and maximum of the AUC are over the same values.
    """
    result = []
    for detector in dict.fromkeys(row["detector"] for row in rows):
        of_detector = [row for row in rows if row["detector"] == detector]
        by_type = collections.defaultdict(list)
        for row in of_detector:
            by_type[row["machine"]].append(row)
        means = []
        for machine, group in by_type.items():
            for kind in ("arithmetic", "harmonic"):
                entry = _average(group, kind, measures)
                result.append(
                    {"detector": detector, "over": f"IDs of {machine}", "machine": machine, **entry}
                )
                if kind == "arithmetic":
                    means.append(entry)
        for over, group in (("types", means), ("IDs", of_detector)):
            for kind in ("arithmetic", "harmonic"):
                entry = _average(group, kind, measures)
                result.append({"detector": detector, "over": over, "machine": "", **entry})
    return result


AVERAGE_COLUMNS = ("detector", "over", "machine", "mean", "n", *AVERAGED, "auc_min", "auc_max")
"""Columns of averages.csv."""


def _average(rows: Sequence[Mapping], kind: str, measures: Sequence[str]) -> dict:
    entry: dict = {"mean": kind}
    for name in measures:
        values = np.array([row[name] for row in rows], dtype=np.float64)
        values = values[np.isfinite(values)]
        if name == "auc":
            entry["n"] = len(values)
            entry["auc_min"] = float(values.min()) if len(values) else math.nan
            entry["auc_max"] = float(values.max()) if len(values) else math.nan
        if kind == "harmonic":
            entry[name] = metrics.harmonic_mean(values)
        else:
            entry[name] = float(values.mean()) if len(values) else math.nan
    return entry


ROC_COLUMNS = ("machine", "detector", "false_positive_rate", "true_positive_rate")
"""Columns of roc.csv, a row a machine type, detector and point of the curve."""


def mean_roc(score_rows: Iterable[Mapping], *, points: int = 101) -> list[dict]:
    """Average the ROC curves of the machine IDs of each type (vertical averages).

    Parameters
    ----------
    score_rows : iterable of mapping
        Rows of scores.csv. Machine IDs without both labels are passed over.
    points : int > 1
        False-positive rates, evenly spaced from 0 to 1.

    Returns
    -------
    list of dict
        Keys `ROC_COLUMNS`. At each false-positive rate the curve has its highest value there.

    References
    ----------
    Fawcett (2006), An introduction to ROC analysis.
    """
    groups = collections.defaultdict(lambda: ([], []))
    for row in score_rows:
        if row["split"] == "test" and row["score"] != "" and row["label"] != "unknown":
            truth, scores = groups[row["machine"], row["detector"], row["id"]]
            truth.append(row["label"] == "anomaly")
            scores.append(float(row["score"]))
    grid = np.linspace(0.0, 1.0, points)
    curves = collections.defaultdict(list)
    for (machine, detector, _), (truth, scores) in groups.items():
        if any(truth) and not all(truth):
            fpr, tpr = metrics.roc_curve(np.array(truth), np.array(scores))
            # the last of several points with one false-positive rate is the highest
            last = np.append(np.flatnonzero(np.diff(fpr)), len(fpr) - 1)
            curves[machine, detector].append(np.interp(grid, fpr[last], tpr[last]))
    return [
        {
            "machine": machine,
            "detector": detector,
            "false_positive_rate": float(x),
            "true_positive_rate": float(y),
        }
        for (machine, detector), values in curves.items()
        for x, y in zip(grid, np.mean(values, axis=0), strict=True)
    ]


def headline(average_rows: Iterable[Mapping]) -> dict:
    """Pick the few numbers for metrics.json, which `dvc exp show` turns into columns.

    Returns
    -------
    dict
        auc and pauc: per detector the arithmetic mean over machine types; auc_by_type: per machine
        type and detector the arithmetic mean over machine IDs. Shares from 0 to 1, None where there
        is none.
    """
    picked: dict = {"auc": {}, "pauc": {}, "auc_by_type": collections.defaultdict(dict)}
    for row in average_rows:
        if row["mean"] != "arithmetic":
            continue
        if row["over"] == "types":
            picked["auc"][row["detector"]] = rounded(row["auc"])
            picked["pauc"][row["detector"]] = rounded(row["pauc"])
        elif row["machine"]:
            picked["auc_by_type"][row["machine"]][row["detector"]] = rounded(row["auc"])
    return {**picked, "auc_by_type": dict(picked["auc_by_type"])}


def rounded(value: float, digits: int = 6) -> float | None:
    """Round for a file that people and `diff` read; None for NaN, which JSON doesn't have."""
    return None if not np.isfinite(value) else round(float(value), digits)

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.evaluation import averages
from pygoodvibes.evaluation.averages import (
    AVERAGE_COLUMNS,
    AVERAGED,
    ROC_COLUMNS,
    by_detector,
    differences,
    mean_of_types,
    mean_roc,
    rounded,
    type_means,
)
from pygoodvibes.evaluation.intervals import interval

SETTINGS = {"resamples": 2000, "confidence": 0.95, "seed": 3}


def test_known_values_of_each_detector():
    rows = [
        {"machine": "fan", "id": "00", "detector": "lof", "auc": "0.7"},
        {"machine": "fan", "id": "02", "detector": "lof", "auc": ""},
        {"machine": "fan", "id": "00", "detector": "knn", "auc": ""},
    ]
    assert by_detector(rows, "auc") == {"lof": {("fan", "00"): 0.7}, "knn": {}}


def test_all_types_count_the_same():
    values = {("fan", "00"): 0.2, ("fan", "02"): 0.4, ("valve", "00"): 0.9}
    assert type_means(values) == pytest.approx({"fan": 0.3, "valve": 0.9})
    assert mean_of_types(values) == pytest.approx(0.6)
    assert math.isnan(mean_of_types({}))


def test_differences_are_of_machine_ids_that_both_have():
    one = {("fan", "00"): 0.5, ("fan", "02"): 0.75}
    other = {("fan", "02"): 0.5, ("fan", "04"): 0.9}
    assert differences(one, other) == {("fan", "02"): 0.25}


def test_the_interval_is_the_bootstrap_of_the_weighted_mean():
    values = {("fan", f"{number:02}"): number / 40 for number in range(40)}
    low, high = interval(values, **SETTINGS)
    middle = mean_of_types(values)
    # the standard error of the mean of 40 equally spaced numbers over 0..1 is 0.0456
    assert (middle - low, high - middle) == pytest.approx((1.96 * 0.0456, 1.96 * 0.0456), rel=0.1)


def metric_row(machine, machine_id, auc, detector="lof", **more):
    values = dict.fromkeys(AVERAGED, auc)
    return {"machine": machine, "id": machine_id, "detector": detector, **values, **more}


ROWS = [
    metric_row("fan", "00", 0.5, pauc=0.6),
    metric_row("fan", "02", 1.0, pauc=0.8),
    metric_row("pump", "00", 0.9, pauc=0.5),
]


def average(rows, over, mean="arithmetic", detector="lof"):
    [found] = [
        row
        for row in averages.averages(rows)
        if (row["over"], row["mean"], row["detector"]) == (over, mean, detector)
    ]
    return found


def test_averages_over_ids_types_and_all_ids():
    assert average(ROWS, "IDs of fan")["auc"] == 0.75
    assert average(ROWS, "IDs of fan")["pauc"] == pytest.approx(0.7)
    assert average(ROWS, "IDs of fan", "harmonic")["auc"] == pytest.approx(2 / 3)
    # a type counts once, however many IDs it has
    assert average(ROWS, "types")["auc"] == pytest.approx((0.75 + 0.9) / 2)
    assert average(ROWS, "types", "harmonic")["auc"] == pytest.approx(2 / (1 / 0.75 + 1 / 0.9))
    assert average(ROWS, "IDs")["auc"] == pytest.approx(0.8)
    assert average(ROWS, "IDs", "harmonic")["auc"] == pytest.approx(3 / (2 + 1 + 1 / 0.9))
    assert average(ROWS, "IDs")["auc_min"] == 0.5
    assert average(ROWS, "IDs")["auc_max"] == 1.0
    assert [average(ROWS, over)["n"] for over in ("IDs of fan", "types", "IDs")] == [2, 2, 3]
    assert all(set(row) == set(AVERAGE_COLUMNS) for row in averages.averages(ROWS))


def test_ids_without_a_value_are_passed_over_in_the_average():
    rows = [*ROWS, metric_row("fan", "04", math.nan), metric_row("valve", "00", math.nan)]
    assert average(rows, "IDs of fan")["auc"] == 0.75
    assert average(rows, "IDs of fan")["n"] == 2
    assert average(rows, "types")["auc"] == pytest.approx((0.75 + 0.9) / 2)
    assert average(rows, "types")["n"] == 2
    assert math.isnan(average(rows, "IDs of valve")["auc"])
    assert math.isnan(average(rows, "IDs of valve", "harmonic")["auc"])
    assert averages.averages([]) == []


def test_detectors_are_averaged_apart():
    rows = ROWS + [{**row, "detector": "knn", "auc": 0.25} for row in ROWS]
    assert average(rows, "IDs")["auc"] == pytest.approx(0.8)
    assert average(rows, "IDs", detector="knn")["auc"] == 0.25


def roc_rows(machine_id, scores):
    """Return rows of scores.csv from (label, score) pairs."""
    given = {"machine": "fan", "id": machine_id, "detector": "lof", "split": "test"}
    return [{**given, "label": label, "score": str(score)} for label, score in scores]


def test_mean_roc_is_the_mean_of_the_curves_of_the_ids():
    perfect = roc_rows("00", [("normal", 0), ("normal", 1), ("anomaly", 2), ("anomaly", 3)])
    chance = roc_rows("02", [("normal", 0), ("anomaly", 0)])
    for rows, areas in ((perfect, [1.0]), (chance, [0.5]), (perfect + chance, [1.0, 0.5])):
        curve = mean_roc(rows, points=11)
        assert all(tuple(row) == ROC_COLUMNS for row in curve)
        x = [row["false_positive_rate"] for row in curve]
        y = [row["true_positive_rate"] for row in curve]
        assert x == pytest.approx(np.linspace(0, 1, 11))
        assert np.trapezoid(y, x) == pytest.approx(np.mean(areas))
        assert y[-1] == 1.0
    left_out = [
        *roc_rows("04", [("normal", 5)]),
        *roc_rows("06", [("anomaly", 5)]),
        {**chance[0], "split": "train", "label": "anomaly"},
        {**chance[0], "label": "unknown", "score": "9"},
        {**chance[0], "label": "anomaly", "score": ""},
    ]
    assert mean_roc(perfect + chance + left_out) == mean_roc(perfect + chance)
    assert mean_roc([]) == []


def test_headline_numbers():
    rows = [*ROWS, metric_row("valve", "00", math.nan)]
    headline = averages.headline(averages.averages(rows))
    assert headline == {
        "auc": {"lof": 0.825},
        "pauc": {"lof": 0.6},
        "auc_by_type": {"fan": {"lof": 0.75}, "pump": {"lof": 0.9}, "valve": {"lof": None}},
    }
    assert averages.headline([]) == {"auc": {}, "pauc": {}, "auc_by_type": {}}


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_rounded_numbers_are_json(value):
    shown = rounded(value)
    assert json.loads(json.dumps(shown, allow_nan=False)) == shown
    if shown is not None:
        assert shown == pytest.approx(value, abs=1e-6)

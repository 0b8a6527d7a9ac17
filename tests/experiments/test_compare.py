import dataclasses
import math

import pytest

from made_experiments import BASE, BETTER, MIXED, cells_of, compared, experiment, metrics
from pygoodvibes.experiments.compare import (
    comparison_table,
    csv_rows,
    sort_rows,
)
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.errors import UserError


def table_of(*experiments, sort="auc", **options):
    rows = sort_rows(list(compared(*experiments, **options).values()), sort)
    return comparison_table(rows, data="made", confidence=0.95)


def test_differences_are_paired_by_machine_id():
    row = compared(BETTER)["better", "lof"]
    assert row["auc"] == pytest.approx(0.75)
    assert row["auc_difference"] == pytest.approx(0.1)
    # every machine ID gains the same: no resample says otherwise, however much they differ
    assert row["auc_difference_low"] == pytest.approx(0.1)
    assert row["auc_difference_high"] == pytest.approx(0.1)
    assert row["pauc_difference"] == pytest.approx(0.05)
    assert row["machines"] == pytest.approx({"fan": 0.65, "valve": 0.85})
    assert row["changes"] == {"detectors.lof.n_neighbors": 5}
    mixed = compared(MIXED)["mixed", "lof"]
    assert mixed["auc_difference"] == pytest.approx(0.05)
    assert mixed["auc_difference_low"] < 0 < mixed["auc_difference_high"]


def test_machine_ids_that_only_one_has_are_in_no_difference():
    lacking = experiment("lacking", metrics(lof=[0.6, None, 0.9, 0.8]))
    row = compared(lacking)["lacking", "lof"]
    assert row["n_ids"] == 3
    # fan: +0.1; valve: mean of +0.2 and 0
    assert row["auc_difference"] == pytest.approx(0.1)
    assert row["auc"] == pytest.approx((0.6 + 0.85) / 2)


def test_a_detector_that_the_baseline_lacks_has_no_difference():
    row = compared(MIXED)["mixed", "gmm"]
    assert math.isnan(row["auc_difference"])
    cells = {
        (each["Experiment"], each["Detector"]): each
        for each in cells_of(table_of(MIXED).markdown())
    }
    assert cells["mixed", "gmm"]["AUC difference"] == NOTHING
    assert cells["baseline", "lof"]["AUC difference"] == NOTHING
    assert "the baseline has no AUC of this detector" in table_of(MIXED).markdown()


def test_fewer_than_three_machine_ids_no_interval_and_it_says_so():
    two = experiment("two", metrics(lof=[0.6, 0.7, None, None]))
    row = compared(two)["two", "lof"]
    assert row["auc_difference"] == pytest.approx(0.1)
    assert row["auc_difference_low"] is None
    text = table_of(two).markdown()
    assert "it takes 3 machine IDs (the fewest here: 2)" in text
    assert "it takes 3 machine IDs" not in table_of(BETTER).markdown()


def test_what_an_experiment_left_alone_is_not_repeated():
    rows = compared(BETTER, MIXED)
    assert rows["better", "knn"]["unchanged"]
    assert not rows["better", "lof"]["unchanged"]
    text = table_of(BETTER).markdown()
    shown = [(row["Experiment"], row["Detector"]) for row in cells_of(text)]
    assert shown == [("better", "lof"), ("baseline", "lof")]
    assert "2 row(s) not shown" in text
    # the same setting, other numbers: something else was changed
    other = dataclasses.replace(BETTER, metrics=metrics(knn=[0.5, 0.5, 0.5, 0.6]))
    assert not compared(other)["better", "knn"]["unchanged"]
    # a setting that concerns all detectors
    same = dataclasses.replace(MIXED, metrics=metrics(knn=[0.5, 0.5, 0.5, 0.5]))
    assert not compared(same)["mixed", "knn"]["unchanged"]


def test_a_baseline_stands_below_the_experiments_of_its_detector():
    worse = experiment("worse", metrics(lof=[0.1, 0.1, 0.1, 0.1], knn=[0.9, 0.9, 0.9, 0.9]))
    shown = [
        (row["Experiment"], row["Detector"]) for row in cells_of(table_of(BETTER, worse).markdown())
    ]
    # the baseline of lof is better than one of them, and still below
    assert shown == [
        ("worse", "knn"),
        ("baseline", "knn"),
        ("better", "lof"),
        ("worse", "lof"),
        ("baseline", "lof"),
    ]


def test_an_experiment_that_changed_nothing_is_named():
    same = experiment("same", BASE.metrics)
    assert "No detector differs from the baseline in: same." in table_of(same).markdown()
    assert "No detector differs" not in table_of(BETTER).markdown()


def test_table():
    rows = cells_of(table_of(BETTER, MIXED).markdown())
    assert list(rows[0]) == [
        "Experiment",
        "Detector",
        "mel.n_mels",
        "detectors.lof.n_neighbors",
        "AUC",
        "pAUC",
        "AUC difference",
        "pAUC difference",
        "fan",
        "valve",
    ]
    best = {row["Detector"]: row for row in rows if row["Experiment"] == "better"}["lof"]
    assert best["AUC"] == "**75.0**"
    assert best["AUC difference"] == "+10.0 [+10.0, +10.0]"
    assert (best["mel.n_mels"], best["detectors.lof.n_neighbors"]) == ("128", "5")
    assert {row["fan"] for row in rows if "**" in row["fan"]} == {"**90.0**"}
    assert {row["valve"] for row in rows if "**" in row["valve"]} == {"**85.0**"}


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("auc", ("better", "lof")),
        ("pauc", ("better", "lof")),
        ("difference", ("better", "lof")),
        ("pauc_difference", ("better", "lof")),
        ("fan", ("mixed", "gmm")),
        ("valve", ("better", "lof")),
    ],
)
def test_sorted_by_any_metric(sort, first):
    rows = sort_rows(list(compared(MIXED, BETTER).values()), sort)
    assert (rows[0]["experiment"], rows[0]["detector"]) == first
    if "difference" in sort:
        # none last
        assert math.isnan(rows[-1]["auc_difference"])


def test_sorting_by_something_else_is_refused():
    with pytest.raises(
        UserError, match=r"can't sort by 'aoc'; allowed are auc, pauc, .*fan, valve"
    ):
        sort_rows(list(compared(BETTER).values()), "aoc")


def test_csv_has_all_rows_and_plain_numbers():
    written, columns = csv_rows(list(compared(BETTER).values()))
    assert len(written) == 4
    assert all(list(row) == columns for row in written)
    row = next(row for row in written if row["experiment"] == "better")
    assert (row["auc"], row["detectors.lof.n_neighbors"], row["n_ids"]) == ("0.75", "5", 4)
    assert next(iter(written))["auc_difference"] == ""

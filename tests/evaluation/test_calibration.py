import numpy as np
import pytest

from pygoodvibes.embeddings.vectors import from_records
from pygoodvibes.evaluation.calibration import (
    Counted,
    attainable,
    count_alarms,
    expected_alarms,
    summarise,
)

SETTINGS = {
    "seed": 0,
    "projection": {"n_components": 0.99, "standardize": True, "whiten": False, "residual": True},
    "held_out": {"folds": 5, "scored_by": "folds"},
    "detectors": {
        "fusion": {"method": "fusion", "input": "embedding"},
        "knn": {"method": "knn", "input": "projection"},
        "mahalanobis": {"method": "mahalanobis", "input": "projection"},
        "ocsvm": {"method": "ocsvm", "input": "projection"},
    },
}


def normal_clips(seed, n_train=80, n_new=150, d=30):
    """Clips of a machine in several states, with columns that go together."""
    rng = np.random.default_rng(seed)
    states = rng.normal(size=(3, d))
    mixed = rng.normal(size=(d, d)) / 3
    values = states[rng.integers(3, size=n_train + n_new)]
    values = values + rng.normal(size=(n_train + n_new, d)) @ mixed
    records = [
        {"clip": f"{n}.wav", "split": "train" if n < n_train else "test", "label": "normal"}
        for n in range(n_train + n_new)
    ]
    return from_records(records, values.astype(np.float32), [f"v_{n:03d}" for n in range(d)])


def test_n_clips_can_tell_shares_of_one_more():
    assert attainable(12, 0.1) == 1 / 13 and attainable(19, 0.05) == 1 / 20
    assert attainable(8, 0.1) == 0 and attainable(60, 0.1) == 6 / 61


def test_alarms_of_a_fit_lie_where_order_statistics_say():
    rng = np.random.default_rng(0)
    low, high = expected_alarms(20, 0.2, 50, confidence=0.9)
    inside = 0
    for _ in range(2000):
        scores = np.sort(rng.standard_cauchy(20))
        alarms = (rng.standard_cauchy(50) > scores[16]).sum()  # 4 of 21 places lie above
        inside += low <= alarms <= high
    assert 0.89 < inside / 2000 < 0.96


def counted(settings, counts=(12, 30), seeds=2):
    return [
        one
        for machine in range(6)
        for seed in range(seeds)
        for one in count_alarms(normal_clips(machine), counts, (0.1, 0.2), settings, seed=seed)
    ]


@pytest.fixture(scope="module")
def rows():
    return summarise(counted(SETTINGS))


@pytest.mark.parametrize("name", SETTINGS["detectors"])
def test_two_seeds_alarm_as_often_as_promised(rows, name):
    own = [row for row in rows if row["detector"] == name]
    assert [(row["n_train"], row["rate"]) for row in own] == [
        (12, 0.1), (12, 0.2), (30, 0.1), (30, 0.2),
    ]  # fmt: skip
    assert all(row["fits"] == 12 for row in own)
    # never more; fewer where a part of the clips leaves a state of the machine without any
    assert all(row["share"] <= row["high"] for row in own)
    many = [row for row in own if row["n_train"] == 30]
    assert all(row["share"] >= 0.5 * row["attainable"] for row in many)
    assert all(row["inside"] >= 0.7 for row in many)


def test_a_fit_to_all_clips_would_not_hold_its_promise():
    whole = {**SETTINGS, "held_out": {"folds": 5, "scored_by": "whole"}}
    rows = {(row["detector"], row["n_train"]): row for row in summarise(counted(whole, (30,), 1))}
    assert rows["knn", 30]["share"] < 0.6 * rows["knn", 30]["attainable"]


def test_fits_are_put_together_by_detector_number_of_clips_and_wish():
    fits = [Counted("knn", 12, 0.1, alarms, 100) for alarms in (0, 10, 14)]
    [row] = summarise(fits)
    assert row["share"] == pytest.approx(0.08) and row["fits"] == 3
    assert row["low"] < row["attainable"] == 1 / 13 < row["high"]
    assert row["inside"] == 1
    few = [*fits, Counted("lof", 12, 0.1, 80, 100)]
    assert [row["inside"] for row in summarise(few)] == [1, 0]


def test_wishes_that_so_few_clips_can_not_tell_are_left_out():
    found = list(count_alarms(normal_clips(0), (5, 12), (0.1,), SETTINGS, seed=0))
    assert {one.n_train for one in found} == {12}

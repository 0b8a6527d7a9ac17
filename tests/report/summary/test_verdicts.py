import math

import pytest
from scipy.stats import binomtest

from pygoodvibes.evaluation.intervals import share_interval
from pygoodvibes.report.summary import verdicts
from pygoodvibes.report.summary.verdicts import right_alarms
from pygoodvibes.report.words import between, count_of, listed, number, of_hundred


def row(**changes):
    return {
        "auc": "0.95",
        "auc_low": "0.92",
        "threshold": "1.5",
        "n_test_normal": "25",
        "n_test_anomaly": "25",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({}, "well"),
        ({"auc_low": "0.9"}, "well"),
        ({"auc_low": "0.8999"}, "partly"),
        ({"auc": "0.99", "auc_low": "0.5001"}, "partly"),
        ({"auc": "0.99", "auc_low": "0.5"}, "chance"),
        ({"auc": "0.3", "auc_low": "0.1"}, "chance"),
        ({"auc": "1", "auc_low": "1", "n_test_anomaly": "9"}, "few"),
        ({"auc": "1", "auc_low": "1", "n_test_normal": "9"}, "few"),
        ({"auc": "1", "auc_low": ""}, "few"),
        ({"auc": "", "auc_low": "", "n_test_anomaly": "0"}, "untested"),
        ({"auc": "", "auc_low": "", "threshold": "", "n_test_anomaly": "0"}, "unwatched"),
    ],
)
def test_the_interval_makes_the_verdict_not_the_auc(changes, key):
    assert verdicts.verdict(row(**changes)).key == key


def test_verdicts_differ_in_sign_and_words_not_in_colour_alone():
    every = list(verdicts.VERDICTS.values())
    for name in ("key", "sign", "words", "clause", "meaning"):
        assert len({getattr(each, name) for each in every}) == len(every)
    assert [each.key for each in every][:3] == ["well", "partly", "chance"]


@pytest.mark.parametrize(("part", "whole"), [(0, 5), (5, 5), (1, 3), (23, 25), (240, 300)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_interval_of_a_share_is_wilsons(part, whole, confidence):
    expected = binomtest(part, whole).proportion_ci(confidence, method="wilson")
    low, high = share_interval(part, whole, confidence=confidence)
    assert low == pytest.approx(expected.low, abs=1e-12)
    assert high == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= low <= part / whole <= high <= 1


def test_nothing_has_no_interval():
    assert share_interval(0, 0, confidence=0.95) is None


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "0 of 100"),
        (0.004, "fewer than 1 of 100"),
        (0.914, "91 of 100"),
        (0.9951, "more than 99 of 100"),
        (1.0, "100 of 100"),
    ],
)
def test_all_and_none_are_said_only_if_it_is_so(share, words):
    assert of_hundred(share) == words


def test_words_for_intervals_counts_and_lists():
    assert between(0.876, 0.934) == "between 88 and 93 of 100"
    assert between(0.912, 0.913) == "about 91 of 100"
    assert [count_of(n, "clip") for n in (0, 1, 1200)] == ["no clip", "1 clip", "1,200 clips"]
    assert [listed(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_rare_faults_make_most_alarms_false():
    # of 1000 clips 10 are faulty: 8 right alarms, and 99 of 990 normal ones
    assert right_alarms(0.8, 0.1, faults=0.01) == pytest.approx(8 / 107)
    assert right_alarms(1.0, 0.0, faults=0.01) == 1
    assert right_alarms(0.0, 0.0, faults=0.01) is None


def test_cells_become_numbers_and_nothing_stays_nothing():
    assert number("0.5") == 0.5
    assert [number(each) for each in ("", None, "nan", math.inf)] == [None] * 4

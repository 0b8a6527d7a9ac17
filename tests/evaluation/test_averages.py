import math

import pytest

from pygoodvibes.evaluation.averages import by_detector, differences, mean_of_types, type_means
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


def test_machine_ids_carry_their_weight_in_the_mean_of_types():
    # the one valve stands for half of the mean: resamples without it move the mean far
    values = {("fan", f"{number:02}"): 0.0 for number in range(9)} | {("valve", "00"): 1.0}
    low, high = interval(values, **SETTINGS)
    assert low == 0.0
    assert 0.65 < high < 0.8


def test_same_seed_same_interval_whatever_the_order():
    values = {("fan", f"{number:02}"): (number * 0.37) % 1 for number in range(20)}
    values |= {("valve", f"{number:02}"): (number * 0.61) % 1 for number in range(10)}
    turned = dict(reversed(values.items()))
    assert interval(values, **SETTINGS) == interval(turned, **SETTINGS)
    assert interval(values, **SETTINGS) != interval(values, **SETTINGS | {"seed": 4})
    low, high = interval(values, **SETTINGS)
    narrow_low, narrow_high = interval(values, **SETTINGS | {"confidence": 0.5})
    assert low < narrow_low < narrow_high < high


@pytest.mark.parametrize(("count", "resamples"), [(2, 100), (3, 0), (0, 100)])
def test_no_interval(count, resamples):
    values = {("fan", str(number)): 0.1 * number for number in range(count)}
    assert interval(values, resamples=resamples, confidence=0.9, seed=0) is None

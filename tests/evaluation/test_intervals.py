import pytest
from scipy.stats import binomtest

from pygoodvibes.evaluation.intervals import interval, share_interval

SETTINGS = {"resamples": 2000, "confidence": 0.95, "seed": 3}


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

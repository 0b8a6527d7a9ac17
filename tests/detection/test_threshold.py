import fractions
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.detection.threshold import (
    is_loose,
    planned_interval,
    rate_interval,
    sweep_rates,
    threshold,
)

scores_lists = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
rates = st.integers(1, 999).map(lambda permille: permille / 1000)


@given(scores_lists, rates)
def test_a_new_clip_has_any_place_and_no_smaller_score_would_do(scores, rate):
    scores = np.array(scores)
    limit = threshold(scores, false_alarm_rate=rate)
    assert limit in scores
    allowed = fractions.Fraction(rate).limit_denominator(1000) * (len(scores) + 1)
    # a new clip above has at most as many above it as there are scores above the threshold
    assert (scores > limit).sum() + 1 <= allowed or limit == scores.max()
    smaller = scores[scores < limit]
    if len(smaller):
        assert (scores > smaller.max()).sum() + 1 > allowed


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("n", [5, 8, 12, 20, 30, 60, 200])
def test_the_rate_is_at_most_the_expected_whatever_the_distribution(n, rate):
    """Of a new value; the exact rate is the largest share of n + 1 that is at most the wish."""
    drawn = np.random.default_rng(n).standard_cauchy(size=(4000, n + 1))
    alarms = [row[-1] > threshold(row[:-1], false_alarm_rate=rate) for row in drawn]
    exact = max(math.floor(rate * (n + 1) + 1e-9), 1) / (n + 1)
    assert np.mean(alarms) == pytest.approx(exact, abs=4 * math.sqrt(exact / 4000))


@given(scores_lists, rates, rates)
def test_fewer_alarms_need_a_higher_threshold(scores, one, other):
    limits = [threshold(scores, false_alarm_rate=rate) for rate in sorted((one, other))]
    assert limits[0] >= limits[1]


@pytest.mark.parametrize("method", ["quantile", "gamma"])
@pytest.mark.parametrize("shift", [-100.0, -1.0, 0.0, 1000.0])
def test_thresholds_follow_scores_that_are_shifted_or_scaled(method, shift):
    scores = np.random.default_rng(0).gamma(2.0, size=200)
    limit = threshold(scores, false_alarm_rate=0.1, method=method)
    moved = threshold(3 * scores + shift, false_alarm_rate=0.1, method=method)
    assert moved == pytest.approx(3 * limit + shift, rel=1e-3)


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.3])
def test_gamma_threshold_gives_gamma_scores_the_rate_expected(rate):
    from scipy.stats import gamma

    scores = gamma.rvs(3.0, size=1000, random_state=np.random.default_rng(1))
    limit = threshold(scores, false_alarm_rate=rate, method="gamma")
    assert gamma.sf(limit, 3.0) == pytest.approx(rate, rel=0.3)


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30))
@settings(deadline=None, max_examples=30)
def test_gamma_threshold_of_any_scores_is_a_number(scores):
    limit = threshold(scores, false_alarm_rate=0.1, method="gamma")
    assert math.isfinite(limit)
    assert limit >= min(scores)


def test_the_rule_of_the_organisers_fits_shape_place_and_scale():
    from scipy.stats import gamma

    scores = np.random.default_rng(1).gamma(3.0, size=300) - 2
    limit = threshold(scores, false_alarm_rate=0.1, method="dcase")
    assert limit == gamma.ppf(0.9, *gamma.fit(scores))
    assert np.mean(scores > limit) == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("method", ["quantile", "gamma", "dcase"])
def test_nan_scores_are_passed_over(method):
    scores = np.random.default_rng(0).normal(size=50)
    with_gaps = np.insert(scores, [0, 20, 50], np.nan)
    assert threshold(with_gaps, false_alarm_rate=0.1, method=method) == threshold(
        scores, false_alarm_rate=0.1, method=method
    )
    assert math.isnan(threshold([np.nan], false_alarm_rate=0.1, method=method))
    assert math.isnan(threshold([], false_alarm_rate=0.1, method=method))


@pytest.mark.parametrize("method", ["quantile", "gamma", "dcase"])
def test_equal_scores_are_their_own_threshold(method):
    assert threshold([2.5] * 7, false_alarm_rate=0.1, method=method) == 2.5


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="'quantile', 'gamma' or 'dcase', not 'max'"):
        threshold([1.0, 2.0], false_alarm_rate=0.1, method="max")


@pytest.mark.parametrize(("n", "k"), [(12, 11), (60, 54), (3, 3), (500, 450)])
def test_the_share_above_the_kth_smallest_has_its_beta_distribution(n, k):
    from scipy.stats import beta

    found = rate_interval(np.arange(1.0, n + 1), float(k))
    assert found == pytest.approx(beta.ppf([0.05, 0.95], n - k + 1, k), rel=1e-9)


def test_a_threshold_between_two_scores_has_the_bounds_of_both():
    from scipy.stats import beta

    low, high = rate_interval(np.arange(20.0), 16.5, confidence=0.8)
    assert low == pytest.approx(beta.ppf(0.1, 3, 18), rel=1e-9)
    assert high == pytest.approx(beta.ppf(0.9, 4, 17), rel=1e-9)
    assert rate_interval(np.arange(20.0), 99)[0] == 0 and rate_interval([0.0], -1)[1] == 1
    assert rate_interval([np.nan], 1.0) == (0.0, 1.0)


def test_fewer_clips_than_some_fifty_leave_the_rate_loose():
    assert planned_interval(12, 0.1) == pytest.approx((0.0043, 0.2209), abs=1e-4)
    loose = [n for n in range(3, 200) if is_loose(planned_interval(n, 0.1))]
    assert 40 < max(loose) < 60
    assert is_loose(planned_interval(60, 0.02)) and is_loose(planned_interval(3, 0.5))


def test_the_interval_holds_what_it_promises():
    """Thresholds from 30 clips at a time, their true rates from the distribution itself."""
    rng = np.random.default_rng(0)
    inside = 0
    for scores in rng.exponential(size=(400, 30)):
        limit = threshold(scores, false_alarm_rate=0.1)
        low, high = rate_interval(scores, limit)
        inside += low <= math.exp(-limit) <= high
    assert inside / 400 == pytest.approx(0.9, abs=0.04)


def test_sweep_is_even_from_low_to_high():
    rates = sweep_rates(settings=25, low=0.0001, high=0.5)
    assert len(rates) == 25
    assert (rates[0], rates[-1]) == (0.0001, 0.5)
    assert np.allclose(np.diff(rates), 0.4999 / 24)

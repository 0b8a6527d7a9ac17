import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.monitoring.control_chart import (
    LEAST,
    MOST,
    RUN_LENGTH,
    RUN_LENGTHS,
    WEIGHT,
    Chart,
    average_run_length,
    limit_for,
)
from pygoodvibes.util.errors import UserError

SHIFTS = 0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4
PUBLISHED = {
    (0.40, 3.054): (500, 224, 71.2, 28.4, 14.3, 5.9, 3.5, 2.0, 1.4),
    (0.25, 2.998): (500, 170, 48.2, 20.1, 11.1, 5.5, 3.6, 2.3, 1.7),
    (0.20, 2.962): (500, 150, 41.8, 18.2, 10.5, 5.5, 3.7, 2.4, 1.9),
    (0.10, 2.814): (500, 106, 31.3, 15.9, 10.3, 6.1, 4.4, 2.9, 2.2),
    (0.05, 2.615): (500, 84.1, 28.8, 16.4, 11.4, 7.1, 5.2, 3.5, 2.7),
}
"""Run lengths of Lucas and Saccucci (1990), by weight and limit in deviations of the EWMA."""


def deviation(weight):
    return np.sqrt(weight / (2 - weight))


@pytest.mark.parametrize(("weight", "limit"), PUBLISHED)
def test_run_lengths_are_those_that_were_published(weight, limit):
    found = [
        average_run_length(limit * deviation(weight), weight=weight, shift=shift)
        for shift in SHIFTS
    ]
    assert found == pytest.approx(PUBLISHED[weight, limit], rel=0.01, abs=0.06)


@pytest.mark.parametrize(("weight", "limit"), PUBLISHED)
def test_limits_are_those_that_were_published(weight, limit):
    assert limit_for(500, weight=weight) / deviation(weight) == pytest.approx(limit, abs=1e-3)


@pytest.mark.parametrize("run_length", RUN_LENGTHS)
def test_the_shortest_and_the_longest_run_length_have_a_limit(run_length):
    assert average_run_length(limit_for(run_length)) == pytest.approx(run_length, rel=1e-3)
    for beyond in (min(RUN_LENGTHS) - 1, max(RUN_LENGTHS) + 1):
        with pytest.raises(UserError, match="charts have 50 to 10000"):
            limit_for(beyond)


def run_length(chart, numbers):
    return next(count for count, number in enumerate(numbers, start=1) if chart.update(number))


def test_false_alarms_are_as_rare_as_said_with_few_clips_of_any_distribution():
    """Ranks among a fixed 20 would not do: then half of the charts ring within some 200 clips."""
    rng = np.random.default_rng(0)
    lengths = []
    for _ in range(400):
        numbers = iter(lambda: rng.standard_cauchy(), None)
        lengths.append(run_length(Chart(rng.standard_cauchy(LEAST)), numbers))
    error = np.std(lengths) / np.sqrt(len(lengths))
    assert abs(np.mean(lengths) - RUN_LENGTH) < 3 * error < 0.2 * RUN_LENGTH
    assert np.median(lengths) == pytest.approx(np.log(2) * RUN_LENGTH, rel=0.15)


@pytest.mark.parametrize(("shift", "most"), [(1.0, 20), (2.0, 8), (100.0, 5)])
def test_a_change_is_found_soon_and_so_is_when(shift, most):
    rng = np.random.default_rng(1)
    delays, since = [], []
    while len(delays) < 60:
        chart = Chart(rng.normal(size=60))
        before = [chart.update(number, place) for place, number in enumerate(rng.normal(size=100))]
        if any(before):
            continue
        changed = iter(lambda rng=rng: rng.normal() + shift, None)
        found = next(place for place, x in enumerate(changed, start=100) if chart.update(x, place))
        assert chart.moved == 1
        delays.append(found - 99)
        since.append(chart.since)
    assert np.mean(delays) < most
    assert abs(np.median(since) - 100) <= 2


@pytest.mark.parametrize("sign", [1, -1])
def test_what_has_moved_stays_so_until_it_comes_back(sign):
    rng = np.random.default_rng(2)
    chart = Chart(rng.normal(size=100))
    told = []
    for place in range(1300):
        shift = 2.0 * sign * (100 <= place < 1100)
        if chart.update(rng.normal() + shift, place):
            told.append((place, chart.moved, chart.since))
    # for a thousand clips: by then most clips of the reference would be as the new ones
    (begun, moved, since), (ended, back, until) = told
    assert moved == sign and back == 0
    assert 100 <= begun < 115 and abs(since - 100) <= 3 and 1100 < ended == until < 1140


def test_a_slow_drift_is_found_though_each_clip_is_as_the_one_before():
    rng = np.random.default_rng(3)
    chart = Chart(rng.normal(size=60))
    moved = [chart.update(rng.normal() + place / 50) for place in range(300)]
    assert moved.count(True) == 1 and 20 < moved.index(True) < 120


def chart_of(reference, numbers):
    chart, ewmas = Chart(reference), []
    for number in numbers:
        chart.update(number)
        ewmas.append(chart.ewma)
    return chart, ewmas


NUMBERS = st.lists(st.integers(-50, 50), min_size=1, max_size=40)
REFERENCE = st.lists(st.integers(-50, 50), min_size=LEAST, max_size=60)


@given(REFERENCE, NUMBERS)
def test_only_the_order_of_numbers_counts(reference, numbers):
    _, ewmas = chart_of(reference, numbers)
    _, cubes = chart_of(*([x**3 for x in part] for part in (reference, numbers)))
    assert cubes == ewmas
    _, mirrored = chart_of(*([-x for x in part] for part in (reference, numbers)))
    assert mirrored == pytest.approx([-x for x in ewmas], abs=1e-12)


@given(st.lists(st.integers(0, 10**6), min_size=LEAST + 1, max_size=80, unique=True), st.data())
def test_each_place_among_the_clips_is_taken_once(numbers, data):
    """Whichever clip comes last: over all choices its place is uniform."""
    first = []
    for number in numbers:
        chart, _ = chart_of([other for other in numbers if other != number], [number])
        first.append(chart.ewma / WEIGHT)
    from scipy.special import ndtr

    count = len(numbers)
    assert np.sort(ndtr(first)) == pytest.approx((np.arange(count) + 0.5) / count)


@given(st.integers(LEAST, 2000), st.sampled_from([1e300, -1e300]))
def test_a_single_odd_clip_is_no_drift(count, odd):
    chart, _ = chart_of(np.linspace(-1, 1, count), [0.0, odd, 0.0])
    assert not chart.moved and abs(chart.ewma) < chart.limit


def test_equal_numbers_are_in_the_middle():
    chart, ewmas = chart_of([7.0] * LEAST, [7.0] * 100)
    assert ewmas == pytest.approx([0.0] * 100, abs=1e-12) and chart.since is None


def test_among_too_few_clips_nothing_is_told():
    chart = Chart([0.0] * (LEAST - 3))
    assert [chart.lacking, *(chart.update(99.0) for _ in range(3))] == [3, False, False, False]
    assert (chart.lacking, chart.ewma) == (0, 0.0)
    assert chart.update(50.0) is False and chart.ewma > 0


def test_a_reference_does_not_grow_for_ever():
    rng = np.random.default_rng(4)
    reference, numbers = rng.normal(size=MOST), [0.3] * 20
    for held_out, grows in ((reference[:1000], True), (reference, False)):
        _, ewmas = chart_of(held_out, numbers)
        quantiles = np.diff(ewmas) / WEIGHT + np.array(ewmas[:-1])
        assert (np.ptp(quantiles) > 1e-6) == grows

import numpy as np
import pytest

from pygoodvibes.detection import certainty
from pygoodvibes.detection.threshold import threshold

SCORES = np.random.default_rng(0).normal(size=1000)


def sure(scores, rate=0.1, **more):
    limit = threshold(scores, false_alarm_rate=rate)
    return certainty.of_threshold(scores, limit, false_alarm_rate=rate, **more)


@pytest.mark.parametrize(("count", "rate", "loose"), [(12, 0.1, True), (60, 0.1, False)])
def test_few_scores_are_a_reason_for_caution(count, rate, loose):
    found = sure(SCORES[:count], rate)
    assert found.loose == loose == bool(found.caution)
    assert found.low < rate < found.high and found.clips == count
    assert (found.needed > 0) == loose


def test_windows_that_overlap_count_by_what_they_add():
    apart = sure(SCORES[:60], windows_of=3)
    assert sure(np.repeat(SCORES[:60], 2), windows_of=3, apart=0.5) == apart
    assert "from 60 windows" in apart.interval and "of 3 recordings" in apart.interval


def test_a_threshold_by_hand_needs_no_caution():
    found = certainty.of_threshold(SCORES[:3], 1e9, false_alarm_rate=None)
    assert (found.caution, found.verdict(above=False)) == ("", certainty.NORMAL)


def test_fewer_clips_than_one_over_the_rate_can_not_tell_it():
    # of n clips the smallest share is 1 / (n + 1)
    assert [certainty.least_clips(rate) for rate in (0.5, 0.1, 0.05, 0.01)] == [1, 9, 19, 99]
    assert [certainty.clips_for(rate) for rate in (0.1, 0.05, 0.01)] == [59, 119, 599]


def test_in_a_line_few_clips_are_told_and_no_verdicts_at_all_in_full():
    scores = np.linspace(0, 1, 12)
    few = certainty.of_threshold(scores, 1.0, false_alarm_rate=0.1)
    assert few.caution_in_a_line.startswith("too few clips (12) for 'normal' at this rate")
    windows = certainty.of_threshold(scores, 1.0, false_alarm_rate=0.1, windows_of=2)
    assert windows.caution_in_a_line.startswith("too few windows (12) for 'normal' at this rate")
    nothing = certainty.of_threshold(scores[:4], 1.0, false_alarm_rate=0.1)
    assert nothing.caution_in_a_line == nothing.caution != ""
    by_hand = certainty.of_threshold(scores, 1.0, false_alarm_rate=None)
    assert by_hand.caution_in_a_line == ""

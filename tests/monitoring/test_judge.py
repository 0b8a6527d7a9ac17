import dataclasses
import math

import numpy as np
import pytest

from pygoodvibes.monitoring.judge import Judge, judge
from pygoodvibes.util.errors import UserError


def test_the_threshold_follows_the_false_alarm_rate_at_scoring_time(model):
    held_out = np.sort(model.held_out["fusion"])
    for rate, above in ((0.5, 9), (0.25, 4), (0.05, 0), (0.01, 0)):
        judging = judge(model, false_alarm_rate=rate)
        assert (held_out > judging.threshold).sum() == above
        assert judging.false_alarm_rate == rate
    assert judge(model).false_alarm_rate == 0.1
    judging = judge(model, limit=1.25)
    assert judging.threshold == 1.25 and judging.false_alarm_rate is None
    assert not judging.is_above(1.25) and judging.is_above(1.2500001)


def test_the_p_value_counts_training_clips_that_score_as_high():
    judging = Judge("knn", 3.5, np.array([1.0, 2.0, 3.0, 4.0]), 0.25)
    assert [judging.p_value(score) for score in (0, 1, 3, 3.1, 9)] == [1, 1, 0.6, 0.4, 0.2]


def test_without_a_threshold_there_is_no_verdict(model):
    with pytest.raises(UserError, match=r"no detector 'lof'; it has fusion, knn"):
        judge(model, detector="lof")
    with pytest.raises(UserError, match="between 0 and 1"):
        judge(model, false_alarm_rate=1.0)
    nothing = dataclasses.replace(model, held_out={"fusion": np.full(20, math.nan)})
    with pytest.raises(UserError, match="no held-out scores"):
        judge(nothing)
    for limit in (math.nan, math.inf):
        with pytest.raises(UserError, match="not a finite number"):
            judge(model, limit=limit)
    with pytest.raises(UserError, match="no detector in it could be fitted"):
        judge(dataclasses.replace(model, estimators={}))

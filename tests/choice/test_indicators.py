import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pygoodvibes.choice import indicators
from pygoodvibes.choice.indicators import (
    frame_burstiness,
    hears_bursts,
    separation,
    spearman,
)
from pygoodvibes.choice.stand_ins import StandIns
from pygoodvibes.evaluation import metrics

SCORES = st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 3)), min_size=2, max_size=30)


# frames


def test_burstiness_in_db():
    steady = np.full((100, 4), -30.0)
    bursts = steady.copy()
    bursts[:10] += 20
    assert frame_burstiness([steady]) == pytest.approx(0)
    assert frame_burstiness([bursts]) == pytest.approx(20)
    assert frame_burstiness([bursts - 50]) == pytest.approx(20)
    assert frame_burstiness([steady, bursts]) == pytest.approx(10)
    assert math.isnan(frame_burstiness([]))


def test_what_listens_to_bursts_is_told_by_its_name():
    heard = {
        "fusion: max, whiten": 1,
        "fusion: gwrp0.9, standardize": 1,
        "frames: high": 1,
        "fusion: mean, whiten": -1,
        "frames: median": -1,
        "frames: std": 0,
        "fusion: all, whiten": 0,
        "maxima": 0,
    }
    assert {name: hears_bursts(name) for name in heard} == heard


# indicators


def test_separation_by_hand():
    own, other = np.array([0.0, 2.0]), np.array([9.0, 11.0])
    assert separation(own, other) == pytest.approx(9.0)
    assert separation(other, own) == pytest.approx(-9.0)
    assert math.isnan(separation(own, np.zeros(0)))
    assert math.isnan(separation(np.ones(3), np.ones(4)))


def test_a_group_is_compared_with_the_own_scores_of_its_fits():
    held_out = {"a": np.array([0.0, 2.0])}
    near, far = np.array([9.0, 11.0]), np.array([19.0, 21.0])
    other_fits = StandIns({"a": [far]}, {"a": [np.array([15.0, 17.0])]})
    for stand_ins, expected in ((StandIns({"a": [near]}), 9.0), (other_fits, 4.0)):
        table = indicators.indicators(held_out, stand_ins, burstiness=0.0, max_fpr=0.1)
        assert table["a"]["stand_in_separation"] == pytest.approx(expected)


def test_separation_grows_where_the_auc_can_not():
    own = np.random.default_rng(0).normal(size=50)
    near, far = own + 10, own + 20
    labels = np.arange(100) >= 50
    assert metrics.auc(labels, np.r_[own, near]) == metrics.auc(labels, np.r_[own, far]) == 1
    assert separation(own, far) > separation(own, near)


@given(SCORES, SCORES, st.floats(0.01, 100), st.floats(-100, 100))
def test_indicators_do_not_depend_on_the_unit_of_scores(own, other, factor, offset):
    def table(change):
        held_out = {"a": np.array(own), "b": np.arange(len(own)) % 3 * 1.0}
        stand_ins = {"a": np.array(other), "b": np.arange(len(other)) * 1.0}
        if change:
            held_out["a"] = held_out["a"] * factor + offset
            stand_ins["a"] = stand_ins["a"] * factor + offset
        by_id = {name: [scores, scores[:1]] for name, scores in stand_ins.items()}
        return indicators.indicators(held_out, StandIns(by_id), burstiness=5.0, max_fpr=0.1)["a"]

    if np.ptp(own) < 0.1 or np.subtract(*np.quantile(own, (0.75, 0.25))) < 0.1:
        return
    assert table(True) == pytest.approx(table(False), rel=1e-5, abs=1e-5, nan_ok=True)


def test_a_long_tail_and_a_lonely_opinion_speak_against_a_candidate():
    rng = np.random.default_rng(0)
    usual = rng.normal(size=200)
    held_out = {
        "calm": usual,
        "same": usual + 0.1 * rng.normal(size=200),
        "tailed": np.where(np.arange(200) % 10 == 0, 30, usual),
        "alone": rng.normal(size=200),
    }
    table = indicators.indicators(held_out, StandIns({}), burstiness=math.nan, max_fpr=0.1)
    assert table["tailed"]["self_tail"] < table["calm"]["self_tail"] - 5
    assert table["alone"]["agreement"] < 0.3 < table["calm"]["agreement"]
    assert all(math.isnan(each["stand_in_auc"]) for each in table.values())
    assert all(math.isnan(each["burstiness"]) for each in table.values())


@given(
    st.integers(3, 25).flatmap(
        lambda n: st.tuples(*[st.lists(st.integers(0, 9), min_size=n, max_size=n)] * 2)
    )
)
def test_rank_correlation_is_spearmans(pair):
    if min(len(set(values)) for values in pair) < 2:
        assert math.isnan(spearman(*pair))
    else:
        assert spearman(*pair) == pytest.approx(spearmanr(*pair).statistic)

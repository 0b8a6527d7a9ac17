import numpy as np
import pandas as pd
import pytest

from pygoodvibes.evaluation import operating_points
from pygoodvibes.evaluation.intervals import interval
from pygoodvibes.util.errors import UserError


@pytest.fixture
def sweep():
    """Two settings, two fans and a valve; a pump that could not be scored."""
    rows = []
    values = {
        ("fan", "00"): [(0.2, 1.0), (0.6, 0.8)],
        ("fan", "02"): [(0.4, 0.9), (0.8, 0.6)],
        ("valve", "00"): [(0.9, 1.0), (1.0, 0.5)],
        ("pump", "00"): [(np.nan, 1.0), (np.nan, 0.9)],
    }
    for (machine, machine_id), settings in values.items():
        for setting, (sensitivity, specificity) in enumerate(settings):
            for detector in ("lof", "knn"):
                own = sensitivity if detector == "lof" or machine == "pump" else 0.5
                rows.append(
                    {
                        "machine": machine,
                        "id": machine_id,
                        "detector": detector,
                        "setting": setting,
                        "false_alarm_rate": (0.01, 0.3)[setting],
                        "sensitivity": own,
                        "specificity": specificity,
                    }
                )
    return pd.DataFrame(rows)


def test_the_settings_are_false_alarm_rates_in_order(sweep):
    assert operating_points.settings(sweep) == [0.01, 0.3]


def test_all_types_count_the_same(sweep):
    table = operating_points.at_setting(sweep, 0).set_index("detector")
    assert list(table.index) == ["lof", "knn"]
    # fans (0.2 + 0.4) / 2, valve 0.9
    assert table.loc["lof", "sensitivity"] == pytest.approx(0.6)
    assert table.loc["lof", "specificity"] == pytest.approx((0.95 + 1.0) / 2)
    assert table.loc["lof", ["sensitivity_min", "sensitivity_max"]].tolist() == [0.2, 0.9]
    assert table.loc["lof", "ids"] == 3


def test_one_type_alone(sweep):
    table = operating_points.at_setting(sweep, 1, machine="fan").set_index("detector")
    assert table.loc["lof", "sensitivity"] == pytest.approx(0.7)
    assert table.loc["lof", "ids"] == 2
    assert operating_points.at_setting(sweep, 1, machine="pump").empty


def test_curves_hold_every_setting(sweep):
    curves = operating_points.curves(sweep)
    assert curves.groupby("setting").size().to_dict() == {0: 2, 1: 2}
    lof = curves[(curves["detector"] == "lof") & (curves["setting"] == 1)]
    assert lof["sensitivity"].item() == pytest.approx((0.7 + 1.0) / 2)
    assert operating_points.curves(sweep[:0]).empty


def test_clips_are_counted_by_truth_and_decision():
    scores = pd.DataFrame(
        [
            ("test", "anomaly", 3.0),
            ("test", "anomaly", 1.0),  # on the threshold: not above it
            ("test", "anomaly", np.nan),
            ("test", "normal", 2.0),
            ("test", "normal", 0.5),
            ("test", "normal", 0.1),
            ("test", "unknown", 9.0),
            ("train", "normal", 9.0),
        ],
        columns=["split", "label", "score"],
    )
    found = operating_points.confusion(scores, 1.0)
    assert found == operating_points.Confusion(found=1, missed=1, false_alarms=1, passed=2)


def test_the_cost_of_a_thousand_clips():
    # 10 of 1000 anomalous, 4 of them missed; of 990 normal ones 99 raise an alarm
    cost = operating_points.expected_cost([0.6], [0.9], miss=100, false_alarm=2, share=0.01)
    assert cost == pytest.approx([4 * 100 + 99 * 2])


@pytest.mark.parametrize(
    ("prices", "message"),
    [
        ({"miss": -1, "false_alarm": 1, "share": 0.1}, "prices are -1 and 1"),
        ({"miss": 1, "false_alarm": np.nan, "share": 0.1}, "prices are 1 and nan"),
        ({"miss": 1, "false_alarm": 1, "share": 10}, "share of anomalous clips is 10"),
    ],
)
def test_impossible_prices_are_refused(prices, message):
    with pytest.raises(UserError, match=message):
        operating_points.expected_cost([0.5], [0.5], **prices)


def test_prices_move_the_cheapest_setting(sweep):
    curves = operating_points.curves(sweep)
    dear_misses = operating_points.cheapest(curves, miss=1000, false_alarm=1, share=0.1)
    dear_alarms = operating_points.cheapest(curves, miss=1, false_alarm=1000, share=0.1)
    assert dear_misses.loc[0, ["detector", "setting"]].tolist() == ["lof", 1]
    assert set(dear_alarms["setting"]) == {0}
    assert dear_misses["cost"].is_monotonic_increasing
    assert sorted(dear_misses["detector"]) == ["knn", "lof"]


def test_of_equal_costs_the_fewest_alarms(sweep):
    free = operating_points.cheapest(
        operating_points.curves(sweep), miss=0, false_alarm=0, share=0.5
    )
    assert set(free["setting"]) == {0}


def test_the_interval_is_that_of_the_tables():
    values = {("fan", "00"): 0.8, ("fan", "02"): 0.6, ("valve", "00"): 0.9, ("pump", "00"): 0.7}
    rows = [
        {"machine": machine, "id": machine_id, "detector": "lof", "auc": value}
        for (machine, machine_id), value in values.items()
    ]
    rows.append({"machine": "pump", "id": "02", "detector": "lof", "auc": np.nan})
    rows.append({"machine": "pump", "id": "00", "detector": "knn", "auc": 0.1})
    options = {"resamples": 200, "confidence": 0.9, "seed": 3}
    own = operating_points.mean_interval(pd.DataFrame(rows), "lof", "auc", **options)
    assert own == interval(values, **options)
    assert operating_points.mean_interval(pd.DataFrame(rows), "knn", "auc", **options) is None

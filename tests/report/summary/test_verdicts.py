import pytest

from pygoodvibes.report.summary import verdicts
from pygoodvibes.report.summary.verdicts import right_alarms


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
    for name in ("key", "sign", "words", "one", "several", "meaning"):
        assert len({getattr(each, name) for each in every}) == len(every)
    assert [each.key for each in every][:3] == ["well", "partly", "chance"]


def test_rare_faults_make_most_alarms_false():
    # of 1000 clips 10 are faulty: 8 right alarms, and 99 of 990 normal ones
    assert right_alarms(0.8, 0.1, faults=0.01) == pytest.approx(8 / 107)
    assert right_alarms(1.0, 0.0, faults=0.01) == 1
    assert right_alarms(0.0, 0.0, faults=0.01) is None

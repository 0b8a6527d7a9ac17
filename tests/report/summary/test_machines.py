import pytest

from pygoodvibes.report.summary.machines import machines_of, sums_of


def row(machine_id, auc, low, *, detector="fusion", **more):
    return {
        "machine": "fan",
        "id": machine_id,
        "detector": detector,
        "auc": auc,
        "auc_low": low,
        "auc_high": auc,
        "threshold": "1.5",
        "sensitivity": "0.75",
        "specificity": "0.9",
        "n_train": "60",
        "n_test_normal": "30",
        "n_test_anomaly": "20",
        "note": "",
        **more,
    }


ROWS = [
    row("00", "0.7", "0.6"),
    row("02", "0.99", "0.95"),
    row("04", "0.995", "0.6", sensitivity="", specificity=""),
    row("00", "1", "1", detector="other"),
]


def test_the_best_watched_machine_ids_of_a_detector_come_first():
    assert [each.name for each in machines_of(ROWS, "fusion")] == [
        "fan ID 02",
        "fan ID 04",
        "fan ID 00",
    ]


def test_shares_become_counts_of_clips_and_shares_again():
    machine = machines_of(ROWS, "fusion")[0]
    assert (machine.found, machine.alarms, machine.n_train) == (15, 3, 60)
    assert machine.sensitivity == 0.75 and machine.false_alarm_rate == pytest.approx(0.1)


def test_what_is_not_known_counts_in_no_sum():
    machines = machines_of(ROWS, "fusion")
    assert machines[1].found is machines[1].sensitivity is machines[1].false_alarm_rate is None
    assert sums_of(machines, "found", "n_anomaly") == (30, 40)
    assert sums_of(machines, "alarms", "n_normal") == (6, 60)

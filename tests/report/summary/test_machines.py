import pytest

from pygoodvibes.report.summary.machines import InDomain, machines_of, sums_of


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


def test_sections_have_false_alarms_by_domain():
    groups = {("train", "source"): 8, ("train", "target"): 2}
    groups |= {("test", "source"): 20, ("test", "target"): 10}
    clips = [
        {
            "machine": "fan",
            "id": "00",
            "split": split,
            "label": "normal",
            "domain": domain,
            "clip": "a",
            "status": "ok",
        }
        for (split, domain), count in groups.items()
        for _ in range(count)
    ]
    of_domains = {"official": "0.6", "specificity_source": "0.95", "specificity_target": "0.3"}
    [machine] = machines_of([row("00", "0.7", "0.6", **of_domains)], "fusion", clips)
    assert machine.name == "fan section 00"
    assert machine.domains == (InDomain("source", 1, 8, 20), InDomain("target", 7, 2, 10))
    without = row("00", "0.7", "0.6", **{**of_domains, "specificity_target": ""})
    assert machines_of([without], "fusion", clips)[0].domains == ()

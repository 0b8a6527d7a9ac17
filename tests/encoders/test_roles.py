import numpy as np

from pygoodvibes.encoders import roles

IDS = np.repeat([0, 1, 2], [60, 4, 5])


def dealt(seed=0, **changed):
    return roles.deal(IDS, **{"calibration": 0.2, "held_out": 0.1, **changed}, seed=seed)


def counts(of_clips):
    return [int(np.sum(of_clips == each)) for each in ("calibration", "held_out", "training")]


def test_each_machine_id_keeps_its_share_apart():
    found = dealt()
    assert counts(found[IDS == 0]) == [12, 5, 43]
    assert counts(found[IDS == 2]) == [1, 1, 3]


def test_few_clips_are_all_learnt_from():
    assert counts(dealt()[IDS == 1]) == [0, 0, 4]


def test_roles_are_random_and_follow_the_seed():
    assert dealt(1).tolist() == dealt(1).tolist() != dealt(2).tolist()
    # what is calibrated with does not depend on how much of the rest is held out
    same = dealt(held_out=0.4)
    assert np.array_equal(same == "calibration", dealt() == "calibration")


def test_clips_that_are_calibrated_with_are_not_seen():
    rows = [
        {"machine": "fan", "id": "00", "clip": "a", "role": "training"},
        {"machine": "fan", "id": "00", "clip": "b", "role": "calibration"},
        {"machine": "fan", "id": "00", "clip": "c", "role": "held_out"},
        {"machine": "fan", "id": "02", "clip": "d", "role": "training"},
    ]
    assert roles.seen_clips(rows, "fan", "00") == ["a", "c"]

import pandas as pd

from pygoodvibes.evaluation.outstanding import MOST, stand_out

MANY = ["choice", "a", "b", "c", "original_ocsvm", "d", "original_lof", "e"]


def metrics(**values):
    return pd.DataFrame(
        [{"detector": name, "auc": value} for name, value in values.items() for _ in range(2)]
    )


def test_few_detectors_all_stand_out():
    names = MANY[:MOST]
    assert stand_out(names, metrics(a=0.5)) == names


def test_of_many_the_default_the_best_peer_and_the_better_original_do():
    values = dict.fromkeys(MANY, 0.6) | {"choice": 0.7, "c": 0.9, "original_lof": 0.65}
    assert stand_out(MANY, metrics(**values)) == ["choice", "c", "original_lof"]
    assert stand_out(MANY, metrics(e=float("nan"))) == ["choice", "a", "original_ocsvm"]

import matplotlib.figure
import pandas as pd

from pygoodvibes.evaluation.outstanding import MOST
from pygoodvibes.figures.looks import GREY, looks_of, named_once

MANY = ["choice", "a", "b", "c", "original_ocsvm", "d", "original_lof", "e"]


def metrics(**values):
    return pd.DataFrame(
        [{"detector": name, "auc": value} for name, value in values.items() for _ in range(2)]
    )


def test_few_detectors_have_a_colour_each():
    names = [f"d{number}" for number in range(MOST)]
    found = looks_of(names, metrics(d0=0.5))
    assert all(look.named for look in found.values()) and list(found) == names
    assert len({look.colour for look in found.values()}) == MOST


def test_of_many_the_default_the_best_peer_and_the_original_have_one():
    values = dict.fromkeys(MANY, 0.6) | {"choice": 0.7, "c": 0.9, "original_lof": 0.65}
    found = looks_of(MANY, metrics(**values))
    assert [name for name, look in found.items() if look.named] == ["choice", "c", "original_lof"]
    assert list(found) == MANY
    rest = [look for look in found.values() if not look.named]
    assert {(look.label, look.colour) for look in rest} == {("5 others", GREY)}
    assert all(look.order < found["choice"].order for look in rest)


def test_metrics_that_are_not_known_rank_nobody():
    values = dict.fromkeys(MANY, float("nan"))
    found = looks_of(MANY, metrics(**values))
    assert [name for name, look in found.items() if look.named] == ["choice", "a", "original_ocsvm"]
    rates = pd.DataFrame({"detector": MANY, "sensitivity": 0.5, "specificity": range(8)})
    named = [name for name, look in looks_of(MANY, rates).items() if look.named]
    assert named == ["choice", "original_lof", "e"]


def test_the_rest_stands_in_the_legend_once_and_last():
    axes = matplotlib.figure.Figure().add_subplot()
    for label, colour in (("a", "red"), ("2 others", GREY), ("2 others", GREY), ("b", "blue")):
        axes.plot([0, 1], color=colour, label=label)
    assert list(named_once(axes)) == ["a", "b", "2 others"]

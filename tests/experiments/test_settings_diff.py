import pytest

from made_experiments import CONFIG
from pygoodvibes.experiments import settings_diff
from pygoodvibes.experiments.settings_diff import differing, plain


def test_settings_by_dotted_key():
    flat = settings_diff.flat(CONFIG)
    assert flat["detectors.lof.n_neighbors"] == 20
    assert flat["detectors.knn"] is None
    assert settings_diff.flat({"a": {}}) == {"a": None}
    assert settings_diff.flat({"a": {"b": [1, 2]}}) == {"a.b": [1, 2]}


def test_only_parameters_that_differ():
    settings = [{"a": 1, "b": 2, "c": True}, {"a": 1, "b": 3, "c": 1, "new": 4}]
    assert differing({"a": 1, "b": 2, "c": True}, settings) == ["b", "c", "new"]
    assert differing({"a": 1}, [{"a": 1}]) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0.5, "0.5"),
        ("all", "all"),
        ([1, 2], "1, 2"),
        ([], "none"),
        (
            {"method": "triplet", "epochs": 2, "beside": {"method": "mean"}},
            "triplet, epochs 2, beside mean",
        ),
    ],
)
def test_settings_as_text(value, text):
    assert plain(value) == text

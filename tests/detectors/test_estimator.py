import contextlib

import numpy as np
import pytest
from pydantic import ValidationError

from fitted_detectors import FAR, scored, settings_of
from pygoodvibes.detectors import estimator


def test_lof_by_dotted_path_scores_new_clips():
    ours = scored("sklearn.neighbors.LocalOutlierFactor", FAR, n_neighbors=12)
    assert np.array_equal(ours, scored("lof", FAR, n_neighbors=12))


def test_parameters_of_a_dotted_path_reach_the_estimator():
    settings = settings_of("sklearn.ensemble.IsolationForest", n_estimators=7)
    assert settings.build(n_clips=80, seed=0).n_estimators == 7
    assert settings.estimator_settings()["n_estimators"] == 7


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"method": "loff"}, "did you mean lof"),
        ({"method": "sklearn.nothing.Here"}, "names no estimator"),
        ({"method": "sklearn.ensemble.Nothing"}, "names no estimator"),
        ({"method": "sklearn.cluster.KMeans"}, "has no methods fit and score_samples"),
        ({"method": "json.dumps"}, "has no methods fit and score_samples"),
        ({"method": "sklearn.ensemble.IsolationForest", "trees": 5}, "trees: there is no such"),
    ],
)
def test_dotted_paths_that_lead_nowhere_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        estimator.Settings.model_validate(wrong)


def test_settings_of_the_method_are_told_from_common_ones():
    own = settings_of("knn", input="embedding", false_alarm_rate=0.2).estimator_settings()
    assert own == {"n_neighbors": 1, "metric": "euclidean"}


FOREST = {"method": "sklearn.ensemble.IsolationForest", "n_estimators": 7}


class TestWhatWasFoundRightBefore:
    @pytest.fixture
    def folder(self, tmp_path):
        """Return a folder that remembers that `FOREST` is right."""
        folder = tmp_path / "cache" / "settings"
        estimator.Settings.model_validate(FOREST, context=folder)
        return folder

    @pytest.fixture
    def asked(self, folder, monkeypatch):
        """Return the classes that are asked for from now on."""
        asked = []

        def find_class(path):
            asked.append(path)
            return find(path)

        find = estimator.find_class
        monkeypatch.setattr(estimator, "find_class", find_class)
        return asked

    def test_is_not_looked_at_again(self, folder, asked):
        found = estimator.Settings.model_validate(FOREST, context=folder)
        assert not asked
        assert found == estimator.Settings.model_validate(FOREST)
        assert asked

    @pytest.mark.parametrize(
        "changed",
        [
            {"n_estimators": 8},
            {"max_samples": 5},
            {"method": "sklearn.ensemble.ExtraTreesRegressor"},
        ],
    )
    def test_says_nothing_of_other_settings(self, folder, asked, changed):
        with contextlib.suppress(ValidationError):  # the other class has no score_samples
            estimator.Settings.model_validate({**FOREST, **changed}, context=folder)
        assert asked

    def test_nor_of_another_version(self, folder, asked, monkeypatch):
        monkeypatch.setattr("importlib.metadata.version", lambda name: "0.0.1")
        estimator.Settings.model_validate(FOREST, context=folder)
        assert asked

    def test_does_not_hold_what_is_wrong(self, folder):
        for _ in range(2):
            with pytest.raises(ValidationError, match="n_estimators"):
                estimator.Settings.model_validate({**FOREST, "n_estimators": -1}, context=folder)

    def test_does_not_hold_code_of_others_which_may_change(self, tmp_path, monkeypatch):
        code = "class Mine:\n    def __init__(self, {}=1): pass\n    fit = score_samples = None\n"
        (tmp_path / "mine_found_right.py").write_text(code.format("width"))
        monkeypatch.syspath_prepend(tmp_path)
        mine = {"method": "mine_found_right.Mine", "width": 2}
        estimator.Settings.model_validate(mine, context=tmp_path / "settings")
        assert not (tmp_path / "settings").exists()

    def test_is_not_held_where_nothing_can_be_written(self, tmp_path):
        (tmp_path / "file").touch()
        assert (
            estimator.Settings.model_validate(FOREST, context=tmp_path / "file").n_estimators == 7
        )

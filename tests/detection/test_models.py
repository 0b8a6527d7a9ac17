import importlib
import json
import sys
import zipfile

import numpy as np
import pytest

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detection.serialization import _NotPlain, _Plain, load, save
from pygoodvibes.detectors.registry import METHODS, module_of
from pygoodvibes.util.errors import UserError

TRAIN = np.random.default_rng(0).normal(size=(40, 3))
TEST = np.random.default_rng(1).normal(size=(9, 3))
ALL = [
    *(method for method in METHODS if method not in ("frames", "autoencoder", "idnn")),
    "sklearn.ensemble.IsolationForest",
    "sklearn.covariance.EllipticEnvelope",
]


def fitted(method):
    module = importlib.import_module(module_of(method))
    settings = module.Settings.model_validate({"method": method})
    return settings.build(n_clips=40, seed=0).fit(TRAIN)


@pytest.mark.parametrize("method", ALL)
def test_a_model_comes_back_with_the_same_scores(tmp_path, method):
    estimator = fitted(method)
    save(tmp_path / "m.skops", estimator)
    back = load(tmp_path / "m.skops")
    assert type(back) is type(estimator)
    assert np.array_equal(anomaly_score(back, TEST), anomaly_score(estimator, TEST))


@pytest.mark.parametrize("method", ALL)
def test_same_fit_same_bytes(tmp_path, method):
    keep = []  # so that the second fit lies elsewhere in memory
    for name in "ab":
        keep.append(fitted(method))
        save(tmp_path / name, {"one": keep[-1], "none": None})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("method", ALL)
def test_what_is_written_without_skops_is_what_skops_writes(tmp_path, monkeypatch, method):
    estimators = {"one": fitted(method), "none": None, "more": [1, 0.5, "a", (True, np.float64(2))]}
    save(tmp_path / "ours", estimators)

    def refuse(self, value):
        raise _NotPlain

    monkeypatch.setattr(_Plain, "describe", refuse)
    save(tmp_path / "theirs", estimators)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


@pytest.mark.parametrize("method", ["lof", "ocsvm", "knn", "local_density", "fusion", "gmm"])
def test_saving_the_usual_detectors_does_not_take_skops(tmp_path, monkeypatch, method):
    monkeypatch.setitem(sys.modules, "skops.io", None)
    many = np.random.default_rng(0).normal(size=(40, 30))
    estimator = fitted(method).fit(many)
    save(tmp_path / "m.skops", {"one": estimator})
    monkeypatch.undo()
    back = load(tmp_path / "m.skops")["one"]
    assert np.array_equal(anomaly_score(back, many), anomaly_score(estimator, many))


def test_models_of_all_detectors_go_into_one_file(tmp_path):
    estimators = {"knn": fitted("knn"), "lof": fitted("lof"), "failed": None}
    save(tmp_path / "m.skops", estimators)
    back = load(tmp_path / "m.skops")
    assert list(back) == ["knn", "lof", "failed"]
    assert back["failed"] is None
    for name in ("knn", "lof"):
        expected = anomaly_score(estimators[name], TEST)
        assert np.array_equal(anomaly_score(back[name], TEST), expected)


def test_another_fit_makes_other_bytes(tmp_path):
    save(tmp_path / "a", fitted("knn"))
    changed = TRAIN.copy()
    changed[0, 0] += 1e-9
    save(tmp_path / "b", fitted("knn").fit(changed))
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


class Foreign:
    """An object of neither scikit-learn nor this package."""

    def __init__(self):
        self.value = 1


def test_foreign_objects_are_refused(tmp_path):
    save(tmp_path / "m.skops", {"own": fitted("knn"), "foreign": Foreign()})
    with pytest.raises(UserError, match=r"m\.skops: holds objects of a foreign kind .*Foreign\)"):
        load(tmp_path / "m.skops")


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 and no more"])
def test_files_that_are_no_model_are_refused(tmp_path, content):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(UserError, match="m: no readable model"):
        load(tmp_path / "m")


@pytest.mark.parametrize("schema", ["", "no JSON", "[]", "{}", json.dumps({"protocol": 1})])
def test_archives_that_are_no_model_are_refused(tmp_path, schema):
    with zipfile.ZipFile(tmp_path / "m", "w") as archive:
        archive.writestr("schema.json" if schema else "other.txt", schema)
    with pytest.raises(UserError, match="m: no readable model"):
        load(tmp_path / "m")
    with pytest.raises(UserError, match="missing: no readable model"):
        load(tmp_path / "missing")


def test_a_cut_off_model_is_refused(tmp_path):
    save(tmp_path / "m", fitted("lof"))
    content = (tmp_path / "m").read_bytes()
    (tmp_path / "m").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match="no readable model"):
        load(tmp_path / "m")

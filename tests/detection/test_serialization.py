"""Files of fitted detectors: they come back bit by bit, and hold nothing else."""

import importlib
import json
import sys
import zipfile

import numpy as np
import pytest
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import LocalOutlierFactor
from sklearn.svm import OneClassSVM

from pygoodvibes.detection import serialization
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors.combined import FITTED, Chosen, Part
from pygoodvibes.detectors.kinds import NotAsDeclaredError
from pygoodvibes.detectors.registry import METHODS, module_of
from pygoodvibes.detectors.state import fitted_by
from pygoodvibes.util import stored_zip
from pygoodvibes.util.errors import UserError

# some fits are too short or too narrow to be any good
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

RNG = np.random.default_rng(0)
# as detectors see them: rounded, and more columns than a view needs
TRAIN = RNG.normal(size=(40, 36)).astype(np.float32)
TEST = (RNG.normal(size=(9, 36)) * 2).astype(np.float32)
FRAMES = np.empty(12, dtype=object)
FRAMES[:] = [RNG.normal(size=(30, 6)).astype(np.float32) for _ in range(12)]
SETTINGS = [
    *({"method": "ocsvm", "gamma": gamma} for gamma in ("scale", "auto", 0.3)),
    {"method": "ocsvm", "max_iter": 3},
    *({"method": "lof", "metric": metric} for metric in ("euclidean", "manhattan", "cosine")),
    *(
        {"method": "knn", "metric": metric, "n_neighbors": 3}
        for metric in ("euclidean", "manhattan", "cosine")
    ),
    *(
        {"method": "gmm", "covariance_type": kind, "reg_covar": 0.1}
        for kind in ("full", "tied", "diag", "spherical")
    ),
    *({"method": "mahalanobis", "shrinkage": each} for each in ("ledoit_wolf", "oas", 0.2)),
    *(
        {"method": "local_density", "scaling": scaling}
        for scaling in ("none", "standardize", "whiten")
    ),
    {"method": "local_density", "max_references": 20, "scaling": "whiten"},
    {"method": "local_density_gaps"},
    *(
        {"method": f"domain_{kind}", "metric": metric}
        for kind in ("knn", "kmeans", "smote")
        for metric in ("euclidean", "cosine")
    ),
    *({"method": "nuisance_knn", "directions_from": of} for of in ("supplemental", "training")),
    {"method": "fusion"},
    {"method": "fusion", "sub_bands": 2},
    {"method": "random_projection"},
    {"method": "pyod", "model": "ECOD"},
    {"method": "pyod", "model": "IForest", "n_estimators": 9},
    *(
        {"method": "frames", "model": model, "aggregate": how, "n_components": 4}
        for model in ("mahalanobis", "gmm", "lof")
        for how in ("soft", "median")
    ),
    {"method": "autoencoder", "hidden": [8, 4], "bottleneck": 2, "epochs": 1},
    {"method": "idnn", "hidden": [8], "bottleneck": 2, "epochs": 1},
    {"method": "sklearn.ensemble.IsolationForest", "n_estimators": 9},
    {
        "method": "sklearn.ensemble.IsolationForest",
        "max_features": 0.4,
        "max_samples": 0.5,
        "bootstrap": True,
        "contamination": 0.2,
    },
    {"method": "sklearn.covariance.EllipticEnvelope", "support_fraction": 0.9},
    *({"method": "sklearn.svm.OneClassSVM", "kernel": each} for each in ("linear", "poly")),
    *(
        {"method": "sklearn.neighbors.LocalOutlierFactor", "algorithm": each, "p": 3}
        for each in ("ball_tree", "kd_tree", "brute")
    ),
    {"method": "sklearn.mixture.GaussianMixture", "n_components": 2, "reg_covar": 0.1},
]
METHODS_OF_FRAMES = ("frames", "autoencoder", "idnn")


def named(settings):
    return " ".join(map(str, settings.values()))


def fitted(settings, values=None):
    settings = {"method": settings} if isinstance(settings, str) else settings
    module = importlib.import_module(module_of(settings["method"]))
    if values is None:
        values = FRAMES if settings["method"] in METHODS_OF_FRAMES else TRAIN
    checked = module.Settings.model_validate(settings)
    return checked.build(n_clips=len(values), seed=0).fit(values)


def seen(settings):
    """Return clips to score, and the sizes of what is seen."""
    if settings["method"] in METHODS_OF_FRAMES:
        return FRAMES[:3], {"bands": 6}
    return TEST, {"d": 36}


def there_and_back(estimator, kind, sizes):
    structure, arrays = serialization.encode(estimator)
    arrays = [stored_zip.read_npy(memoryview(stored_zip.npy(each))) for each in arrays]
    return serialization.decode(json.loads(json.dumps(structure)), arrays, kind, sizes)


def test_every_method_is_tried():
    assert set(METHODS) <= {settings["method"] for settings in SETTINGS}


@pytest.mark.parametrize("settings", SETTINGS, ids=named)
def test_a_detector_comes_back_with_the_same_scores_and_the_same_bytes(tmp_path, settings):
    estimator = fitted(settings)
    clips, sizes = seen(settings)
    assert serialization.save(tmp_path / "a", {"one": estimator, "none": None}) == {}
    back = serialization.load(tmp_path / "a")
    assert list(back) == ["one", "none"] and back["none"] is None
    assert type(back["one"]) is type(estimator)
    assert np.array_equal(anomaly_score(back["one"], clips), anomaly_score(estimator, clips))
    # as a model file reads it, knowing what the method leaves behind and what it sees
    again = there_and_back(estimator, fitted_by(settings["method"]), sizes)
    assert np.array_equal(anomaly_score(again, clips), anomaly_score(estimator, clips))
    for other in (fitted(settings), back["one"]):
        serialization.save(tmp_path / "b", {"one": other, "none": None})
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("settings", SETTINGS, ids=named)
def test_a_detector_of_another_width_is_refused(settings):
    _, sizes = seen(settings)
    wrong = {name: size + 1 for name, size in sizes.items()}
    kind = fitted_by(settings["method"])
    # views may leave out columns, but none that are not there
    if settings["method"] == "fusion":
        wrong = {"d": 35}
    with pytest.raises(NotAsDeclaredError):
        there_and_back(fitted(settings), kind, wrong)


@pytest.mark.parametrize("settings", SETTINGS, ids=named)
def test_nothing_but_what_is_declared_is_set(settings):
    structure, arrays = serialization.encode(fitted(settings))
    structure["state"]["score_samples"] = 1
    with pytest.raises(NotAsDeclaredError, match="not the declared"):
        serialization.decode(structure, arrays, fitted_by(settings["method"]), {})


def test_many_clips_in_few_columns_make_trees_and_score_alike():
    many = np.random.default_rng(1).normal(size=(300, 3))
    for method in ("lof", "knn", "ocsvm", "gmm", "sklearn.ensemble.IsolationForest"):
        estimator = fitted(method, many)
        back = there_and_back(estimator, fitted_by(method), {"d": 3})
        assert np.array_equal(
            anomaly_score(back, TEST[:, :3]), anomaly_score(estimator, TEST[:, :3])
        )


def test_what_was_chosen_comes_back():
    estimator = Chosen([Part("fusion", "all, whiten", 0.1, 2.5), Part("lof", "", 0.0, 1.0)])
    assert there_and_back(estimator, FITTED, {}) == estimator


class Foreign:
    def score_samples(self, values):
        return np.zeros(len(values))


@pytest.mark.parametrize(
    "estimator",
    [
        Foreign(),
        fitted("sklearn.neighbors.KernelDensity"),
        LocalOutlierFactor(novelty=True, metric=lambda a, b: abs(a - b).sum()).fit(TRAIN[:, :2]),
        OneClassSVM(kernel=lambda a, b: a @ b.T).fit(TRAIN),
        IsolationForest(random_state=np.random.RandomState(0), n_estimators=2).fit(TRAIN),
    ],
    ids=lambda each: type(each).__name__,
)
def test_an_estimator_that_is_not_declared_is_left_out_with_the_reason(tmp_path, estimator):
    reasons = serialization.save(tmp_path / "a", {"other": estimator, "knn": fitted("knn")})
    assert list(reasons) == ["other"]
    assert reasons["other"].startswith("scored, but its model can't be kept in a file: ")
    back = serialization.load(tmp_path / "a")
    assert back["other"] is None and back["knn"] is not None
    with zipfile.ZipFile(tmp_path / "a") as archive:
        assert json.loads(archive.read("detectors.json"))["left_out"] == reasons


def test_another_fit_makes_other_bytes(tmp_path):
    serialization.save(tmp_path / "a", {"knn": fitted("knn")})
    changed = TRAIN.copy()
    changed[0, 0] += 1e-6
    serialization.save(tmp_path / "b", {"knn": fitted("knn", changed)})
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("content", [b"", b"garbage", b"PK\x03\x04 and no more", b"PK\5\6" * 9])
def test_files_that_are_none_are_refused(tmp_path, content):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(UserError, match="m: no readable model"):
        serialization.load(tmp_path / "m")
    with pytest.raises(UserError, match="missing: no readable model"):
        serialization.load(tmp_path / "missing")


def test_a_damaged_file_is_refused(tmp_path):
    serialization.save(tmp_path / "m", {"lof": fitted("lof")})
    content = (tmp_path / "m").read_bytes()
    for damaged in (content[: len(content) // 2], content[:2000] + b"x" + content[2001:]):
        (tmp_path / "m").write_bytes(damaged)
        with pytest.raises(UserError, match="no readable model"):
            serialization.load(tmp_path / "m")


@pytest.mark.parametrize(
    "name", ["os.system", "fusion.re", "sklearn.SVC", "local_density.Scaling", "combined.Chosen", 3]
)
def test_no_name_in_a_file_leads_to_another_class(tmp_path, name):
    structure = {"class": name, "state": {}}
    head = {"format": serialization.FORMAT, "detectors": {"a": structure}, "left_out": {}}
    members = {"detectors.json": json.dumps(head).encode()}
    (tmp_path / "m").write_bytes(stored_zip.write(members))
    before = set(sys.modules)
    with pytest.raises(UserError, match="no readable model"):
        serialization.load(tmp_path / "m")
    assert all(each.startswith(("pygoodvibes.", "sklearn.")) for each in set(sys.modules) - before)


def forest(change):
    """Return what a file holds of an isolation forest, altered."""
    estimator = fitted({"method": "sklearn.ensemble.IsolationForest", "n_estimators": 2})
    structure, arrays = serialization.encode(estimator)
    names = [key for key, node in structure["state"].items() if type(node) is dict]
    change(dict(zip(names, arrays, strict=True)), structure["state"])
    return structure, arrays


def own_child(nodes, state):
    """Make a node its own child; each is still the child of exactly one."""
    left = nodes["left_child"]
    inner = np.flatnonzero(left[: nodes["node_count"][0]] != -1)
    above = next(each for each in inner if left[each] in inner)
    node = left[above]
    left[above], left[node] = left[node], node


@pytest.mark.parametrize(
    "change",
    [
        lambda nodes, state: nodes["left_child"].__setitem__(0, 0),
        lambda nodes, state: nodes["left_child"].__setitem__(0, 10**6),
        lambda nodes, state: nodes["right_child"].__setitem__(0, -5),
        lambda nodes, state: nodes["right_child"].__setitem__(0, -(2**63)),
        lambda nodes, state: nodes["right_child"].__setitem__(0, 2**63 - 1),
        lambda nodes, state: nodes["right_child"].__setitem__(0, -1),
        lambda nodes, state: nodes["right_child"].__setitem__(0, nodes["left_child"][0]),
        lambda nodes, state: nodes["feature"].__setitem__(0, 36),
        lambda nodes, state: nodes["feature"].__setitem__(0, -1),
        lambda nodes, state: nodes["features"].__setitem__((0, 0), 36),
        lambda nodes, state: nodes["node_count"].__setitem__(0, nodes["node_count"][0] + 1),
        lambda nodes, state: nodes["node_count"].__setitem__(slice(None), 2**62),
        lambda nodes, state: state.update(n_features=35),
        own_child,
    ],
)
def test_no_decision_tree_leads_out_of_itself_or_round_in_circles(change):
    kind = fitted_by("any other")
    serialization.decode(*forest(lambda nodes, state: None), kind, {"d": 36})
    with pytest.raises(NotAsDeclaredError):
        serialization.decode(*forest(change), kind, {"d": 36})


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("ocsvm", {"support_": lambda each: each[:-1]}),
        ("ocsvm", {"support_": lambda each: each + 40}),
        ("ocsvm", {"dual_coef_": lambda each: each[:, :-1]}),
        ("ocsvm", {"support_vectors_": lambda each: each[:-1]}),
        ("lof", {"_distances_fit_X_": lambda each: each[:, :-1]}),
        ("lof", {"_fit_X": lambda each: each[:-1]}),
        ("gmm", {"precisions_cholesky_": lambda each: each[:, :-1]}),
        ("gmm", {"means_": lambda each: each[:, :-1]}),
        ("mahalanobis", {"precision_": lambda each: each[:-1, :-1]}),
        ("fusion", {"0": lambda each: each + 36}),
        ("fusion", {"0": lambda each: each - 1}),
    ],
)
def test_arrays_that_do_not_fit_each_other_are_refused(method, change):
    structure, arrays = serialization.encode(fitted(method))
    inner = structure["state"]
    inner = inner.get("covariance_", {}).get("state", inner)
    for name, alter in change.items():
        number = int(name) if name.isdigit() else inner[name]["array"]
        arrays[number] = alter(arrays[number])
    with pytest.raises(NotAsDeclaredError):
        serialization.decode(structure, arrays, fitted_by(method), {"d": 36})


def test_more_neighbours_than_clips_are_refused():
    structure, arrays = serialization.encode(fitted("knn"))
    structure["state"]["neighbors_"]["state"]["n_neighbors"] = 41
    with pytest.raises(NotAsDeclaredError, match="more than there are clips"):
        serialization.decode(structure, arrays, fitted_by("knn"), {"d": 36})


def test_what_is_too_large_for_a_file_is_left_out():
    estimators = {"a": fitted("knn"), "none": None, "b": fitted("knn"), "c": fitted("ocsvm")}
    size = TRAIN.nbytes
    assert serialization.left_out(estimators, most_bytes=10**9) == {}
    reasons = serialization.left_out(estimators, most_bytes=size)
    assert list(reasons) == ["b", "c"] and "0 MB are too much for it" in reasons["b"]

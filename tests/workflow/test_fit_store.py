"""Fits that are kept: never one of something else, and the same to the last bit."""

import ast
import dataclasses
import importlib.metadata
import logging
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor

from made_vectors import DETECTORS, TEST, TRAIN, embedded
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect, detect_clips
from pygoodvibes.detectors import domain_knn, fusion, knn, lof, nuisance_knn
from pygoodvibes.detectors.registry import METHODS, settings_of
from pygoodvibes.embeddings.held_out import Groups, fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.workflow import checksums, code_hash, fit_store, kept
from pygoodvibes.workflow.fit_store import FitStore, code_of, name_of
from pygoodvibes.workflow.result_cache import prune

# some fits are too short to be any good
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

FOLDS = fold_clips(40, folds=5, seed=0)
LOF = lof.Settings(method="lof", n_neighbors=4)
FUSION = fusion.Settings(method="fusion")
OF_DOMAINS = domain_knn.Settings(method="domain_knn")
OF_NUISANCE = nuisance_knn.Settings(method="nuisance_knn")
RNG = np.random.default_rng(0)
FRAMES = np.empty(60, dtype=object)
FRAMES[:] = [RNG.normal(size=(12, 6)).astype(np.float32) for _ in range(60)]
SMALL = {
    "autoencoder": {"hidden": [4], "bottleneck": 2, "epochs": 1},
    "idnn": {"hidden": [4], "bottleneck": 2, "epochs": 1},
    "frames": {"n_components": 2},
}


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    checksums.start(folder)
    return folder


def store_in(folder, *methods):
    return FitStore(folder, {method: code_of(method) for method in methods or ("lof", "knn")})


def files(cache):
    return sorted(cache.glob("*.fit"))


@pytest.fixture
def nothing_is_fitted(monkeypatch):
    """Return a function from whose call on a fit fails the test."""

    def from_now_on():
        def refuse(*_, **__):
            pytest.fail("fitted again")

        monkeypatch.setattr(fit_store, "detect", refuse)

    return from_now_on


@pytest.mark.parametrize("method", [*METHODS, "sklearn.ensemble.IsolationForest"])
def test_a_kept_fit_is_the_fit_to_the_last_bit(method, cache, tmp_path, nothing_is_fitted):
    if method == "pyod":
        pytest.importorskip("pyod")
    settings = settings_of(method).model_validate({"method": method, **SMALL.get(method, {})})
    if settings.input == "mel":
        train, test = FRAMES[:40], FRAMES[40:]
    else:
        train, test = TRAIN.astype(np.float32), TEST.astype(np.float32)
    arguments = (train, test, FOLDS, settings)
    seen = {"columns": [f"v{number}" for number in range(5)]}
    seen["domains"] = np.array(["source"] * 30 + ["target"] * 10)
    seen["supplemental"] = {"noise": TEST.astype(np.float32)}
    made = store_in(cache, method).detect(*arguments, seed=0, **seen)
    nothing_is_fitted()
    again = store_in(cache, method).detect(*arguments, seed=0, **seen)
    assert np.array_equal(again.train_scores, made.train_scores)
    assert np.array_equal(again.test_scores, made.test_scores)
    assert again.notes == made.notes
    # never for nothing: what it took when it was fitted
    assert again.cost == made.cost
    assert again.cost.fit_seconds > 0
    alone = detect(*arguments, seed=0, **seen)
    for name, found in (("alone", alone), ("made", made), ("kept", again)):
        serialization.save(tmp_path / name, {"one": found.estimator})
    assert (
        (tmp_path / "alone").read_bytes()
        == (tmp_path / "made").read_bytes()
        == (tmp_path / "kept").read_bytes()
    )


def test_a_changed_or_added_detector_is_fitted_alone_and_a_removed_one_fits_nothing(
    cache, nothing_is_fitted
):
    clips = embedded()
    options = {"n_components": 3, "standardize": True, "whiten": False, "residual": True}
    projected = project_vectors(clips, fold_clips(40, folds=5, seed=0), **options)
    few = {name: DETECTORS[name] for name in ("lof", "knn", "ocsvm", "fusion")}
    codes = {name: code_of(name) for name in few}

    def fits_of(detectors):
        before = len(files(cache))
        store = FitStore(cache, codes)
        found = detect_clips(clips, projected, detectors, seed=0, detect_with=store.detect)
        alone = detect_clips(clips, projected, detectors, seed=0)
        assert list(found) == list(detectors)
        for name, each in found.items():
            assert np.array_equal(each.train_scores, alone[name].train_scores)
            assert np.array_equal(each.test_scores, alone[name].test_scores)
        return len(files(cache)) - before

    assert fits_of(few) == len(few)
    changed = {**few, "lof": {**few["lof"], "n_neighbors": 3}}
    assert fits_of(changed) == 1
    assert fits_of({**changed, "second": {"method": "knn", "n_neighbors": 2}}) == 1
    # another name and another order are no other fit
    assert fits_of({"nearest": few["knn"], **few}) == 0
    # nor is what only the evaluation needs
    assert fits_of({"ocsvm": few["ocsvm"]}) == 0
    nothing_is_fitted()
    without = {name: each for name, each in few.items() if name != "ocsvm"}
    detect_clips(clips, projected, without, seed=0, detect_with=FitStore(cache, codes).detect)


def changed_clip(values):
    values = values.copy()
    values[3, 2] += 1e-6
    return values


BEFORE = {
    "train": TRAIN,
    "test": TEST,
    "groups": FOLDS,
    "settings": LOF,
    "code": "0123",
    "seed": 0,
    "scored_by": "folds",
    "columns": ["a", "b"],
}
SAME_CLIPS = [out.copy() for out in FOLDS.fitted_to]
SAME_CLIPS[0][np.flatnonzero(SAME_CLIPS[0])[0]] = False
CHANGES = {
    "a value of a training clip": {"train": changed_clip(TRAIN)},
    "a value of a test clip": {"test": changed_clip(TEST)},
    "the order of training clips": {"train": TRAIN[::-1]},
    "a training clip less": {"train": TRAIN[1:]},
    "a test clip less": {"test": TEST[1:]},
    "no test clip": {"test": TEST[:0]},
    "a clip of the test learnt": {"train": np.vstack([TRAIN, TEST[:1]]), "test": TEST[1:]},
    "another precision": {"train": TRAIN.astype(np.float32)},
    "another shape": {"train": TRAIN.reshape(40, 1, 5)},
    "another order in memory": {"train": np.asfortranarray(TRAIN)},
    "frames cut elsewhere": {"train": [TRAIN[:10], TRAIN[10:]]},
    "frames cut at once": {"train": [TRAIN[:20], TRAIN[20:]]},
    "other folds": {"groups": fold_clips(40, folds=5, seed=1)},
    "fewer folds": {"groups": fold_clips(40, folds=4, seed=0)},
    "groups that belong together": {"groups": dataclasses.replace(FOLDS, at_random=False)},
    "other clips to fit to": {"groups": dataclasses.replace(FOLDS, fitted_to=SAME_CLIPS)},
    **{
        f"the setting {key}": {"settings": lof.Settings.model_validate({"method": "lof", **change})}
        for key, change in {
            "n_neighbors": {"n_neighbors": 5},
            "metric": {"n_neighbors": 4, "metric": "cosine"},
            "input": {"n_neighbors": 4, "input": "embedding"},
            "components": {"n_neighbors": 4, "components": 3},
        }.items()
    },
    "another method": {"settings": knn.Settings(method="knn", n_neighbors=4)},
    "a seed of its own": {"settings": fusion.Settings(method="fusion", seed=1)},
    "another seed of its own": {"settings": fusion.Settings(method="fusion", seed=2)},
    "the code": {"code": "0124"},
    "the seed": {"seed": 1},
    "what scores new clips": {"scored_by": "whole"},
    "names of columns": {"settings": FUSION},
    "other names of columns": {"settings": FUSION, "columns": ["a", "c"]},
    "no names of columns": {"settings": FUSION, "columns": None},
    "domains": {"settings": OF_DOMAINS, "domains": ["source"] * 40},
    "other domains": {"settings": OF_DOMAINS, "domains": ["source"] * 39 + ["target"]},
    "no domains": {"settings": OF_DOMAINS},
    "recordings of noise": {"settings": OF_NUISANCE, "supplemental": {"noise": TEST}},
    "the same of the machine": {"settings": OF_NUISANCE, "supplemental": {"clean": TEST}},
    "other recordings": {
        "settings": OF_NUISANCE,
        "supplemental": {"noise": changed_clip(TEST)},
    },
    "no supplemental recordings": {"settings": OF_NUISANCE},
}


def test_whatever_changes_the_fit_has_another_name():
    names = {what: name_of(**{**BEFORE, **change}) for what, change in CHANGES.items()}
    names["nothing"] = name_of(**BEFORE)
    assert len(set(names.values())) == len(names)
    again = {**BEFORE, "train": TRAIN.copy(), "groups": fold_clips(40, folds=5, seed=0)}
    assert name_of(**again) == names["nothing"]
    # what a method does not see of the clips is nothing to it
    unseen = {"columns": None, "domains": ["source"] * 40, "supplemental": {"noise": TEST}}
    assert name_of(**{**BEFORE, **unseen}) == names["nothing"]


def test_the_hash_of_the_code_sees_all_that_a_fit_imports(tmp_path):
    program = (
        "import numpy, pathlib, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from pygoodvibes.detectors.registry import settings_of\n"
        "from pygoodvibes.embeddings.held_out import fold_clips\n"
        "from pygoodvibes.workflow import checksums\n"
        "from pygoodvibes.workflow.fit_store import FitStore\n"
        "method, folder = sys.argv[1], pathlib.Path(sys.argv[2])\n"
        "checksums.start(folder)\n"
        "values = numpy.random.default_rng(0).normal(size=(12, 3))\n"
        "groups = fold_clips(12, folds=2, seed=0)\n"
        "settings = settings_of(method).model_validate({'method': method})\n"
        "for _ in range(2):\n"
        "    FitStore(folder, {method: ''}).detect(values, values, groups, settings, seed=0)\n"
        "assert len(list(folder.glob('*.fit'))) == 1\n"
        "print(*(name for name in sys.modules if name.startswith('pygoodvibes')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "lof", str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) <= set(modules_behind("lof"))


def modules_behind(method):
    return code_hash.modules(pathlib.Path(fit_store.__file__), fit_store.modules_of(method))


def test_no_other_library_makes_the_fits():
    imported = set()
    every = tuple(name for method in METHODS for name in fit_store.modules_of(method))
    for path in code_hash.code_files(pathlib.Path(fit_store.__file__), every):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.partition(".")[0])
    imported -= {*sys.stdlib_module_names, "pygoodvibes"}
    known = {
        top: [name for name in names if name in kept.versions()]
        for top, names in importlib.metadata.packages_distributions().items()
    }
    # they check settings, watch the memory, hash files, read audio, and compile mel frames
    others = {"pydantic", "psutil", "xxhash", "soundfile", "soxr", "llvmlite"}
    assert {top for top in imported if not known.get(top)} <= others


def test_an_edited_module_is_another_fit_for_its_methods_alone():
    behind = {method: modules_behind(method) for method in METHODS}
    for module, methods in {
        "detectors.lof": ["lof"],
        "detectors.gmm": ["gmm"],
        "detectors.fold_fits": METHODS,
        "detectors.sklearn_state": METHODS,
        "detection.fit": METHODS,
        "evaluation.metrics": [],
        "choice.choose": [],
        "workflow.job": [],
    }.items():
        found = [method for method in METHODS if f"pygoodvibes.{module}" in behind[method]]
        assert found == list(methods), module


@pytest.mark.parametrize("damage", ["cut", "altered", "of another fit", "empty"])
def test_a_damaged_file_is_never_taken_and_put_right(damage, cache, caplog):
    def run(settings=LOF):
        return store_in(cache).detect(TRAIN, TEST, FOLDS, settings, seed=0)

    caplog.set_level(logging.WARNING)  # other tests may have asked for more
    made = run()
    [path] = files(cache)
    content = path.read_bytes()
    if damage == "of another fit":
        run(LOF.model_copy(update={"n_neighbors": 2}))
        [other] = set(files(cache)) - {path}
        path.write_bytes(other.read_bytes())
    else:
        altered = content[:200] + bytes([content[200] ^ 1]) + content[201:]
        path.write_bytes({"cut": content[:-9], "altered": altered, "empty": b""}[damage])
    found = run()
    assert np.array_equal(found.test_scores, made.test_scores)
    assert "is made again" in caplog.text
    caplog.clear()
    assert np.array_equal(run().test_scores, made.test_scores)
    assert not caplog.text


def test_kept_fits_are_checked_as_earlier_results_are(cache, tmp_path):
    store_in(cache).detect(TRAIN, TEST, FOLDS, LOF, seed=0)
    [path] = files(cache)
    assert checksums.check_all(tmp_path / "resources", cache) == ([path], [])
    path.write_bytes(b"altered")
    assert checksums.check_all(tmp_path / "resources", cache) == ([path], [path])


def test_what_is_not_used_for_long_is_pruned(cache):
    store = store_in(cache)
    for neighbours in (2, 3):
        settings = lof.Settings(method="lof", n_neighbors=neighbours)
        store.detect(TRAIN, TEST, FOLDS, settings, seed=0)
        for path in files(cache):
            os.utime(path, (1e9, 1e9))
    # the second is used again
    store.detect(TRAIN, TEST, FOLDS, settings, seed=0)
    assert prune(cache, [], keep_days=1)[0] == 1
    [left] = files(cache)
    assert left.stat().st_mtime > 1e9


class OwnLof(LocalOutlierFactor):
    """Of a class that no file can hold."""


class OwnSettings(lof.Settings):
    def build(self, *, n_clips, seed):
        return OwnLof(n_neighbors=4, novelty=True)


def test_nothing_is_kept_of_what_failed_or_no_file_can_hold(cache):
    few = store_in(cache).detect(TRAIN[:2], TEST, fold_clips(2, folds=2, seed=0), LOF, seed=0)
    assert few.estimator is None
    own = store_in(cache).detect(TRAIN, TEST, FOLDS, OwnSettings(method="lof"), seed=0)
    assert np.isfinite(own.test_scores).all()
    assert files(cache) == []


def test_without_a_folder_all_is_fitted():
    found = FitStore(None, {}).detect(TRAIN, TEST, FOLDS, LOF, seed=0)
    alone = detect(TRAIN, TEST, FOLDS, LOF, seed=0)
    assert np.array_equal(found.test_scores, alone.test_scores)


def test_groups_that_are_equal_are_the_same_fit():
    again = Groups(FOLDS.number.copy(), [mask.copy() for mask in FOLDS.fitted_to], at_random=True)
    assert name_of(**{**BEFORE, "groups": again}) == name_of(**BEFORE)

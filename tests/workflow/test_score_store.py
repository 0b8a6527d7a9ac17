"""Scores that are kept: never those of something else, and the same to the last bit."""

import dataclasses
import logging

import numpy as np
import pytest
from sklearn.neighbors import LocalOutlierFactor

from made_machine_ids import DETECTORS, a_type
from pygoodvibes.choice.candidates import Candidates, score_each
from pygoodvibes.choice.choose import choose, scores_of_test_clips
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import combined
from pygoodvibes.detectors.combined import member_scores
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.workflow import checksums, fit_store, score_store
from pygoodvibes.workflow.score_store import ScoreStore, code_of

OWN = a_type()["00"]
CODES = {method: code_of(method) for method in {each["method"] for each in DETECTORS.values()}}
ROWS = (np.arange(20), np.arange(20, 38), np.arange(0))
SEEN = [OWN.inputs(rows, OWN.pcas) for rows in ROWS]


@pytest.fixture
def cache(tmp_path):
    folder = tmp_path / "cache"
    checksums.start(folder)
    return folder


@pytest.fixture
def nothing_is_scored(monkeypatch):
    """Return a function from whose call on a score fails the test."""

    def from_now_on():
        refuse = dict.fromkeys(score_store.FUNCTIONS)
        for name in refuse:
            refuse[name] = refusing(name)
        monkeypatch.setattr(score_store, "FUNCTIONS", refuse)
        return refuse

    return from_now_on


def refusing(name):
    def refuse(*_):
        pytest.fail("scored again")

    refuse.__name__ = name
    return refuse


def seen_by(name, seen=None):
    return [inputs.seen_by(DETECTORS[name]) for inputs in seen or SEEN]


def files(cache):
    return sorted(cache.glob("*.scored"))


@pytest.mark.parametrize("name", [name for name, each in OWN.estimators.items() if each])
def test_kept_scores_are_the_scores_to_the_last_bit(name, cache, nothing_is_scored):
    functions = ["anomaly_score"] + ["member_scores"] * hasattr(OWN.estimators[name], "held_out_")
    arguments = (DETECTORS[name]["method"], OWN.estimators[name], seen_by(name))
    expected = {each: score_each(score_store.FUNCTIONS[each], *arguments) for each in functions}
    made = {
        each: ScoreStore(cache, CODES).scores(score_store.FUNCTIONS[each], *arguments)
        for each in functions
    }
    assert len(files(cache)) == len(functions)
    refuse = nothing_is_scored()
    for each in functions:
        kept = ScoreStore(cache, CODES).scores(refuse[each], *arguments)
        for group in range(len(ROWS)):
            assert np.array_equal(made[each][group], expected[each][group])
            assert np.array_equal(kept[group], expected[each][group])
            assert kept[group].dtype == expected[each][group].dtype


def test_whatever_changes_the_scores_is_scored_again(cache):
    def new(function=anomaly_score, name="knn", estimator=None, seen=None, codes=CODES):
        before = len(files(cache))
        fitted = OWN.estimators[name] if estimator is None else estimator
        method = DETECTORS[name]["method"]
        ScoreStore(cache, codes).scores(function, method, fitted, seen or seen_by(name))
        return len(files(cache)) - before

    assert new() == 1
    assert new() == 0
    # another fit, other clips, other groups of the same clips, another code, another function
    assert new(estimator=a_type()["02"].estimators["knn"]) == 1
    assert new(seen=seen_by("knn")[:2]) == 1
    assert new(seen=[*seen_by("knn")[1:], *seen_by("knn")[:1]]) == 1
    altered = [each.copy() for each in seen_by("knn")]
    altered[0].flat[0] += 1e-6
    assert new(seen=altered) == 1
    assert new(codes={**CODES, "knn": "another"}) == 1
    assert new(codes={**CODES, "lof": "another"}) == 0
    assert new(name="fusion") == 1
    assert new(member_scores, name="fusion") == 1
    assert new() == 0


def test_the_choice_scores_only_with_what_has_changed(cache):
    ids = a_type()
    options = {"default": "fusion", "indicator": "stand_in_auc", "top": 2, "keep_fixed": False}
    options |= {"steadiness": 0.5, "leave_out": [], "members": True, "sample": 20}
    options |= {"max_fpr": 0.1, "seed": 0}
    before = choose("fan", ids, "00", DETECTORS, **options)
    store = ScoreStore(cache, CODES).scores
    assert repr(choose("fan", ids, "00", DETECTORS, score_with=store, **options)) == repr(before)
    count = len(files(cache))
    candidates = Candidates.of(ids["00"], DETECTORS, leave_out=[], members=True)
    assert count == len(candidates.whole)
    assert repr(choose("fan", ids, "00", DETECTORS, score_with=store, **options)) == repr(before)
    assert len(files(cache)) == count
    changed = {**ids["00"].estimators, "knn": ids["02"].estimators["knn"]}
    ids["00"] = dataclasses.replace(ids["00"], estimators=changed)
    choose("fan", ids, "00", DETECTORS, score_with=store, **options)
    assert len(files(cache)) == count + 1


def test_the_job_that_fits_keeps_what_the_choice_asks_for(cache, tmp_path, monkeypatch):
    own = a_type()["00"].embedded
    fits = {each["method"]: fit_store.code_of(each["method"]) for each in DETECTORS.values()}
    options = {"n_components": "all", "standardize": True, "whiten": False, "residual": True}
    projected = project_vectors(own, fold_clips(30, folds=5, seed=0), **options)
    store = ScoreStore(cache, CODES)
    detect_with = fit_store.FitStore(cache, fits, store.keep).detect
    results = detect_clips(own, projected, DETECTORS, seed=0, detect_with=detect_with)
    plain = detect_clips(own, projected, DETECTORS, seed=0)
    for name, each in results.items():
        assert np.array_equal(each.test_scores, plain[name].test_scores)
    assert len(files(cache)) == 1
    # as the choice reads the detectors, and with the scores of the same clips
    estimators = {name: each.estimator for name, each in results.items()}
    serialization.save(tmp_path / "00.fitted", estimators)
    scores = {name: dict.fromkeys(zip(own.split, own.clip, strict=True), 0.0) for name in DETECTORS}
    this_id = dataclasses.replace(
        OWN, estimators=serialization.load(tmp_path / "00.fitted"), scores=scores
    )
    expected = scores_of_test_clips(this_id, DETECTORS, leave_out=[], members=True)
    monkeypatch.setattr(combined, "member_scores", refusing("member_scores"))
    monkeypatch.setattr(score_store, "FUNCTIONS", {"member_scores": combined.member_scores})
    kept = scores_of_test_clips(
        this_id, DETECTORS, leave_out=[], members=True, score_with=store.scores
    )
    assert kept.keys() == expected.keys() and len(kept) > len(DETECTORS)
    for name, values in expected.items():
        assert np.array_equal(kept[name], values, equal_nan=True), name


@pytest.mark.parametrize("damage", ["cut", "altered", "of others", "empty"])
def test_a_damaged_file_is_never_taken_and_put_right(damage, cache, caplog):
    def run(name="knn"):
        arguments = (DETECTORS[name]["method"], OWN.estimators[name], seen_by(name))
        return ScoreStore(cache, CODES).scores(anomaly_score, *arguments)

    caplog.set_level(logging.WARNING)
    made = run()
    [path] = files(cache)
    content = path.read_bytes()
    if damage == "of others":
        run("fusion")
        [other] = set(files(cache)) - {path}
        path.write_bytes(other.read_bytes())
    else:
        altered = content[:200] + bytes([content[200] ^ 1]) + content[201:]
        path.write_bytes({"cut": content[:-9], "altered": altered, "empty": b""}[damage])
    assert all(map(np.array_equal, run(), made))
    assert "is made again" in caplog.text
    caplog.clear()
    assert all(map(np.array_equal, run(), made))
    assert not caplog.text


class OwnLof(LocalOutlierFactor):
    """Of a class that no file can hold."""


def test_what_no_file_can_hold_and_without_a_folder_all_is_scored(cache):
    values = SEEN[0].embedding
    own = OwnLof(n_neighbors=4, novelty=True).fit(values)
    for folder in (cache, None):
        [scores] = ScoreStore(folder, CODES).scores(anomaly_score, "lof", own, [values])
        assert np.array_equal(scores, anomaly_score(own, values))
    assert files(cache) == []

import collections
import itertools

import numpy as np
import pytest

import own_machine
from pygoodvibes.detection.held_out_windows import deal, group_windows, others
from pygoodvibes.monitoring.fit_folder import fit_folder
from pygoodvibes.monitoring.score_clip import features


def folds_of(counts, folds=5):
    names = [name for name, count in counts.items() for _ in range(count)]
    fold, stretched = deal(names, folds=folds)
    return names, fold, stretched


def test_windows_of_a_recording_are_held_out_together():
    names, fold, stretched = folds_of({f"r{n}": n % 4 + 1 for n in range(12)})
    assert stretched == [] and set(fold) == set(range(5))
    for name in set(names):
        assert len({f for n, f in zip(names, fold, strict=True) if n == name}) == 1
    sizes = collections.Counter(fold.tolist()).values()
    assert max(sizes) - min(sizes) <= 2


def test_three_recordings_are_three_folds():
    _, fold, stretched = folds_of({"a": 4, "b": 4, "c": 4})
    assert stretched == [] and collections.Counter(fold.tolist()) == {0: 4, 1: 4, 2: 4}


def test_a_recording_that_is_most_of_all_is_held_out_in_stretches_of_time():
    names, fold, stretched = folds_of({"night": 20, "short": 2})
    assert stretched == ["night"] and set(fold) == set(range(5))
    night = [int(f) for n, f in zip(names, fold, strict=True) if n == "night"]
    # each fold has one stretch of it
    assert sum(one != other for one, other in itertools.pairwise(night)) == 4
    assert collections.Counter(fold.tolist()).most_common(1)[0][1] <= 6


def test_no_more_folds_than_windows():
    assert folds_of({"a": 3})[1].tolist() == [0, 1, 2]


def test_a_fit_hears_nothing_of_a_window_that_overlaps_with_one_held_out():
    fold = np.array([0, 0, 1, 1, 1])
    start = np.array([0, 5, 10, 15, 0])
    recording = ["a", "a", "a", "a", "b"]
    kept = others(fold, 0, recording, start, 10)
    assert kept.tolist() == [False, False, False, True, True]
    kept = others(fold, 1, recording, start, 5)
    assert kept.tolist() == [True, True, False, False, False]


def test_windows_are_grouped_by_recording_and_hear_no_overlap():
    recording = [name for name in "abcd" for _ in range(5)]
    start = np.tile(np.arange(0, 25, 5), 4)
    groups, stretched = group_windows(recording, start, size=10, folds=5)
    assert stretched == [] and len(groups) == 4 and not groups.at_random
    for number, fitted_to in enumerate(groups.fitted_to):
        assert np.array_equal(fitted_to, groups.number != number)
    groups, stretched = group_windows(["a"] * 20, np.arange(0, 100, 5), size=10, folds=5)
    assert stretched == ["a"]
    for number, fitted_to in enumerate(groups.fitted_to):
        expected = others(groups.number, number, ["a"] * 20, np.arange(0, 100, 5), 10)
        assert np.array_equal(fitted_to, expected) and fitted_to.sum() >= 14


def test_too_few_other_windows_are_nothing_to_fit_to():
    groups, _ = group_windows(["a", "b", "c"], np.zeros(3, int), size=10, folds=5)
    assert [fitted_to.tolist() for fitted_to in groups.fitted_to] == [[False] * 3] * 3
    groups, _ = group_windows(["a", "b", "c", "d"], np.zeros(4, int), size=10, folds=5)
    assert [fitted_to.sum() for fitted_to in groups.fitted_to] == [3] * 4


@pytest.mark.parametrize("detector", ["fusion", "knn", "local_density"])
def test_held_out_scores_know_nothing_of_their_recording(tmp_path, detector):
    """One recording with a hum of its own: a fit that has heard a part of it finds it normal."""
    folder = own_machine.healthy(tmp_path / "pump", 9, seconds=4.0)
    own_machine.write(folder / "other.wav", 50, seconds=4.0, whistle=0.05)
    fit = own_machine.fit(folder, detectors=detector, window=1.0)
    names = [row["path"] for row in fit.rows]
    scores = fit.model.held_out[detector]
    odd = np.array([name == "other.wav" for name in names])
    assert odd.sum() == 4 and scores[odd].min() > scores[~odd].max()


def test_scores_are_those_of_a_fit_without_the_recording(tmp_path):
    """knn has no parts, and sees the embedding: its scores can be had by hand."""
    content = {
        "detectors": {"knn": {"method": "knn", "input": "embedding"}},
        "held_out": {"scored_by": "whole"},
    }
    folder = own_machine.healthy(tmp_path / "pump", 5, seconds=3.0)
    fit = own_machine.fit(folder, content, window=1.0)
    (folder / "002.wav").rename(tmp_path / "002.wav")
    without = own_machine.fit(folder, content, window=1.0).model
    expected = own_machine.window_scores(without, tmp_path / "002.wav")
    out = np.array([row["path"] == "002.wav" for row in fit.rows])
    found = fit.model.held_out["knn"][out].tolist()
    assert found == pytest.approx(expected, rel=1e-9) and len(expected) == 3


def test_detectors_that_hold_out_folds_themselves_do_so_within_other_recordings(tmp_path):
    folder = own_machine.healthy(tmp_path / "pump", 5, seconds=3.0)
    fit = own_machine.fit(folder, window=1.0)
    samples = own_machine.read(folder / "002.wav").astype(np.float32)
    seen = [
        features(samples[start : start + own_machine.RATE], fit.model.settings)[1]
        for start in range(0, len(samples), own_machine.RATE)
    ]
    out = np.array([row["path"] == "002.wav" for row in fit.rows])
    expected = fit.model.held_out["fusion"][out]
    scores = [-part.score_samples(np.stack(seen)) for part in fit.model.estimators["fusion"].fits]
    # one of the fits has not heard the recording
    assert sum(np.allclose(of_fit, expected, rtol=1e-6) for of_fit in scores) == 1


def test_the_same_recordings_give_the_same_bytes(tmp_path):
    from pygoodvibes.models.machine_model import dumps

    folder = own_machine.healthy(tmp_path / "pump", 6, seconds=3.0)
    one, two = (
        fit_folder(folder, own_machine.SMALL, window=1.0, hop=0.5, jobs=jobs).model
        for jobs in (1, 2)
    )
    assert dumps(one) == dumps(two)

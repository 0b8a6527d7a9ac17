import json

import numpy as np
import pytest

from pygoodvibes.choice.result import COLUMNS, read_choice
from pygoodvibes.detectors.combined import Chosen, Part, list_scored, mean_of, member_scores
from pygoodvibes.detectors.fusion import Fusion
from pygoodvibes.util.csv_files import write_records


def test_it_is_listed_first_where_it_is_the_default():
    assert list_scored("choice", ["a", "b"]) == ["choice", "a", "b"]
    for other in ("a", None):
        assert list_scored(other, {"a": {}, "b": {}}) == ["a", "b"]


def test_a_part_is_known_by_the_name_of_its_candidate():
    assert Part.of("fusion: mean, whiten", 1, 2) == Part("fusion", "mean, whiten", 1, 2)
    assert Part.of("lof_4", 0, 1) == Part("lof_4", "", 0, 1)
    assert Part.of("a", 3, 2).in_units(np.array([3.0, 7.0])).tolist() == [0, 2]


def test_detectors_are_needed_once_each():
    parts = [Part.of(name, 0, 1) for name in ("b: x", "a", "b: y", "b")]
    assert Chosen(parts).detectors == ["b", "a"]


@pytest.mark.parametrize("count", [1, 2, 3, 9, 17])
def test_means_do_not_depend_on_how_many_clips_come_at_once(count):
    scores = list(np.random.default_rng(count).normal(size=(count, 40)))
    whole = mean_of(scores)
    assert np.allclose(whole, np.mean(scores, axis=0))
    for clip in range(40):
        assert mean_of([each[clip : clip + 1] for each in scores])[0] == whole[clip]


def test_members_score_a_clip_alone_as_among_others():
    rng = np.random.default_rng(0)
    fusion = Fusion(n_neighbors=3).fit(rng.normal(size=(30, 70)))
    clips = rng.normal(size=(21, 70))
    whole = member_scores(fusion, clips)
    assert whole.shape == (21, len(fusion.member_names))
    assert np.allclose(whole, fusion.member_scores(clips))
    for number in range(21):
        alone = member_scores(fusion, clips[number : number + 1])
        assert np.array_equal(alone[0], whole[number])
    assert member_scores(fusion, clips[:0]).shape == (0, len(fusion.member_names))


def files_of(tmp_path, **changes):
    document = {
        "machine": "fan",
        "id": "02",
        "chosen": ["lof", "fusion: mean, whiten"],
        "reason": "x 2.00, 1.00, the highest of 3 candidates; fusion has 0.50",
        "parts": [
            {"detector": "lof", "member": "", "centre": 0.1, "scatter": 0.3},
            {"detector": "fusion", "member": "mean, whiten", "centre": 0.0, "scatter": 1 / 3},
        ],
    }
    other = {**document, "id": "00", "chosen": ["other"], "parts": []}
    documents = [other, {**document, **changes}]
    (tmp_path / "fan.json").write_text(json.dumps(documents))
    rows = [("00", "a", "train", "9"), ("02", "a", "train", "0.5"), ("02", "a", "test", "")]
    records = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    write_records(tmp_path / "fan.csv", records, COLUMNS)
    return tmp_path / "fan.json", tmp_path / "fan.csv"


def test_the_choice_of_a_machine_id_is_read_from_the_files_of_its_type(tmp_path):
    found = read_choice(*files_of(tmp_path), "02")
    assert found.chosen == Chosen(
        [Part("lof", "", 0.1, 0.3), Part("fusion", "mean, whiten", 0.0, 1 / 3)]
    )
    assert found.scores.keys() == {("train", "a"), ("test", "a")}
    assert found.scores["train", "a"] == 0.5 and np.isnan(found.scores["test", "a"])
    # one note: notes are told apart by their semicolons
    assert found.notes == [
        "chosen: lof + fusion: mean, whiten (x 2.00, 1.00, the highest of 3 candidates, fusion has "
        "0.50)"
    ]


def test_where_nothing_was_fitted_there_is_no_detector_but_a_reason(tmp_path):
    files = files_of(tmp_path, parts=[], chosen=[], reason="no candidate was fitted")
    found = read_choice(*files, "02")
    assert found.chosen is None
    assert found.notes == ["not fitted: no candidate was fitted"]

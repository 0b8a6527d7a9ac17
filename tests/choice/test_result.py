import json
import math

import pytest

from pygoodvibes.choice.result import COLUMNS, parts_of, read_choice, read_documents
from pygoodvibes.detectors.combined import Part
from pygoodvibes.util.csv_files import write_records

PART = {"detector": "fusion", "member": "mean", "centre": 2.0, "scatter": 0.5}


@pytest.fixture
def files(tmp_path):
    """The files of a machine type with two IDs; nothing could be fitted for the second."""
    documents = [
        {"id": "00", "parts": [PART], "chosen": ["fusion: mean"], "reason": "far; beside knn"},
        {"id": "02", "parts": [], "chosen": [], "reason": "0 clips; no detector"},
    ]
    (tmp_path / "fan.json").write_text(json.dumps(documents))
    rows = [
        {"id": "00", "clip": "a.wav", "split": "train", "score": "0.5"},
        {"id": "00", "clip": "a.wav", "split": "test", "score": "1.25"},
        {"id": "02", "clip": "b.wav", "split": "test", "score": ""},
    ]
    write_records(tmp_path / "fan.csv", rows, COLUMNS)
    return tmp_path / "fan.json", tmp_path / "fan.csv"


def test_each_machine_id_has_its_document(files):
    documents = read_documents(files[0])
    assert list(documents) == ["00", "02"]
    assert parts_of(documents["00"]) == [Part(**PART)] and parts_of(documents["02"]) == []


def test_the_choice_of_an_id_has_its_own_scores_and_one_note(files):
    choice = read_choice(*files, "00")
    assert choice.chosen.parts == [Part(**PART)]
    assert choice.scores == {("train", "a.wav"): 0.5, ("test", "a.wav"): 1.25}
    # the table of machine IDs takes notes apart at semicolons
    assert [str(note) for note in choice.notes] == ["chosen: fusion: mean (far, beside knn)"]


def test_where_nothing_was_fitted_nothing_is_chosen_and_the_note_says_why(files):
    choice = read_choice(*files, "02")
    assert choice.chosen is None
    assert math.isnan(choice.scores["test", "b.wav"])
    assert [str(note) for note in choice.notes] == ["not fitted: 0 clips, no detector"]

import re

import pytest

from pygoodvibes.evaluation.representation import (
    CLASSIFIERS,
    COLUMNS,
    CONFUSION_COLUMNS,
    LABELS,
    TARGETS,
)
from pygoodvibes.report import representation_tables
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.csv_files import read_records, write_records

IDS = [("fan", "00"), ("fan", "02"), ("pump", "00")]
COUNTS = {
    "normal": [[9, 1, 0], [0, 10, 0], [0, 0, 10]],
    "anomaly": [[2, 3, 5], [0, 0, 0], [0, 0, 4]],
}


def accuracies(**changes):
    """Return rows whose accuracies differ in each cell."""
    rows = []
    for classifier in CLASSIFIERS:
        for target in TARGETS:
            for label in LABELS:
                value = 0.5 + len(rows) / 100
                row = {"classifier": classifier, "target": target, "label": label}
                row |= {
                    "accuracy": value,
                    "accuracy_low": value - 0.1,
                    "accuracy_high": value + 0.1,
                }
                row |= {"chance": 0.25, "n_ids": 3, "n_clips": 30, "n_train": 77, "note": ""}
                rows.append({**row, **changes})
    return rows


def confusion():
    return [
        {
            "classifier": classifier,
            "label": label,
            "machine": machine,
            "id": machine_id,
            "recognised_machine": IDS[named][0],
            "recognised_id": IDS[named][1],
            "clips": COUNTS[label][place][named],
        }
        for classifier in CLASSIFIERS
        for label in LABELS
        for place, (machine, machine_id) in enumerate(IDS)
        for named in range(3)
        if COUNTS[label][place][named] or named == place
    ]


def table(rows):
    return representation_tables.accuracy_table(rows, confidence=0.9, data="made up")


def test_accuracies_stand_beside_each_other_with_their_intervals():
    found = table(accuracies())
    assert found.columns[2:] == ["Test, normal", "Test, anomalous", "Chance"]
    assert [row[:2] for row in found.rows] == [
        ["SVM", "machine type"],
        ["SVM", "machine ID"],
        ["kNN", "machine type"],
        ["kNN", "machine ID"],
    ]
    assert found.rows[1][2:] == ["52.0 [42.0, 62.0]", "53.0 [43.0, 63.0]", "25.0"]
    assert "made up" in found.title
    text = " ".join(found.notes)
    assert "90 % interval" in text and "77 normal training clips" in text and "4000" in text


def test_what_is_missing_is_a_dash_and_a_sentence():
    rows = accuracies()
    for row in rows:
        if row["label"] == "anomaly":
            row |= {"accuracy": "", "accuracy_low": "", "accuracy_high": ""}
            row["note"] = "no anomalous test clips"
    found = table(rows)
    assert [row[3] for row in found.rows] == [NOTHING] * 4
    # once, not for each row
    assert [note for note in found.notes if "test clips." in note] == ["No anomalous test clips."]


def test_of_several_sentences_each_is_said_once():
    found = table(accuracies(note="no normal test clips; left out, fewer than 5 training clips: a"))
    assert found.notes[-2:] == [
        "No normal test clips.",
        "Left out, fewer than 5 training clips: a.",
    ]


def test_where_nothing_was_learnt_no_table_says_how():
    found = table(accuracies(n_train=0, note="there are no two machine IDs"))
    assert "Learnt from" not in " ".join(found.notes)
    assert found.notes[-1] == "There are no two machine IDs."


def test_each_machine_id_says_how_much_of_it_is_recognised_and_what_the_rest_is_taken_for():
    found = representation_tables.recognised_ids(confusion(), "svm")
    assert [(row["machine"], row["id"]) for row in found] == IDS
    assert [row["normal"] for row in found] == [0.9, 1.0, 1.0]
    assert (found[0]["anomaly"], found[0]["taken_for"]) == (0.2, ("pump", "00"))
    # without a clip, and without a wrong one
    assert found[1]["anomaly"] != found[1]["anomaly"] and found[1]["taken_for"] is None
    assert (found[2]["anomaly"], found[2]["taken_for"]) == (1.0, None)
    shown = representation_tables.ids_table(confusion(), "svm", data="made up")
    assert shown.rows[0] == ["fan", "00", "90.0", "20.0", "pump ID 00"]
    assert shown.rows[1] == ["fan", "02", "100.0", NOTHING, NOTHING]


@pytest.mark.parametrize("with_pairs", [True, False])
def test_tables_are_written_beside_the_numbers(tmp_path, with_pairs):
    write_records(tmp_path / "a.csv", accuracies(), COLUMNS)
    write_records(tmp_path / "c.csv", confusion() if with_pairs else [], CONFUSION_COLUMNS)
    outputs = {name: tmp_path / f"{name}.out" for name in ("table", "csv", "confusion")}
    representation_tables.write_representation(
        accuracies=tmp_path / "a.csv",
        confusion=tmp_path / "c.csv",
        outputs=outputs,
        confidence=0.95,
        data="made up",
    )
    text = outputs["table"].read_text()
    assert re.findall("^## (.*)$", text, re.MULTILINE) == [
        "Can machines be told apart? (made up)",
        *(["Which machines are recognised (made up)"] if with_pairs else []),
    ]
    assert read_records(outputs["csv"]) == read_records(tmp_path / "a.csv")
    assert read_records(outputs["confusion"]) == read_records(tmp_path / "c.csv")


def test_sections_are_called_so():
    rows = [
        row | {"target": row["target"].replace("machine ID", "section")} for row in accuracies()
    ]
    found = table(rows)
    assert [row[1] for row in found.rows] == ["machine type", "section"] * 2
    assert not re.search(r"\bIDs?\b", " ".join(found.notes))
    ids = representation_tables.ids_table(confusion(), "svm", data="made up", unit="section")
    assert ids.columns[1] == "Section" and ids.rows[0][-1] == "pump section 00"
    assert not re.search(r"\bIDs?\b", " ".join(ids.notes))

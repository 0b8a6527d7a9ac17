import re

import numpy as np
import pytest

from made_scores import SHIFT, rows
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.compare_detectors import group_scores
from pygoodvibes.report.detector_comparison import compare_detectors, comparison_tables, fault_table
from pygoodvibes.util.csv_files import write_records

OPTIONS = {"max_fpr": 0.1, "resamples": 200, "confidence": 0.95, "seed": 1, "data": "made up"}


def cells(table, name, column):
    row = next(row for row in table.rows if row[0] == name)
    return [float(part) for part in re.findall(r"-?\d+\.\d", row[table.columns.index(column)])]


def test_intervals_hold_the_value_and_a_clear_difference_is_above_zero():
    auc, pauc, paired = comparison_tables(group_scores(rows()), list(SHIFT), **OPTIONS)
    for table in (auc, pauc):
        for name in SHIFT:
            value, low, high = cells(table, name, "mean of types")
            assert low <= value <= high
    gain, low, high = cells(paired, "blind", "fan")
    assert 0 < low < gain < high
    direct = cells(auc, "good", "fan")[0] - cells(auc, "blind", "fan")[0]
    assert gain == pytest.approx(direct, abs=0.11)


def test_paired_intervals_are_narrower_than_unpaired_ones():
    auc, _, paired = comparison_tables(group_scores(rows()), ["fair", "blind"], **OPTIONS)
    _, low, high = cells(paired, "blind", "fan")
    widths = [cells(auc, name, "fan") for name in ("fair", "blind")]
    assert high - low < np.hypot(*(each[2] - each[1] for each in widths))


def test_the_oracle_takes_the_best_by_the_labels_and_says_so():
    auc, *_ = comparison_tables(group_scores(rows()), ["blind", "fair", "good"], **OPTIONS)
    assert cells(auc, "oracle (by test labels)", "pump") == cells(auc, "good", "pump")
    assert any("is no method" in note and "pump: good" in note for note in auc.notes)


def test_the_oracle_is_one_of_the_detectors_and_not_what_was_made_of_them():
    renamed = [
        {**row, "detector": {"good": "choice"}.get(row["detector"], row["detector"])}
        for row in rows()
    ]
    names = ["choice", "blind", "fair"]
    auc, *_, paired = comparison_tables(group_scores(renamed), names, **OPTIONS)
    assert cells(auc, "oracle (by test labels)", "pump") == cells(auc, "fair", "pump")
    assert cells(auc, "choice", "pump")[0] > cells(auc, "fair", "pump")[0]
    assert any("pump: fair" in note for note in auc.notes)
    assert any("may lie above it" in note for note in auc.notes)
    assert paired.title.startswith("choice against the others")


def test_detectors_without_any_score_are_named():
    auc, *_ = comparison_tables(group_scores(rows()), ["good", "absent"], **OPTIONS)
    assert [row[0] for row in auc.rows] == ["good", "oracle (by test labels)"]
    assert any("absent" in note for note in auc.notes)
    [nothing] = comparison_tables({}, ["good"], **OPTIONS)
    assert not nothing.rows
    assert "No machine ID" in nothing.notes[0]


def test_published_results_stand_in_columns_of_their_own():
    references = [
        {"name": name, "machine": machine, "id": machine_id, "auc": auc, "pauc": auc, "source": "s"}
        for name, machine, machine_id, auc in (
            ("paper", "fan", "00", "0.5"),
            ("paper", "fan", "02", "0.7"),
            ("paper", "fan", "04", "0.9"),
            ("paper", "pump", "00", "0.8"),
            ("other", "pump", "", "0.3"),
        )
    ]
    grouped = group_scores(rows())
    auc, _, _, beside = comparison_tables(grouped, list(SHIFT), references=references, **OPTIONS)
    found = {row[0]: dict(zip(beside.columns, row, strict=True)) for row in beside.rows}
    assert list(found) == ["fan", "pump", "mean of types"]
    # fan 04 was published too, but our mean is that of 00 and 02
    assert found["fan"]["published: paper"] == "60.0 / 60.0"
    assert found["mean of types"]["published: paper"] == "70.0 / 70.0"
    assert found["pump"]["published: other"] == "30.0 / 30.0"
    assert [row["IDs"] for row in found.values()] == ["2", "1", "3"]
    for machine, row in found.items():
        for name in SHIFT:
            assert float(row[name].split(" / ")[0]) == cells(auc, name, machine)[0]
    assert "Published, paper: s." in beside.notes


def truth():
    return [
        {
            "machine": machine,
            "id": machine_id,
            "split": "test",
            "clip": f"{number:03d}.wav",
            "fault": "" if number < 40 else ("knock" if number % 2 else "hum"),
            "severity": "0.0" if number < 40 else "0.5",
        }
        for machine, machine_id in (("fan", "00"), ("fan", "02"), ("pump", "00"))
        for number in range(80)
    ]


def test_faults_are_measured_against_the_normal_clips_of_their_machine_id():
    table = fault_table(rows(), truth(), list(SHIFT), data="made up")
    assert [row[:4] for row in table.rows] == [
        ["fan", "hum", "0.5", "40"],
        ["fan", "knock", "0.5", "40"],
        ["pump", "hum", "0.5", "20"],
        ["pump", "knock", "0.5", "20"],
    ]
    anomalous, scores = group_scores(rows())["pump", "00"]["fair"]
    kept = np.flatnonzero(~anomalous | (np.arange(80) % 2 == 1))
    expected = metrics.auc(anomalous[kept], scores[kept])
    assert table.rows[3][5] == f"{100 * expected:.1f}"


def test_the_comparison_is_written_and_the_same_again(tmp_path):
    write_records(tmp_path / "scores.csv", rows(), list(rows()[0]))
    write_records(tmp_path / "faults.csv", truth(), list(truth()[0]))
    (tmp_path / "lead.md").write_text("## Three numbers\n\n- A note.\n")
    for name in ("a.md", "b.md"):
        compare_detectors(
            scores=tmp_path / "scores.csv",
            faults=[tmp_path / "faults.csv"],
            lead=tmp_path / "lead.md",
            output=tmp_path / name,
            detectors=list(SHIFT),
            **OPTIONS,
        )
    text = (tmp_path / "a.md").read_text()
    assert text == (tmp_path / "b.md").read_text()
    assert re.findall("^## (.*)", text, flags=re.MULTILINE) == [
        "Three numbers",
        "AUC in % with intervals (made up)",
        "pAUC in % with intervals (made up)",
        "good against the others, paired (made up)",
        "AUC by fault and severity (made up)",
    ]

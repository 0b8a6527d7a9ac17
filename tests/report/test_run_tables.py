from published_references import REFERENCES, published
from pygoodvibes.data.manifest import COLUMNS as MANIFEST_COLUMNS
from pygoodvibes.data.manifest import COVERAGE_COLUMNS
from pygoodvibes.data.supplemental import STATUS
from pygoodvibes.evaluation import averages as evaluation_averages
from pygoodvibes.evaluation.averages import AVERAGE_COLUMNS, AVERAGED
from pygoodvibes.evaluation.evaluate import COLUMNS
from pygoodvibes.report.run_tables import (
    averages_table,
    clips_table,
    machine_ids_table,
    thresholds_table,
    write_tables,
)
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.csv_files import write_records


def metric_row(machine, machine_id, detector, auc, **more):
    given = {"machine": machine, "id": machine_id, "detector": detector}
    names = ("auc", "pauc", "sensitivity", "specificity", "precision", "recall", "f1")
    given |= dict.fromkeys(names, auc) | {"threshold": "1.5", "explained_variance": "0.99"}
    given |= {"n_train": "60", "n_test_normal": "25", "n_test_anomaly": "20", "n_components": "7"}
    return {**dict.fromkeys(COLUMNS, ""), **given, **more}


METRICS = [
    metric_row("fan", "00", "knn", "0.8", auc_low="0.7", auc_high="0.9"),
    metric_row("fan", "00", "lof", "0.9", note="lowered; few"),
    metric_row("fan", "02", "knn", "", threshold="", note="no detector"),
    metric_row("fan", "02", "lof", "", threshold="", note="no detector; few"),
    metric_row("pump", "00", "knn", "0.6"),
    metric_row("pump", "00", "lof", "0.5"),
]


def averages():
    numbers = [{**row, **{key: float(row[key] or "nan") for key in AVERAGED}} for row in METRICS]
    return evaluation_averages.averages(numbers)


def by_first(table):
    return {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}


def test_averages_beside_what_was_published():
    table = averages_table(averages(), REFERENCES, data="test data", max_fpr=0.1)
    assert table.title == "AUC and pAUC (test data)"
    rows = by_first(table)
    assert list(rows) == ["knn", "lof", "base"]
    assert rows["knn"]["fan"] == "80.0 / 80.0"
    assert rows["knn"]["mean of types"] == "70.0 / 70.0"
    assert rows["lof"]["mean of IDs"] == "70.0 / 70.0"
    assert rows["lof"]["harmonic mean of IDs"].startswith("64.3")
    assert rows["base"]["fan"] == "64.0 / 52.0"
    assert rows["base"]["pump"] == f"30.0 / {NOTHING}"
    assert rows["base"]["mean of types"] == f"47.0 / {NOTHING}"
    assert "base: paper." in table.notes
    assert any("McClish" in note for note in table.notes)


def test_averages_of_nothing_are_an_empty_table():
    table = averages_table([], [], data="test data", max_fpr=0.1)
    assert table.rows == []
    assert "mean of types" in table.markdown()


def test_machine_ids_with_intervals_notes_and_what_was_published():
    table = machine_ids_table(METRICS, REFERENCES, data="test data", confidence=0.95)
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["Machine"], row["ID"]) for row in rows] == [
        ("fan", "00"),
        ("fan", "02"),
        ("pump", "00"),
    ]
    assert rows[0]["knn"] == "80.0 [70.0, 90.0] / 80.0"
    assert rows[0]["lof"] == "90.0 / 90.0"
    assert rows[0]["base"] == "54.0 / 49.0"
    assert rows[0]["Train"] == "60"
    assert rows[1]["lof"] == NOTHING
    assert rows[1]["Note"] == "no detector; few"


def test_decisions_at_the_threshold():
    table = thresholds_table(METRICS, data="test data", false_alarm_rates={"knn": 0.1, "lof": 0.05})
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    assert [(row["Machine"], row["Detector"]) for row in rows] == [
        ("fan", "knn"),
        ("fan", "lof"),
        ("pump", "knn"),
        ("pump", "lof"),
    ]
    assert rows[1]["False alarms expected"] == "5.0"
    assert rows[1]["False alarms found"] == "10.0"
    assert rows[1]["Sensitivity"] == "90.0"
    assert rows[1]["Variance kept"] == "99.0"
    assert "Caution" not in table.columns


def test_a_caution_stands_beside_the_rates_of_its_threshold():
    rows = [metric_row("fan", "00", "knn", "0.8", caution="of 8 clips"), *METRICS[1:]]
    table = thresholds_table(rows, data="test data", false_alarm_rates={"knn": 0.1, "lof": 0.05})
    assert table.columns[-1] == "Caution"
    assert [row[-1] for row in table.rows] == ["of 8 clips", "", "", ""]
    assert table.notes[-1].startswith("Caution: why not to trust")


def test_clips_that_are_left_out_are_named():
    entry = {**dict.fromkeys(COVERAGE_COLUMNS, "3"), "machine": "fan", "id": "00", "note": "few"}
    row = {**dict.fromkeys(MANIFEST_COLUMNS, ""), "path": "fan/a.wav", "status": "truncated"}
    ok = {**row, "status": "ok"}
    table = clips_table([entry], [row] * 22 + [ok] * 3, data="test data")
    assert table.rows == [["fan", "00", "3", "3", "3", "3", "3", "3", "few"]]
    assert table.notes[0].startswith("25 clips in the manifest, 22 of them left out")
    assert table.notes.count("fan/a.wav: left out, truncated.") == 20
    assert table.notes[-1] == "and 2 more."
    assert not any("same recording" in note for note in table.notes)
    copy = {**row, "status": "the same recording as fan/b.wav"}
    notes = clips_table([entry], [row, copy, copy], data="test data").notes
    assert notes[1] == "2 of these are the same recordings as others, which are used once."
    assert notes[-1] == "fan/a.wav: left out, the same recording as fan/b.wav."


def test_supplemental_recordings_are_counted_apart_from_what_is_left_out():
    entry = {**dict.fromkeys(COVERAGE_COLUMNS, "3"), "machine": "fan", "id": "00"}
    row = {**dict.fromkeys(MANIFEST_COLUMNS, ""), "path": "fan/a.wav", "status": "truncated"}
    rows = [row, {**row, "status": "ok"}, *[{**row, "status": STATUS["noise"]}] * 30]
    notes = clips_table([entry], rows, data="test data").notes
    assert notes[0].startswith("2 clips in the manifest, 1 of them left out")
    assert notes[1].startswith("30 supplemental recordings beside these")
    assert [note for note in notes if "left out, " in note] == ["fan/a.wav: left out, truncated."]


def test_clips_unlike_the_training_clips_are_counted_and_named():
    entry = {**dict.fromkeys(COVERAGE_COLUMNS, "3"), "machine": "fan", "unlike": "12"}
    row = {**dict.fromkeys(MANIFEST_COLUMNS, ""), "path": "fan/a.mp3", "status": "ok"}
    rows = [row] * 3 + [{**row, "unlike": "MP3 instead of PCM"}] * 12
    table = clips_table([entry], rows, data="test data")
    assert table.rows[0][table.columns.index("Unlike training")] == "12"
    assert table.notes.count("fan/a.mp3: MP3 instead of PCM.") == 10
    assert table.notes[-1] == "and 2 more, in the column unlike of manifest.csv."
    none = clips_table([entry], rows[:3], data="test data").notes
    assert none[-1].startswith("Unlike training: test clips")


def test_only_what_was_published_per_machine_id_stands_beside_machine_ids():
    more = [*REFERENCES, published("net", "fan", "", "0.8")]
    table = machine_ids_table(METRICS, more, data="test data", confidence=0.95)
    assert "base" in table.columns
    assert "net" not in table.columns


def test_all_tables_are_written(tmp_path):
    entry = {**dict.fromkeys(COVERAGE_COLUMNS, "3"), "machine": "fan", "id": "00", "note": ""}
    row = {**dict.fromkeys(MANIFEST_COLUMNS, ""), "path": "a|b.wav", "status": "cut <short>"}
    write_records(tmp_path / "manifest.csv", [row], MANIFEST_COLUMNS)
    write_records(tmp_path / "coverage.csv", [entry], COVERAGE_COLUMNS)
    write_records(tmp_path / "metrics.csv", METRICS, COLUMNS)
    write_records(tmp_path / "averages.csv", averages(), AVERAGE_COLUMNS)
    names = ("averages", "machine_ids", "thresholds", "clips", "html")
    outputs = {name: tmp_path / f"{name}.out" for name in names}
    write_tables(
        **{
            name: str(tmp_path / f"{name}.csv")
            for name in ("manifest", "coverage", "metrics", "averages")
        },
        data="synthetic data, no recordings",
        published="dcase2020",
        max_fpr=0.1,
        confidence=0.95,
        false_alarm_rates={"knn": 0.1, "lof": 0.1},
        outputs=outputs,
    )
    for path in outputs.values():
        assert "synthetic data, no recordings" in path.read_text()
    page = outputs["html"].read_text()
    assert page.count("<table>") == 4
    assert "cut &lt;short&gt;" in page
    assert "| knn" in outputs["averages"].read_text()


def test_sections_are_called_sections():
    table = machine_ids_table(METRICS, [], data="test data", confidence=0.95, unit="section")
    assert table.title == "AUC and pAUC per section (test data)"
    assert table.columns[:2] == ["Machine", "Section"]
    table = averages_table(averages(), [], data="test data", max_fpr=0.1, unit="section")
    assert "mean of sections" in table.columns
    table = thresholds_table(
        METRICS, data="test data", false_alarm_rates={"knn": 0.1, "lof": 0.1}, unit="section"
    )
    assert table.columns[1] == "Section"

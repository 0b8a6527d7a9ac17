import html.parser
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.data.manifest import COLUMNS as MANIFEST_COLUMNS
from pygoodvibes.data.manifest import COVERAGE_COLUMNS
from pygoodvibes.evaluation import averages as evaluation_averages
from pygoodvibes.evaluation.averages import AVERAGE_COLUMNS, AVERAGED
from pygoodvibes.evaluation.evaluate import COLUMNS
from pygoodvibes.report.published import published_cells, read_references
from pygoodvibes.report.run_tables import (
    averages_table,
    clips_table,
    machine_ids_table,
    thresholds_table,
    write_tables,
)
from pygoodvibes.report.table import NOTHING, Table, by, percent
from pygoodvibes.util.csv_files import read_records, write_records

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12
)
anything = st.text(max_size=12)


def cells_of(line):
    """Split a row of a Markdown table as GitHub does: at bars that no backslash escapes."""
    assert line.startswith("| ")
    assert line.endswith(" |")
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", line)
    joined = [
        before + slashes for before, slashes in zip(parts[::2], [*parts[1::2], ""], strict=True)
    ]
    return [re.sub(r"\\([\\|])", r"\1", cell.strip()) for cell in joined[1:-1]]


@given(st.lists(st.tuples(anything, anything), max_size=4))
def test_no_cell_breaks_the_markdown_table(rows):
    text = Table("Title", ["a", "b|c"], rows, text=frozenset(["a"])).markdown()
    lines = text.split("\n\n")[1].strip().split("\n") if rows else text.strip().split("\n")[2:]
    assert len(lines) == len(rows) + 2
    assert cells_of(lines[0]) == ["a", "b|c"]
    for line, row in zip(lines[2:], rows, strict=True):
        assert cells_of(line) == [" ".join(cell.split()) for cell in row]
    assert len({len(line) for line in lines}) == 1


def test_a_markdown_table():
    table = Table(
        "AUC", ["Name", "AUC"], [["lof", "97.1"], ["a|b", "5.0"]], ["Of\nfans."], {"Name"}
    )
    assert table.markdown() == (
        "## AUC\n"
        "\n"
        "| Name |  AUC |\n"
        "| ---- | ---: |\n"
        "| lof  | 97.1 |\n"
        "| a\\|b |  5.0 |\n"
        "\n"
        "- Of fans.\n"
    )


class Parser(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.cells, self.open, self.tags = [], False, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open = tag in ("td", "th")
        if self.open:
            self.cells.append("")

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.cells[-1] += data


@given(st.lists(st.tuples(texts, texts), max_size=3), texts)
def test_no_cell_breaks_the_html_table(rows, note):
    text = Table("<T>", ["a", "b"], rows, [note]).html()
    parser = Parser(text)
    assert parser.cells == ["a", "b", *(cell for row in rows for cell in row)]
    assert parser.tags.count("tr") == len(rows) + 1
    assert "&lt;T&gt;" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", NOTHING),
        (None, NOTHING),
        (float("nan"), NOTHING),
        ("0.5", "50.0"),
        (1, "100.0"),
        (0.12345, "12.3"),
    ],
)
def test_percent(value, shown):
    assert percent(value) == shown


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
REFERENCES = [
    {
        "name": "base",
        "machine": "fan",
        "id": "00",
        "auc": "0.54",
        "pauc": "0.49",
        "source": "paper",
    },
    {
        "name": "base",
        "machine": "fan",
        "id": "02",
        "auc": "0.74",
        "pauc": "0.55",
        "source": "paper",
    },
    {"name": "base", "machine": "pump", "id": "00", "auc": "0.30", "pauc": "", "source": "paper"},
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


def test_clips_that_are_left_out_are_named():
    entry = {**dict.fromkeys(COVERAGE_COLUMNS, "3"), "machine": "fan", "id": "00", "note": "few"}
    row = {**dict.fromkeys(MANIFEST_COLUMNS, ""), "path": "fan/a.wav", "status": "truncated"}
    ok = {**row, "status": "ok"}
    table = clips_table([entry], [row] * 22 + [ok] * 3, data="test data")
    assert table.rows == [["fan", "00", "3", "3", "3", "3", "3", "few"]]
    assert table.notes[0].startswith("25 clips in the manifest, 22 of them left out")
    assert table.notes.count("fan/a.wav: left out, truncated.") == 20
    assert table.notes[-1] == "and 2 more."


def test_references_of_a_benchmark():
    assert read_references("none") == []
    rows = read_references("dcase2020")
    assert {"name", "machine", "id", "auc", "pauc", "source"} <= set(rows[0])
    per_name = {}
    for row in rows:
        per_name.setdefault(row["name"], []).append((row["machine"], row["id"]))
        assert row["source"]
        assert 0 <= float(row["auc"]) <= 1
    for pairs in per_name.values():
        # machine IDs, machine types, or all together
        assert len(pairs) == len(set(pairs))
        assert len(pairs) in (23, 6, 1)


TYPES = ("fan", "pump", "slider", "valve", "ToyCar", "ToyConveyor")


def published(name, machine, machine_id, auc):
    row = {"machine": machine, "id": machine_id, "auc": auc, "pauc": auc}
    return {"name": name, "source": "paper", **row}


def test_published_means_are_those_of_the_ids_asked_for():
    cells = published_cells(REFERENCES, {"fan": ["00"], "pump": None})
    assert cells == {
        "fan": "54.0 / 49.0",
        "pump": f"30.0 / {NOTHING}",
        "": f"42.0 / {NOTHING}",
    }
    assert published_cells(REFERENCES, {}) == {"": f"{NOTHING} / {NOTHING}"}


def test_results_published_per_type_or_for_all_types_need_no_ids():
    of_types = [published("net", machine, "", "0.8") for machine in TYPES]
    cells = published_cells(of_types, {"fan": ["00"], "pump": ["02"]})
    assert cells == {"fan": "80.0 / 80.0", "pump": "80.0 / 80.0", "": "80.0 / 80.0"}
    alone = [published("one", "", "", "0.9")]
    assert published_cells(alone, dict.fromkeys(TYPES))[""] == "90.0 / 90.0"
    # the mean of six types is not that of some of them
    nothing = f"{NOTHING} / {NOTHING}"
    assert published_cells(alone, {"fan": None}) == {"fan": nothing, "": nothing}


def test_only_what_was_published_per_machine_id_stands_beside_machine_ids():
    more = [*REFERENCES, published("net", "fan", "", "0.8")]
    table = machine_ids_table(METRICS, more, data="test data", confidence=0.95)
    assert "base" in table.columns
    assert "net" not in table.columns


def test_the_strongest_system_without_a_network_is_among_the_references():
    [row] = [row for row in read_references("dcase2020") if row["name"] == "SECOM"]
    assert (row["machine"], row["id"]) == ("", "")
    assert (float(row["auc"]), float(row["pauc"])) == (0.8706, 0.7403)
    [baseline] = [
        published_cells(group, dict.fromkeys(TYPES))
        for name, group in by(read_references("dcase2020"), "name").items()
        if "baseline" in name
    ]
    assert baseline[""] == "73.7 / 59.7"


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


@pytest.mark.shared
def test_the_organisers_baseline_is_as_published(shared):
    published = read_records(shared / "golden/dcase2020_baseline.csv")
    ours = [row for row in read_references("dcase2020") if "baseline" in row["name"]]
    assert len(published) == 23

    def values(rows):
        return [(row["machine"], row["id"], float(row["auc"]), float(row["pauc"])) for row in rows]

    assert values(ours) == values(published)

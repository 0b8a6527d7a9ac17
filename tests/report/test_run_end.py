import types

import jinja2
import pytest
from docutils.core import publish_parts

from pygoodvibes.report.run_end import end_of_run


def rows(**aucs):
    return [
        {"detector": name, "over": over, "mean": mean, "auc": auc, "pauc": auc, "n": "6"}
        for name, auc in aucs.items()
        for over, mean in (("types", "arithmetic"), ("types", "harmonic"), ("IDs", "arithmetic"))
    ]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = (tmp_path / "results" / "mine").relative_to(tmp_path)
    (place / "tables").mkdir(parents=True)
    for name in ("tables/averages.md", "summary.html"):
        (place / name).write_text("")
    return place


def test_one_sentence_the_best_rows_and_where_to_look(folder):
    given = rows(choice="0.9335", lof="0.66", a="0.7", b="0.95", c="0.8", d="0.6", e="0.9", f="")
    lines = end_of_run(given, folder, data="synthetic data, no recordings")
    assert lines[:2] == [
        "Synthetic data, no recordings.",
        "choice, the default, has an AUC of 93.3 % (mean of 6 machine types; chance: 50).",
    ]
    assert [line.split()[0] for line in lines[4:9]] == ["b", "choice", "e", "c", "a"]
    assert lines[5].split() == ["choice", "93.3", "93.3", "the", "default"]
    assert lines[9].startswith("and 2 more detectors")
    text = "\n".join(lines)
    assert "results/mine/summary.html" in text and "report.html" not in text
    assert "make app" in text and "pygoodvibes fit FOLDER" in text
    assert max(map(len, lines)) <= 80


def test_the_pdf_is_made_for_the_same_config(folder):
    for config, command in (
        ("config/config.yaml", "  make pdf  "),
        ("p.yaml", "  make pdf CONFIG=p.yaml  "),
    ):
        lines = end_of_run(rows(lof="0.5"), folder, data="mine", config=config)
        assert sum(line.startswith(command) for line in lines) == 1


def test_few_detectors_are_all_there_is(folder):
    lines = end_of_run(rows(lof="0.5"), folder, data="data set mine")
    assert lines[1].startswith("lof, the default, has an AUC of 50.0 %")
    assert not [line for line in lines if "more detector" in line]


def test_without_labels_there_is_nothing_to_measure(folder):
    lines = end_of_run(rows(lof="", knn=""), folder, data="data set mine")
    assert lines[0] == "data set mine: no clips with labels to measure the detectors on."
    assert "results/mine/tables/averages.md" in "\n".join(lines)


def test_no_line_is_wider_than_a_terminal(tmp_path):
    place = tmp_path / ("long" * 20)
    (place / "tables").mkdir(parents=True)
    (place / "tables/averages.md").write_text("")
    lines = end_of_run(rows(**{"detector" * 9: "0.7"}), place, data="data set mine")
    assert (
        max(len(line) for line in lines if str(place) not in line and "default" not in line) <= 80
    )


def test_the_report_begins_with_what_came_out_and_the_page_for_everyone(root):
    template = jinja2.Template((root / "report/workflow.rst").read_text(encoding="utf-8"))

    def shown(config):
        text = template.render(snakemake=types.SimpleNamespace(config=config))
        return publish_parts(text, writer="html")["html_body"]

    said = shown({"headline": "lof_, the default, has an AUC of 93.3 %."})
    assert "system-message" not in said
    place = said.index("<strong>lof_, the default, has an AUC of 93.3 %.</strong>")
    assert place < said.index('href="summary.html"') < said.index("Unsupervised")
    assert said.count("<strong>") == shown({}).count("<strong>") + 1

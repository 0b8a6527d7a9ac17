import csv

import pytest

from made_submissions import make_submission
from pygoodvibes.cli.main import main
from pygoodvibes.evaluation.year_score import score_folder


def test_the_official_score_of_a_folder(tmp_path, capsys):
    submission, truth = make_submission(tmp_path, 2026)
    arguments = ["official", str(submission), "--year", "2026", "--truth", str(truth)]
    table = tmp_path / "all.csv"
    assert main([*arguments, "--csv", str(table), "--resamples", "10"]) == 0
    said = capsys.readouterr().out
    [result] = score_folder(submission, 2026, truth=truth, resamples=10)
    assert f"official score: {result.official!r} (95 % interval" in said
    assert "published (not found): baseline MSE; baseline Mahalanobis; top team" in said
    assert "formulas: inferred from" in said
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert [row["machine"] for row in rows] == [row["machine"] for row in result.sections]
    for row, found in zip(rows, result.sections, strict=True):
        assert {name: row[name] for name in found} == {k: str(v) for k, v in found.items()}
    assert main([*arguments, "--by-position", "--resamples", "1"]) == 0
    assert f"official score: {result.official!r}" in capsys.readouterr().out


def test_what_is_missing_is_named_and_ends_with_another_code(tmp_path, capsys):
    submission, truth = make_submission(tmp_path, 2026)
    (submission / "anomaly_score_Sander_section_00_test.csv").unlink()
    arguments = ["official", str(submission), "--year", "2026", "--truth", str(truth)]
    assert main([*arguments, "--resamples", "1"]) == 1
    said = capsys.readouterr().out
    assert "no official score; missing (1): anomaly_score_Sander_section_00_test.csv" in said
    assert "official score: " not in said


@pytest.mark.parametrize(
    ("year", "options", "said"),
    [
        ("2019", [], "there is no year 2019 here; known are 2020"),
        ("2026", [], "nothing tells the label of section_00_0000.wav; name the folder of the"),
        ("2026", ["--truth", "nowhere"], "nowhere: no such file or folder"),
        ("2025", [], "BlowerDustCollector has no section 00 in 2025"),
    ],
)
def test_errors_are_sentences(tmp_path, capsys, year, options, said):
    submission, _ = make_submission(tmp_path, 2026)
    assert main(["official", str(submission), "--year", year, *options]) == 1
    assert said in capsys.readouterr().err

import dataclasses

from made_submissions import make_submission
from pygoodvibes.evaluation.year_score import score_folder
from pygoodvibes.report.leaderboard import leaderboard


def rows_of(text):
    table = text.split("\n\n")[1].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return rows[0], {(row[0], row[1]): row[2:] for row in rows[2:]}


def test_published_scores_stand_in_their_columns():
    head, rows = rows_of(leaderboard({}))
    assert head[3:] == [
        "published: baseline MSE",
        "published: baseline Mahalanobis",
        "published: top team",
        "published: best of ASDKit",
    ]
    assert len(rows) == 12
    assert rows["2023", "evaluation"] == ["", "0.5925", "0.6105", "0.6697", "0.7204"]
    assert rows["2021", "evaluation"] == ["", "0.5515", "", "0.6680", "0.6762"]
    assert rows["2024", "development"] == ["", "", "", "", "0.6305"]
    assert rows["2026", "evaluation"] == ["", "not found", "not found", "not found", ""]
    sources = leaderboard({}).splitlines()
    assert "- Published: README of nttcslab/dcase2023_task2_evaluator." in sources
    assert sum(line == "- Published: ASDKit, docs/results.png." for line in sources) == 1


def test_our_score_has_its_interval_or_says_what_is_missing(tmp_path):
    submission, truth = make_submission(tmp_path, 2026)
    [score] = score_folder(submission, 2026, truth=truth, resamples=20)
    _, rows = rows_of(leaderboard({(2026, "evaluation"): score}))
    low, high = score.interval
    wanted = f"{score.official:.4f} ({low:.4f} to {high:.4f})"
    assert rows["2026", "evaluation"][0] == wanted
    assert rows["2026", "development"][0] == rows["2025", "evaluation"][0] == ""
    partly = dataclasses.replace(score, official=None, missing=("a", "b"))
    _, rows = rows_of(leaderboard({(2026, "evaluation"): partly}))
    assert rows["2026", "evaluation"][0] == "2 files missing"

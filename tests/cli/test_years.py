import shutil

from made_submissions import make_submission
from pygoodvibes.cli.main import main


def own(text):
    """Return our cell of the evaluation set of 2026."""
    [row] = [line for line in text.splitlines() if line.startswith("| 2026 | evaluation")]
    return row.split("|")[3].strip()


def test_all_years_that_were_run_stand_in_one_table(tmp_path, capsys):
    submission, truth = make_submission(tmp_path / "made", 2026)
    shutil.copytree(submission, tmp_path / "results/dcase2026/official/knn")
    shutil.copytree(truth, tmp_path / "truth/2026")
    arguments = ["years", str(tmp_path / "results"), "--truth", str(tmp_path / "truth")]
    assert main([*arguments, "--detector", "knn"]) == 0
    said = capsys.readouterr().out
    table = tmp_path / "results/years.md"
    assert said == table.read_text() + f"Table: {table}\n"
    assert own(said).startswith("0.")
    # without a truth, the evaluation set has no score
    assert main(["years", str(tmp_path / "results"), "--detector", "knn"]) == 0
    assert own(capsys.readouterr().out) == ""
    # of other detectors there is nothing
    assert main(arguments) == 0
    assert own(capsys.readouterr().out) == ""

from made_submissions import make_submission
from pygoodvibes.cli.main import main


def test_a_folder_that_can_be_handed_in_and_one_that_can_not(tmp_path, capsys):
    submission, truth = make_submission(tmp_path, 2024)
    arguments = ["check-submission", str(submission), "--year", "2024"]
    assert main([*arguments, "--truth", str(truth)]) == 0
    assert capsys.readouterr().out == f"{submission}: 18 files read, can be handed in\n"
    path = submission / "decision_result_Scanner_section_00_test.csv"
    path.write_text(path.read_text().replace(",1\n", ",2\n", 1))
    assert main(arguments) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"Wrong: {path}, row ") and said[0].endswith("(such rows: 1)")
    assert said[-1].endswith("18 files read, 1 to mend")
    path.write_text("".join(f"section_00_{i:04}.wav,0\n" for i in range(200)))
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith(f"Odd: {path}: all clips have the same decision")


def test_no_folder(tmp_path, capsys):
    assert main(["check-submission", str(tmp_path / "a"), "--year", "2024"]) == 1
    assert "no such folder" in capsys.readouterr().err

import re

import pytest

from made_submissions import make_submission
from pygoodvibes.evaluation.check_submission import check_submission
from pygoodvibes.util.errors import UserError

SCORES = "anomaly_score_shaker_section_00_test.csv"
DECISIONS = "decision_result_shaker_section_00_test.csv"


@pytest.mark.parametrize(
    ("year", "files"), [(2021, 84), (2023, 14), (2024, 18), (2025, 16), (2026, 10)]
)
def test_what_can_be_handed_in(tmp_path, year, files):
    submission, truth = make_submission(tmp_path, year)
    for options in ({}, {"truth": truth}):
        findings = check_submission(submission, year, **options)
        assert (findings.wrong, findings.odd, findings.files) == ([], [], files)


def test_the_other_form_of_names_is_as_good(tmp_path):
    submission, truth = make_submission(tmp_path, 2023)
    for path in submission.iterdir():
        path.write_text(path.read_text().replace("section_00_0", "section_00_test_0"))
    assert check_submission(submission, 2023, truth=truth).wrong == []


def test_of_some_machine_types_the_first_clip_is_1(tmp_path):
    submission, _ = make_submission(tmp_path, 2024)
    for path in submission.glob("*AirCompressor*"):
        path.write_text(path.read_text().replace("_0000.wav", "_0200.wav"))
    assert check_submission(submission, 2024).wrong == []


def replace(old, new, count=-1):
    return lambda text: text.replace(old, new, count)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (SCORES, lambda text: None, [f"{SCORES}: missing; every section needs it"]),
        (DECISIONS, lambda text: None, [f"{DECISIONS}: missing"]),
        (SCORES, lambda text: "name,score\n" + text, ["row 1: 'score' is no number"]),
        (SCORES, lambda text: text.replace(",", ";"), ["such rows: 200", "0 clips", "only one of"]),
        (SCORES, replace("0000.wav,", "0000.wav,nan#"), ["is no number", "199 clips", ""]),
        (SCORES, lambda text: "section_00_0000.wav,inf" + text[text.index("\n") :], ["not finite"]),
        (SCORES, lambda text: "section_00_0000.wav,nan" + text[text.index("\n") :],
         ["not finite", "199 clips.*section_00_0000", "only one of"]),
        (SCORES, lambda text: text[text.index("\n") + 1 :], ["missing is section_00_0000", ""]),
        (SCORES, lambda text: text + text[: text.index("\n") + 1], ["0000.wav comes twice"]),
        (SCORES, replace("0199.wav", "0200.wav"), ["missing is section_00_0199.wav", "only one"]),
        (SCORES, replace("0199.wav", "0201.wav"), ["missing is section_00_0199.wav", "only one"]),
        (SCORES, replace("section_00_0000.", "section_00_test_0000."), ["some names have _test"]),
        (SCORES, replace("section_00_0000.wav", "section_00_source_test_normal_0000_vel_1.wav"),
         ["is no name of an evaluation clip", "only one"]),
        (SCORES, replace("\n", "\r\n"), ["line ends of Windows"]),
        (SCORES, lambda text: "\ufeff" + text, ["byte order mark"]),
        (DECISIONS, replace(",1\n", ",2\n", 1), ["row .*: the decision is '2'; it must be 0 or 1"]),
        (DECISIONS, replace(",1\n", ",1.0\n"), ["the decision is '1.0'; .*such rows: [0-9]+"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_file(tmp_path, name, change, said):
    submission, _ = make_submission(tmp_path, 2023)
    path = submission / name
    text = change(path.read_text())
    if text is None:
        path.unlink()
    else:
        path.write_bytes(text.encode())
    findings = check_submission(submission, 2023)
    assert len(findings.wrong) == len(said), findings.wrong
    for sentence, pattern in zip(findings.wrong, said, strict=True):
        assert "shaker" in sentence and re.search(pattern, sentence)


def test_files_under_other_names_and_of_other_sections(tmp_path):
    submission, _ = make_submission(tmp_path, 2022)
    path = submission / "anomaly_score_fan_section_03_test.csv"
    path.rename(submission / "anomaly_score_fan_section_03.csv")
    (submission / "anomaly_score_fan_section_00_test.csv").write_text("")
    (submission / "decision_result_pump_section_03_test.csv").write_text("")
    wrong = sorted(check_submission(submission, 2022).wrong)
    assert len(wrong) == 3
    assert wrong[0].endswith("has no file for fan, section 00; take it out")
    assert wrong[1].endswith(f"must be called {path.name}; rename it")
    assert wrong[2].endswith("has no file for pump, section 03; take it out")


def test_clips_are_those_of_the_truth(tmp_path):
    submission, truth = make_submission(tmp_path, 2021)
    path = submission / "anomaly_score_fan_section_03_target_test.csv"
    other = submission / "decision_result_fan_section_03_target_test.csv"
    for each in (path, other):
        each.write_text(each.read_text().replace("_0199.wav", "_0200.wav"))
    assert check_submission(submission, 2021).wrong == []  # numbers differ in 2021
    wrong = check_submission(submission, 2021, truth=truth).wrong
    assert len(wrong) == 2 and "0200.wav is not in the ground truth" in wrong[0]


def test_what_is_allowed_but_odd(tmp_path):
    submission, _ = make_submission(tmp_path, 2023)
    rows = (submission / DECISIONS).read_text().splitlines()
    (submission / DECISIONS).write_text("".join(f"{row[:-1]}{1 - int(row[-1])}\n" for row in rows))
    rows = (submission / SCORES.replace("shaker", "grinder")).read_text().splitlines()
    (submission / SCORES.replace("shaker", "grinder")).write_text(
        "".join(f"{row.partition(',')[0]},1\n" for row in rows)
    )
    findings = check_submission(submission, 2023)
    assert findings.wrong == []
    assert ["grinder" in each for each in findings.odd] == [True, True, False]
    assert "same score" in findings.odd[0]
    assert "no threshold on the scores gives these decisions" in findings.odd[2]


def test_years_without_known_sections(tmp_path):
    with pytest.raises(UserError, match="evaluation set of 2020: not found"):
        check_submission(tmp_path, 2020)


@pytest.mark.shared
def test_a_real_submission_lacks_test_in_its_names_only(shared):
    place = shared / "golden/dcase"
    findings = check_submission(
        place / "dcase2022_eval_xiao_1", 2022, truth=place / "dcase2022_ground_truth"
    )
    assert len(findings.wrong) == 42
    assert all("must be called" in each and each.endswith("rename it") for each in findings.wrong)

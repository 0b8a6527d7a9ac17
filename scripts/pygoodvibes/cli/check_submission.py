"""The command `pygoodvibes check-submission`: whether a folder can be handed in."""

import argparse

from pygoodvibes.cli.help import Paragraphs

EPILOG = """\
examples:
  pygoodvibes check-submission submission --year 2026

Checked are the names of the files, and in each the names, number and repetitions of the clips, the
range of the values, and that decisions and scores name the same clips. The exit code is 1 if there
is something to mend.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument(
        "path", metavar="FOLDER", help="holds anomaly_score_*.csv and decision_result_*.csv"
    )
    parser.add_argument("--year", type=int, required=True, help="2021 to 2026")
    parser.add_argument(
        "--truth",
        metavar="PATH",
        help="as in official: the clips must be exactly those that it names",
    )


def run(path: str, *, year: int, truth: str | None) -> int:
    """Print what is wrong and what is odd; return the exit code.

    Raises
    ------
    UserError
        If there is no score file, or the truth is not what it should be.
    """
    from pygoodvibes.evaluation.check_submission import check_submission
    from pygoodvibes.util.messages import printable

    findings = check_submission(path, year, truth=truth)
    for sentence in findings.wrong:
        print(f"Wrong: {printable(sentence)}")
    for sentence in findings.odd:
        print(f"Odd: {printable(sentence)}")
    verdict = f"{len(findings.wrong)} to mend" if findings.wrong else "can be handed in"
    print(f"{path}: {findings.files} files read, {verdict}")
    return int(bool(findings.wrong))

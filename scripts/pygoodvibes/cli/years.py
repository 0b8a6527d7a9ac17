"""The command `pygoodvibes years`: one table of all years that were run."""

import argparse
import pathlib

from pygoodvibes.cli.help import Paragraphs

EPILOG = """\
examples:
  pygoodvibes years
  pygoodvibes years --truth data/truth     with data/truth/2023, the folder of the evaluator of 2023

Read is <results>/dcase<year>/official/<detector> of each year that was run (make years).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument(
        "path", metavar="RESULTS", nargs="?", default="results", help="folder of all results"
    )
    parser.add_argument("--detector", default="choice", help="whose files (default: %(default)s)")
    parser.add_argument(
        "--truth", metavar="FOLDER", help="holds a folder a year, as --truth of official"
    )


def run(path: str, *, detector: str, truth: str | None) -> int:
    """Score each year, write `<results>/years.md` and print it; return the exit code.

    Raises
    ------
    UserError
        If a file or a truth is not what it should be.
    """
    from pygoodvibes.evaluation.year_score import score_folder
    from pygoodvibes.protocols.registry import years
    from pygoodvibes.report.leaderboard import leaderboard
    from pygoodvibes.util.atomic import draft

    ours = {}
    for year in years():
        folder = pathlib.Path(path) / f"dcase{year}/official/{detector}"
        known = pathlib.Path(truth) / str(year) if truth is not None else None
        if folder.is_dir():
            if known is not None and known.exists():
                found = score_folder(folder, year, truth=known)
            else:  # nothing tells the labels of the evaluation set
                found = score_folder(folder, year, parts=("development",))
            ours |= {(year, score.part): score for score in found}
    text = leaderboard(ours)
    place = pathlib.Path(path) / "years.md"
    place.parent.mkdir(parents=True, exist_ok=True)
    with draft(place) as beside:
        beside.write_text(text, encoding="utf-8")
    print(text, end="")
    print(f"Table: {place}")
    return 0

"""The command `pygoodvibes official`: what a folder of score files is worth in a year of DCASE."""

import argparse

from pygoodvibes.cli.help import Paragraphs
from pygoodvibes.cli.options import count
from pygoodvibes.util.errors import UserError

EPILOG = """\
examples:
  pygoodvibes official results/dev --year 2023
  pygoodvibes official submission --year 2022 --truth dcase2022_evaluator

A score file is anomaly_score_<machine>_section_<section>_test.csv with a line 'file name,score' for
each clip (2021: _<source or target>_test, 2020: _id_<ID>); decision_result_*.csv beside it gives
precision, recall and F1. Names that tell label and domain, as in development sets, need no --truth.
Rows and truth are joined by name. The exit code is 1 where files are missing for an official score.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Tell the command what may stand behind it."""
    parser.epilog = EPILOG
    parser.formatter_class = Paragraphs
    parser.add_argument("path", metavar="FOLDER", help="holds anomaly_score_*.csv")
    parser.add_argument("--year", type=int, required=True, help="2020 to 2026")
    parser.add_argument(
        "--truth", metavar="PATH", help="folder of the organisers' evaluator, or their list"
    )
    parser.add_argument("--csv", metavar="FILE", help="write all values with all digits")
    parser.add_argument(
        "--resamples", metavar="N", type=count, default=1000, help="of the 95 %% intervals"
    )
    parser.add_argument(
        "--by-position",
        action="store_true",
        help="join rows and truth by their order, as the organisers' evaluators do",
    )


def run(
    path: str, *, year: int, truth: str | None, csv: str | None, resamples: int, by_position: bool
) -> int:
    """Print the values of each section and the official score; return the exit code.

    Raises
    ------
    UserError
        If a file or the truth is not what it should be.
    """
    from pygoodvibes.evaluation.year_score import score_folder
    from pygoodvibes.util.csv_files import write_records

    results = score_folder(
        path,
        year,
        truth=truth,
        join="position" if by_position else "name",
        resamples=resamples,
    )
    if not results:
        raise UserError("{path}: no section has all its score files", path=path)
    for result in results:
        _print(result)
    if csv is not None:
        rows = [{"part": result.part, **row} for result in results for row in result.sections]
        columns = dict.fromkeys(name for row in rows for name in row)
        write_records(csv, ({name: row.get(name, "") for name in columns} for row in rows), columns)
        print(f"All values: {csv}")
    return int(any(result.missing for result in results))


def _print(result) -> None:
    protocol = result.protocol
    print(f"DCASE {protocol.year} Task 2, {result.part} set (shares in %, 95 % intervals)")
    rated = [name for name in result.sections[0] if name.startswith("f1")]
    lines = [("machine", protocol.unit, *protocol.metrics, *rated)]
    for row in result.sections:
        values = [_cell(row, name) for name in protocol.metrics]
        lines.append((row["machine"], row["section"], *values, *(_cell(row, r) for r in rated)))
    means = [f"{100 * result.means[name]:.1f}" for name in protocol.metrics]
    lines.append((f"{protocol.mean} mean", "", *means, *("" for _ in rated)))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())
    if result.official is not None:
        print(f"official score: {result.official!r}", end="")
        if result.interval:
            low, high = result.interval
            print(f" (95 % interval {low:.4f} to {high:.4f})", end="")
        print()
    if result.missing:
        print(f"no official score; missing ({len(result.missing)}): {', '.join(result.missing)}")
    print(f"formulas: {protocol.formulas_from}")
    of_source: dict[str, list[str]] = {}
    for each in protocol.published:
        if each.part == result.part:
            values = [] if each.score is None else [f"{each.score:.4f}"]
            values += [f"{name} {value}" for name, value in each.means.items()]
            shown = f"{each.system} {', '.join(values)}".rstrip()
            of_source.setdefault(each.source, []).append(shown)
    for source, shown in of_source.items():
        print(f"published ({source}): {'; '.join(shown)}")


def _cell(row, name: str) -> str:
    if name not in row:
        return ""
    shown = f"{100 * row[name]:.1f}"
    if f"{name}_low" not in row:
        return shown
    return f"{shown} ({100 * row[f'{name}_low']:.1f} to {100 * row[f'{name}_high']:.1f})"

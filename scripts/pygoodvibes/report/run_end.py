"""What a run says at its end, on a terminal: one sentence, the best rows, where to look, what next.

Comes in: the averages of a run, and where its results are. Goes out: lines of 80 columns at most.
"""

import pathlib
from collections.abc import Mapping, Sequence

from pygoodvibes.report.words import number

BEST = 5
"""Rows of detectors that are shown."""

WIDTH = 80
"""Columns of a terminal."""


def end_of_run(rows: Sequence[Mapping], folder: pathlib.Path, *, data: str) -> list[str]:
    """Sum up a run.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of averages.csv; the first detector is the default.
    folder : pathlib.Path
        Where the results are.
    data : str
        What the data are, for the heading.
    """
    return [*headline(rows, data=data), "", *_table(_told(rows)), *_places(folder)]


def _means(rows: Sequence[Mapping]) -> dict[str, tuple[float | None, ...]]:
    """Return AUC, pAUC and number of machine types of each detector, the default first."""
    return {
        row["detector"]: (number(row["auc"]), number(row["pauc"]), number(row["n"]))
        for row in rows
        if row["over"] == "types" and row["mean"] == "arithmetic"
    }


def _told(rows: Sequence[Mapping]) -> dict[str, tuple[float | None, ...]]:
    return {name: values for name, values in _means(rows).items() if values[0] is not None}


def headline(rows: Sequence[Mapping], *, data: str) -> list[str]:
    """Say in a sentence or two what came out; parameters as of `end_of_run`."""
    default = next(iter(_means(rows)), "")
    told = _told(rows)
    if default not in told:
        return [f"{data}: no clips with labels to measure the detectors on."]
    auc, _, types = told[default]
    of = f"mean of {types:.0f} machine types" if types > 1 else "one machine type"
    return [
        f"{data[:1].upper()}{data[1:]}.",
        f"{default}, the default, has an AUC of {100 * auc:.1f} % ({of}; chance: 50).",
    ]


def _table(told: Mapping) -> list[str]:
    if not told:
        return []
    best = sorted(told, key=lambda name: -told[name][0])[:BEST]
    default = next(iter(told))
    width = min(max(map(len, ["detector", *best])), WIDTH - 40)
    lines = [f"{'detector':{width}}  {'AUC, %':>7}  {'pAUC, %':>7}"]
    for name in best:
        cells = [f"{100 * value:.1f}" if value is not None else "" for value in told[name][:2]]
        line = f"{name[:width]:{width}}  {cells[0]:>7}  {cells[1]:>7}"
        lines.append(f"{line}  the default" if name == default else line)
    if more := len(told) - len(best):
        lines.append(f"and {more} more detector{'s' * (more > 1)}, with every machine type:")
    return [*lines, ""]


def _places(folder: pathlib.Path) -> list[str]:
    places = [
        ("tables/averages.md", "all detectors and machine types"),
        ("summary.html", "one page for everyone (PDF: make pdf)"),
        ("report.html", "all tables and figures in one file"),
        ("figures", "pictures"),
    ]
    there = [(str(folder / name), what) for name, what in places if (folder / name).exists()]
    following = [
        ("make app", "see and hear the results"),
        ("pygoodvibes fit FOLDER", "learn your own machine"),
    ]
    width = max(len(place) for place, _ in [*there, *following])
    return [
        *(_line(place, what, width) for place, what in there),
        "",
        "Next:",
        *(_line(command, what, width) for command, what in following),
    ]


def _line(place: str, what: str, width: int) -> str:
    line = f"  {place:{width}}  {what}"
    return line if len(line) <= WIDTH else f"  {place}"

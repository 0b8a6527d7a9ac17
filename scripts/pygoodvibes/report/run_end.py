"""What a run says at its end, on a terminal: one sentence, the best rows, where to look, what next.

Comes in: the averages of a run, and where its results are. Goes out: lines of 80 columns at most.
"""

import pathlib
from collections.abc import Mapping, Sequence

from pygoodvibes.report.words import number
from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import message

BEST = 5
"""Rows of detectors that are shown."""

WIDTH = 80
"""Columns of a terminal."""

_DEFAULT = message("the default")


DEFAULT_CONFIG = "config/config.yaml"
"""The config of commands that name none."""


def end_of_run(
    rows: Sequence[Mapping],
    folder: pathlib.Path,
    *,
    data: str,
    config: str = DEFAULT_CONFIG,
    language: Language = ENGLISH,
) -> list[str]:
    """Sum up a run.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of averages.csv; the first detector is the default.
    folder : pathlib.Path
        Where the results are.
    data : str
        What the data are, for the heading.
    config : str
        The config file, for commands that come next.
    language : Language
        Of the words and numbers; names of files and detectors stay as they are.
    """
    return [
        *headline(rows, data=data, language=language),
        "",
        *_table(_told(rows), language),
        *_places(folder, config, language),
    ]


def _means(rows: Sequence[Mapping]) -> dict[str, tuple[float | None, ...]]:
    """Return AUC, pAUC and number of machine types of each detector, the default first."""
    return {
        row["detector"]: (number(row["auc"]), number(row["pauc"]), number(row["n"]))
        for row in rows
        if row["over"] == "types" and row["mean"] == "arithmetic"
    }


def _told(rows: Sequence[Mapping]) -> dict[str, tuple[float | None, ...]]:
    return {name: values for name, values in _means(rows).items() if values[0] is not None}


def headline(rows: Sequence[Mapping], *, data: str, language: Language = ENGLISH) -> list[str]:
    """Say in a sentence or two what came out; parameters as of `end_of_run`."""
    default = next(iter(_means(rows)), "")
    told = _told(rows)
    if default not in told:
        none = message("{data}: no clips with labels to measure the detectors on.", data=data)
        return [language.say(none)]
    auc, _, types = told[default]
    of = message("one machine type")
    if types > 1:
        of = message("mean of {types:.0f} machine types", types=types)
    data = language.say(data)
    result = message(
        "{default}, the default, has an AUC of {auc:.1f} % ({of}; chance: 50).",
        default=default,
        auc=100 * auc,
        of=of,
    )
    return [f"{data[:1].upper()}{data[1:]}.", language.say(result)]


def _table(told: Mapping, language: Language) -> list[str]:
    if not told:
        return []
    best = sorted(told, key=lambda name: -told[name][0])[:BEST]
    default = next(iter(told))
    head = language.say(message("detector"))
    width = min(max(map(len, [head, *best])), WIDTH - 40)
    percent = [language.say(message("{what}, %", what=what)) for what in ("AUC", "pAUC")]
    lines = [f"{head:{width}}  {percent[0]:>7}  {percent[1]:>7}"]
    for name in best:
        cells = [
            language.number(100 * value, 1) if value is not None else "" for value in told[name][:2]
        ]
        line = f"{name[:width]:{width}}  {cells[0]:>7}  {cells[1]:>7}"
        if name == default:
            line = f"{line}  {language.say(_DEFAULT)}"
        lines.append(line)
    if more := len(told) - len(best):
        rest = message("and one more detector, with every machine type:")
        if more > 1:
            rest = message("and {more} more detectors, with every machine type:", more=more)
        lines.append(language.say(rest))
    return [*lines, ""]


def _places(folder: pathlib.Path, config: str, language: Language) -> list[str]:
    command = "make pdf" if config == DEFAULT_CONFIG else f"make pdf CONFIG={config}"
    places = [
        ("tables/averages.md", message("all detectors and machine types")),
        ("summary.html", message("one page for everyone")),
        ("report.html", message("all tables and figures in one file")),
        ("figures", message("pictures")),
    ]
    there = [(str(folder / name), what) for name, what in places if (folder / name).exists()]
    following = [
        ("make app", message("see and hear the results")),
        ("pygoodvibes fit FOLDER", message("learn your own machine")),
        (command, message("print the page for everyone")),
    ]
    width = max(len(place) for place, _ in [*there, *following])
    return [
        *(_line(place, language.say(what), width) for place, what in there),
        "",
        language.say(message("Next:")),
        *(_line(command, language.say(what), width) for command, what in following),
    ]


def _line(place: str, what: str, width: int) -> str:
    line = f"  {place:{width}}  {what}"
    return line if len(line) <= WIDTH else f"  {place}"

"""Cells of tables: differences, numbers with their interval, the best of a column in bold."""

import dataclasses
import html
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import Message

SPOKEN = frozenset({"Note", "Caution"})
"""Columns of what the library says; their texts may come from a file."""


@dataclasses.dataclass(frozen=True)
class Table:
    """A table with its heading and the notes below it.

    Attributes
    ----------
    title : str
        Heading.
    columns : sequence of str
        Names of the columns.
    rows : sequence of sequence of str
        Cells; those of columns named in `text` are set to the left.
    notes : sequence of str
        What a reader has to know.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = ()
    text: frozenset[str] = frozenset()

    def markdown(self) -> str:
        """Return the table as GitHub Markdown, with its columns aligned."""
        head, *cells = [
            [_markdown_cell(cell) for cell in row] for row in [self.columns, *self.rows]
        ]
        widths = [
            max(3, *(len(row[number]) for row in [head, *cells]))
            for number in range(len(self.columns))
        ]
        left = [name in self.text for name in self.columns]
        rule = [
            "-" * width if to_left else "-" * (width - 1) + ":"
            for width, to_left in zip(widths, left, strict=True)
        ]
        lines = [
            "| "
            + " | ".join(
                cell.ljust(width) if to_left else cell.rjust(width)
                for cell, width, to_left in zip(row, widths, left, strict=True)
            )
            + " |"
            for row in [head, rule, *cells]
        ]
        notes = [f"- {' '.join(note.split())}" for note in self.notes]
        return "\n".join([f"## {self.title}", "", *lines, "", *notes]).rstrip() + "\n"

    def html(self, language: Language = ENGLISH) -> str:
        """Return the table as a part of an HTML page, in a language as far as it is messages."""

        def said(name: str, cell: object) -> str:
            if isinstance(cell, Message) or name in SPOKEN:
                return language.say(cell)
            return str(cell) if name in self.text else language.numbers(cell)

        def cells(row: Sequence[str], tag: str) -> str:
            return "".join(
                f'<{tag} class="{"text" if name in self.text else "number"}">'
                f"{html.escape(said(name, cell))}</{tag}>"
                for name, cell in zip(self.columns, row, strict=True)
            )

        body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in self.rows)
        notes = "".join(f"<li>{html.escape(language.say(note))}</li>" for note in self.notes)
        title = html.escape(language.say(self.title))
        return (
            f"<h2>{title}</h2>\n<table>\n<thead><tr>{cells(self.columns, 'th')}"
            f"</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n<ul>{notes}</ul>\n"
        )


def _markdown_cell(value: object) -> str:
    """Return a value as one line that neither ends its cell nor the row."""
    return " ".join(str(value).split()).replace("\\", "\\\\").replace("|", "\\|")


NOTHING = "\N{EN DASH}"
"""What stands in a cell without a value."""


def percent(value: object) -> str:
    """Return a share as percent with one decimal, a dash where there is none."""
    if value in ("", None) or math.isnan(float(value)):
        return NOTHING
    return f"{100 * float(value):.1f}"


def by(rows: Iterable[Mapping], key: str) -> dict[str, list[Mapping]]:
    """Group rows by the value of a key."""
    groups: dict[str, list[Mapping]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def mean_cell(values: Iterable[str]) -> float:
    numbers = [float(value) for value in values if value != ""]
    return sum(numbers) / len(numbers) if numbers else math.nan


def points(value: float | None) -> str:
    """Return a difference of shares in percentage points with its sign, a dash where none is."""
    if value is None or math.isnan(value):
        return NOTHING
    text = f"{100 * value:+.1f}"
    return "0.0" if text in ("+0.0", "-0.0") else text


def with_bounds(
    value: float, low: float | None, high: float | None, write: Callable[[float], str] = percent
) -> str:
    """Return a number with its interval in brackets; without bounds, the number alone."""
    if low is None or high is None:
        return write(value)
    return f"{write(value)} [{write(low)}, {write(high)}]"


def best_marked(values: Sequence[float]) -> list[str]:
    """Return shares as percent, with the highest, and what equals it, in bold (Markdown)."""
    best = best_of(values)
    return [
        f"**{percent(value)}**" if is_best else percent(value)
        for value, is_best in zip(values, best, strict=True)
    ]


def best_of(values: Sequence[float]) -> list[bool]:
    """Tell which values are the highest, as exactly as tables show them.

    None is if all are NaN, or if there is only one value.
    """
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return [False] * len(values)
    highest = percent(max(known))
    return [percent(value) == highest for value in values]

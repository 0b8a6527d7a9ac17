"""Lines for people: on a terminal they are as wide as it is, elsewhere as long as they are.

They are in the language that was asked for; what other programs read is always English.
"""

import contextvars
import shutil
import textwrap
from typing import TextIO

from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import printable

SPOKEN: contextvars.ContextVar[Language] = contextvars.ContextVar("SPOKEN", default=ENGLISH)
"""Language of the lines."""

NARROWEST, WIDEST = 40, 100
"""Columns of a terminal that lines are broken for."""


def said(text: str) -> str:
    """Return a text in the language that is spoken, as a terminal may show it."""
    return printable(SPOKEN.get().say(text))


def show(*texts: str, file: TextIO) -> None:
    """Print lines: on a terminal each broken between words, the rest of it indented.

    Parameters
    ----------
    *texts : str
        Each a line, a `Message` perhaps several; what steers a terminal is shown as escapes. Said
        in the language that is spoken.
    file : text file
        Where they go. Files and other programs get every line whole.
    """
    lines = [line for text in texts for line in said(text).split("\n")]
    if file.isatty():
        columns = shutil.get_terminal_size().columns
        width = min(max(columns, NARROWEST), WIDEST)
        lines = [_broken(line, width) for line in lines]
    print("\n".join(lines), file=file, flush=True)


def _broken(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()) + 2)
    return textwrap.fill(
        line,
        width,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    )

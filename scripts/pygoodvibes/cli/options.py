"""Kinds of arguments that several commands have: counts, shares, durations."""

import argparse
import math

from pygoodvibes.cli.lines import said
from pygoodvibes.util.language import languages
from pygoodvibes.util.messages import Message, message


def add_language(parser: argparse.ArgumentParser) -> None:
    """Let a command be told its language."""
    parser.add_argument(
        "--lang",
        choices=languages(),
        help=message(
            "language of help and error messages, and of what fit, score, drift and show say "
            "(default: that of the locale, else en); CSV, JSON and other files stay in English"
        ),
    )


def add_jobs(parser: argparse.ArgumentParser) -> None:
    """Add the option for the number of processes."""
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=count,
        help=message("processes (default: one a core)"),
        default=None,
    )


def add_run_length(parser: argparse.ArgumentParser) -> None:
    """Add the option for the run length of a control chart."""
    parser.add_argument(
        "--run-length",
        metavar="CLIPS",
        type=count,
        default=500,
        help=message("of the control chart: clips to a false alarm, on average (default: 500)"),
    )


def _wrong(reason: Message) -> argparse.ArgumentTypeError:
    """Return what tells argparse that a value is wrong, in the language that is spoken."""
    return argparse.ArgumentTypeError(said(reason))


def share(text: str) -> float:
    """Read a share between 0 and 1, such as 0.05 or 5%."""
    number, percent = text.removesuffix("%"), text.endswith("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        raise _wrong(message("{text} is no share such as 0.05 or 5%", text=text)) from None
    if not 0 < value < 1:
        raise _wrong(message("{text} does not lie between 0 and 1", text=text))
    return value


def duration(text: str) -> float:
    """Read a number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise _wrong(message("{text} is no number of seconds above 0", text=text))
    return value


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    try:
        value = int(text)
    except ValueError:
        raise _wrong(message("{text} is no whole number", text=text)) from None
    if value < 1:
        raise _wrong(message("{text} is less than {least}", text=text, least=1))
    return value


def finite(text: str) -> float:
    """Read a number that is neither NaN nor infinite."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _wrong(message("{text} is no finite number", text=text))
    return value


def positive(text: str) -> float:
    """Read a number above 0."""
    if (value := finite(text)) <= 0:
        raise _wrong(message("{text} is no number above 0", text=text))
    return value


def not_negative(text: str) -> float:
    """Read a number of at least 0."""
    if (value := finite(text)) < 0:
        raise _wrong(message("{text} is less than {least}", text=text, least=0))
    return value


def k_of_n(text: str) -> tuple[int, int]:
    """Read '3/5'."""
    first, slash, second = text.partition("/")
    try:
        k, n = int(first), int(second) if slash else 0
    except ValueError:
        k, n = 0, 0
    if not 1 <= k <= n:
        raise _wrong(message("{text} is not like 3/5: 3 of the last 5 windows", text=text))
    return k, n

"""Numbers and shares in words: messages, ready to be said in a language."""

import math
from collections.abc import Sequence

from pygoodvibes.util.messages import BY_AND, BY_COMMAS, Message, joined, message


def number(text: object) -> float | None:
    """Return a value of metrics.csv as a number, None for an empty cell."""
    if text in ("", None):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def id_heading(unit: str) -> Message:
    """Return the heading of the column of what a machine type is divided into."""
    return message("ID") if unit == "machine ID" else message("Section")


def of_hundred(share: float) -> Message:
    """Return a share as a whole number of a hundred; all and none are said only if it is so."""
    if 0 < share < 0.005:
        return message("fewer than 1 of 100")
    if 0.995 <= share < 1:
        return message("more than 99 of 100")
    return message("{count:.0f} of 100", count=100 * share)


def between(low: float, high: float) -> Message:
    """Return an interval of a share in words."""
    if f"{100 * low:.0f}" == f"{100 * high:.0f}":
        return message("about {count:.0f} of 100", count=100 * low)
    return message("between {low:.0f} and {high:.0f} of 100", low=100 * low, high=100 * high)


COUNTS = {
    "clip": (message("no clip"), message("1 clip"), message("{count:,d} clips")),
    "test clip": (
        message("no test clip"),
        message("1 test clip"),
        message("{count:,d} test clips"),
    ),
    "normal clip": (
        message("no normal clip"),
        message("1 normal clip"),
        message("{count:,d} normal clips"),
    ),
    "faulty clip": (
        message("no faulty clip"),
        message("1 faulty clip"),
        message("{count:,d} faulty clips"),
    ),
    "machine": (message("no machine"), message("1 machine"), message("{count:,d} machines")),
    "machine type": (
        message("no machine type"),
        message("1 machine type"),
        message("{count:,d} machine types"),
    ),
}
"""What is counted: none, one and several."""


def count_of(count: int, noun: str) -> Message:
    """Return a number with its noun, a key of `COUNTS`: 'no clip', '1 clip', '1,200 clips'."""
    none, one, several = COUNTS[noun]
    if count > 1:
        return message(several.template, count=count)
    return one if count else none


NAMED = 8
"""Names in a sentence at most."""


def named(names: Sequence[str]) -> Message:
    """Join names, of many the first: 'a, b, c and 9 more'."""
    if len(names) <= NAMED:
        return listed(names)
    return listed([*names[: NAMED - 1], message("{count} more", count=len(names) - NAMED + 1)])


def listed(parts: Sequence[str]) -> Message:
    """Join parts of a sentence: 'a', 'a and b', 'a, b and c'."""
    if len(parts) < 2:
        return joined(parts or [""])
    *first, last = parts
    return joined([joined(first, BY_COMMAS), last], BY_AND)

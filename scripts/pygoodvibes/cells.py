"""Cells of tables: differences, numbers with their interval, the best of a column in bold."""

import math
from collections.abc import Callable, Sequence

from pygoodvibes.tables import NOTHING, percent


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

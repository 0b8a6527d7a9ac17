"""Numbers and shares in words."""

import math
from collections.abc import Sequence


def number(text: object) -> float | None:
    """Return a value of metrics.csv as a number, None for an empty cell."""
    if text in ("", None):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def of_hundred(share: float) -> str:
    """Return a share as a whole number of a hundred; all and none are said only if it is so."""
    if 0 < share < 0.005:
        return "fewer than 1 of 100"
    if 0.995 <= share < 1:
        return "more than 99 of 100"
    return f"{100 * share:.0f} of 100"


def between(low: float, high: float) -> str:
    """Return an interval of a share in words."""
    first, last = f"{100 * low:.0f}", f"{100 * high:.0f}"
    return f"about {first} of 100" if first == last else f"between {first} and {last} of 100"


def count_of(count: int, noun: str) -> str:
    """Return a number with its noun: 'no clip', '1 clip', '1,200 clips'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}" if count else f"no {noun}"


def listed(parts: Sequence[str]) -> str:
    """Join parts of a sentence: 'a', 'a and b', 'a, b and c'."""
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))

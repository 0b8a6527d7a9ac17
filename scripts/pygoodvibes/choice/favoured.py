"""Which candidates an indicator favours, and why, in one sentence.

Comes in: the values of all indicators by candidate. Goes out: names, the best first, and a reason.
"""

import math
from collections.abc import Mapping, Sequence

from pygoodvibes.util.messages import joined, message


def favoured(
    table: Mapping[str, Mapping[str, float]],
    indicator: str,
    default: str,
    *,
    top: int,
    keep_fixed: bool,
) -> list[str]:
    """Return the candidates with the highest values of an indicator, the best first.

    Parameters
    ----------
    table : mapping of str to mapping
        From `indicators`.
    indicator : str
        One of `INDICATORS`.
    default : str
        The fixed default. It goes before other candidates with the same value.
    top : int > 0
        How many.
    keep_fixed : bool
        The fixed default comes first, whatever its value.

    Returns
    -------
    list of str
        Empty if no candidate has a value.
    """
    known = [name for name, values in table.items() if math.isfinite(values[indicator])]
    best = sorted(known, key=lambda name: (-table[name][indicator], name != default))
    if keep_fixed and best and default in table:
        best = [default, *(name for name in best if name != default)]
    return best[:top]


def reason_for(
    table: Mapping[str, Mapping[str, float]],
    indicator: str,
    default: str,
    best: Sequence[str],
    *,
    fallback: str,
    alone: bool,
) -> str:
    """Say why candidates were chosen, in one sentence.

    Parameters
    ----------
    table, indicator, default
        As in `favoured`.
    best : sequence of str
        The candidates that `favoured` returned.
    fallback : str
        The candidate taken if it returned none.
    alone : bool
        Whether nothing stands in for anomalies.
    """
    if not best and alone:
        return message(
            "the only machine ID of its type, so that nothing stands in for anomalies: {fallback}",
            fallback=fallback,
        )
    if not best:
        return message(
            "{indicator} can't be told, no choice made: {fallback}",
            indicator=indicator,
            fallback=fallback,
        )
    others = {
        name: of_candidate[indicator] for name, of_candidate in table.items() if name != default
    }
    taken = [others[name] for name in best if name in others]
    if not taken:
        return message(
            "{default} alone was to be kept, whatever {indicator} says",
            default=default,
            indicator=indicator,
        )
    values = ", ".join(f"{value:.2f}" for value in taken)
    known = {"indicator": indicator, "values": values, "candidates": len(others)}
    equal = sum(value == taken[-1] for value in others.values()) - taken.count(taken[-1])
    if equal:
        text = message(
            "{indicator} {values}, the highest of {candidates} candidates "
            "({equal} more have {value:.2f})",
            equal=equal,
            value=taken[-1],
            **known,
        )
    else:
        text = message("{indicator} {values}, the highest of {candidates} candidates", **known)
    if default not in table:
        return text
    of_default = message(
        "{detector} has {value:.2f}", detector=default, value=table[default][indicator]
    )
    return joined([text, of_default])

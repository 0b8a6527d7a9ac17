"""How detectors look in figures that show them together.

Comes in: the names of detectors, the default first, and their metrics. Goes out: the look of each.
Up to `MOST` have a colour each. Of more, three have one: the default, the best of the others, and
the better one of PyGoodVibes of 2021, whose names begin with 'original'. The rest is grey and has
one line in the legend: its numbers stand in the tables.
"""

import dataclasses
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pygoodvibes.figures import style

MOST = 7
"""Most detectors that have a colour each."""

GREY = "#C4C4C4"
"""Colour of the rest."""

_ORIGINAL = "original"


@dataclasses.dataclass(frozen=True)
class Look:
    """How a detector is drawn.

    Attributes
    ----------
    label : str
        What the legend calls it.
    colour, marker : str
        As matplotlib takes them.
    line : str or tuple
        Line style.
    width : float
        Factor of the width of lines.
    order : float
        What is drawn later, and lies above.
    named : bool
        Whether it has a line of its own in the legend.
    """

    label: str
    colour: str
    marker: str
    line: str | tuple
    width: float = 1.0
    order: float = 2.0
    named: bool = True


def looks_of(detectors: Sequence[str], metrics: pd.DataFrame) -> dict[str, Look]:
    """Give each detector a look.

    Parameters
    ----------
    detectors : sequence of str
        Their names, the default first.
    metrics : pandas.DataFrame
        One row per machine ID and detector: detector, and auc or sensitivity and specificity.
    """
    coloured = list(detectors) if len(detectors) <= MOST else _outstanding(detectors, metrics)
    rest = f"{len(detectors) - len(coloured)} others"
    grey = Look(rest, GREY, ".", "-", width=0.6, order=1.5, named=False)
    return {
        name: Look(
            style.short(name),
            style.colour(coloured.index(name)),
            style.marker(coloured.index(name)),
            style.line(coloured.index(name)),
        )
        if name in coloured
        else grey
        for name in detectors
    }


def _outstanding(detectors: Sequence[str], metrics: pd.DataFrame) -> list[str]:
    measures = ["auc"] if "auc" in metrics.columns else ["sensitivity", "specificity"]
    value = metrics.groupby("detector")[measures].mean().mean(axis=1)

    def best(names: Sequence[str]) -> list[str]:
        known = [name for name in names if name in value.index and value[name] == value[name]]
        return [max(known, key=lambda name: value[name])] if known else list(names[:1])

    default, *others = detectors
    originals = [name for name in others if name.startswith(_ORIGINAL)]
    peers = [name for name in others if name not in originals]
    return [default, *best(peers), *best(originals)]


def named_once(axes: Axes) -> dict[str, Line2D]:
    """Return what stands in the legend of axes, by its name; the rest, in grey, once and last."""
    handles, labels = axes.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    return dict(sorted(shown.items(), key=lambda item: item[1].get_color() == GREY))

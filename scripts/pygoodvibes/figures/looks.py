"""How detectors look in figures that show them together.

Comes in: the names of detectors, the default first, and their metrics. Goes out: the look of each.
Those that stand out (`pygoodvibes.evaluation.outstanding`) have a colour each. The rest is grey and
has one line in the legend: its numbers stand in the tables.
"""

import dataclasses
from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from pygoodvibes.evaluation.outstanding import stand_out
from pygoodvibes.figures import style

GREY = "#C4C4C4"
"""Colour of the rest."""


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
    coloured = stand_out(detectors, metrics)
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


def named_once(axes: Axes) -> dict[str, Line2D]:
    """Return what stands in the legend of axes, by its name; the rest, in grey, once and last."""
    handles, labels = axes.get_legend_handles_labels()
    shown = dict(zip(labels, handles, strict=True))
    return dict(sorted(shown.items(), key=lambda item: item[1].get_color() == GREY))

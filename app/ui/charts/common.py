"""What figures of several modules share: colours, symbols, dashes, and how one is shown on a page.

Comes in: a figure, or the name of a group of clips. Goes out: the figure on the page, the group's
colour, symbol and words. What colour tells, symbols, dashes or words tell as well.
"""

import dataclasses
from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pygoodvibes.evaluation.outstanding import stand_out
from ui.language import spoken, t

# as in pygoodvibes.figures.style, which takes a second to import matplotlib
NORMAL, ANOMALY, TRAIN, UNKNOWN = "#0072B2", "#D55E00", "#A6A6A6", "#CC79A7"
UNDECIDED = "#E69F00"
INK = "#333333"
CYCLE = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#7F7F7F", "#0072B2", "#D55E00")
GREY = "#C4C4C4"
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "star")
DASHES = ("solid", "dash", "dashdot", "dot", "longdash", "longdashdot")

# what a clip is: colour, symbol of a plot, symbol in a text
GROUPS = {
    "train": (TRAIN, "circle", "●"),
    "normal": (NORMAL, "square", "■"),
    "anomaly": (ANOMALY, "triangle-up", "▲"),
    "unknown": (UNKNOWN, "diamond", "◆"),
}

MOST_AS_SVG = 3000
"""Points up to which a trace is drawn without WebGL."""


def show_figure(
    figure: go.Figure, *, alt: str, key: str | None = None, **selection: object
) -> object:
    """Show a figure on the page.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        Its layout is completed here.
    alt : str
        Says in words what it shows.
    key : str, optional
        Of the element, for Streamlit.
    **selection
        What `streamlit.plotly_chart` takes to let points be picked; none if they can't be.

    Returns
    -------
    object
        What `streamlit.plotly_chart` returns.
    """
    figure.update_layout(
        separators=spoken().separators,
        legend={"font": {"color": INK, "size": 13}},
        margin={"l": 8, "r": 8, "t": figure.layout.margin.t or 28, "b": 8},
        # a finger that scrolls the page must not zoom; where points are picked, Streamlit decides
        dragmode="pan" if selection else False,
        hoverlabel={"namelength": -1},
    )
    ink = {"tickfont": {"color": INK}, "title": {"font": {"color": INK}}}
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(automargin=True, fixedrange=not selection, **ink)
    bar = {"displaylogo": False, "displayModeBar": bool(selection), "responsive": True}
    return st.plotly_chart(figure, key=key, alt=alt, config=bar, **selection)


def group_name(group: str) -> str:
    """Return the words for a group of clips, with the symbol it has in text."""
    return f"{GROUPS[group][2]} {t(f'group.{group}')}"


def legend_below(figure: go.Figure) -> None:
    """Put the legend at the bottom of the figure: narrow screens have no side."""
    place = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
    figure.update_layout(legend=place)


def scatter_kind(count: int) -> type:
    """Return the kind of flat trace for so many points; a browser has few places for WebGL ones."""
    return go.Scattergl if count > MOST_AS_SVG else go.Scatter


@dataclasses.dataclass(frozen=True)
class Series:
    """How a detector is drawn among others: those that don't stand out are grey.

    Attributes
    ----------
    colour, dash, symbol : str
        As Plotly takes them.
    group : str
        What the legend calls it.
    grey : bool
        Whether it shares its line in the legend with others.
    """

    colour: str
    dash: str
    symbol: str
    group: str
    grey: bool = False


def series_of(detectors: Sequence[str], metrics: pd.DataFrame) -> dict[str, Series]:
    """Return how each detector is drawn, in the order of drawing: the grey ones below.

    Parameters
    ----------
    detectors : sequence of str
        Their names, the default first.
    metrics : pandas.DataFrame
        Of each machine ID and detector.
    """
    coloured = stand_out(detectors, metrics)
    others = [name for name in detectors if name not in coloured]
    grey = Series(GREY, "solid", "circle", t("results.others", count=len(others)), grey=True)
    looks = dict.fromkeys(others, grey)
    for place, name in enumerate(coloured):
        marker = marker_of_series(place)
        dash = DASHES[place % len(DASHES)]
        looks[name] = Series(marker["color"], dash, marker["symbol"], name)
    return looks


def marker_of_series(place: int) -> dict:
    """Return colour and symbol of a series, given its place among the others."""
    return {
        "color": CYCLE[place % len(CYCLE)],
        "symbol": SYMBOLS[(place + place // len(CYCLE)) % len(SYMBOLS)],
    }

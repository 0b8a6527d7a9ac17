"""Forest plots: values with intervals, a band a group, a colour a detector."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style


@dataclasses.dataclass(frozen=True)
class Panel:
    """One panel of a forest plot.

    Attributes
    ----------
    key : str
        The value that it shows; its ends are below ``<key>_low`` and ``<key>_high``.
    title, label : str
        Heading, and what the horizontal axis is called.
    from_zero : bool
        Whether the values are differences, which lie about a line at 0.
    """

    key: str
    title: str
    label: str
    from_zero: bool


def forest(
    rows: Sequence[Mapping],
    panels: Sequence[Panel],
    *,
    group: str,
    labels: Mapping[str, Sequence[str]],
    most: int,
    width: float,
    title: str,
    title_suffix: str,
) -> Figure:
    """Draw values with their intervals.

    Parameters
    ----------
    rows : sequence of mapping
        In the order to draw, from the top: the name of the group below `group`, detector, and the
        values of each panel (shares; None or NaN where there is none) with their ends (None without
        an interval).
    panels : sequence of Panel
        From left to right.
    group : str
        Key of a row that names its group, a band of the figure.
    labels : mapping of str to sequence of str
        What stands beside a band: texts by name of the group, each of which is wrapped.
    most : int > 0
        Groups that are drawn; those further down are left out, and the figure says how many.
    width : float > 0
        Of the figure, inches.
    title, title_suffix : str
        As in `pygoodvibes.figures.style.new_figure`.

    Returns
    -------
    matplotlib.figure.Figure
        The panels side by side.
    """
    names = style.in_order(row[group] for row in rows)
    shown = names[:most]
    detectors = style.in_order(row["detector"] for row in rows)
    texts = ["\n".join(style.wrapped(text, 46) for text in labels[name]) for name in shown]
    bands, top = {}, 0.0
    for name, text in zip(shown, texts, strict=True):
        found = {row["detector"] for row in rows if row[group] == name}
        here = [detector for detector in detectors if detector in found]
        height = max(0.17 * len(here) + 0.12, 0.155 * (text.count("\n") + 1) + 0.12)
        bands[name] = (top, height, here)
        top += height
    figure = style.new_figure(width, top + 1.5, title, title_suffix)
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for each, panel in zip(axes, panels, strict=True):
        _draw(each, [row for row in rows if row[group] in bands], panel, group, bands, detectors)
        style.panel_title(each, panel.title)
        each.tick_params(axis="y", length=0)
    axes[0].set_ylim(top, 0)
    axes[0].set_yticks([start + height / 2 for start, height, _ in bands.values()], texts)
    handles, names_of_handles = _legend(axes, detectors)
    figure.legend(
        handles, names_of_handles, loc="outside lower center", ncols=min(len(handles), 6) or 1
    )
    if len(names) > len(shown):
        axes[-1].annotate(
            f"{len(names) - len(shown)} more in the table",
            (1, 1),
            xycoords="axes fraction",
            ha="right",
            va="bottom",
            fontsize=8,
        )
    return figure


def _draw(
    axes: Axes,
    rows: Sequence[Mapping],
    panel: Panel,
    group: str,
    bands: Mapping[str, tuple[float, float, Sequence[str]]],
    detectors: Sequence[str],
) -> None:
    if panel.from_zero:
        axes.axvline(0, color="black", linewidth=0.9, linestyle=(0, (4, 2)), gid="baseline")
    axes.grid(axis="x")
    for start, height, _ in list(bands.values())[1::2]:
        axes.axhspan(start, start + height, color=style.FAINT, alpha=0.45, linewidth=0)
    for row in rows:
        value = row[panel.key]
        if value is None or math.isnan(value):
            continue
        start, height, here = bands[row[group]]
        detector = row["detector"]
        place = start + height * (here.index(detector) + 1) / (len(here) + 1)
        look = detectors.index(detector)
        low, high = (row[f"{panel.key}_{end}"] for end in ("low", "high"))
        if low is not None:
            axes.hlines(place, 100 * low, 100 * high, color=style.colour(look), linewidth=1.4)
        axes.plot(
            100 * value,
            place,
            linestyle="",
            marker=style.marker(look),
            markersize=5,
            color=style.colour(look),
            label=style.short(detector),
        )
    if panel.from_zero:
        left, right = axes.get_xlim()
        axes.set_xlim(min(left, -0.5), max(right, 0.5))
    axes.set_xlabel(panel.label)


def _legend(axes: Sequence[Axes], detectors: Sequence[str]) -> tuple[list, list[str]]:
    handles = {}
    for panel in axes:
        for handle, text in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(text, handle)
    texts = [text for text in map(style.short, detectors) if text in handles]
    return [handles[text] for text in texts], texts

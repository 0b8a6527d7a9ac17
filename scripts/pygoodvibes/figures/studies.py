"""Figure: how the outcome depends on the settings that a study varies."""

import math
from collections.abc import Mapping, Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pygoodvibes.figures import style

MOST_BARS = 40
"""More settings are not drawn where each has a line of its own: the lowest are left out."""

LONGEST_TICK = 20
"""Letters of a setting beyond which it does not stand below a line, but beside one of its own."""

_WIDEST = 13.0
"""Inches that a figure of heat maps may be wide."""

_RANKED = ("auc", "pauc", "f1")
"""Measures with a best value: of sensitivity and specificity, each alone can be had for nothing."""

_ORACLE = "uses test labels: the best setting is an oracle's choice"


@style.styled
def plot_study(
    rows: Sequence[Mapping],
    axes: Mapping[str, Sequence[str]],
    measures: Mapping[str, str],
    *,
    title: str,
    confidence: float,
    title_suffix: str,
) -> Figure:
    """Draw what a study found.

    Parameters
    ----------
    rows : sequence of mapping
        A row per detector and setting: detector; settings, by key of the config, as text; means,
        by measure the mean of machine types (share, NaN if none); types, by measure the means of
        the types; bounds, by measure the interval of the mean, (None, None) if none.
    axes : mapping of str to sequence of str
        The keys that vary, with their values in order.
    measures : mapping of str to str
        Measures to draw, and what they are called.
    title : str
        What the study is about.
    confidence : float
        Coverage of the intervals.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        Two keys that vary together: heat maps, a row a detector, a column a measure. One key: the
        mean of types of all detectors together, then each detector with its machine types. Else: a
        line a setting, the highest first.
    """
    suffix = f"{title_suffix}\n{_ORACLE}" if title_suffix else f"\n{_ORACLE}"
    known = [row for row in rows if not all(math.isnan(row["means"][name]) for name in measures)]
    if not known:
        return style.message_figure(title, suffix, "No detector could be evaluated.")
    shared = [row for row in known if all(key in row["settings"] for key in axes)]
    if len(axes) == 2 and shared and _unique(shared):
        return _heat_maps(known, shared, axes, measures, title, suffix)
    longest = max((len(text) for texts in axes.values() for text in texts), default=0)
    if len(axes) == 1 and _unique(shared) and longest <= LONGEST_TICK:
        return _lines(known, shared, axes, measures, title, suffix, confidence)
    return _settings(known, measures, title, suffix, confidence)


def _unique(rows: Sequence[Mapping]) -> bool:
    return len({_place(row) for row in rows}) == len(rows)


def _place(row: Mapping) -> tuple:
    return (row["detector"], *row["settings"].items())


def _fixed(rows: Sequence[Mapping], shared: Sequence[Mapping], measure: str, name: str) -> str:
    """Name the detectors that the varying keys do not concern, with what they reach."""
    others = [
        f"{style.short(row['detector'])} {100 * row['means'][measure]:.1f}"
        for row in rows
        if row not in shared
    ]
    return f"{name} without these keys: {', '.join(others)}" if others else ""


def _heat_maps(
    rows: Sequence[Mapping],
    shared: Sequence[Mapping],
    axes: Mapping[str, Sequence[str]],
    measures: Mapping[str, str],
    title: str,
    suffix: str,
) -> Figure:
    (x_key, x_values), (y_key, y_values) = axes.items()
    detectors = style.in_order(row["detector"] for row in shared)
    # the panels of a detector stay side by side if they fit, and several detectors if there is room
    width = 0.52 * len(x_values) + 1.5
    fit = max(1, int(_WIDEST // width))
    if len(measures) <= fit:
        columns = min(fit // len(measures), len(detectors)) * len(measures)
    else:
        columns = style.grid_columns(len(measures), fit)
    count = len(detectors) * len(measures)
    lines = -(-count // columns)
    figure = style.new_figure(
        max(6.0, columns * width), lines * (0.3 * len(y_values) + 1.0) + 1.2, title, suffix
    )
    panels = [figure.add_subplot(lines, columns, number + 1) for number in range(count)]
    for column, (measure, name) in enumerate(measures.items()):
        values = {
            detector: _matrix(shared, detector, measure, x_key, x_values, y_key, y_values)
            for detector in detectors
        }
        every = np.concatenate([matrix.ravel() for matrix in values.values()])
        low, high = np.nanmin(every), np.nanmax(every)
        for line, detector in enumerate(detectors):
            panel = panels[line * len(measures) + column]
            best = high if measure in _RANKED else math.inf
            _draw_heat(panel, values[detector], low, high, best)
            panel.set_xticks(
                range(len(x_values)),
                x_values,
                rotation=90 if max(map(len, x_values)) > 6 else 0,
            )
            panel.set_yticks(range(len(y_values)), y_values)
            panel.set_xlabel(x_key)
            panel.set_ylabel(y_key)
            note = _fixed(rows, shared, measure, name) if not line else ""
            style.panel_title(panel, f"{style.short(detector)}: {name}, %", [note])
    return figure


def _matrix(
    rows: Sequence[Mapping],
    detector: str,
    measure: str,
    x_key: str,
    x_values: Sequence[str],
    y_key: str,
    y_values: Sequence[str],
) -> np.ndarray:
    matrix = np.full((len(y_values), len(x_values)), np.nan)
    for row in rows:
        if row["detector"] == detector:
            place = (
                y_values.index(row["settings"][y_key]),
                x_values.index(row["settings"][x_key]),
            )
            matrix[place] = row["means"][measure]
    return matrix


def _draw_heat(panel: Axes, matrix: np.ndarray, low: float, high: float, best: float) -> None:
    """Draw a heat map with its numbers; a frame is around all that equal the best."""
    colours = matplotlib.colormaps["cividis"]
    panel.imshow(
        matrix, cmap=colours, vmin=low, vmax=high if high > low else low + 1e-9, aspect="auto"
    )
    for (line, column), value in np.ndenumerate(matrix):
        if not math.isfinite(value):
            continue
        dark = high == low or (value - low) / (high - low) < 0.55
        # as exactly as the numbers are shown
        is_best = high > low and f"{100 * value:.1f}" == f"{100 * best:.1f}"
        panel.text(
            column,
            line,
            f"{100 * value:.1f}",
            ha="center",
            va="center",
            fontsize=7.5,
            fontweight="bold" if is_best else "normal",
            color="white" if dark else "black",
        )
        if is_best:
            panel.add_patch(
                Rectangle(
                    (column - 0.5, line - 0.5),
                    1,
                    1,
                    fill=False,
                    edgecolor=style.ANOMALY,
                    linewidth=2,
                    clip_on=False,
                    gid="best",
                )
            )
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _lines(
    rows: Sequence[Mapping],
    shared: Sequence[Mapping],
    axes: Mapping[str, Sequence[str]],
    measures: Mapping[str, str],
    title: str,
    suffix: str,
    confidence: float,
) -> Figure:
    [(key, values)] = axes.items()
    detectors = style.in_order(row["detector"] for row in rows)
    varied = style.in_order(row["detector"] for row in shared)
    figure, panels = style.panels(
        len(measures) + len(varied), title, suffix, panel_width=3.6, panel_height=2.9
    )
    for panel, (measure, name) in zip(panels, measures.items(), strict=False):
        for number, detector in enumerate(detectors):
            mine = [row for row in shared if row["detector"] == detector]
            look = {"color": style.colour(number), "label": style.short(detector)}
            if not mine:
                [value] = [row["means"][measure] for row in rows if row["detector"] == detector]
                panel.axhline(100 * value, linestyle=style.line(number), linewidth=1.2, **look)
                continue
            panel.plot(
                [values.index(row["settings"][key]) for row in mine],
                [100 * row["means"][measure] for row in mine],
                marker=style.marker(number),
                markersize=4.5,
                linewidth=1.4,
                linestyle=style.line(number),
                **look,
            )
        _finish(panel, key, values, f"{name}, %")
        style.panel_title(panel, f"{name}: mean of types")
    measure, name = next(iter(measures.items()))
    machines = sorted({machine for row in shared for machine in row["types"][measure]})
    for panel, detector in zip(panels[len(measures) :], varied, strict=True):
        mine = [row for row in shared if row["detector"] == detector]
        _draw_types(panel, mine, machines, measure, key, values, detectors.index(detector))
        _finish(panel, key, values, f"{name}, %")
        known = any(row["bounds"][measure][0] is not None for row in mine)
        interval = f"{100 * confidence:g} % interval over machine IDs shaded" if known else ""
        style.panel_title(panel, f"{style.short(detector)}: {name} per type", [interval])
    ends = [panel.get_ylim() for panel in panels[len(measures) :]]
    for panel in panels[len(measures) :]:
        panel.set_ylim(min(low for low, _ in ends), max(high for _, high in ends))
    handles, texts = panels[0].get_legend_handles_labels()
    figure.legend(handles, texts, loc="outside lower center", ncols=min(len(handles), 6))
    return figure


def _draw_types(
    panel: Axes,
    rows: Sequence[Mapping],
    machines: Sequence[str],
    measure: str,
    key: str,
    values: Sequence[str],
    number: int,
) -> None:
    """Draw one detector: its mean with the interval, and a light line per machine type."""
    places = np.array([values.index(row["settings"][key]) for row in rows])
    bounds = np.array(
        [[math.nan if end is None else end for end in row["bounds"][measure]] for row in rows],
        dtype=float,
    )
    ends = []
    for machine in machines:
        heights = [100 * row["types"][measure].get(machine, math.nan) for row in rows]
        panel.plot(places, heights, color=style.TRAIN, linewidth=0.9, gid=f"type {machine}")
        ends.append((heights[-1], machine))
    panel.fill_between(
        places, *(100 * bounds.T), color=style.colour(number), alpha=0.15, linewidth=0
    )
    panel.plot(
        places,
        [100 * row["means"][measure] for row in rows],
        color=style.colour(number),
        marker=style.marker(number),
        markersize=4.5,
        linewidth=1.8,
        linestyle=style.line(number),
    )
    known = sorted((height, machine) for height, machine in ends if math.isfinite(height))
    span = max(1.0, np.subtract(*panel.get_ylim()[::-1]))
    heights = spread_apart([height for height, _ in known], 0.065 * span)
    for height, (_, machine) in zip(heights, known, strict=True):
        panel.annotate(
            machine,
            (places[-1], height),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=style.INK,
            annotation_clip=False,
        )


def spread_apart(heights: Sequence[float], gap: float) -> list[float]:
    """Move labels as little as needed for neighbours to be a gap apart.

    Parameters
    ----------
    heights : sequence of float
        Where the labels belong, in rising order.
    gap : float > 0
        Least distance from one to the next, in the unit of the heights.

    Returns
    -------
    list of float
        Where they go, in the same order.
    """
    groups = [[height] for height in heights]
    number = 1
    while number < len(groups):
        below, above = groups[number - 1], groups[number]
        reach = gap * (len(below) + len(above)) / 2
        if np.mean(above) - np.mean(below) >= reach:
            number += 1
            continue
        # they touch: one group, evenly spread around its middle; it may now touch the one below
        groups[number - 1 : number + 1] = [below + above]
        number = max(1, number - 1)
    return [
        float(np.mean(group)) + gap * (place - (len(group) - 1) / 2)
        for group in groups
        for place in range(len(group))
    ]


def _finish(panel: Axes, key: str, values: Sequence[str], label: str) -> None:
    panel.set_xticks(range(len(values)), values, rotation=90 if max(map(len, values)) > 6 else 0)
    panel.set_xlabel(key)
    panel.set_ylabel(label)
    panel.grid(axis="y")


def _settings(
    rows: Sequence[Mapping],
    measures: Mapping[str, str],
    title: str,
    suffix: str,
    confidence: float,
) -> Figure:
    first = next(iter(measures))
    order = sorted(
        rows,
        key=lambda row: math.inf if math.isnan(row["means"][first]) else -row["means"][first],
    )
    shown = order[:MOST_BARS]
    detectors = style.in_order(row["detector"] for row in rows)
    labels = [
        "\n".join(
            [
                style.short(row["detector"]),
                *(style.wrapped(f"{key} = {text}", 46) for key, text in row["settings"].items()),
            ]
        )
        for row in shown
    ]
    heights = [0.155 * (label.count("\n") + 1) + 0.12 for label in labels]
    middles = np.cumsum(heights) - np.array(heights) / 2
    figure = style.new_figure(3.4 + 3.0 * len(measures), sum(heights) + 1.6, title, suffix)
    panels = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
    for panel, (measure, name) in zip(panels, measures.items(), strict=True):
        for row, middle in zip(shown, middles, strict=True):
            number = detectors.index(row["detector"])
            low, high = row["bounds"][measure]
            if low is not None:
                panel.hlines(
                    middle, 100 * low, 100 * high, color=style.colour(number), linewidth=1.4
                )
            panel.plot(
                100 * row["means"][measure],
                middle,
                linestyle="",
                marker=style.marker(number),
                markersize=5,
                color=style.colour(number),
            )
        panel.grid(axis="x")
        panel.tick_params(axis="y", length=0)
        panel.set_xlabel(f"{name}, %")
        known = any(row["bounds"][measure][0] is not None for row in shown)
        interval = f", {100 * confidence:g} % interval over IDs" if known else ""
        style.panel_title(panel, f"{name}{interval}")
    panels[0].set_ylim(sum(heights), 0)
    panels[0].set_yticks(middles, labels)
    if len(order) > len(shown):
        panels[-1].annotate(
            f"{len(order) - len(shown)} more in the table",
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, 3),
            textcoords="offset points",
            ha="right",
            va="bottom",
            fontsize=8,
        )
    return figure

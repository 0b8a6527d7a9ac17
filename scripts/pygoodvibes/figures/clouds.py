"""Figure: the clips of all machine types as points of one common projection."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style

_SEED = 0
_ROUNDS = 12
_MOST_IN_3D = 8000


@style.styled
def plot_clouds(
    points: pd.DataFrame,
    *,
    title_suffix: str,
    explained_variance_ratio: Sequence[float] | None = None,
) -> Figure:
    """Draw clouds of points by machine type in 2-D and 3-D, and by machine ID in 2-D.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per clip of any split and label: machine, id, PC1, PC2 and, for the 3-D view, PC3,
        all in one common projection.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.
    explained_variance_ratio : sequence of float, optional
        Part of the variance (0 to 1) along each component, written on the axes.

    Returns
    -------
    matplotlib.figure.Figure
        Above, all types in 2-D and in 3-D; below, a panel per type, coloured by machine ID. The
        axes leave extreme points out and say how many; of more than 8,000 clips the 3-D view shows
        a fixed random sample of 8,000.

    Raises
    ------
    UserError
        If a column is missing or there is no row.
    """
    style.require(points, ("machine", "id", "PC1", "PC2"), "points")
    points = points[np.isfinite(points[["PC1", "PC2"]]).all(axis=1)]
    if points.empty:
        return style.message_figure(
            "Clips in one common PCA", title_suffix, "No clip could be projected."
        )
    # In a fixed random order no machine type hides the others by being drawn last.
    order = np.random.default_rng(_SEED).permutation(len(points))
    points = points.iloc[order]
    machines = style.machines_in(points)
    columns = style.grid_columns(len(machines), 3)
    rows = -(-len(machines) // columns)
    most_ids = int(points.groupby("machine")["id"].nunique().max())
    legend_columns = -(-most_ids // 12)
    width = max(10.0, columns * (3.3 + 0.75 * legend_columns))
    height = 3.0 if columns > 1 else 4.0
    unit = style.short_unit(style.unit_of(points))
    title = f"Clips in one common PCA, by machine type and {unit}"
    figure = style.new_figure(width, 5.6 + height * rows, title, title_suffix)
    top, bottom = figure.subfigures(2, 1, height_ratios=[4.9, height * rows])

    labels = [
        style.component_label(name, explained_variance_ratio) for name in ("PC1", "PC2", "PC3")
    ]
    flat = top.add_subplot(1, 2, 1)
    handles = _scatter(flat, points, "machine", machines)
    _finish(flat, points, labels, "All machine types")
    _solid(top, points, machines, labels)
    top.legend(
        handles,
        machines,
        loc="outside lower center",
        ncols=min(8, len(machines)),
        title="Machine type",
        markerscale=_legend_scale(len(points)),
    )
    for number, machine in enumerate(machines):
        axes = bottom.add_subplot(rows, columns, number + 1)
        mine = points[points["machine"] == machine]
        ids = style.ids_in(mine)
        handles = _scatter(axes, mine, "id", ids)
        _finish(axes, mine, labels, machine)
        axes.legend(
            handles,
            ids,
            title=unit,
            loc="center left",
            bbox_to_anchor=(1.0, 0.5),
            ncols=-(-len(ids) // 12),
            markerscale=_legend_scale(len(mine)),
            handletextpad=0.1,
            columnspacing=0.6,
            borderaxespad=0.2,
        )
    return figure


def _scatter(axes: Axes, points: pd.DataFrame, column: str, names: list[str]) -> list:
    """Scatter points by name, a slice of each in turn; return one legend handle per name."""
    handles = {}
    size = _size(len(points))
    turn = np.arange(len(points)) * _ROUNDS // max(1, len(points))
    for _, points_of_turn in points.groupby(turn):
        for number, name in enumerate(names):
            mine = points_of_turn[points_of_turn[column] == name]
            if len(mine):
                handles[name] = axes.scatter(
                    mine["PC1"],
                    mine["PC2"],
                    s=size,
                    color=style.colour(number),
                    marker=style.marker(number),
                    alpha=0.65,
                    linewidths=0,
                    gid=f"{column}={name}",
                )
    return [handles[name] for name in names]


def _size(count: int) -> float:
    """Return the area of a marker, in square points, for this many clips."""
    return 9.0 if count < 3000 else 4.0


def _legend_scale(count: int) -> float:
    """Return by what the legend's markers are larger than those drawn: they measure 6 points."""
    return 6.0 / _size(count) ** 0.5


def _finish(axes: Axes, points: pd.DataFrame, labels: list[str], title: str) -> None:
    groups = (points["machine"] + "\0" + points["id"]).to_numpy(dtype=str)
    axes.set_xlim(style.robust_limits(points["PC1"].to_numpy(dtype=float), groups))
    axes.set_ylim(style.robust_limits(points["PC2"].to_numpy(dtype=float), groups))
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.grid()
    away = style.beyond(axes, points["PC1"].to_numpy(), points["PC2"].to_numpy())
    style.panel_title(axes, f"{title}: {style.count_of(len(points), 'clip')}", [away])


def _solid(figure, points: pd.DataFrame, machines: list[str], labels: list[str]) -> None:
    if "PC3" not in points.columns or not np.isfinite(points["PC3"]).any():
        axes = figure.add_subplot(1, 2, 2)
        style.panel_title(axes, "3-D view")
        style.say(axes, "The projection has two components only: no 3-D view.")
        return
    axes = figure.add_subplot(1, 2, 2, projection="3d")
    limits = [
        style.robust_limits(
            points[name].to_numpy(dtype=float), points["machine"].to_numpy(dtype=str)
        )
        for name in ("PC1", "PC2", "PC3")
    ]
    inside = np.ones(len(points), dtype=bool)
    for name, (low, high) in zip(("PC1", "PC2", "PC3"), limits, strict=True):
        # 3-D axes do not clip: a point beyond them would be drawn over its surroundings.
        inside &= points[name].between(low, high).to_numpy()
    shown = points[inside].head(_MOST_IN_3D)
    for number, machine in enumerate(machines):
        mine = shown[shown["machine"] == machine]
        axes.scatter(
            mine["PC1"],
            mine["PC2"],
            mine["PC3"],
            s=_size(len(shown)),
            color=style.colour(number),
            marker=style.marker(number),
            alpha=0.6,
            linewidths=0,
            gid=f"machine={machine}",
        )
    for setter, label in zip(
        (axes.set_xlabel, axes.set_ylabel, axes.set_zlabel), labels, strict=True
    ):
        setter(label, fontsize=8.5)
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    axes.set_zlim(limits[2])
    axes.locator_params(nbins=5)
    axes.set_box_aspect(None, zoom=1.0)
    axes.view_init(elev=22, azim=-58)
    is_partial = len(shown) < len(points)
    style.panel_title(
        axes,
        "All machine types in 3-D",
        [f"{len(shown):,} of {len(points):,} clips"] if is_partial else [],
    )

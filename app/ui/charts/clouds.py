"""Figures of clips as points: clouds of a projection, and the plane of a one-class SVM.

Comes in: points of a projection with what is known of them, ratios of variance, a grid of fitted
one-class SVMs. Goes out: a figure each.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from pygoodvibes.figures.ocsvm_grid import Grid
from ui.charts.common import ANOMALY, GROUPS, legend_below, marker_of_series, scatter_kind
from ui.language import percent, t

MOST_IN_3D = 4000
"""Points up to which a browser turns a cloud in three dimensions without effort."""

# three dimensions have fewer symbols
_SOLID_SYMBOLS = {
    "triangle-up": "diamond",
    "triangle-down": "diamond-open",
    "star": "circle-open",
}


def variance_figure(ratios: np.ndarray) -> go.Figure:
    """Draw the variance that the first components explain together."""
    total = 100 * np.cumsum(ratios)
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(total) + 1),
            y=total,
            marker={"color": [ANOMALY if place < 3 else "#9CC9E3" for place in range(len(total))]},
            hovertemplate="%{x}: %{y:.1f} %<extra></extra>",
        )
    )
    figure.update_xaxes(title=t("method.components"), dtick=1 if len(total) < 12 else None)
    figure.update_yaxes(title=t("method.variance"), range=[0, 102], ticksuffix=" %")
    figure.update_layout(height=300)
    return figure


def cloud_figure(
    points: pd.DataFrame,
    *,
    by: str,
    names: Mapping[str, str],
    ratios: Sequence[float],
    chosen: int | None = None,
    solid: bool = False,
) -> go.Figure:
    """Draw clips as points of a projection.

    Parameters
    ----------
    points : pandas.DataFrame
        PC1, PC2, (PC3,) group (text) or score (number, NaN for none); the index tells clips apart.
    by : {'group', 'score'}
        What colour and symbol tell.
    names : mapping
        Words for groups.
    ratios : sequence of float
        Part of the variance along each component.
    chosen : int, optional
        Index of the clip to ring.
    solid : bool
        In three dimensions.
    """
    size = (3 if solid else 6) if len(points) > 3000 else (4 if solid else 8)
    kind = go.Scatter3d if solid else scatter_kind(len(points))
    if by == "score":
        traces = [kind(_points_by_score(points, size=size, solid=solid))]
    else:
        groups = points.groupby("group", sort=True, observed=True)
        traces = [
            kind(
                **_places(rows, solid=solid),
                mode="markers",
                name=names.get(group, group),
                customdata=rows.index.tolist(),
                marker={
                    "size": size,
                    "opacity": 0.75,
                    **_marker_of_group(group, place, solid=solid),
                },
                hovertemplate="%{fullData.name}<extra></extra>",
            )
            for place, (group, rows) in enumerate(groups)
        ]
    if chosen is not None and chosen in points.index:
        traces.append(kind(_ring(points.loc[[chosen]], size=size + 10, solid=solid)))
    figure = go.Figure(traces)
    _name_axes(figure, ratios, solid=solid)
    legend_below(figure)
    return figure


def _places(points: pd.DataFrame, *, solid: bool) -> dict[str, np.ndarray]:
    """Return the coordinates of points, by the letter of the axis."""
    letters = "xyz" if solid else "xy"
    return {
        letter: points[f"PC{number}"].to_numpy(dtype=np.float32)
        for number, letter in enumerate(letters, start=1)
    }


def _marker_of_group(group: str, place: int, *, solid: bool) -> dict[str, str]:
    """Return colour and symbol of a group, given its place among the groups drawn."""
    if group in GROUPS:
        colour, symbol, _ = GROUPS[group]
        marker = {"color": colour, "symbol": symbol}
    else:
        marker = marker_of_series(place)
    if solid:
        marker["symbol"] = _SOLID_SYMBOLS.get(marker["symbol"], marker["symbol"])
    return marker


def _points_by_score(points: pd.DataFrame, *, size: int, solid: bool) -> dict:
    """Return a trace of points whose colour tells their score, whose symbol their group."""
    low, high = np.nanquantile(points["score"], [0.02, 0.98]) if len(points) else (0, 1)
    symbols = [_marker_of_group(group, 0, solid=solid)["symbol"] for group in points["group"]]
    return {
        **_places(points, solid=solid),
        "mode": "markers",
        "name": t("cloud.clips"),
        "customdata": points.index.tolist(),
        "marker": {
            "size": size,
            "color": points["score"].to_numpy(dtype=np.float32),
            "colorscale": "Cividis",
            "cmin": low,
            "cmax": high,
            "symbol": symbols,
            "colorbar": {"title": {"text": t("cloud.score")}, "thickness": 12},
        },
        "hovertemplate": "%{marker.color:.3g}<extra></extra>",
    }


def _ring(point: pd.DataFrame, *, size: int, solid: bool) -> dict:
    """Return a trace that rings one point."""
    return {
        **_places(point, solid=solid),
        "mode": "markers",
        "name": t("cloud.chosen"),
        "marker": {
            "size": size,
            "symbol": "circle-open",
            "color": "black",
            "line": {"width": 3, "color": "black"},
        },
        "hoverinfo": "skip",
    }


def _name_axes(figure: go.Figure, ratios: Sequence[float], *, solid: bool) -> None:
    """Write at each axis its component and part of the variance; set height and camera."""
    titles = [
        f"PC{place + 1} ({percent(ratios[place], 1)})" if place < len(ratios) else f"PC{place + 1}"
        for place in range(3 if solid else 2)
    ]
    if not solid:
        figure.update_xaxes(title=titles[0], zeroline=False)
        figure.update_yaxes(title=titles[1], zeroline=False)
        figure.update_layout(height=520)
        return
    axes = {f"{letter}axis": {"title": title} for letter, title in zip("xyz", titles, strict=True)}
    # `show_figure` forbids to drag; from further away than usual all axes fit on a narrow screen
    view = {
        "dragmode": "turntable",
        "camera": {"eye": {"x": 2.1, "y": 2.1, "z": 1.5}, "center": {"z": -0.15}},
    }
    figure.update_layout(scene=axes | view, height=560)


def contours_figure(grid: Grid, row: int = 0, column: int = 0, *, small: bool = False) -> go.Figure:
    """Draw what a one-class SVM calls normal on the plane of two components.

    Parameters
    ----------
    grid : Grid
        Fitted one-class SVMs.
    row, column : int
        Place of the one to draw, by gamma and by nu.
    small : bool
        One of many: without legend and scale.
    """
    figure = go.Figure(_score_contours(grid, row, column, small=small))
    figure.add_traces(_clips_on_plane(grid, small=small))
    unit = t("detectors.standard")
    figure.update_xaxes(title=f"PC1 ({unit})", range=[grid.x[0], grid.x[-1]], zeroline=False)
    figure.update_yaxes(title=f"PC2 ({unit})", range=[grid.y[0], grid.y[-1]], zeroline=False)
    figure.update_layout(height=300 if small else 540)
    if not small:
        legend_below(figure)
    return figure


def _score_contours(grid: Grid, row: int, column: int, *, small: bool) -> list[go.Contour]:
    """Return the scores, each side scaled to 1, and the boundary between the sides."""
    scores = grid.scores[row, column]
    low, high = -scores.min(), scores.max()
    scaled = np.where(scores < 0, scores / max(low, 1e-12), scores / max(high, 1e-12))
    plane = {"x": grid.x, "y": grid.y, "z": scaled.astype(np.float32), "hoverinfo": "skip"}
    filled = go.Contour(
        **plane,
        colorscale=[[0, "#A9D3EC"], [0.5, "#FFFFFF"], [1, "#F7C9A4"]],
        zmin=-1,
        zmax=1,
        contours={"start": -1, "end": 1, "size": 0.2},
        line={"width": 0.4, "color": "#AAAAAA"},
        showscale=not small,
        colorbar={
            "title": {"text": t("detectors.scaled")},
            "thickness": 12,
            "tickvals": [-1, 0, 1],
        },
    )
    boundary = go.Contour(
        **plane,
        contours={"start": 0, "end": 0, "size": 1, "coloring": "none"},
        line={"width": 3, "color": "black"},
        showscale=False,
        name=t("detectors.boundary"),
        showlegend=not small,
    )
    return [filled, boundary]


def _clips_on_plane(grid: Grid, *, small: bool) -> list[go.Scatter]:
    """Return training, normal and anomalous clips as points."""
    traces = []
    for group in ("train", "normal", "anomaly"):
        points = getattr(grid, group)
        colour, symbol, _ = GROUPS[group]
        traces.append(
            go.Scatter(
                x=points[:, 0],
                y=points[:, 1],
                mode="markers",
                name=t(f"group.{group}"),
                marker={
                    "color": "#6E6E6E" if group == "train" else colour,
                    "symbol": symbol,
                    "size": 4 if small else 7,
                    "opacity": 0.7,
                },
                hoverinfo="skip",
                showlegend=not small,
            )
        )
    return traces

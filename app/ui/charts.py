"""Plotly figures of the pages; what colour tells, symbols, dashes or words tell as well."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.colors import hex_to_rgb, sequential
from plotly.subplots import make_subplots

from pygoodvibes.figures.ocsvm_grid import Grid
from ui.language import current, number, percent, t

# as in pygoodvibes.figures.style, which takes a second to import matplotlib
NORMAL, ANOMALY, TRAIN, UNKNOWN = "#0072B2", "#D55E00", "#A6A6A6", "#CC79A7"
INK = "#333333"
CYCLE = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#000000", "#7F7F7F", "#0072B2", "#D55E00")
SYMBOLS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "star")
DASHES = ("solid", "dash", "dashdot", "dot", "longdash", "longdashdot")

# what a clip is: colour, symbol of a plot, symbol in a text
GROUPS = {
    "train": (TRAIN, "circle", "●"),
    "normal": (NORMAL, "square", "■"),
    "anomaly": (ANOMALY, "triangle-up", "▲"),
    "unknown": (UNKNOWN, "diamond", "◆"),
}

LIMIT = 6.0
"""Deviation, in spreads, at which the colours end."""

MOST_IN_3D = 4000
MOST_AS_SVG = 3000

# Streamlit takes #000001 and the like for places of its own palette, and Magma begins with #000004
_MAGMA = [f"rgb{hex_to_rgb(colour)}" for colour in sequential.Magma]

_RINGS = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#F0E442", "#B8B8B8")

_TICKS_HZ = (125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000)


def draw(figure: go.Figure, *, alt: str, key: str | None = None, **more: object) -> object:
    """Show a figure; `alt` says in words what it shows."""
    figure.update_layout(
        separators=",\u202f" if current() == "fr" else ".,",
        legend={"font": {"color": INK, "size": 13}},
        margin={"l": 8, "r": 8, "t": figure.layout.margin.t or 28, "b": 8},
        # a finger that scrolls the page must not zoom; where points are picked, Streamlit decides
        dragmode="pan" if more else False,
        hoverlabel={"namelength": -1},
    )
    ink = {"tickfont": {"color": INK}, "title": {"font": {"color": INK}}}
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(automargin=True, fixedrange=not more, **ink)
    bar = {"displaylogo": False, "displayModeBar": bool(more), "responsive": True}
    return st.plotly_chart(figure, key=key, alt=alt, config=bar, **more)


def group_name(group: str) -> str:
    """Return the words for a group of clips, with the symbol it has in text."""
    return f"{GROUPS[group][2]} {t(f'group.{group}')}"


def legend_below(figure: go.Figure) -> None:
    """Put the legend at the bottom of the figure: narrow screens have no side."""
    place = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
    figure.update_layout(legend=place)


def flat(count: int) -> type:
    """Return the kind of trace for so many points; a browser has few places for WebGL ones."""
    return go.Scattergl if count > MOST_AS_SVG else go.Scatter


def sunburst(nodes: pd.DataFrame, *, names: Mapping[str, str], shares: bool) -> go.Figure:
    """Draw counts of clips as rings, from `ui.browse.levels`."""
    machines = sorted(set(nodes["value"]) - set(names) - {""})
    tints = {name: _RINGS[place % len(_RINGS)] for place, name in enumerate(machines)}
    colours, patterns = [], []
    for node, value in zip(nodes["node"], nodes["value"], strict=True):
        of_machine = next((tints[part] for part in node.split("/") if part in tints), "#DDDDDD")
        fixed = {"anomaly": ANOMALY, "normal": "#9CC9E3", "train": TRAIN, "test": "#D9D9D9"}
        colours.append(fixed.get(value, of_machine))
        patterns.append({"anomaly": "/", "unknown": ".", "train": ""}.get(value, ""))
    figure = go.Figure(
        go.Sunburst(
            ids=nodes["node"],
            parents=nodes["parent"],
            labels=[names.get(value, value) for value in nodes["value"]],
            values=nodes["clips"],
            branchvalues="total",
            textinfo="label+percent root" if shares else "label+value",
            texttemplate="%{label}<br>%{percentRoot:.1%}" if shares else "%{label}<br>%{value:,}",
            hovertemplate="%{id}<br>%{value:,} · %{percentRoot:.1%}<extra></extra>",
            marker={
                "colors": colours,
                "line": {"color": "white", "width": 1},
                "pattern": {"shape": patterns, "fillmode": "overlay", "solidity": 0.2, "size": 6},
            },
            insidetextorientation="auto",
            insidetextfont={"color": "black"},
            sort=False,
        )
    )
    figure.update_layout(height=560, margin={"t": 8})
    return figure


def _mel_ticks(frequencies: np.ndarray) -> tuple[np.ndarray, list[str]]:
    ticks = [hz for hz in _TICKS_HZ if frequencies[0] <= hz <= frequencies[-1]]
    places = np.interp(ticks, frequencies, np.arange(len(frequencies)))
    kept = [
        place
        for place in range(len(ticks))
        if place == 0 or places[place] - places[place - 1] > len(frequencies) / 20
    ]
    return places[kept], [number(ticks[place]) for place in kept]


def clip(
    *,
    mel: np.ndarray,
    deviation: np.ndarray | None,
    edges: np.ndarray,
    seconds_a_frame: float,
    level: tuple[float, float],
    wave: tuple[np.ndarray, np.ndarray] | None,
    peak: float,
    seconds: float,
    colour: str,
) -> go.Figure:
    """Draw waveform, spectrogram and deviation map of a clip, one above the other.

    Parameters
    ----------
    mel, deviation : np.ndarray [shape=(n_frames, n_mels)]
        dB, and spreads of normal.
    edges : np.ndarray [shape=(n_mels + 2,)]
        Of the mel bands, Hz.
    seconds_a_frame, seconds : float > 0
        Time from frame to frame, and of the whole, s.
    level : tuple of float
        Ends of the scale of colours of the spectrogram, dB.
    wave : tuple of np.ndarray, optional
        Lowest and highest amplitude of stretches of time.
    peak : float
        End of the waveform's axis.
    colour : str
        Of the waveform.
    """
    wanted = {"wave": wave is not None, "mel": True, "deviation": deviation is not None}
    sizes = {"wave": 0.2, "mel": 0.4, "deviation": 0.4}
    rows = [(name, sizes[name]) for name, there in wanted.items() if there]
    titles = [t(f"clip.{name}") for name, _ in rows]
    figure = make_subplots(
        rows=len(rows),
        cols=1,
        shared_xaxes=True,
        row_heights=[size for _, size in rows],
        vertical_spacing=0.09,
        subplot_titles=titles,
    )
    frequencies = edges[1:-1]
    places, words = _mel_ticks(frequencies)
    times = np.arange(len(mel)) * seconds_a_frame
    for row, (name, _) in enumerate(rows, start=1):
        if name == "wave":
            low, high = wave
            at = np.linspace(0, seconds, len(low), endpoint=False)
            line = {"width": 1, "color": colour}
            figure.add_trace(go.Scatter(x=at, y=high, line=line, hoverinfo="skip"), row, 1)
            figure.add_trace(
                go.Scatter(x=at, y=low, line=line, fill="tonexty", hoverinfo="skip"), row, 1
            )
            figure.update_yaxes(range=[-peak, peak], nticks=3, row=row)
            continue
        is_map = name == "deviation"
        top, bottom = figure.layout[f"yaxis{row if row > 1 else ''}"].domain[::-1]
        figure.add_trace(
            go.Heatmap(
                z=np.asarray(deviation if is_map else mel, dtype=np.float32).T,
                x=times,
                colorscale="RdBu_r" if is_map else _MAGMA,
                zmin=-LIMIT if is_map else level[0],
                zmax=LIMIT if is_map else level[1],
                colorbar={
                    "title": {
                        "text": t(f"clip.{name}_unit"),
                        "side": "right",
                        "font": {"color": INK},
                    },
                    "thickness": 8,
                    "len": top - bottom,
                    "y": (top + bottom) / 2,
                    "x": 1.01,
                    "xpad": 2,
                    "ypad": 0,
                    "tickfont": {"size": 11, "color": INK},
                    "tickvals": [-6, -3, 0, 3, 6] if is_map else None,
                },
                hovertemplate="%{x:.2f} s, %{z:.1f}<extra></extra>",
            ),
            row,
            1,
        )
        figure.update_yaxes(tickvals=places, ticktext=words, row=row, showgrid=False)
    figure.update_xaxes(range=[0, seconds])
    figure.update_xaxes(title=t("clip.time"), row=len(rows))
    figure.update_annotations(font={"size": 13, "color": INK}, x=0, xanchor="left")
    figure.update_layout(height=150 + 190 * len(rows), showlegend=False)
    return figure


def drivers(lost: np.ndarray, words: Sequence[str], title: str) -> go.Figure:
    """Draw what the parts of a clip add to its score."""
    figure = go.Figure(
        go.Bar(
            x=list(words),
            y=lost,
            marker={
                "color": [ANOMALY if value > 0 else NORMAL for value in lost],
                "pattern": {"shape": ["/" if value > 0 else "" for value in lost]},
            },
            hovertemplate="%{x}: %{y:.3g}<extra></extra>",
        )
    )
    figure.update_xaxes(title=title, type="category", tickangle=-45)
    figure.update_yaxes(title=t("drivers.lost"), zeroline=True, zerolinecolor=INK)
    figure.update_layout(height=340)
    return figure


def profile(
    frequencies: np.ndarray, clip_values: np.ndarray, low: np.ndarray, high: np.ndarray, unit: str
) -> go.Figure:
    """Draw a part of a clip's embedding over frequency, and where training clips lie (10-90 %)."""
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(x=frequencies, y=high, line={"width": 0}, showlegend=False, hoverinfo="skip")
    )
    figure.add_trace(
        go.Scatter(
            x=frequencies,
            y=low,
            line={"width": 0},
            fill="tonexty",
            fillcolor="rgba(120,120,120,0.35)",
            name=t("method.training_range"),
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=frequencies,
            y=clip_values,
            name=t("method.this_clip"),
            line={"color": ANOMALY, "width": 2},
            hovertemplate="%{x:.0f} Hz: %{y:.1f}<extra></extra>",
        )
    )
    ticks = [hz for hz in _TICKS_HZ if frequencies[0] <= hz <= frequencies[-1]]
    figure.update_xaxes(
        title=t("clip.frequency"),
        type="log",
        tickvals=ticks,
        ticktext=[number(hz) for hz in ticks],
    )
    figure.update_yaxes(title=unit)
    figure.update_layout(height=330)
    legend_below(figure)
    return figure


def variance(ratios: np.ndarray) -> go.Figure:
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


def _look(place: int) -> dict:
    return {
        "color": CYCLE[place % len(CYCLE)],
        "symbol": SYMBOLS[(place + place // len(CYCLE)) % len(SYMBOLS)],
    }


def cloud(
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
    axes = ["PC1", "PC2", "PC3"][: 3 if solid else 2]
    kind = go.Scatter3d if solid else flat(len(points))
    figure = go.Figure()

    def places(rows: pd.DataFrame) -> dict:
        return {
            key: rows[axis].to_numpy(dtype=np.float32)
            for key, axis in zip("xyz", axes, strict=False)
        }

    hover = "%{fullData.name}<extra></extra>"
    size = (3 if solid else 6) if len(points) > 3000 else (4 if solid else 8)
    if by == "score":
        low, high = np.nanquantile(points["score"], [0.02, 0.98]) if len(points) else (0, 1)
        symbols = points["group"].map(lambda group: GROUPS[group][1])
        if solid:
            symbols = symbols.replace({"triangle-up": "diamond"})
        figure.add_trace(
            kind(
                **places(points),
                mode="markers",
                name=t("cloud.clips"),
                customdata=points.index.tolist(),
                marker={
                    "size": size,
                    "color": points["score"].to_numpy(dtype=np.float32),
                    "colorscale": "Cividis",
                    "cmin": low,
                    "cmax": high,
                    "symbol": symbols,
                    "colorbar": {"title": {"text": t("cloud.score")}, "thickness": 12},
                },
                hovertemplate="%{marker.color:.3g}<extra></extra>",
            )
        )
    else:
        for place, (group, rows) in enumerate(points.groupby("group", sort=True, observed=True)):
            if group in GROUPS:
                look = {"color": GROUPS[group][0], "symbol": GROUPS[group][1]}
            else:
                look = _look(place)
            if solid:
                look["symbol"] = {"triangle-up": "diamond", "triangle-down": "diamond-open"}.get(
                    look["symbol"], look["symbol"]
                )
                look["symbol"] = "circle-open" if look["symbol"] == "star" else look["symbol"]
            figure.add_trace(
                kind(
                    **places(rows),
                    mode="markers",
                    name=names.get(group, group),
                    customdata=rows.index.tolist(),
                    marker={"size": size, "opacity": 0.75, **look},
                    hovertemplate=hover,
                )
            )
    if chosen is not None and chosen in points.index:
        figure.add_trace(
            kind(
                **places(points.loc[[chosen]]),
                mode="markers",
                name=t("cloud.chosen"),
                marker={
                    "size": size + 10,
                    "symbol": "circle-open",
                    "color": "black",
                    "line": {"width": 3, "color": "black"},
                },
                hoverinfo="skip",
            )
        )
    labels = [
        f"{axis} ({percent(ratios[place], 1)})" if place < len(ratios) else axis
        for place, axis in enumerate(axes)
    ]
    if solid:
        figure.update_layout(
            scene={
                f"{key}axis": {"title": label} for key, label in zip("xyz", labels, strict=False)
            }
            # `draw` forbids to drag; from further away than usual all axes fit on a narrow screen
            | {
                "dragmode": "turntable",
                "camera": {"eye": {"x": 2.1, "y": 2.1, "z": 1.5}, "center": {"z": -0.15}},
            },
            height=560,
        )
        legend_below(figure)
    else:
        figure.update_xaxes(title=labels[0], zeroline=False)
        figure.update_yaxes(title=labels[1], zeroline=False)
        figure.update_layout(height=520)
        legend_below(figure)
    return figure


def contours(grid: Grid, row: int = 0, column: int = 0, *, small: bool = False) -> go.Figure:
    """Draw what a one-class SVM calls normal on the plane of two components."""
    scores = grid.scores[row, column]
    low, high = -scores.min(), scores.max()
    scaled = np.where(scores < 0, scores / max(low, 1e-12), scores / max(high, 1e-12))
    figure = go.Figure(
        go.Contour(
            x=grid.x,
            y=grid.y,
            z=scaled.astype(np.float32),
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
            hoverinfo="skip",
        )
    )
    figure.add_trace(
        go.Contour(
            x=grid.x,
            y=grid.y,
            z=scaled.astype(np.float32),
            contours={"start": 0, "end": 0, "size": 1, "coloring": "none"},
            line={"width": 3, "color": "black"},
            showscale=False,
            hoverinfo="skip",
            name=t("detectors.boundary"),
            showlegend=not small,
        )
    )
    for group, values in (
        ("train", grid.train), ("normal", grid.normal), ("anomaly", grid.anomaly)
    ):  # fmt: skip
        colour, symbol, _ = GROUPS[group]
        figure.add_trace(
            go.Scatter(
                x=values[:, 0],
                y=values[:, 1],
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
    unit = t("detectors.standard")
    figure.update_xaxes(title=f"PC1 ({unit})", range=[grid.x[0], grid.x[-1]], zeroline=False)
    figure.update_yaxes(title=f"PC2 ({unit})", range=[grid.y[0], grid.y[-1]], zeroline=False)
    figure.update_layout(height=300 if small else 540)
    if not small:
        legend_below(figure)
    return figure


def distributions(
    scores: pd.DataFrame, limits: Mapping[str, float], *, mark: float | None = None
) -> go.Figure:
    """Draw the scores of training, normal and anomalous clips of machine IDs, a row an ID.

    Parameters
    ----------
    scores : pandas.DataFrame
        id, split, label, score.
    limits : mapping of id to float
        Thresholds.
    mark : float, optional
        Score of a clip to point at.
    """
    figure = go.Figure()
    ids = sorted(scores["id"].unique())
    groups = scores["label"].where(scores["split"] == "test", "train")
    for offset, group in zip((0.27, 0.0, -0.27, -0.4), GROUPS, strict=True):
        rows = scores[(groups == group) & scores["score"].notna()]
        if rows.empty:
            continue
        colour, symbol, _ = GROUPS[group]
        # a fixed jitter, so that points do not hide each other
        jitter = 0.09 * np.sin(7.0 * np.arange(len(rows)))
        figure.add_trace(
            flat(len(scores))(
                x=rows["score"],
                y=rows["id"].map(ids.index).to_numpy() + offset + jitter,
                mode="markers",
                name=t(f"group.{group}"),
                marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.65},
                hovertemplate="%{x:.4g}<extra></extra>",
            )
        )
    first = True
    for place, machine_id in enumerate(ids):
        limit = limits.get(machine_id, np.nan)
        if np.isfinite(limit):
            figure.add_trace(
                go.Scatter(
                    x=[limit, limit],
                    y=[place - 0.45, place + 0.45],
                    mode="lines",
                    line={"color": "black", "width": 2.5, "dash": "dash"},
                    name=t("detectors.threshold"),
                    showlegend=first,
                    hovertemplate="%{x:.4g}<extra></extra>",
                )
            )
            first = False
    if mark is not None:
        figure.add_vline(x=mark, line={"color": ANOMALY, "width": 3})
        figure.add_annotation(
            x=mark, y=1, yref="paper", yanchor="bottom", text=t("method.this_clip"), showarrow=False
        )
    figure.update_xaxes(title=t("detectors.score"), zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(ids))),
        ticktext=[f"ID {machine_id}" for machine_id in ids],
        range=[-0.6, len(ids) - 0.4],
        zeroline=False,
    )
    figure.update_layout(height=150 + 110 * len(ids))
    legend_below(figure)
    return figure


def plane_of_scores(points: pd.DataFrame) -> go.Figure:
    """Draw clips at PC1, PC2 with circles that grow with their score; NaN scores are left out."""
    points = points.dropna(subset=["score"])
    figure = go.Figure()
    if len(points):
        low, high = np.quantile(points["score"], [0.05, 0.98])
        size = 5 + 30 * np.clip((points["score"] - low) / max(high - low, 1e-12), 0, 1)
        for group, (colour, symbol, _) in GROUPS.items():
            rows = points[points["group"] == group]
            if rows.empty:
                continue
            figure.add_trace(
                go.Scatter(
                    x=rows["PC1"],
                    y=rows["PC2"],
                    mode="markers",
                    name=t(f"group.{group}"),
                    customdata=rows["score"],
                    marker={
                        "symbol": f"{symbol}-open",
                        "color": colour,
                        "size": size[rows.index],
                        "line": {"width": 1.5},
                    },
                    hovertemplate="%{customdata:.4g}<extra></extra>",
                )
            )
    figure.update_xaxes(title="PC1", zeroline=False)
    figure.update_yaxes(title="PC2", zeroline=False)
    figure.update_layout(height=480)
    legend_below(figure)
    return figure


def add_chance(figure: go.Figure, heights: Sequence[float]) -> None:
    """Draw the line of guessing, between these heights at the left and at the right."""
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=list(heights),
            mode="lines",
            line={"color": INK, "width": 1, "dash": "dot"},
            name=t("results.chance"),
            hoverinfo="skip",
        )
    )


def sensitivity_curves(curves: pd.DataFrame, setting: int, detectors: Sequence[str]) -> go.Figure:
    """Draw sensitivity against specificity over the settings, the one in use with large marks."""
    figure = go.Figure()
    add_chance(figure, [1, 0])
    for place, detector in enumerate(detectors):
        rows = curves[curves["detector"] == detector].sort_values("setting")
        if rows.empty:
            continue
        look = _look(place)
        here = rows[rows["setting"] == setting]
        figure.add_trace(
            go.Scatter(
                x=rows["specificity"],
                y=rows["sensitivity"],
                mode="lines",
                line={"color": look["color"], "dash": DASHES[place % len(DASHES)], "width": 2},
                legendgroup=detector,
                showlegend=False,
                hoverinfo="skip",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=here["specificity"],
                y=here["sensitivity"],
                mode="markers",
                name=detector,
                legendgroup=detector,
                marker={"size": 13, "line": {"color": "black", "width": 1.5}, **look},
                hovertemplate="%{fullData.name}: %{x:.1%} / %{y:.1%}<extra></extra>",
            )
        )
    least = curves["specificity"].min()
    low = max(0.0, float(np.floor(10 * least) / 10)) if len(curves) else 0.0
    figure.update_xaxes(title=t("results.specificity_axis"), range=[low - 0.02, 1.02])
    figure.update_yaxes(title=t("results.sensitivity_axis"), range=[-0.02, 1.04])
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(tickformat=".0%", zeroline=False)
    figure.update_layout(height=520)
    legend_below(figure)
    return figure


def roc(rows: pd.DataFrame, detectors: Sequence[str], max_fpr: float) -> go.Figure:
    """Draw ROC curves, with the part that the pAUC counts."""
    figure = go.Figure()
    figure.add_vrect(x0=0, x1=max_fpr, fillcolor="#E69F00", opacity=0.18, line_width=0)
    figure.add_annotation(
        x=max_fpr, y=0.03, text="pAUC", xanchor="left", showarrow=False, font={"size": 12}
    )
    add_chance(figure, [0, 1])
    for place, detector in enumerate(detectors):
        own = rows[rows["detector"] == detector]
        if own.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=own["false_positive_rate"],
                y=own["true_positive_rate"],
                mode="lines",
                name=detector,
                line={
                    "color": CYCLE[place % len(CYCLE)],
                    "dash": DASHES[place % len(DASHES)],
                    "width": 2,
                },
                hovertemplate="%{fullData.name}: %{x:.0%} / %{y:.1%}<extra></extra>",
            )
        )
    figure.update_xaxes(title=t("results.fpr"), range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title=t("results.tpr"), range=[-0.02, 1.03], tickformat=".0%")
    figure.update_layout(height=520)
    legend_below(figure)
    return figure


def costs(curves: pd.DataFrame, best: pd.DataFrame, setting: int, rates: Sequence[float]):
    """Draw expected costs over the settings; `curves` and `best` have a column `cost`."""
    figure = go.Figure()
    for place, detector in enumerate(dict.fromkeys(curves["detector"])):
        rows = curves[curves["detector"] == detector].sort_values("setting")
        least = best[best["detector"] == detector]
        look = _look(place)
        figure.add_trace(
            go.Scatter(
                x=[100 * rates[at] for at in rows["setting"]],
                y=rows["cost"],
                mode="lines",
                name=detector,
                legendgroup=detector,
                line={"color": look["color"], "dash": DASHES[place % len(DASHES)], "width": 2},
                hovertemplate="%{fullData.name}: %{y:,.0f}<extra></extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[100 * rates[at] for at in least["setting"]],
                y=least["cost"],
                mode="markers",
                legendgroup=detector,
                showlegend=False,
                marker={"size": 12, "line": {"color": "black", "width": 1.5}, **look},
                hovertemplate=f"{detector}: %{{y:,.0f}}<extra></extra>",
            )
        )
    figure.add_vline(x=100 * rates[setting], line={"color": INK, "dash": "dash", "width": 2})
    figure.update_xaxes(title=t("results.expected_rate"), ticksuffix=" %")
    figure.update_yaxes(title=t("results.cost_axis"), rangemode="tozero", tickformat=",.0f")
    figure.update_layout(height=460)
    legend_below(figure)
    return figure


def differences(rows: pd.DataFrame) -> go.Figure:
    """Draw what experiments change in AUC: name, auc_difference, its _low and _high (shares)."""
    figure = go.Figure(
        go.Scatter(
            x=100 * rows["auc_difference"],
            y=rows["name"],
            mode="markers",
            marker={"size": 10, "color": NORMAL, "symbol": "diamond"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": 100 * (rows["auc_difference_high"] - rows["auc_difference"]),
                "arrayminus": 100 * (rows["auc_difference"] - rows["auc_difference_low"]),
            },
            hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": INK, "dash": "dash"})
    figure.update_xaxes(title=t("results.difference_axis"), zeroline=False)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(height=120 + 28 * len(rows))
    return figure

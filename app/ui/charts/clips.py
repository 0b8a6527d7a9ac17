"""Figures of clips: how many there are, and what one looks like.

Comes in: counts of clips, or spectrogram, deviation map, waveform and scores of one clip. Goes out:
a figure each.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb, sequential
from plotly.subplots import make_subplots

from ui.charts.common import ANOMALY, INK, NORMAL, TRAIN, legend_below
from ui.language import number, t

DEVIATION_LIMIT = 6.0
"""Deviation, in spreads, at which the colours end."""

# Streamlit takes #000001 and the like for places of its own palette, and Magma begins with #000004
_MAGMA = [f"rgb{hex_to_rgb(colour)}" for colour in sequential.Magma]

_RINGS = ("#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#F0E442", "#B8B8B8")

_TICKS_HZ = (125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000)

_ROW_HEIGHTS = {"wave": 0.2, "mel": 0.4, "deviation": 0.4}


@dataclasses.dataclass(frozen=True)
class Waveform:
    """A waveform as it is drawn.

    Attributes
    ----------
    low, high : np.ndarray [shape=(n_steps,)]
        Lowest and highest amplitude of stretches of time.
    peak : float > 0
        End of the axis.
    colour : str
        Of the line.
    """

    low: np.ndarray
    high: np.ndarray
    peak: float
    colour: str


def sunburst_figure(nodes: pd.DataFrame, *, names: Mapping[str, str], shares: bool) -> go.Figure:
    """Draw counts of clips as rings, from `ui.browse.levels`."""
    machines = sorted(set(nodes["value"]) - set(names) - {""})
    tints = {name: _RINGS[place % len(_RINGS)] for place, name in enumerate(machines)}
    colours, patterns = [], []
    for node, value in zip(nodes["node"], nodes["value"], strict=True):
        of_machine = next(
            (tints[ancestor] for ancestor in node.split("/") if ancestor in tints), "#DDDDDD"
        )
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


def mel_level(spectrograms: Iterable[np.ndarray]) -> tuple[float, float]:
    """Return the ends of a scale of colours for spectrograms: the loudest value and 80 dB below.

    The scale ends where the quietest value is, if that is higher.
    """
    ends = [(float(mel.min()), float(mel.max())) for mel in spectrograms]
    high = max((highest for _, highest in ends), default=0.0)
    low = min((lowest for lowest, _ in ends), default=-80.0)
    return max(low, high - 80), high


def clip_figure(
    *,
    mel: np.ndarray,
    deviation: np.ndarray | None,
    edges: np.ndarray,
    seconds_a_frame: float,
    level: tuple[float, float],
    wave: Waveform | None,
    seconds: float,
) -> go.Figure:
    """Draw waveform, spectrogram and deviation map of a clip, one above the other.

    Parameters
    ----------
    mel, deviation : np.ndarray [shape=(n_frames, n_mels)]
        dB, and spreads of normal; None for no deviation map.
    edges : np.ndarray [shape=(n_mels + 2,)]
        Of the mel bands, Hz.
    seconds_a_frame, seconds : float > 0
        Time from frame to frame, and of the whole, s.
    level : tuple of float
        Ends of the scale of colours of the spectrogram, dB.
    wave : Waveform, optional
        None for no waveform.
    """
    wanted = {"wave": wave is not None, "mel": True, "deviation": deviation is not None}
    names = [name for name, there in wanted.items() if there]
    figure = make_subplots(
        rows=len(names),
        cols=1,
        shared_xaxes=True,
        row_heights=[_ROW_HEIGHTS[name] for name in names],
        vertical_spacing=0.09,
        subplot_titles=[t(f"clip.{name}") for name in names],
    )
    times = np.arange(len(mel)) * seconds_a_frame
    for row, name in enumerate(names, start=1):
        if name == "wave":
            _add_wave(figure, row, wave, seconds)
            continue
        bar = _colour_bar(figure, row, title=t(f"clip.{name}_unit"))
        if name == "mel":
            heat_map = _heat_map(mel, times, ends=level, colours=_MAGMA, bar=bar)
        else:
            bar["tickvals"] = [-6, -3, 0, 3, 6]
            ends = (-DEVIATION_LIMIT, DEVIATION_LIMIT)
            heat_map = _heat_map(deviation, times, ends=ends, colours="RdBu_r", bar=bar)
        figure.add_trace(heat_map, row, 1)
        places, words = _mel_ticks(edges[1:-1])
        figure.update_yaxes(tickvals=places, ticktext=words, row=row, showgrid=False)
    figure.update_xaxes(range=[0, seconds])
    figure.update_xaxes(title=t("clip.time"), row=len(names))
    figure.update_annotations(font={"size": 13, "color": INK}, x=0, xanchor="left")
    figure.update_layout(height=150 + 190 * len(names), showlegend=False)
    return figure


def _add_wave(figure: go.Figure, row: int, wave: Waveform, seconds: float) -> None:
    """Draw a waveform of so many seconds in a row of a figure."""
    times = np.linspace(0, seconds, len(wave.low), endpoint=False)
    style = {"x": times, "line": {"width": 1, "color": wave.colour}, "hoverinfo": "skip"}
    figure.add_trace(go.Scatter(y=wave.high, **style), row, 1)
    figure.add_trace(go.Scatter(y=wave.low, fill="tonexty", **style), row, 1)
    figure.update_yaxes(range=[-wave.peak, wave.peak], nticks=3, row=row)


def _heat_map(
    values: np.ndarray,
    times: np.ndarray,
    *,
    ends: tuple[float, float],
    colours: str | list[str],
    bar: dict,
) -> go.Heatmap:
    """Return a map of values, shape (n_frames, n_mels), with these ends of the colours."""
    return go.Heatmap(
        z=np.asarray(values, dtype=np.float32).T,
        x=times,
        colorscale=colours,
        zmin=ends[0],
        zmax=ends[1],
        colorbar=bar,
        hovertemplate="%{x:.2f} s, %{z:.1f}<extra></extra>",
    )


def _colour_bar(figure: go.Figure, row: int, *, title: str) -> dict:
    """Return a bar of colours as high as a row of a figure, at its right."""
    top, bottom = figure.layout[f"yaxis{row if row > 1 else ''}"].domain[::-1]
    return {
        "title": {"text": title, "side": "right", "font": {"color": INK}},
        "thickness": 8,
        "len": top - bottom,
        "y": (top + bottom) / 2,
        "x": 1.01,
        "xpad": 2,
        "ypad": 0,
        "tickfont": {"size": 11, "color": INK},
    }


def _mel_ticks(frequencies: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return places among the mel bands and words for round frequencies that have room."""
    ticks = [hz for hz in _TICKS_HZ if frequencies[0] <= hz <= frequencies[-1]]
    places = np.interp(ticks, frequencies, np.arange(len(frequencies)))
    kept = [
        place
        for place in range(len(ticks))
        if place == 0 or places[place] - places[place - 1] > len(frequencies) / 20
    ]
    return places[kept], [number(ticks[place]) for place in kept]


def drivers_figure(lost: np.ndarray, words: Sequence[str], title: str) -> go.Figure:
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


def profile_figure(
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

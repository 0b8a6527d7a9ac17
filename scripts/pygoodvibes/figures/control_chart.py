"""Figure: control chart of a machine's clips: scores, their EWMA with limits, and the level."""

import functools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style
from pygoodvibes.util.messages import printable

_TICKS = 7
_MOST_SENTENCES = 12


@style.styled
def plot_control_chart(
    table: pd.DataFrame, *, limit: float, run_length: int, title_suffix: str
) -> Figure:
    """Draw scores, control chart and level over the clips, and what was told when.

    Parameters
    ----------
    table : pandas.DataFrame
        A row a clip, in order: time (UTC, as 2026-05-01T06:00:00Z, or ''), score, threshold,
        verdict, ewma, level (dB; NaN or None where there is none), drift (what was told, or '').
    limit : float
        The EWMA has moved beyond this, or beyond minus this.
    run_length : int
        Clips to a false alarm, on average.
    title_suffix : str
        Which machine it is.

    Returns
    -------
    matplotlib.figure.Figure
        Panels above each other with the clips from left to right; that of the level only if it is
        known. Sentences are numbered, and stand below.

    Raises
    ------
    UserError
        If a column is missing or there is no row.
    """
    columns = ("time", "score", "threshold", "verdict", "ewma", "level", "drift")
    style.require(table, columns, "a control chart")
    table = table.astype(dict.fromkeys(("score", "threshold", "ewma", "level"), float))
    chart = functools.partial(_chart, limit=limit, run_length=run_length)
    kinds = [_scores, chart, *([_levels] if table["level"].notna().any() else [])]
    lines = [
        style.wrapped(f"{number}  clip {place + 1}: {printable(text)}", 118)
        for number, (place, text) in enumerate(_told(table), start=1)
    ]
    if len(lines) > _MOST_SENTENCES:
        lines[_MOST_SENTENCES:] = [f"... and {len(lines) - _MOST_SENTENCES} more"]
    below = 0.17 * sum(text.count("\n") + 1 for text in lines) + (0.2 if lines else 0.0)
    figure = style.new_figure(8.6, 1.1 + 1.9 * len(kinds) + below, "Control chart", title_suffix)
    first = None
    for number, draw in enumerate(kinds):
        axes = figure.add_subplot(len(kinds), 1, number + 1, sharex=first)
        first = first or axes
        draw(axes, table)
        _mark_told(axes, table, named=draw is chart)
        axes.tick_params(labelbottom=number == len(kinds) - 1)
    _name_clips(axes, table)
    if lines:
        text = "\n".join(lines).replace("$", r"\$")  # a name of a file is no formula
        axes.set_xlabel(f"{axes.get_xlabel()}\n\n{text}", loc="left")
    return figure


def _told(table: pd.DataFrame) -> list[tuple[int, str]]:
    return [(place, text) for place, text in enumerate(table["drift"]) if text]


def _legend(axes: Axes) -> None:
    axes.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=3, borderpad=0)


def _mark_told(axes: Axes, table: pd.DataFrame, *, named: bool) -> None:
    for number, (place, _) in enumerate(_told(table), start=1):
        axes.axvline(place + 1, color=style.INK, linewidth=0.8, linestyle=(0, (1, 2)), gid="told")
        if named:
            axes.annotate(
                str(number),
                (place + 1, 0),
                xycoords=("data", "axes fraction"),
                xytext=(3, 3),
                textcoords="offset points",
                fontweight="bold",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )


def _scores(axes: Axes, table: pd.DataFrame) -> None:
    odd = (table["verdict"] == "anomalous").to_numpy()
    places, scores = np.arange(1, len(table) + 1), table["score"].to_numpy()
    for mask, colour, marker, label in (
        (~odd, style.NORMAL, "o", "clip"),
        (odd, style.ANOMALY, "^", "anomalous clip"),
    ):
        axes.plot(
            places[mask],
            scores[mask],
            linestyle="",
            marker=marker,
            markersize=3.5,
            color=colour,
            label=label,
        )
    axes.plot(
        places, table["threshold"], color=style.INK, linestyle="--", linewidth=1, label="threshold"
    )
    # a fault may lie a hundred times as far out as a normal clip
    straight = float(np.nanmax(np.abs(table["threshold"]), initial=1.0))
    axes.set_yscale("symlog", linthresh=straight, linscale=1.5)
    axes.yaxis.set_major_formatter("{x:g}")
    style.panel_title(axes, f"Score (higher: more anomalous; logarithmic beyond {straight:.3g})")
    axes.set_ylabel("score")
    _legend(axes)


def _chart(axes: Axes, table: pd.DataFrame, *, limit: float, run_length: int) -> None:
    places, ewma = np.arange(1, len(table) + 1), table["ewma"].to_numpy()
    known = np.isfinite(ewma)
    axes.axhspan(-limit, limit, color=style.FAINT, alpha=0.6, linewidth=0)
    for each in (-limit, limit):
        axes.axhline(each, color=style.INK, linestyle="--", linewidth=1, gid="limit")
    axes.plot(places[known], ewma[known], color=style.NORMAL, linewidth=1.2, label="EWMA")
    out = known & (np.abs(ewma) > limit)
    axes.plot(
        places[out],
        ewma[out],
        linestyle="",
        marker="s",
        markersize=3.5,
        color=style.ANOMALY,
        label="beyond a limit",
    )
    style.panel_title(
        axes, f"EWMA of the scores' places (limits: left once in {run_length:,} clips by chance)"
    )
    axes.set_ylabel("standard deviations")
    if out.any():
        _legend(axes)


def _levels(axes: Axes, table: pd.DataFrame) -> None:
    axes.axhline(0, color=style.INK, linewidth=0.8)
    axes.plot(
        np.arange(1, len(table) + 1),
        table["level"],
        linestyle="",
        marker="D",
        markersize=3,
        color=style.colour(2),
    )
    style.panel_title(axes, "Level at all frequencies, against the training clips")
    axes.set_ylabel("dB")


def _name_clips(axes: Axes, table: pd.DataFrame) -> None:
    """Label some clips with number and time."""
    count = len(table)
    step = max(1, -(-count // _TICKS))
    places = list(range(1, count + 1, step))
    times = [table["time"].iloc[place - 1] for place in places]
    axes.set_xticks(
        places,
        [
            f"{place}\n{time[:10]}\n{time[11:16]}" if time else str(place)
            for place, time in zip(places, times, strict=True)
        ],
    )
    axes.set_xlim(0.5 - 0.01 * count, count + 0.5 + 0.01 * count)
    timed = table["time"].astype(bool).any()
    axes.set_xlabel("clip, with when its file was last changed (UTC)" if timed else "clip")

"""Figure: how one detector's scores are distributed for each machine ID."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pygoodvibes.figures import style
from pygoodvibes.figures.steps import draw_steps

_BINS = 48
_SOURCE, _TARGET = "normal, source", "normal, target"
_KINDS = ("train", "normal", _SOURCE, _TARGET, "anomaly", "unknown")
_LINES = {
    "normal": "-",
    _SOURCE: "-",
    _TARGET: (0, (6, 1.2, 1, 1.2)),
    "anomaly": (0, (4, 1.2)),
    "unknown": (0, (1, 1)),
}
_HATCHES = {_TARGET: "///"}


@style.styled
def plot_scores(
    scores: pd.DataFrame, metrics: pd.DataFrame, *, detector: str, title_suffix: str
) -> Figure:
    """Draw histograms of one detector's anomaly scores, a strip per machine ID.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per clip and detector: machine, id, detector, split, label, score (higher = more
        anomalous); training rows hold held-out scores. Where clips have a domain, also domain:
        'source', 'target' or ''.
    metrics : pandas.DataFrame
        One row per machine ID and detector: machine, id, detector, threshold (NaN if none).
    detector : str
        The detector to draw.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per machine type. Normal test clips with a domain have a histogram a domain, that
        of the target hatched. Every histogram is scaled to its own highest bin. The axis is
        logarithmic where all scores are positive and span more than a factor of 15; scores beyond
        the axis are counted in the outermost bins, and the panel says how many.

    Raises
    ------
    UserError
        If a column is missing, or a split or label is unknown.
    """
    wanted = ("machine", "id", "detector", "split", "label", "score")
    style.require(scores, wanted, "scores", may_be_empty=True)
    style.require(metrics, ("machine", "id", "detector", "threshold"), "metrics")
    scores = scores[scores["detector"] == detector]
    unit = style.unit_of(scores)
    title = f"Anomaly scores of {detector} per {unit}"
    if scores.empty:
        return style.message_figure(
            title, title_suffix, f"No clip has a score of {detector}: see the notes in the metrics."
        )
    metrics = metrics[metrics["detector"] == detector]
    group = style.groups_of(scores, "scores")
    kind = _kinds(scores, group)
    machines = style.machines_in(pd.concat([scores, metrics])[["machine", "id"]])
    ids = {
        machine: style.ids_in(
            pd.concat(
                [
                    scores.loc[scores["machine"] == machine, ["id"]],
                    metrics.loc[metrics["machine"] == machine, ["id"]],
                ]
            )
        )
        for machine in machines
    }
    most = max(map(len, ids.values()))
    figure, all_axes = style.panels(
        len(machines),
        title,
        title_suffix,
        panel_width=4.0 if len(machines) > 1 else 6.5,
        panel_height=1.1 + 0.62 * max(2, most),
    )
    for machine, axes in zip(machines, all_axes, strict=True):
        mine = scores["machine"] == machine
        values = scores.loc[mine, ["id", "score"]].assign(group=group[mine], kind=kind[mine])
        limits = metrics[metrics["machine"] == machine]
        thresholds = limits.set_index("id")["threshold"].to_dict()
        _draw_type(axes, machine, ids[machine], values, thresholds)
        if axes.has_data():
            axes.set_ylabel(unit[0].upper() + unit[1:], fontsize=8.5)
    kinds = [name for name in _KINDS if (kind == name).any()]
    handles = [_patch(name) for name in kinds]
    handles.append(Line2D([], [], color="black", linewidth=1.6, label="threshold"))
    figure.legend(
        handles,
        [*map(_label, kinds), "threshold"],
        loc="outside lower center",
        ncols=min(len(handles), 4 if len(machines) > 1 else 3),
    )
    return figure


def _kinds(scores: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Return which histogram each clip is counted in: one of `_KINDS`."""
    if "domain" not in scores.columns:
        return group
    known = (group == "normal") & scores["domain"].isin(("source", "target"))
    return group.where(~known, "normal, " + scores["domain"].astype(str))


def _draw_type(
    axes: Axes, machine: str, ids: list[str], values: pd.DataFrame, thresholds: dict[str, float]
) -> None:
    """Draw the panel of a machine type: a strip per machine ID."""
    score = values["score"].to_numpy(dtype=float)
    finite = np.isfinite(score)
    marks = np.array([value for value in thresholds.values() if np.isfinite(value)])
    notes = []
    if not finite.all():
        notes.append(style.count_of(int((~finite).sum()), "score") + " not finite")
    if not finite.any():
        style.panel_title(axes, machine)
        style.say(axes, "no finite score")
        return
    edges, log = _bin_edges(score[finite], values["group"].to_numpy(dtype=str)[finite], marks)
    outside = int(((score[finite] < edges[0]) | (score[finite] > edges[-1])).sum())
    if outside:
        notes.append(style.count_of(outside, "score") + " beyond the axis, in the end bins")
    for row, name in enumerate(ids):
        base = float(len(ids) - 1 - row)
        mine = (values["id"] == name).to_numpy() & finite
        groups = values["group"].to_numpy()[mine]
        kinds = values["kind"].to_numpy()[mine]
        axes.axhline(base, color=style.INK, linewidth=0.6)
        _draw_histograms(axes, name, base, score[mine], kinds, edges)
        threshold = thresholds.get(name, np.nan)
        lacking = style.missing_notes(groups) if mine.any() else ["no scores"]
        if np.isfinite(threshold):
            axes.vlines(threshold, base, base + 0.9, color="black", linewidth=1.6)
        elif mine.any():
            lacking.append("no threshold")
        if lacking:
            _write_above(axes, base, "; ".join(lacking))
    if log:
        axes.set_xscale("log")
        _plain_log_ticks(axes, edges)
        room = edges[-1] / edges[0]
        axes.set_xlim(edges[0] / room**0.02, edges[-1] * room**0.02)
    else:
        room = edges[-1] - edges[0]
        axes.set_xlim(edges[0] - 0.02 * room, edges[-1] + 0.02 * room)
    axes.set_ylim(-0.05, len(ids))
    axes.set_yticks([len(ids) - 1 - row + 0.3 for row in range(len(ids))], ids)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x")
    axes.set_xlabel(
        f"Anomaly score (higher = more anomalous{', log scale' if log else ''})", fontsize=8.5
    )
    style.panel_title(axes, machine, notes, width=52)


def _draw_histograms(
    axes: Axes, name: str, base: float, score: np.ndarray, kinds: np.ndarray, edges: np.ndarray
) -> None:
    """Draw on a base line a machine ID's histogram of each kind, scaled to its highest bin."""
    for kind in _KINDS:
        chosen = score[kinds == kind]
        if not len(chosen):
            continue
        counts, _ = np.histogram(np.clip(chosen, edges[0], edges[-1]), edges)
        heights = base + 0.84 * counts / counts.max()
        colour = _colour(kind)
        draw_steps(
            axes,
            heights,
            edges,
            baseline=base,
            facecolor=colour,
            linewidth=0,
            alpha=0.55 if kind == "train" else 0.22,
            gid=f"{name} {kind}",
        )
        if kind != "train":
            draw_steps(
                axes,
                heights,
                edges,
                baseline=base,
                fill=False,
                edgecolor=colour,
                linewidth=1.2,
                linestyle=_LINES[kind],
                hatch=_HATCHES.get(kind),
            )


def _write_above(axes: Axes, base: float, words: str) -> None:
    """Write at the right above a base line."""
    axes.text(
        0.985,
        base + 0.94,
        words,
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="top",
        fontsize=8,
        color=style.INK,
        bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 1},
    )


def _bin_edges(score: np.ndarray, groups: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, bool]:
    """Return the bin edges, and whether they rise by a factor rather than a step."""
    kinds = np.unique(groups)
    if score.min() > 0 and np.percentile(score, 99) / np.percentile(score, 1) > 15:
        low, high = style.robust_limits(np.log10(score), groups, pad=0.0)
        if len(marks) and marks.min() > 0:
            low, high = min(low, np.log10(marks.min())), max(high, np.log10(marks.max()))
        return np.logspace(low, high, _BINS + 1), True
    low, high = style.robust_limits(score, groups, pad=0.0)
    usual = score[np.isin(groups, ("train", "normal"))] if {"train", "normal"} & {*kinds} else score
    tenth, ninetieth = np.percentile(usual, [10, 90])
    if ninetieth > tenth:
        # Huge scores would press the normal clips into one bin; they are counted at the end.
        high = min(high, ninetieth + 10 * (ninetieth - tenth))
    if len(marks):
        low, high = min(low, marks.min()), max(high, marks.max())
    return np.linspace(low, high, _BINS + 1), False


def _plain_log_ticks(axes: Axes, edges: np.ndarray) -> None:
    """Write 1, 2, 5, 10 rather than powers where the axis is short."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    decades = np.log10(edges[-1] / edges[0])
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 2.2 else (1.0,)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    if edges[0] > 1e-3 and edges[-1] < 1e5:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _label(kind: str) -> str:
    """Return what the legend calls a kind."""
    if kind == "train":
        return "training, normal (held out)"
    return style.GROUPS[kind][0] if kind in style.GROUPS else f"test, {kind}"


def _colour(kind: str) -> str:
    return style.GROUPS[kind.partition(",")[0]][1]


def _patch(kind: str) -> Patch:
    colour = _colour(kind)
    if kind == "train":
        return Patch(facecolor=colour, alpha=0.55, edgecolor="none")
    return Patch(
        facecolor=(*_rgb(colour), 0.22),
        edgecolor=colour,
        linestyle=_LINES[kind],
        linewidth=1.2,
        hatch=_HATCHES.get(kind),
    )


def _rgb(colour: str) -> tuple[float, float, float]:
    from matplotlib.colors import to_rgb

    return to_rgb(colour)

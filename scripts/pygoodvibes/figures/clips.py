"""Figure: how the clips are distributed over machine types, IDs, splits and labels."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style

# (legend entry, colour, hatch): the hatch tells them apart without colour.
_PARTS = {
    "train": ("training, normal", style.TRAIN, ""),
    "train_other": ("training, other label", "#D9C9A3", "xx"),
    "normal": ("test, normal", style.NORMAL, ""),
    "anomaly": ("test, anomalous", style.ANOMALY, "//"),
    "unknown": ("test, unknown label", style.UNKNOWN, ".."),
    "left out": ("left out", "white", "\\\\"),
}


@style.styled
def plot_clips(manifest: pd.DataFrame, *, title_suffix: str) -> Figure:
    """Draw how many clips of each kind every machine ID has.

    Parameters
    ----------
    manifest : pandas.DataFrame
        One row per clip: machine, id, split ('train' or 'test'), label ('normal', 'anomaly' or
        'unknown'), status ('ok', or the reason why the clip is left out).
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        One stacked bar per machine ID, grouped by machine type; the number of clips, and what the
        ID lacks, are written beside the bar.

    Raises
    ------
    UserError
        If a column is missing, the table is empty, or a usable clip has an unknown split or label.
    """
    style.require(manifest, ("machine", "id", "split", "label", "status"), "clips")
    usable = manifest["status"] == "ok"
    kinds = pd.Series("left out", index=manifest.index)
    kinds[usable] = style.groups_of(manifest[usable], "clips")
    other = usable & (manifest["split"] == "train") & (manifest["label"] != "normal")
    kinds[other] = "train_other"
    counts = pd.crosstab([manifest["machine"], manifest["id"]], kinds)

    rows = [
        (machine, id_)
        for machine in style.machines_in(manifest)
        for id_ in style.ids_in(manifest[manifest["machine"] == machine])
    ]
    places, starts = _places(rows)
    unit = style.unit_of(manifest)
    height = places[-1] + 1.0
    figure = style.new_figure(9.0, max(2.6, 1.6 + 0.24 * height), f"Clips per {unit}", title_suffix)
    axes = figure.add_subplot()
    totals = _draw_bars(axes, counts, rows, places)
    lacking = _write_counts(axes, counts, rows, places, totals)
    _name_rows(axes, rows, places, starts)
    axes.set_ylim(height - 0.3, -0.7)
    # Room for the words beside the longest bar.
    axes.set_xlim(0, (1.35 if lacking else 1.1) * totals.max())
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("Number of clips")
    longest = max(len(machine) for machine, _ in rows)
    axes.set_ylabel(f"Machine type and {style.short_unit(unit)}", labelpad=14 + 7 * longest)
    figure.legend(loc="outside lower center", ncols=min(3, len(counts.columns)))
    return figure


def _places(rows: list[tuple[str, str]]) -> tuple[list[float], list[float]]:
    """Return the height of each machine ID, and of the first of each machine type."""
    places, starts, place = [], [], 0.0
    for number, (machine, _) in enumerate(rows):
        if number and machine != rows[number - 1][0]:
            place += 0.7
        if not number or machine != rows[number - 1][0]:
            starts.append(place)
        places.append(place)
        place += 1.0
    return places, starts


def _draw_bars(
    axes: Axes, counts: pd.DataFrame, rows: list[tuple[str, str]], places: list[float]
) -> np.ndarray:
    """Draw a stacked bar per machine ID; return their lengths."""
    left = np.zeros(len(rows))
    for name, (label, colour, hatch) in _PARTS.items():
        if name not in counts.columns:
            continue
        widths = np.array([counts.loc[row, name] for row in rows], dtype=float)
        some = widths > 0
        axes.barh(
            np.array(places)[some],
            widths[some],
            left=left[some],
            height=0.78,
            color=colour,
            hatch=hatch,
            edgecolor=style.INK if name == "left out" else "white",
            linewidth=0.5,
            label=label,
        )
        left += widths
    return left


def _write_counts(
    axes: Axes,
    counts: pd.DataFrame,
    rows: list[tuple[str, str]],
    places: list[float],
    totals: np.ndarray,
) -> bool:
    """Write beside each bar its length and what the ID lacks; return whether any lacks some."""
    lacking = False
    for row, y, total in zip(rows, places, totals, strict=True):
        present = {name for name in counts.columns if counts.loc[row, name] > 0}
        notes = style.missing_notes(present)
        lacking = lacking or bool(notes)
        axes.annotate(
            "; ".join([f"{int(total):,}", *notes]),
            (total, y),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=style.ANOMALY if notes else style.INK,
        )
    return lacking


def _name_rows(
    axes: Axes, rows: list[tuple[str, str]], places: list[float], starts: list[float]
) -> None:
    """Write the machine IDs, and the machine type at the first of each."""
    names = [f"{id_ or '(no ID)'}" for _, id_ in rows]
    axes.set_yticks(places, names)
    for machine, start in zip(style.in_order(machine for machine, _ in rows), starts, strict=True):
        axes.annotate(
            machine or "(no machine type)",
            (0, start),
            xycoords=("axes fraction", "data"),
            xytext=(-16 - 5.5 * max(len(name) for name in names), 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontweight="bold",
            fontsize=9,
        )

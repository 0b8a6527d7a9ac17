"""Figure: AUC and pAUC of every detector, per machine ID and per machine type."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style
from pygoodvibes.figures.looks import Look, looks_of, named_once

_NAMES = {"auc": "AUC", "pauc": "pAUC"}


@style.styled
def plot_bars(metrics: pd.DataFrame, *, title_suffix: str) -> Figure:
    """Draw AUC and pAUC with their 95 % intervals per machine ID, and their spread per type.

    Parameters
    ----------
    metrics : pandas.DataFrame
        One row per machine ID and detector: machine, id, detector, auc, auc_low, auc_high, pauc,
        pauc_low, pauc_high (0 to 1; NaN if none), note (why a number is missing).
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        Three rows: AUC per machine ID; pAUC per machine ID; mean, lowest and highest ID per
        machine type of both. Chance, 0.5 for both measures, is a dashed line.

    Raises
    ------
    UserError
        If a column is missing or there is no row.
    """
    columns = ["auc", "auc_low", "auc_high", "pauc", "pauc_low", "pauc_high"]
    style.require(metrics, ("machine", "id", "detector", *columns, "note"), "metrics")
    detectors = style.in_order(metrics["detector"])
    machines = style.machines_in(metrics)
    slots = [
        (machine, id_)
        for machine in machines
        for id_ in style.ids_in(metrics[metrics["machine"] == machine])
    ]
    looks = looks_of(detectors, metrics)
    unit = style.unit_of(metrics)
    slot = max(0.32, 0.085 * len(detectors) + 0.1)
    width = float(np.clip(1.2 + slot * len(slots), 7.5, 22.0))
    figure = style.new_figure(
        width, 9.6, f"AUC and pAUC per {unit} and per machine type", title_suffix
    )
    grid = figure.add_gridspec(3, 2, height_ratios=[1, 1, 0.9])
    for row, measure in enumerate(_NAMES):
        axes = figure.add_subplot(grid[row, :])
        _draw_ids(axes, metrics, measure, slots, looks)
        style.panel_title(
            axes, f"{_NAMES[measure]} per {unit}, with 95 % interval where known", pad=19
        )
        axes = figure.add_subplot(grid[2, row])
        _draw_types(axes, metrics, measure, machines, looks)
        ends = "lowest and highest ID" if unit == "machine ID" else "lowest, highest section"
        style.panel_title(axes, f"{_NAMES[measure]} per type: mean, {ends}")
    shown = named_once(figure.axes[0])
    # inches of a row: marks with their gaps, and letters
    row = 0.55 * min(len(shown), 9) + 0.08 * sum(map(len, list(shown)[:9]))
    ncols = min(len(shown), 9) if row <= width else 4
    figure.legend(shown.values(), shown, loc="outside lower center", ncols=ncols)
    return figure


def _offsets(count: int) -> np.ndarray:
    """Return where the detectors stand within the place of one machine ID or type."""
    return (np.arange(count) - 0.5 * (count - 1)) * _step(count)


def _step(count: int) -> float:
    return min(0.18, 0.7 / count)


def _draw_ids(
    axes: Axes,
    metrics: pd.DataFrame,
    measure: str,
    slots: list[tuple[str, str]],
    looks: dict[str, Look],
) -> None:
    """Draw each detector's value and interval per machine ID, and name IDs and machine types."""
    table = metrics.set_index(["machine", "id", "detector"])
    _chance(axes)
    reach = []
    for (detector, look), offset in zip(looks.items(), _offsets(len(looks)), strict=True):
        rows = table.reindex([(*slot, detector) for slot in slots])
        value = rows[measure].to_numpy(dtype=float)
        low = rows[f"{measure}_low"].to_numpy(dtype=float)
        high = rows[f"{measure}_high"].to_numpy(dtype=float)
        places = np.arange(len(slots)) + offset
        known = np.isfinite(value) & np.isfinite(low) & np.isfinite(high)
        axes.vlines(places[known], low[known], high[known], color=look.colour, linewidth=1.1)
        axes.plot(
            places,
            value,
            linestyle="",
            marker=look.marker,
            markersize=4.5,
            color=look.colour,
            label=look.label,
        )
        reach += [value, low[known], high[known]]
    _limits(axes, np.concatenate(reach))
    _say_why_none(axes, metrics, measure, slots)
    axes.set_xticks(range(len(slots)), [id_ for _, id_ in slots])
    axes.set_xlim(-0.6, len(slots) - 0.4)
    axes.set_ylabel(f"{_NAMES[measure]} (0.5 = chance, 1 = perfect)")
    unit = style.unit_of(metrics)
    axes.set_xlabel(f"{unit[0].upper()}{unit[1:]}, grouped by machine type")
    _name_types(axes, [machine for machine, _ in slots])


def _say_why_none(
    axes: Axes, metrics: pd.DataFrame, measure: str, slots: list[tuple[str, str]]
) -> None:
    """Write at each machine ID without any value why there is none."""
    for place, slot in enumerate(slots):
        rows = metrics[(metrics["machine"] == slot[0]) & (metrics["id"] == slot[1])]
        if rows[measure].isna().all():
            notes = [note for note in rows["note"].dropna() if note]
            axes.text(
                place,
                0.02,
                style.wrapped(f"none: {notes[0]}" if notes else "none", 36),
                transform=axes.get_xaxis_transform(),
                rotation=90,
                ha="center",
                va="bottom",
                fontsize=8,
                color=style.INK,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            )


def _name_types(axes: Axes, names: list[str]) -> None:
    """Write each machine type above its machine IDs, given the type of each, and divide them."""
    for machine in style.in_order(names):
        first, count = names.index(machine), names.count(machine)
        if first:
            axes.axvline(first - 0.5, color=style.INK, linewidth=0.7)
        axes.annotate(
            machine,
            (first + (count - 1) / 2, 1.0),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=8.5,
            fontweight="bold",
        )


def _draw_types(
    axes: Axes, metrics: pd.DataFrame, measure: str, machines: list[str], looks: dict[str, Look]
) -> None:
    _chance(axes)
    groups = metrics.groupby(["machine", "detector"])[measure].agg(["mean", "min", "max"])
    for (detector, look), offset in zip(looks.items(), _offsets(len(looks)), strict=True):
        rows = groups.reindex([(machine, detector) for machine in machines])
        places = np.arange(len(machines)) + offset
        axes.bar(
            places,
            rows["mean"] - 0.5,
            bottom=0.5,
            width=0.85 * _step(len(looks)),
            color=look.colour,
            alpha=0.35,
            gid=f"mean {detector}",
        )
        axes.vlines(places, rows["min"], rows["max"], color=look.colour, linewidth=1.4)
        axes.plot(
            places,
            rows["mean"],
            linestyle="",
            marker=look.marker,
            markersize=4.5,
            color=look.colour,
        )
    _limits(axes, groups.to_numpy(dtype=float).ravel())
    for place, machine in enumerate(machines):
        if groups.loc[machine]["mean"].isna().all():
            axes.text(place, 0.52, "none", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(machines)), machines)
    axes.set_xlim(-0.6, len(machines) - 0.4)
    axes.set_xlabel("Machine type")
    axes.set_ylabel(f"{_NAMES[measure]} (0.5 = chance)")


def _chance(axes: Axes) -> None:
    axes.axhline(0.5, color="black", linewidth=0.9, linestyle=(0, (4, 2)), gid="chance")
    axes.grid(axis="y")
    axes.tick_params(axis="x", length=0)


def _limits(axes: Axes, values: np.ndarray) -> None:
    """Show the range in use with chance and perfection in it."""
    finite = values[np.isfinite(values)]
    low = min(0.45, finite.min() - 0.03) if finite.size else 0.45
    axes.set_ylim(max(-0.02, low), 1.02)

"""Figure: sensitivity against specificity over the settings of the threshold."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style
from pygoodvibes.figures.looks import Look, looks_of, named_once


@style.styled
def plot_sweep(sweep: pd.DataFrame, metrics: pd.DataFrame, *, title_suffix: str) -> Figure:
    """Draw sensitivity against specificity of every detector over its threshold settings.

    Parameters
    ----------
    sweep : pandas.DataFrame
        One row per machine ID, detector and setting: machine, id, detector, setting (0, 1, ...),
        sensitivity, specificity (0 to 1, NaN if they cannot be computed).
    metrics : pandas.DataFrame
        One row per machine ID and detector: machine, id, detector, sensitivity, specificity at the
        threshold in use.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per machine type: per detector the mean over machine IDs at each setting, and the
        mean at the threshold in use as a large marker; thin grey lines are the single IDs of the
        first detector, if all detectors have a colour.

    Raises
    ------
    UserError
        If a column is missing or there are no metrics.
    """
    rates = ["sensitivity", "specificity"]
    style.require(
        sweep, ("machine", "id", "detector", "setting", *rates), "sweep", may_be_empty=True
    )
    style.require(metrics, ("machine", "id", "detector", *rates), "metrics")
    if sweep.empty:
        return style.message_figure(
            "Sensitivity against specificity",
            title_suffix,
            "No machine ID could be scored: see the notes in the metrics.",
        )
    detectors = style.in_order(sweep["detector"])
    machines = style.machines_in(pd.concat([sweep[["machine"]], metrics[["machine"]]]))
    settings, unit = sweep["setting"].nunique(), style.unit_of(metrics)
    short = style.short_unit(unit)
    looks = looks_of(detectors, metrics)
    named = list(dict.fromkeys(look.label for look in looks.values()))
    # beside square axes: three lines of heading, one for the single IDs, one a detector
    height = style.height_beside(len(named) + 4, 3.5)
    longest = max(11, *map(len, named))
    figure, all_axes = style.panels(
        len(machines),
        f"Sensitivity against specificity over {settings} settings, mean over {unit}s",
        title_suffix,
        panel_width=1.15 + height + 0.085 * longest,
        panel_height=height,
        max_columns=2 if len(machines) <= 6 else 3,
        least_width=6.5,
    )
    # One axis for all panels; it starts where the settings do, rounded down to a tenth.
    least = sweep["specificity"].min()
    least = float(np.floor(10 * least) / 10) if np.isfinite(least) else 0.0
    for machine, axes in zip(machines, all_axes, strict=True):
        mine = sweep[sweep["machine"] == machine]
        usable = mine.dropna(subset=rates)
        reached = metrics[metrics["machine"] == machine]
        ids = style.ids_in(pd.concat([mine[["id"]], reached[["id"]]]))
        absent = sorted(set(ids) - set(usable["id"]))
        if usable.empty:
            style.panel_title(axes, machine)
            style.say(axes, style.absent_note(absent, reached, unit, start="no curve for"))
            continue
        axes.plot([0, 1], [1, 0], color=style.INK, linewidth=0.8, linestyle=":", gid="chance")
        # where many detectors are grey, thin grey lines would be taken for them
        if usable["id"].nunique() > 1 and all(look.named for look in looks.values()):
            _draw_single_ids(axes, usable, detectors[0], short)
        in_use = reached.dropna(subset=rates)
        n_ids = len(ids) - len(absent)
        for detector, look in looks.items():
            rows = usable[usable["detector"] == detector]
            if len(rows):
                chosen = in_use.loc[in_use["detector"] == detector, rates].mean()
                count = rows["id"].nunique()
                of_ids = f"\n({count} of {n_ids} {short}s)" if count < n_ids else ""
                _draw_detector(axes, look, detector, rows, chosen, of_ids)
        count = style.count_of(n_ids, unit)
        style.panel_title(axes, f"{machine}: {count}", [style.absent_note(absent, reached, unit)])
        _finish(axes, least)
    return figure


def _draw_detector(
    axes: Axes, look: Look, detector: str, rows: pd.DataFrame, chosen: pd.Series, of_ids: str
) -> None:
    """Draw a detector's mean at each setting, and at the threshold in use, `chosen`."""
    mean = rows.groupby("setting")[["sensitivity", "specificity"]].mean()
    figures = " / ".join("n/a" if np.isnan(value) else f"{100 * value:.0f}" for value in chosen)
    drawn = {"color": look.colour, "marker": look.marker}
    axes.plot(
        mean["specificity"],
        mean["sensitivity"],
        linestyle=look.line,
        linewidth=1.2 * look.width,
        markersize=2.8 if look.named else 0,
        zorder=look.order,
        gid=f"curve {detector}",
        label=f"{look.label}  {figures}{of_ids}" if look.named else look.label,
        **drawn,
    )
    if look.named and chosen.notna().all():
        axes.plot(
            chosen["specificity"],
            chosen["sensitivity"],
            linestyle="",
            markersize=8.5,
            markeredgecolor="black",
            markeredgewidth=1.2,
            zorder=5,
            gid=f"in use {detector}",
            **drawn,
        )


def _finish(axes: Axes, least: float) -> None:
    """Set limits and words of the axes, and put the legend beside them."""
    axes.set_xlim(least - 0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_box_aspect(1)
    axes.grid()
    axes.set_xlabel("Specificity (part of normal clips passed)")
    axes.set_ylabel("Sensitivity (part of anomalous found)")
    shown = named_once(axes)
    axes.legend(
        shown.values(),
        shown,
        title="sensitivity / specificity, %,\nat the threshold in use\n(large marker)",
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        alignment="left",
        handlelength=2.6,
        borderaxespad=0,
    )


def _draw_single_ids(axes: Axes, usable: pd.DataFrame, detector: str, unit: str) -> None:
    rows = usable[usable["detector"] == detector]
    for number, (name, one) in enumerate(rows.groupby("id")):
        one = one.sort_values("setting")
        axes.plot(
            one["specificity"],
            one["sensitivity"],
            color="#C8C8C8",
            linewidth=0.8,
            zorder=1,
            gid=f"ID {name}",
            label=f"single {unit}s, {style.short(detector)}" if number == 0 else None,
        )

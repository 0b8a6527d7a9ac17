"""Figure: training normals against test clips of each machine ID, in the ID's own projection."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pygoodvibes.figures import style

_LOOK = {
    "train": {"s": 9, "alpha": 0.55},
    "unknown": {"s": 10, "alpha": 0.7},
    "normal": {"s": 10, "alpha": 0.75},
    "anomaly": {"s": 13, "alpha": 0.75},
}


@style.styled
def plot_id_clouds(
    points: pd.DataFrame,
    *,
    machine: str,
    title_suffix: str,
    explained_variance_ratio: Mapping[str, Sequence[float]] | None = None,
    ids: Sequence[str] | None = None,
) -> Figure:
    """Draw for every machine ID of one type its training and test clips in 2-D.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per clip: id, split, label, PC1, PC2, each ID in the projection fitted on its own
        training normals. Where clips have a domain, also domain: 'source', 'target' or ''.
    machine : str
        Machine type, for the title.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.
    explained_variance_ratio : mapping of str to sequence of float, optional
        For each ID the part of the variance (0 to 1) along each component.
    ids : sequence of str, optional
        The IDs to give a panel, also those without points; by default those that have points.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per machine ID. Clips of the target domain are drawn hollow. The axes leave
        extreme points out and say how many.

    Raises
    ------
    UserError
        If a column is missing, there is neither a row nor an ID, or a split or label is unknown.
    """
    wanted = ("id", "split", "label", "PC1", "PC2")
    style.require(points, wanted, "points", may_be_empty=ids is not None)
    group = style.groups_of(points, "points")
    names = style.ids_in(points) if ids is None else list(ids)
    unit = style.unit_of(points)
    target = (points["domain"] if "domain" in points.columns else group) == "target"
    short = style.short_unit(unit)
    short = short[0].upper() + short[1:]
    title = f"{machine}: training and test clips in each {unit}'s own PCA"
    if not names:
        return style.message_figure(
            title, title_suffix, f"No {unit} of {machine} could be projected."
        )
    figure, all_axes = style.panels(
        len(names),
        title,
        title_suffix,
        max_columns=4 if len(names) > 9 else 3,
        panel_width=3.4,
        panel_height=3.1,
    )
    for name, axes in zip(names, all_axes, strict=True):
        mine = points["id"] == name
        x, y = (points.loc[mine, column].to_numpy(dtype=float) for column in ("PC1", "PC2"))
        if not (np.isfinite(x) & np.isfinite(y)).any():
            style.panel_title(axes, f"{short} {name}")
            style.say(axes, "no clip could be projected")
            continue
        ratios = (explained_variance_ratio or {}).get(name)
        axes.set_xlabel(style.component_label("PC1", ratios))
        axes.set_ylabel(style.component_label("PC2", ratios))
        notes = _draw_clips(axes, x, y, group[mine].to_numpy(), target[mine].to_numpy())
        style.panel_title(axes, f"{short} {name}", notes, width=38)
    kinds = [kind for kind in style.GROUPS if (group == kind).any()]
    if kinds:
        handles = [_handle(kind) for kind in kinds]
        if target.any():
            handles.append(_handle_of_target())
        # four do not fit below one panel
        ncols = 2 if target.any() and len(names) == 1 else len(handles)
        figure.legend(handles=handles, loc="outside lower center", ncols=ncols)
    return figure


def _draw_clips(
    axes: Axes, x: np.ndarray, y: np.ndarray, groups: np.ndarray, target: np.ndarray
) -> list[str]:
    """Draw the clips of a machine ID by group, those of the target domain hollow.

    Returns what the panel lacks or leaves out.
    """
    finite = np.isfinite(x) & np.isfinite(y)
    for kind, look in _LOOK.items():
        label, colour, marker = style.GROUPS[kind]
        chosen = (groups == kind) & finite
        for hollow in (False, True):
            drawn = chosen & (target == hollow)
            if not drawn.any():
                continue
            filled = {"color": colour, "linewidths": 0, **look}
            outline = {"facecolors": "none", "edgecolors": colour, "s": look["s"] + 4}
            axes.scatter(
                x[drawn],
                y[drawn],
                marker=marker,
                label=label,
                gid=f"{kind}, target" if hollow else kind,
                **(outline if hollow else filled),
            )
    axes.set_xlim(style.robust_limits(x, groups))
    axes.set_ylim(style.robust_limits(y, groups))
    axes.grid()
    notes = [*style.missing_notes(groups), style.beyond(axes, x[finite], y[finite])]
    if not finite.all():
        notes.append(style.count_of(int((~finite).sum()), "clip") + " not finite")
    return notes


def _handle(kind: str) -> Line2D:
    label, colour, marker = style.GROUPS[kind]
    return Line2D([], [], linestyle="", color=colour, marker=marker, markersize=5, label=label)


def _handle_of_target() -> Line2D:
    look = {"color": style.INK, "marker": "o", "markersize": 5, "markerfacecolor": "none"}
    return Line2D([], [], linestyle="", label="hollow: target domain", **look)

"""Figure: what a one-class SVM calls normal, over a grid of gamma and nu."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from pygoodvibes.data.clip import unit_of
from pygoodvibes.figures import style
from pygoodvibes.figures.ocsvm_grid import Grid, fit_grid
from pygoodvibes.util.errors import UserError

_TINTS = LinearSegmentedColormap.from_list("inside_outside", ["#A9D3EC", "#FFFFFF", "#F7C9A4"])
# letters, not formulas: to set up matplotlib's parser of these takes longer than a panel
_GAMMA, _NU = "\N{GREEK SMALL LETTER GAMMA}", "\N{GREEK SMALL LETTER NU}"


@style.styled
def plot_ocsvm_contours(
    grid: Grid, *, machine: str, id: str, title_suffix: str, unit: str = "ID"
) -> Figure:
    """Draw the anomaly score of one machine ID's one-class SVMs on the plane, per gamma and nu.

    Parameters
    ----------
    grid : Grid
        As returned by `pygoodvibes.figures.ocsvm_grid.fit_grid`.
    machine, id : str
        Machine type and ID, for the title.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.
    unit : {'ID', 'section'}
        What the ID is.

    Returns
    -------
    matplotlib.figure.Figure
        One row of panels per gamma, one column per nu. The score is scaled in each panel: -1 at the
        most normal place, 0 on the decision boundary, +1 at the most anomalous place.
    """
    rows, columns = grid.auc.shape
    known = np.isfinite(grid.auc).all()
    subtitle = (
        "AUC per panel is an oracle: uses test labels, not for choosing settings"
        if known
        else "no AUC: needs normal and anomalous test clips"
    )
    figure = style.new_figure(
        max(6.5, 2.45 * columns + 1.2),
        2.25 * rows + 1.5,
        f"{machine} {unit} {id}: one-class SVM over gamma and nu",
        f"{title_suffix}\n{subtitle}" if title_suffix else f"\n{subtitle}",
    )
    # all have the same limits; axes that share them tell each other of every change
    axes = figure.subplots(rows, columns, squeeze=False)
    filled = None
    for row in range(rows):
        for column in range(columns):
            filled = _draw_panel(axes[row, column], grid, row, column)
            title = (
                f"{_GAMMA} = {grid.gammas[row]:g}, {_NU} = {grid.nus[column]:g}: "
                f"{100 * grid.outside[row, column]:.0f} % outside"
            )
            if known:
                title += f"\noracle AUC {grid.auc[row, column]:.3f}"
            axes[row, column].set_title(title, fontsize=8.5)
            axes[row, column].label_outer()
    for panel in axes[-1]:
        panel.set_xlabel("PC1 (std of training)")
    for panel in axes[:, 0]:
        panel.set_ylabel("PC2 (std of training)")
    figure.colorbar(
        filled,
        ax=axes,
        label="Anomaly score, scaled per panel (0 = boundary)",
        ticks=[-1, -0.5, 0, 0.5, 1],
        pad=0.015,
        aspect=35,
        fraction=0.04,
    )
    handles = _handles(axes[0, 0], grid)
    width = sum(len(handle.get_label()) for handle in handles)
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=2 if width > 11 * figure.get_figwidth() else 4,
    )
    return figure


def _points_of(grid: Grid) -> dict[str, np.ndarray]:
    """Return the clips of each group, shape (n, 2)."""
    return {"train": grid.train, "normal": grid.normal, "anomaly": grid.anomaly}


def _draw_panel(panel: Axes, grid: Grid, row: int, column: int) -> ContourSet:
    """Draw scores, clips and boundary for one gamma and nu; return the filled contours."""
    scaled = _scaled(grid.scores[row, column])
    panel.set_xlim(grid.x[0], grid.x[-1])
    panel.set_ylim(grid.y[0], grid.y[-1])
    filled = panel.contourf(grid.x, grid.y, scaled, levels=np.linspace(-1, 1, 13), cmap=_TINTS)
    for kind, values in _points_of(grid).items():
        _, colour, marker = style.GROUPS[kind]
        panel.scatter(
            values[:, 0],
            values[:, 1],
            s=4 if kind == "train" else 6,
            color="#6E6E6E" if kind == "train" else colour,
            marker=marker,
            alpha=0.6 if kind == "train" else 0.65,
            linewidths=0,
            gid=kind,
        )
    if scaled.min() < 0 < scaled.max():
        panel.contour(grid.x, grid.y, scaled, levels=[0], colors="black", linewidths=1.4)
    return filled


def _handles(panel: Axes, grid: Grid) -> list[Line2D]:
    """Return what the legend holds: the boundary, and each group with what a panel leaves out."""
    boundary = "decision boundary; title: training clips outside it"
    handles = [Line2D([], [], color="black", linewidth=1.6, label=boundary)]
    for kind, values in _points_of(grid).items():
        label, colour, marker = style.GROUPS[kind]
        away = style.beyond(panel, values[:, 0], values[:, 1])
        if not len(values):
            label += " (none)"
        elif away:
            label += f" ({away})"
        handles.append(
            Line2D(
                [],
                [],
                linestyle="",
                color="#6E6E6E" if kind == "train" else colour,
                marker=marker,
                markersize=5,
                label=label,
            )
        )
    return handles


def _scaled(scores: np.ndarray) -> np.ndarray:
    """Scale scores to -1 .. 1 with 0 kept; SVM scores grow with nu and the number of clips."""
    low, high = -scores.min(), scores.max()
    return np.where(
        scores < 0, scores / (low if low > 0 else 1.0), scores / (high if high > 0 else 1.0)
    )


def plot_ocsvm_contours_of(
    arrays: Mapping[str, np.ndarray],
    gammas: Sequence[float],
    nus: Sequence[float],
    *,
    machine: str,
    id: str,
    title_suffix: str,
) -> Figure:
    """Fit the grid on the first two components of one machine ID's projection and draw it.

    Parameters
    ----------
    arrays : mapping of str to np.ndarray
        Vectors of one machine ID: split, label and, if known, clip (n,), values (n, k).
    gammas, nus : sequence of float
        As in `pygoodvibes.figures.ocsvm_grid.fit_grid`.
    machine, id : str
        Machine type and ID.
    title_suffix : str
        Which data it is.

    Returns
    -------
    matplotlib.figure.Figure
        As `plot_ocsvm_contours`; a figure that says why, where this ID cannot be fitted.

    Raises
    ------
    UserError
        If a setting is out of its range.
    """
    split, label = arrays["split"].astype(str), arrays["label"].astype(str)
    values = arrays["values"][:, :2].astype(float)
    train = values[(split == "train") & (label == "normal")]
    unit = style.short_unit(unit_of(map(str, arrays.get("clip", ()))))
    name = f"{machine} {unit} {id}"
    title = f"{name}: one-class SVM over gamma and nu"
    if values.shape[1] < 2:
        return style.message_figure(
            title, title_suffix, f"{name} is projected on one component: no plane."
        )
    if len(train) < 2:
        return style.message_figure(
            title,
            title_suffix,
            f"{name} has {style.count_of(len(train), 'training clip')}: "
            "nothing to fit a one-class SVM on.",
        )
    if not (train.std(axis=0) > 0).all():
        return style.message_figure(
            title, title_suffix, f"The training clips of {name} do not vary: no plane."
        )
    grid = fit_grid(
        train,
        gammas,
        nus,
        normal=values[(split == "test") & (label == "normal")],
        anomaly=values[(split == "test") & (label == "anomaly")],
    )
    if not np.isfinite(grid.scores).all():
        raise UserError(
            "the one-class SVM of {machine} ID {id} gave scores that are not finite",
            machine=machine,
            id=id,
        )
    return plot_ocsvm_contours(grid, machine=machine, id=id, unit=unit, title_suffix=title_suffix)

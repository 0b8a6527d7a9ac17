"""Figure: which machine IDs the test clips are taken for by their embedding."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from pygoodvibes.evaluation.representation import (
    CLASSIFIERS,
    CONFUSION_COLUMNS,
    LABELS,
    NAMES,
    matrix,
    shares,
    targets_of,
)
from pygoodvibes.figures import style

_COLOURS = "Blues"
_MOST_WITH_NUMBERS = 32
_CELL = 0.29


@style.styled
def plot_representation(
    accuracies: pd.DataFrame, confusion: pd.DataFrame, *, title_suffix: str
) -> Figure:
    """Draw the confusion matrices of the support vector machine, normal beside anomalous clips.

    Parameters
    ----------
    accuracies : pandas.DataFrame
        With `pygoodvibes.evaluation.representation.COLUMNS`; shares from 0 to 1, or NaN.
    confusion : pandas.DataFrame
        With `pygoodvibes.evaluation.representation.CONFUSION_COLUMNS`; may be empty.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels: row, machine ID of the clips; column, the recognised one; colour and number,
        share of the row's clips in percent. Nothing stands where no clip is. With more than 32
        machine IDs colours tell it alone. If nothing could be computed, it says why.

    Raises
    ------
    UserError
        If a column is missing.
    """
    style.require(accuracies, ("classifier", "target", "label", "accuracy", "note"), "accuracies")
    style.require(confusion, CONFUSION_COLUMNS, "confusions", may_be_empty=True)
    _, unit = targets_of(accuracies.to_dict("records"))
    title = f"{_capital(unit)}s that test clips are taken for by their embedding"
    of_ids = accuracies[accuracies["target"] == unit]
    if confusion.empty:
        reason = next((note for note in of_ids["note"] if note), f"no {unit}")
        return style.message_figure(title, title_suffix, f"No confusion matrix: {reason}.")
    rows = confusion.to_dict("records")
    keys, _ = matrix(rows, CLASSIFIERS[0], LABELS[0])
    side = float(np.clip(_CELL * len(keys), 2.6, 10.0))
    figure = style.new_figure(2 * (side + 0.9) + 1.1, side + 1.8, title, title_suffix)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, label in zip(panels, LABELS, strict=True):
        _, clips = matrix(rows, CLASSIFIERS[0], label)
        image = _draw(axes, keys, shares(clips), unit)
        style.panel_title(axes, *_words(of_ids, label), width=max(40, int(side * 13)))
    bar = figure.colorbar(image, ax=list(panels), shrink=0.7, pad=0.015)
    bar.set_label(f"Share of the {unit}'s clips (%)")
    bar.outline.set_linewidth(0.5)
    return figure


def _words(of_ids: pd.DataFrame, label: str) -> tuple[str, list[str]]:
    """Return the title of a panel, and what stands below it: the accuracies."""
    name = {"normal": "Test, normal", "anomaly": "Test, anomalous"}[label]
    accuracy = of_ids[of_ids["label"] == label].set_index("classifier")["accuracy"]
    if accuracy.isna().all():
        return f"{name}: no clips", []
    words_of = [
        f"{words} {100 * accuracy[classifier]:.1f} %" for classifier, words in NAMES.items()
    ]
    return f"{name} (matrix: {NAMES[CLASSIFIERS[0]]})", [f"recognised: {', '.join(words_of)}"]


def _capital(unit: str) -> str:
    return unit[0].upper() + unit[1:]


def _draw(axes: Axes, keys: list[tuple[str, str]], shares: np.ndarray, unit: str) -> AxesImage:
    image = axes.imshow(100 * shares, cmap=_COLOURS, vmin=0, vmax=100, interpolation="nearest")
    axes.set_facecolor(style.FAINT)
    names = [f"{machine} {machine_id}" for machine, machine_id in keys]
    places = range(len(keys))
    if len(keys) > _MOST_WITH_NUMBERS:
        # no room for every name: the first of each machine type
        machines = [machine for machine, _ in keys]
        places = [machines.index(machine) for machine in style.in_order(machines)]
        names = [names[place] for place in places]
    axes.set_xticks(places, names, rotation=90)
    axes.set_yticks(places, names)
    axes.tick_params(length=0, labelleft=True)
    axes.set_xlabel("Recognised as")
    axes.set_ylabel(f"{_capital(unit)} of the clip")
    for place in range(1, len(keys)):
        if keys[place][0] != keys[place - 1][0]:
            for line in (axes.axhline, axes.axvline):
                line(place - 0.5, color=style.INK, linewidth=0.6)
    if len(keys) <= _MOST_WITH_NUMBERS:
        for place, named in zip(*np.nonzero(np.nan_to_num(shares)), strict=True):
            share = shares[place, named]
            axes.text(
                named,
                place,
                f"{100 * share:.0f}" if share >= 0.005 else "<1",
                ha="center",
                va="center",
                fontsize=8,
                color="white" if share > 0.55 else "black",
            )
    return image

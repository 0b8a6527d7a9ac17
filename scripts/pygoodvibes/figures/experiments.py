"""Figure: what each experiment changed, as differences to the baseline."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.figures import style

MOST_EXPERIMENTS = 40
"""More are not drawn: those that the table has last are left out."""

_NAMES = {"auc": "AUC", "pauc": "pAUC"}


@style.styled
def plot_experiments(rows: Sequence[Mapping], *, confidence: float, title_suffix: str) -> Figure:
    """Draw the difference to the baseline of each experiment and detector, with its interval.

    Parameters
    ----------
    rows : sequence of mapping
        experiment, changes (in words, a text each), detector; auc_difference and pauc_difference
        (shares), each with _low and _high (None without an interval). In the order to draw, from
        the top.
    confidence : float
        Coverage of the intervals.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        A forest plot: one panel for the AUC, one for the pAUC, a band an experiment, a colour a
        detector. The baseline is the line at 0.
    """
    title = "Experiments against the baseline"
    if not rows:
        return style.message_figure(
            title, title_suffix, "No experiment has a detector that the baseline has too."
        )
    names = style.in_order(row["experiment"] for row in rows)
    shown = names[:MOST_EXPERIMENTS]
    detectors = style.in_order(row["detector"] for row in rows)
    changes = {row["experiment"]: row["changes"] for row in rows}
    labels = [
        "\n".join([name, *(style.wrapped(change, 46) for change in changes[name])])
        for name in shown
    ]
    bands, top = {}, 0.0
    for name, label in zip(shown, labels, strict=True):
        here = [detector for detector in detectors if any(_is(row, name, detector) for row in rows)]
        height = max(0.17 * len(here) + 0.12, 0.155 * (label.count("\n") + 1) + 0.12)
        bands[name] = (top, height, here)
        top += height
    figure = style.new_figure(9.5, top + 1.5, title, title_suffix)
    axes = figure.subplots(1, 2, sharey=True)
    for panel, measure in zip(axes, _NAMES, strict=True):
        _draw(panel, rows, measure, bands, detectors)
        style.panel_title(panel, f"{_NAMES[measure]}, with {100 * confidence:g} % interval")
    axes[0].set_ylim(top, 0)
    axes[0].set_yticks([start + height / 2 for start, height, _ in bands.values()], labels)
    for panel in axes:
        panel.tick_params(axis="y", length=0)
    handles, texts = _legend(axes, detectors)
    figure.legend(handles, texts, loc="outside lower center", ncols=min(len(handles), 6))
    if len(names) > len(shown):
        axes[1].annotate(
            f"{len(names) - len(shown)} more in the table",
            (1, 1),
            xycoords="axes fraction",
            ha="right",
            va="bottom",
            fontsize=8,
        )
    return figure


def _is(row: Mapping, experiment: str, detector: str) -> bool:
    return row["experiment"] == experiment and row["detector"] == detector


def _draw(
    axes: Axes, rows: Sequence[Mapping], measure: str, bands: Mapping, detectors: Sequence[str]
) -> None:
    axes.axvline(0, color="black", linewidth=0.9, linestyle=(0, (4, 2)), gid="baseline")
    axes.grid(axis="x")
    for number, (name, (start, height, here)) in enumerate(bands.items()):
        if number % 2:
            axes.axhspan(start, start + height, color=style.FAINT, alpha=0.45, linewidth=0)
        for row in rows:
            if (
                row["experiment"] != name
                or row[f"{measure}_difference"] != row[f"{measure}_difference"]
            ):
                continue
            detector = row["detector"]
            place = start + height * (here.index(detector) + 1) / (len(here) + 1)
            look = detectors.index(detector)
            low, high = (row[f"{measure}_difference{end}"] for end in ("_low", "_high"))
            if low is not None:
                axes.hlines(place, 100 * low, 100 * high, color=style.colour(look), linewidth=1.4)
            axes.plot(
                100 * row[f"{measure}_difference"],
                place,
                linestyle="",
                marker=style.marker(look),
                markersize=5,
                color=style.colour(look),
                label=style.short(detector),
            )
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.5), max(right, 0.5))
    axes.set_xlabel("Difference to the baseline, percentage points")


def _legend(axes: Sequence[Axes], detectors: Sequence[str]) -> tuple[list, list[str]]:
    handles = {}
    for panel in axes:
        for handle, text in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(text, handle)
    texts = [text for text in map(style.short, detectors) if text in handles]
    return [handles[text] for text in texts], texts

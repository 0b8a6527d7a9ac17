"""Figure: what each experiment changed, as differences to the baseline."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pygoodvibes.figures import style
from pygoodvibes.figures.forest import Panel, forest

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
    return forest(
        rows,
        [
            Panel(
                f"{measure}_difference",
                f"{name}, with {100 * confidence:g} % interval",
                "Difference to the baseline, percentage points",
                from_zero=True,
            )
            for measure, name in _NAMES.items()
        ],
        group="experiment",
        labels={row["experiment"]: [row["experiment"], *row["changes"]] for row in rows},
        most=MOST_EXPERIMENTS,
        width=9.5,
        title=title,
        title_suffix=title_suffix,
    )

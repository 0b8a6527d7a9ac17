"""Figure: embeddings side by side, against the first and against their controls."""

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from pygoodvibes.figures import style
from pygoodvibes.figures.forest import Panel, forest

MOST_EMBEDDINGS = 30
"""More are not drawn: those that the table has last are left out."""


@style.styled
def plot_embeddings(
    rows: Sequence[Mapping], *, title: str, confidence: float, title_suffix: str
) -> Figure:
    """Draw the AUC of embeddings, and their paired differences.

    Parameters
    ----------
    rows : sequence of mapping
        From `pygoodvibes.experiments.embedding_study.embedding_rows`; the first embedding is what
        the others are compared with.
    title : str
        What the study is about.
    confidence : float
        Coverage of the intervals.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.

    Returns
    -------
    matplotlib.figure.Figure
        A forest plot: a band an embedding, a colour a detector. Panels: the AUC; its difference to
        the first embedding; if there are controls, to the embedding's own control.
    """
    if all(row["auc"] is None for row in rows):
        return style.message_figure(title, title_suffix, "No embedding could be evaluated.")
    points = "Difference, percentage points"
    panels = [Panel("auc", "AUC", "AUC, mean of types, %", from_zero=False)]
    if any(row["auc_first"] is not None for row in rows):
        first = style.wrapped(rows[0]["embedding"], 24)
        panels.append(Panel("auc_first", f"AUC to {first}", points, from_zero=True))
    if any(row["auc_control"] is not None for row in rows):
        panels.append(Panel("auc_control", "AUC to its control", points, from_zero=True))
    known = any(row["auc_low"] is not None for row in rows)
    interval = f"{100 * confidence:g} % intervals over test clips" if known else "without intervals"
    return forest(
        rows,
        panels,
        group="embedding",
        labels={row["embedding"]: [row["embedding"]] for row in rows},
        most=MOST_EMBEDDINGS,
        width=3.0 + 3.2 * len(panels),
        title=title,
        title_suffix=f"{title_suffix}, {interval}",
    )

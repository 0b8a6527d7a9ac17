"""Control chart of judged recordings: what stays changed, and what is a single odd one.

Comes in: records with their chart, in order. Goes out: a figure.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from pygoodvibes.detection.certainty import ANOMALOUS
from pygoodvibes.monitoring.score_files import Record
from ui.charts.common import ANOMALY, INK, NORMAL
from ui.language import t


def control_chart_figure(records: Sequence[Record], limit: float) -> go.Figure:
    """Draw the EWMA of recordings one after the other, and its limits.

    Parameters
    ----------
    records : sequence of Record
        In order, with `ewma`.
    limit : float > 0
        Beyond it, or beyond minus it, scores have moved.
    """
    places = list(range(1, len(records) + 1))
    odd = [record.verdict == ANOMALOUS for record in records]
    line = go.Scatter(
        x=places,
        y=[record.ewma for record in records],
        mode="lines+markers",
        line={"color": NORMAL, "width": 2},
        marker={
            "color": [ANOMALY if each else NORMAL for each in odd],
            "symbol": ["triangle-up" if each else "circle" for each in odd],
            "size": [10 if each else 6 for each in odd],
        },
        text=[record.clip for record in records],
        hovertemplate="%{text}<br>%{y:.2f}<extra></extra>",
    )
    figure = go.Figure(line)
    figure.add_hrect(-limit, limit, fillcolor=INK, opacity=0.07, line_width=0)
    for each in (-limit, limit):
        figure.add_hline(each, line={"color": INK, "width": 1.5, "dash": "dash"})
    figure.update_xaxes(title=t("mine.chart_recordings"), zeroline=False)
    figure.update_yaxes(title=t("mine.chart_places"), zeroline=False)
    figure.update_layout(height=300, showlegend=False)
    return figure

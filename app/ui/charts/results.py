"""Figures of results: scores against thresholds, curves of detectors, costs, experiments.

Comes in: tables of scores, rates and costs. Goes out: a figure each.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from ui.charts.common import (
    ANOMALY,
    GROUPS,
    INK,
    NORMAL,
    Series,
    legend_below,
    scatter_kind,
)
from ui.language import t


def distributions_figure(
    scores: pd.DataFrame,
    limits: Mapping[str, float],
    *,
    heading: str = "ID",
    mark: float | None = None,
) -> go.Figure:
    """Draw the scores of training, normal and anomalous clips of machine IDs, a row an ID.

    Parameters
    ----------
    scores : pandas.DataFrame
        id, split, label, score.
    limits : mapping of id to float
        Thresholds.
    heading : str
        What the IDs are.
    mark : float, optional
        Score of a clip to point at.
    """
    ids = sorted(scores["id"].unique())
    figure = go.Figure([*_scores_of_groups(scores, ids), *_thresholds(limits, ids)])
    if mark is not None:
        figure.add_vline(x=mark, line={"color": ANOMALY, "width": 3})
        figure.add_annotation(
            x=mark, y=1, yref="paper", yanchor="bottom", text=t("method.this_clip"), showarrow=False
        )
    figure.update_xaxes(title=t("detectors.score"), zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(ids))),
        ticktext=[f"{heading} {machine_id}" for machine_id in ids],
        range=[-0.6, len(ids) - 0.4],
        zeroline=False,
    )
    figure.update_layout(height=150 + 110 * len(ids))
    legend_below(figure)
    return figure


def _scores_of_groups(scores: pd.DataFrame, ids: list[str]) -> list[go.Scatter | go.Scattergl]:
    """Return the scores of each group of clips as points, above one another within the ID's row."""
    kind = scatter_kind(len(scores))
    groups = scores["label"].where(scores["split"] == "test", "train")
    traces = []
    for offset, group in zip((0.27, 0.0, -0.27, -0.4), GROUPS, strict=True):
        rows = scores[(groups == group) & scores["score"].notna()]
        if rows.empty:
            continue
        colour, symbol, _ = GROUPS[group]
        # a fixed jitter, so that points do not hide each other
        jitter = 0.09 * np.sin(7.0 * np.arange(len(rows)))
        traces.append(
            kind(
                x=rows["score"],
                y=rows["id"].map(ids.index).to_numpy() + offset + jitter,
                mode="markers",
                name=t(f"group.{group}"),
                marker={"color": colour, "symbol": symbol, "size": 6, "opacity": 0.65},
                hovertemplate="%{x:.4g}<extra></extra>",
            )
        )
    return traces


def _thresholds(limits: Mapping[str, float], ids: list[str]) -> list[go.Scatter]:
    """Return the threshold of each ID that has one as a line in its row; one is in the legend."""
    traces = []
    for place, machine_id in enumerate(ids):
        limit = limits.get(machine_id, np.nan)
        if not np.isfinite(limit):
            continue
        traces.append(
            go.Scatter(
                x=[limit, limit],
                y=[place - 0.45, place + 0.45],
                mode="lines",
                line={"color": "black", "width": 2.5, "dash": "dash"},
                name=t("detectors.threshold"),
                showlegend=not traces,
                hovertemplate="%{x:.4g}<extra></extra>",
            )
        )
    return traces


def held_out_figure(scores: np.ndarray, threshold: float) -> go.Figure:
    """Draw the held-out scores of one machine's training clips and the threshold.

    Parameters
    ----------
    scores : np.ndarray [shape=(n_clips,)]
        Higher = more anomalous.
    threshold : float
        Clips above are too odd.
    """
    colour, symbol, _ = GROUPS["normal"]
    points = go.Scatter(
        x=scores,
        y=np.zeros(len(scores)),
        mode="markers",
        marker={"color": colour, "symbol": symbol, "size": 9, "opacity": 0.6},
        hovertemplate="%{x:.2f}<extra></extra>",
    )
    figure = go.Figure(points)
    figure.add_vline(x=threshold, line={"color": INK, "width": 2, "dash": "dash"})
    figure.add_annotation(
        x=threshold,
        y=1,
        yref="paper",
        yanchor="bottom",
        text=t("own.threshold"),
        font={"color": INK},
        showarrow=False,
    )
    figure.update_xaxes(title=t("mine.held_out"), zeroline=False)
    figure.update_yaxes(visible=False, range=[-1, 1])
    figure.update_layout(height=170, showlegend=False)
    return figure


def score_plane_figure(points: pd.DataFrame) -> go.Figure:
    """Draw clips at PC1, PC2 with circles that grow with their score; NaN scores are left out."""
    points = points.dropna(subset=["score"])
    figure = go.Figure()
    if len(points):
        low, high = np.quantile(points["score"], [0.05, 0.98])
        size = 5 + 30 * np.clip((points["score"] - low) / max(high - low, 1e-12), 0, 1)
        for group, (colour, symbol, _) in GROUPS.items():
            rows = points[points["group"] == group]
            if rows.empty:
                continue
            figure.add_trace(
                go.Scatter(
                    x=rows["PC1"],
                    y=rows["PC2"],
                    mode="markers",
                    name=t(f"group.{group}"),
                    customdata=rows["score"],
                    marker={
                        "symbol": f"{symbol}-open",
                        "color": colour,
                        "size": size[rows.index],
                        "line": {"width": 1.5},
                    },
                    hovertemplate="%{customdata:.4g}<extra></extra>",
                )
            )
    figure.update_xaxes(title="PC1", zeroline=False)
    figure.update_yaxes(title="PC2", zeroline=False)
    figure.update_layout(height=480)
    legend_below(figure)
    return figure


def _add_chance(figure: go.Figure, heights: Sequence[float]) -> None:
    """Draw the line of guessing, between these heights at the left and at the right."""
    figure.add_trace(
        go.Scatter(
            x=[0, 1],
            y=list(heights),
            mode="lines",
            line={"color": INK, "width": 1, "dash": "dot"},
            name=t("results.chance"),
            hoverinfo="skip",
        )
    )


def _line(look: Series) -> dict:
    return {"color": look.colour, "dash": look.dash, "width": 1 if look.grey else 2}


def _mark(look: Series) -> dict:
    edge = {"color": look.colour if look.grey else "black", "width": 1.5}
    return {
        "color": look.colour,
        "symbol": look.symbol,
        "size": 7 if look.grey else 13,
        "line": edge,
    }


def _in_legend(look: Series, said: set[str]) -> dict:
    """Return how a trace stands in the legend: the grey ones once and last."""
    first = look.group not in said
    said.add(look.group)
    rank = {"legendrank": 2000} if look.grey else {}
    return {"name": look.group, "legendgroup": look.group, "showlegend": first, **rank}


def sensitivity_figure(
    curves: pd.DataFrame, setting: int, looks: Mapping[str, Series]
) -> go.Figure:
    """Draw sensitivity against specificity over the settings, the one in use with large marks."""
    figure, said = go.Figure(), set()
    _add_chance(figure, [1, 0])
    for detector, look in looks.items():
        rows = curves[curves["detector"] == detector].sort_values("setting")
        if rows.empty:
            continue
        here = rows[rows["setting"] == setting]
        figure.add_trace(
            go.Scatter(
                x=rows["specificity"],
                y=rows["sensitivity"],
                mode="lines",
                line=_line(look),
                legendgroup=look.group,
                showlegend=False,
                hoverinfo="skip",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=here["specificity"],
                y=here["sensitivity"],
                mode="markers",
                marker=_mark(look),
                hovertemplate=f"{detector}: %{{x:.1%}} / %{{y:.1%}}<extra></extra>",
                **_in_legend(look, said),
            )
        )
    least = curves["specificity"].min()
    low = max(0.0, float(np.floor(10 * least) / 10)) if len(curves) else 0.0
    figure.update_xaxes(title=t("results.specificity_axis"), range=[low - 0.02, 1.02])
    figure.update_yaxes(title=t("results.sensitivity_axis"), range=[-0.02, 1.04])
    for axis in (figure.update_xaxes, figure.update_yaxes):
        axis(tickformat=".0%", zeroline=False)
    figure.update_layout(height=520)
    legend_below(figure)
    return figure


def roc_figure(rows: pd.DataFrame, looks: Mapping[str, Series], max_fpr: float) -> go.Figure:
    """Draw ROC curves, with the part that the pAUC counts."""
    figure, said = go.Figure(), set()
    figure.add_vrect(x0=0, x1=max_fpr, fillcolor="#E69F00", opacity=0.18, line_width=0)
    figure.add_annotation(
        x=max_fpr, y=0.03, text="pAUC", xanchor="left", showarrow=False, font={"size": 12}
    )
    _add_chance(figure, [0, 1])
    for detector, look in looks.items():
        of_detector = rows[rows["detector"] == detector]
        if of_detector.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=of_detector["false_positive_rate"],
                y=of_detector["true_positive_rate"],
                mode="lines",
                line=_line(look),
                hovertemplate=f"{detector}: %{{x:.0%}} / %{{y:.1%}}<extra></extra>",
                **_in_legend(look, said),
            )
        )
    figure.update_xaxes(title=t("results.fpr"), range=[-0.01, 1.01], tickformat=".0%")
    figure.update_yaxes(title=t("results.tpr"), range=[-0.02, 1.03], tickformat=".0%")
    figure.update_layout(height=520)
    legend_below(figure)
    return figure


def costs_figure(
    curves: pd.DataFrame,
    best: pd.DataFrame,
    setting: int,
    rates: Sequence[float],
    looks: Mapping[str, Series],
) -> go.Figure:
    """Draw expected costs over the settings; `curves` and `best` have a column `cost`."""
    figure, said = go.Figure(), set()
    for detector, look in looks.items():
        rows = curves[curves["detector"] == detector].sort_values("setting")
        least = best[best["detector"] == detector]
        if rows.empty:
            continue
        figure.add_trace(
            go.Scatter(
                x=[100 * rates[at] for at in rows["setting"]],
                y=rows["cost"],
                mode="lines",
                line=_line(look),
                hovertemplate=f"{detector}: %{{y:,.0f}}<extra></extra>",
                **_in_legend(look, said),
            )
        )
        figure.add_trace(
            go.Scatter(
                x=[100 * rates[at] for at in least["setting"]],
                y=least["cost"],
                mode="markers",
                legendgroup=look.group,
                showlegend=False,
                marker=_mark(look),
                hovertemplate=f"{detector}: %{{y:,.0f}}<extra></extra>",
            )
        )
    figure.add_vline(x=100 * rates[setting], line={"color": INK, "dash": "dash", "width": 2})
    figure.update_xaxes(title=t("results.expected_rate"), ticksuffix=" %")
    figure.update_yaxes(title=t("results.cost_axis"), rangemode="tozero", tickformat=",.0f")
    figure.update_layout(height=460)
    legend_below(figure)
    return figure


def differences_figure(rows: pd.DataFrame) -> go.Figure:
    """Draw what experiments change in AUC: name, auc_difference, its _low and _high (shares)."""
    figure = go.Figure(
        go.Scatter(
            x=100 * rows["auc_difference"],
            y=rows["name"],
            mode="markers",
            marker={"size": 10, "color": NORMAL, "symbol": "diamond"},
            error_x={
                "type": "data",
                "symmetric": False,
                "array": 100 * (rows["auc_difference_high"] - rows["auc_difference"]),
                "arrayminus": 100 * (rows["auc_difference"] - rows["auc_difference_low"]),
            },
            hovertemplate="%{y}: %{x:.1f}<extra></extra>",
        )
    )
    figure.add_vline(x=0, line={"color": INK, "dash": "dash"})
    figure.update_xaxes(title=t("results.difference_axis"), zeroline=False)
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(height=120 + 28 * len(rows))
    return figure

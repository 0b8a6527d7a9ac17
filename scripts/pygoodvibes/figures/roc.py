"""Figure: ROC curves per machine type, with the zone that pAUC counts."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.evaluation.domains import DOMAINS, own_anomalies
from pygoodvibes.figures import style
from pygoodvibes.figures.looks import Look, looks_of, named_once

RATES = np.linspace(0, 1, 501)
_MOST_BANDS = 2


def roc_points(normal: np.ndarray, anomaly: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of the ROC curve, from (0, 0) to (1, 1).

    Parameters
    ----------
    normal, anomaly : np.ndarray [shape=(n,)], [shape=(m,)]
        Anomaly scores of the test clips of each label, higher = more anomalous. Equal scores are
        passed in one step.

    Returns
    -------
    tuple of np.ndarray [shape=(k,)]
        False positive rate and true positive rate, both rising.
    """
    cuts = np.unique(np.concatenate([normal, anomaly]))
    # Part of clips with a score of at least each cut, highest cut first.
    false = 1 - np.searchsorted(np.sort(normal), cuts[::-1], side="left") / len(normal)
    true = 1 - np.searchsorted(np.sort(anomaly), cuts[::-1], side="left") / len(anomaly)
    return np.concatenate([[0.0], false]), np.concatenate([[0.0], true])


def vertical_average(
    curves: list[tuple[np.ndarray, np.ndarray]],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Average ROC curves at each false positive rate (Fawcett 2006, "vertical averaging").

    Parameters
    ----------
    curves : list of tuple of np.ndarray
        As returned by `roc_points`.

    Returns
    -------
    tuple of np.ndarray [shape=(501,)]
        Mean, lowest and highest true positive rate at the false positive rates `RATES`.
    """
    stack = np.stack([np.interp(RATES, false, true) for false, true in curves])
    return stack.mean(axis=0), stack.min(axis=0), stack.max(axis=0)


@style.styled
def plot_roc(
    scores: pd.DataFrame,
    metrics: pd.DataFrame,
    *,
    title_suffix: str,
    max_fpr: float = 0.1,
    year: int | None = None,
) -> Figure:
    """Draw one ROC curve per detector for each machine type, averaged over its machine IDs.

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per clip and detector: machine, id, detector, split, label, score (higher = more
        anomalous); clip and domain where clips have one.
    metrics : pandas.DataFrame
        One row per machine ID and detector: machine, id, detector, auc, pauc (NaN if none), and
        auc_source and auc_target where there are domains; their means over IDs are written in the
        legend.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.
    max_fpr : float in (0, 1]
        False positive rate up to which pAUC counts; shaded.
    year : int, optional
        As in `pygoodvibes.evaluation.domains.protocol_of`.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per machine type. The curves are vertical averages over machine IDs; with one or
        two detectors a band from the lowest to the highest ID goes with each. Where clips have a
        domain, the first detector has a curve a domain as well: normal clips of the domain against
        the anomalous clips that the AUC of the domain counts.

    Raises
    ------
    UserError
        If a column is missing or there are no metrics.
    """
    wanted = ("machine", "id", "detector", "split", "label", "score")
    style.require(scores, wanted, "scores", may_be_empty=True)
    style.require(metrics, ("machine", "id", "detector", "auc", "pauc"), "metrics")
    if scores.empty:
        return style.message_figure(
            "ROC", title_suffix, "No clip has a score: see the notes in the metrics."
        )
    detectors = style.in_order(scores["detector"])
    unit = style.unit_of(scores)
    short = style.short_unit(unit)
    several = metrics.groupby("machine")["id"].nunique().max() > 1
    bands = several and len(detectors) <= _MOST_BANDS
    known = pd.concat([scores[["machine", "id"]], metrics[["machine", "id"]]])
    machines = style.machines_in(known)
    looks = looks_of(detectors, metrics)
    test = scores[scores["split"] == "test"]
    domains = [name for name in DOMAINS if name in set(test.get("domain", ()))]
    named = list(dict.fromkeys(look.label for look in looks.values()))
    named += [_of_domain(looks[detectors[0]], domain) for domain in domains]
    # beside square axes: three lines of heading, one a detector
    height = style.height_beside(len(named) + 3, 3.5)
    longest = max(11, *map(len, named))
    figure, all_axes = style.panels(
        len(machines),
        f"ROC, mean over {unit}s" + (f" (band: lowest to highest {short})" if bands else ""),
        title_suffix,
        panel_width=1.15 + height + 0.085 * longest,
        panel_height=height,
        max_columns=2 if len(machines) <= 6 else 3,
        least_width=6.5,
    )
    cells = dict(iter(test.groupby(["machine", "id", "detector"])))
    for machine, axes in zip(machines, all_axes, strict=True):
        ids = style.ids_in(known[known["machine"] == machine])
        mine = metrics[metrics["machine"] == machine]
        means = mine.groupby("detector")[["auc", "pauc"]].mean()
        axes.axvspan(0, max_fpr, color="#F3E9C6", zorder=0, gid="pAUC zone")
        axes.plot([0, 1], [0, 1], color=style.INK, linewidth=0.8, linestyle=":", gid="chance")
        curves = {
            (detector, id_): curve
            for detector in detectors
            for id_ in ids
            if (curve := _curve(cells.get((machine, id_, detector)))) is not None
        }
        shown = [id_ for id_ in ids if any((detector, id_) in curves for detector in detectors)]
        absent = [id_ for id_ in ids if id_ not in shown]
        for detector, look in looks.items():
            of_detector = [curves[detector, id_] for id_ in shown if (detector, id_) in curves]
            if of_detector:
                of_ids = (
                    f"\n({len(of_detector)} of {len(shown)} {short}s)"
                    if len(of_detector) < len(shown)
                    else ""
                )
                _draw(axes, look, detector, of_detector, means, bands, of_ids)
            if detector == detectors[0]:
                of_ids = [cells.get((machine, id_, detector)) for id_ in shown]
                of_detector = mine[mine["detector"] == detector]
                for domain in domains:
                    _draw_domain(axes, look, domain, of_ids, of_detector, year)
        if not shown:
            axes.clear()
            style.panel_title(axes, machine)
            style.say(axes, style.absent_note(absent, mine, unit, start="no curve for"))
            continue
        notes = [style.absent_note(absent, mine, unit)]
        style.panel_title(axes, f"{machine}: {style.count_of(len(shown), unit)}", notes)
        _finish(axes, max_fpr)
    return figure


def _finish(axes: Axes, max_fpr: float) -> None:
    """Set limits and words of the axes, and put the legend beside them."""
    axes.set_xlim(-0.01, 1.01)
    axes.set_ylim(-0.01, 1.01)
    axes.set_box_aspect(1)
    axes.grid()
    axes.set_xlabel("False positive rate (part of normal clips)")
    axes.set_ylabel("True positive rate (part of anomalous)")
    shown = named_once(axes)
    axes.legend(
        shown.values(),
        shown,
        title=f"mean AUC / pAUC, %\n(pAUC: shaded zone,\nFPR up to {max_fpr:g})",
        loc="upper left",
        bbox_to_anchor=(1.02, 1.0),
        alignment="left",
        handlelength=2.6,
        borderaxespad=0,
    )


def _curve(rows: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the ROC curve of one machine ID and detector, or None where there is none."""
    if rows is None:
        return None
    score = rows["score"].to_numpy(dtype=float)
    label = rows["label"].to_numpy()
    normal, anomaly = score[label == "normal"], score[label == "anomaly"]
    # A clip without a score has no place in the ranking, so this ID has no ROC curve.
    if not (len(normal) and len(anomaly) and np.isfinite(score[label != "unknown"]).all()):
        return None
    return roc_points(normal, anomaly)


_LINES = {"source": (0, (7, 1.5)), "target": (0, (2.5, 1.2))}


def _of_domain(look: Look, domain: str) -> str:
    return f"{look.label}, {domain}"


def _draw_domain(
    axes: Axes,
    look: Look,
    domain: str,
    of_ids: list[pd.DataFrame | None],
    metrics: pd.DataFrame,
    year: int | None,
) -> None:
    """Draw the mean curve of one detector over the clips that count in a domain."""
    curves = []
    for rows in of_ids:
        if rows is None:
            continue
        counts = rows["domain"] == domain
        if not own_anomalies(rows["clip"], year):
            counts |= rows["label"] == "anomaly"
        if (curve := _curve(rows[counts])) is not None:
            curves.append(curve)
    if not curves:
        return
    mean, _, _ = vertical_average(curves)
    auc = metrics.get(f"auc_{domain}", pd.Series(dtype=float)).mean()
    axes.plot(
        np.concatenate([[0.0], RATES]),
        np.concatenate([[0.0], mean]),
        color=look.colour,
        linestyle=_LINES[domain],
        linewidth=1.1,
        zorder=look.order + 0.5,
        gid=f"domain {domain}",
        label=_of_domain(look, domain) + ("" if np.isnan(auc) else f"  {100 * auc:.1f}"),
    )


def _draw(
    axes: Axes,
    look: Look,
    detector: str,
    curves: list,
    means: pd.DataFrame,
    bands: bool,
    of_ids: str,
) -> None:
    """Draw a detector's mean curve; `of_ids` says in the legend if not all IDs have one."""
    mean, low, high = vertical_average(curves)
    auc, pauc = means.loc[detector] if detector in means.index else (np.nan, np.nan)
    figures = " / ".join(
        "n/a" if np.isnan(value) else f"{100 * value:.1f}" for value in (auc, pauc)
    )
    axes.plot(
        np.concatenate([[0.0], RATES]),
        np.concatenate([[0.0], mean]),
        color=look.colour,
        linestyle=look.line,
        linewidth=1.6 * look.width,
        zorder=look.order,
        gid=f"curve {detector}",
        label=f"{look.label}  {figures}{of_ids}" if look.named else look.label,
    )
    if bands and len(curves) > 1:
        axes.fill_between(RATES, low, high, color=look.colour, alpha=0.15, linewidth=0)

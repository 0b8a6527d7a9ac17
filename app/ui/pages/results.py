"""Page: what the detectors find and miss, at any threshold, and what that costs."""

import numpy as np
import pandas as pd
import streamlit as st

from pygoodvibes.evaluation import operating_points
from pygoodvibes.evaluation.compare_detectors import MEAN
from pygoodvibes.evaluation.domains import DOMAINS
from pygoodvibes.workflow.run_folders import Run
from ui import browse, load, pick
from ui.charts.common import Series, group_name, series_of, show_figure
from ui.charts.results import costs_figure, differences_figure, roc_figure, sensitivity_figure
from ui.language import number, percent, span, t


def show(run: Run) -> None:
    """Show the page."""
    sweep = load.table(run, "sweep.csv")
    if sweep.empty:
        said = pick.of_unit(run, t("results.no_sweep"), t("results.no_sweep_section"))
        st.info(said, icon=":material/info:")
        return
    rates = operating_points.settings(sweep)
    setting = _slider(run, rates)
    names = ("sensitivity", "roc", "averages", "costs", "experiments")
    tabs = st.tabs([t(f"results.{name}") for name in names])
    shows = (_sensitivity, _roc, _averages, _costs, _experiments)
    for tab, show_tab in zip(tabs, shows, strict=True):
        with tab:
            show_tab(run, sweep, rates, setting)


def _slider(run: Run, rates: list[float]) -> int:
    """Let the reader move all detectors along their curves."""
    wanted = run.config["threshold"]["false_alarm_rate"]
    start = int(np.abs(np.array(rates) - wanted).argmin())
    setting = st.select_slider(
        t("results.slider"),
        list(range(len(rates))),
        start,
        format_func=lambda place: _of_hundred(rates[place]),
        help=t("results.slider_help"),
        key="setting",
        persist_state="session",
    )
    st.caption(t("results.slider_says", count=_of_hundred(rates[setting])))
    return setting


def _looks(run: Run) -> dict[str, Series]:
    """Return how the detectors are drawn."""
    metrics = load.table(run, "metrics.csv")
    metrics = metrics.assign(auc=pd.to_numeric(metrics["auc"]))
    return series_of(run.detectors, metrics)


def _of_hundred(rate: float) -> str:
    """Write a share as so many of a hundred, a small one with more digits."""
    return number(100 * rate, 0 if rate > 0.095 else 1 if rate > 0.0095 else 2)


def _sensitivity(run: Run, sweep: pd.DataFrame, rates: list[float], setting: int) -> None:
    machine = pick.machine_type(run, key="type")
    table = operating_points.at_setting(sweep, setting, machine=machine)
    if table.empty:
        st.info(t("results.no_rates"), icon=":material/info:")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        figure = sensitivity_figure(load.curves(run, machine), setting, _looks(run))
        best = table.iloc[0]
        alt = t(
            "results.curves_alt",
            detector=best["detector"],
            sensitivity=percent(best["sensitivity"], 1),
            specificity=percent(best["specificity"], 1),
        )
        show_figure(figure, alt=alt, key="curves")
    with right:
        st.markdown(f"**{t('results.at_setting')}**")
        shown = pd.DataFrame({t("column.detector"): table["detector"]})
        for rate in ("sensitivity", "specificity"):
            low, high = table[f"{rate}_min"], table[f"{rate}_max"]
            shown[t(f"results.{rate}_short")] = [
                f"{percent(mean, 1)} ({span(100 * least, 100 * most)})"
                for mean, least, most in zip(table[rate], low, high, strict=True)
            ]
        st.dataframe(shown, hide_index=True, height=38 + 35 * len(shown), key="at_setting")
        st.caption(pick.of_unit(run, t("results.range_note"), t("results.range_note_section")))
    _confusion(run, sweep, setting)
    _per_id(run, sweep, setting)


def _confusion(run: Run, sweep: pd.DataFrame, setting: int) -> None:
    st.subheader(t("results.confusion"))
    with st.container(horizontal=True):
        machine, machine_id = pick.machine(run)
        detector = pick.detector(run)
    at = sweep[
        (sweep["machine"] == machine)
        & (sweep["id"] == machine_id)
        & (sweep["detector"] == detector)
        & (sweep["setting"] == setting)
    ]
    if at.empty or pd.isna(at["threshold"].iloc[0]):
        st.info(t("results.no_rates"), icon=":material/info:")
        return
    threshold = float(at["threshold"].iloc[0])
    scores = load.scores(run, machine, machine_id)
    scores = scores[scores["detector"] == detector]
    rows = _counts(scores, threshold)
    for domain in DOMAINS if "domain" in scores.columns else ():
        of_domain = scores[scores["domain"] == domain]
        rows += _counts(of_domain, threshold, f", {t(f'domain.{domain}')}")
    st.table(pd.DataFrame(rows).set_index(""))
    values = {"threshold": number(threshold, 3)}
    of_sections = t("results.confusion_note_section", **values)
    st.caption(pick.of_unit(run, t("results.confusion_note", **values), of_sections))


def _counts(scores: pd.DataFrame, threshold: float, which: str = "") -> list[dict[str, str]]:
    """Return the rows of anomalous and normal clips: how many lie above the threshold or not."""
    counts = operating_points.confusion(scores, threshold)
    alarm, no_alarm = t("results.alarm"), t("results.no_alarm")
    return [
        {
            "": group_name("anomaly") + which,
            alarm: t("results.found", clips=number(counts.found)),
            no_alarm: t("results.missed", clips=number(counts.missed)),
        },
        {
            "": group_name("normal") + which,
            alarm: t("results.false_alarms", clips=number(counts.false_alarms)),
            no_alarm: t("results.passed", clips=number(counts.passed)),
        },
    ]


def _per_id(run: Run, sweep: pd.DataFrame, setting: int) -> None:
    st.subheader(pick.of_unit(run, t("results.per_id"), t("results.per_section")))
    rows = sweep[sweep["setting"] == setting]
    options = ["sensitivity", "specificity"]
    rate = st.segmented_control(
        t("results.rate"),
        options,
        format_func=lambda name: t(f"results.{name}_short"),
        default="sensitivity",
        required=True,
        key="rate",
    )
    wide = rows.pivot_table(
        index=["machine", "id"], columns="detector", values=rate, sort=False, observed=True
    )
    order = [name for name in dict.fromkeys(rows["detector"]) if name in wide.columns]
    wide = wide[order].sort_index()
    means = wide.groupby("machine").mean()
    means.index = pd.MultiIndex.from_product([means.index, [t("results.mean")]])
    both = pd.concat([wide, means]).sort_index(level=0, sort_remaining=False, kind="stable")
    heading = pick.of_unit(run, t("column.id"), t("column.section"))
    both.index.names = [t("column.machine"), heading]
    shown = both.map(lambda value: percent(value)).reset_index()
    st.dataframe(shown, hide_index=True, key="per_id")


def _roc(run: Run, sweep: pd.DataFrame, rates: list[float], setting: int) -> None:
    machine = pick.machine_type(run, key="roc_type")
    rows = load.table(run, "roc.csv")
    if machine is None:
        keys = ["detector", "false_positive_rate"]
        rows = rows.groupby(keys, sort=False)["true_positive_rate"].mean().reset_index()
    else:
        rows = rows[rows["machine"] == machine]
    max_fpr = run.config["evaluation"]["max_fpr"]
    alt = pick.of_unit(run, t("results.roc_alt"), t("results.roc_alt_section"))
    left, right = st.columns(2, gap="medium")
    with left:
        show_figure(roc_figure(rows, _looks(run), max_fpr), alt=alt, key="roc")
    with right:
        metrics = load.table(run, "metrics.csv")
        of_machine = metrics[metrics["machine"] == machine] if machine else metrics
        shown = []
        for row in of_machine.dropna(subset=["auc"]).itertuples():
            shown.append(
                {
                    t("pick.machine"): f"{row.machine} {row.id}",
                    t("column.detector"): row.detector,
                    "AUC": _bounds(row.auc, row.auc_low, row.auc_high),
                    **_auc_by_domain(row),
                    "pAUC": _bounds(row.pauc, row.pauc_low, row.pauc_high),
                }
            )
        heading = pick.of_unit(run, t("results.auc_per_id"), t("results.auc_per_section"))
        st.markdown(f"**{heading}**")
        st.dataframe(pd.DataFrame(shown), hide_index=True, height=480)
        confidence = percent(run.config["evaluation"]["confidence"])
        st.caption(t("results.auc_note", confidence=confidence, max_fpr=percent(max_fpr)))


def _auc_by_domain(row: object) -> dict[str, str]:
    """Return AUC of source and target, given a row of metrics; {} where there are no domains."""
    return {
        f"AUC, {t(f'domain.{domain}')}": _bounds(
            *(getattr(row, f"auc_{domain}{end}") for end in ("", "_low", "_high"))
        )
        for domain in DOMAINS
        if hasattr(row, f"auc_{domain}")
    }


def _bounds(value: float, low: float, high: float) -> str:
    if pd.isna(low) or pd.isna(high):
        return number(100 * value, 1)
    return f"{number(100 * value, 1)} [{number(100 * low, 1)}, {number(100 * high, 1)}]"


def _averages(run: Run, sweep: pd.DataFrame, rates: list[float], setting: int) -> None:
    rows = load.table(run, "averages.csv")
    rows = rows[rows["mean"] == "arithmetic"]
    metrics = load.table(run, "metrics.csv")
    shown = []
    for detector in run.detectors:
        of_detector = rows[rows["detector"] == detector]
        entry = {t("column.detector"): detector}
        means = of_detector[of_detector["over"] == "types"]
        evaluation = run.config["evaluation"]
        for measure, name in (("auc", "AUC"), ("pauc", "pAUC")):
            mean = float(means[measure].iloc[0]) if len(means) else float("nan")
            bounds = operating_points.mean_interval(
                metrics,
                detector,
                measure,
                resamples=evaluation["bootstrap"],
                confidence=evaluation["confidence"],
                seed=run.config["seed"],
            )
            entry[name] = _bounds(mean, *(bounds or (np.nan, np.nan)))
        for row in of_detector[of_detector["machine"] != ""].itertuples():
            entry[row.machine] = f"{number(100 * row.auc, 1)} / {number(100 * row.pauc, 1)}"
        shown.append(entry)
    st.markdown(t("results.averages_text"))
    st.dataframe(pd.DataFrame(shown), hide_index=True, height=38 + 35 * len(shown))
    values = {"confidence": percent(run.config["evaluation"]["confidence"])}
    of_sections = t("results.averages_note_section", **values)
    st.caption(pick.of_unit(run, t("results.averages_note", **values), of_sections))
    _choice(run)


def _choice(run: Run) -> None:
    """Show what a choice without labels is worth, where the run has made one."""
    path = run.results / "tables" / "choice.md"
    if not path.is_file():
        return
    choices = browse.first_table(path.read_text(encoding="utf-8"))
    if choices.empty:
        return
    st.subheader(t("results.choice"))
    st.markdown(pick.of_unit(run, t("results.choice_text"), t("results.choice_text_section")))
    choices = choices.replace({choices.columns[0]: {MEAN: t("pick.all_types")}})
    names = ("machine", "default", "chosen", "oracle", "gain", "left")
    choices.columns = [
        *(t(f"choice.{name}") for name in names[: choices.shape[1]]),
        *choices.columns[len(names) :],
    ]
    st.dataframe(choices, hide_index=True)


def _costs(run: Run, sweep: pd.DataFrame, rates: list[float], setting: int) -> None:
    st.markdown(t("results.costs_text"))
    prices, machine = _prices(run)
    curves = load.curves(run, machine)
    if curves.empty:
        st.info(t("results.no_rates"), icon=":material/info:")
        return
    cost = operating_points.expected_cost(curves["sensitivity"], curves["specificity"], **prices)
    curves = curves.assign(cost=cost)
    best = operating_points.cheapest(curves, **prices)
    first = best.iloc[0]
    st.info(
        t(
            "results.cheapest",
            detector=first["detector"],
            rate=percent(rates[int(first["setting"])], 1),
            cost=number(first["cost"]),
            silence=number(1000 * prices["share"] * prices["miss"]),
        ),
        icon=":material/payments:",
    )
    figure = costs_figure(curves, best, setting, rates, _looks(run))
    show_figure(figure, alt=t("results.costs_alt"), key="cost_curves")
    here = curves[curves["setting"] == setting].set_index("detector")["cost"]
    _cost_table(best, here, rates)
    st.caption(t("results.costs_note"))


def _prices(run: Run) -> tuple[dict[str, float], str | None]:
    """Let the reader set what errors cost and how rare faults are, and pick a machine type."""
    columns = st.columns(4)
    with columns[0]:
        miss = st.number_input(
            t("results.price_miss"), 0.0, value=5000.0, step=100.0, format="%.0f", key="miss",
            persist_state="session",
        )  # fmt: skip
    with columns[1]:
        false_alarm = st.number_input(
            t("results.price_false_alarm"), 0.0, value=200.0, step=10.0, format="%.0f",
            key="false_alarm", persist_state="session",
        )  # fmt: skip
    with columns[2]:
        share = st.number_input(
            t("results.share"), 0.0, 100.0, value=1.0, step=0.5, key="share",
            persist_state="session",
        )  # fmt: skip
    with columns[3]:
        machine = pick.machine_type(run, key="cost_type")
    return {"miss": miss, "false_alarm": false_alarm, "share": share / 100}, machine


def _cost_table(best: pd.DataFrame, here: pd.Series, rates: list[float]) -> None:
    """Show the cheapest setting of each detector beside its cost at the setting in use, `here`."""
    shown = pd.DataFrame(
        {
            t("column.detector"): best["detector"],
            t("results.oracle_cost"): best["cost"].map(number),
            t("results.oracle_rate"): [percent(rates[int(at)], 1) for at in best["setting"]],
            t("results.cost_here"): [number(here[name]) for name in best["detector"]],
            t("results.sensitivity_short"): best["sensitivity"].map(lambda v: percent(v)),
            t("results.specificity_short"): best["specificity"].map(lambda v: percent(v)),
        }
    )
    st.dataframe(shown, hide_index=True, height=38 + 35 * len(shown), key="cost_table")


def _experiments(run: Run, sweep: pd.DataFrame, rates: list[float], setting: int) -> None:
    path = run.results / "experiments.csv"
    if not path.is_file():
        st.info(t("results.no_experiments"), icon=":material/info:")
        st.code(
            "dvc exp run -S config/config.yaml:projection.n_components=8\nmake compare",
            language="bash",
        )
        return
    rows = load.table(run, "experiments.csv")
    compared = rows.dropna(subset=["auc_difference"])
    compared = compared.assign(name=compared["experiment"] + " · " + compared["detector"])
    if len(compared):
        show_figure(
            differences_figure(compared), alt=t("results.differences_alt"), key="differences"
        )
    st.dataframe(rows.rename(columns=_experiment_column), hide_index=True)
    st.caption(t("results.experiments_note"))


def _experiment_column(name: str) -> str:
    """Return the words for a column of experiments.csv; keys of the config stay as they are."""
    if name in ("experiment", "detector", "n_ids"):
        return t(f"column.{name}")
    measure, _, rest = name.partition("_")
    if measure not in ("auc", "pauc"):
        return name
    for ending in ("difference", "difference_low", "difference_high"):
        if rest == ending:
            rest = t(f"experiments.{ending}")
    return " ".join(filter(None, [{"auc": "AUC", "pauc": "pAUC"}[measure], rest]))

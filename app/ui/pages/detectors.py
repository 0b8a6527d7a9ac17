"""Page: what detectors have learnt, and how they score the clips of each machine."""

import numpy as np
import pandas as pd
import streamlit as st

from pygoodvibes.figures.inputs import points_table
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow.run_folders import Run
from ui import load, pick
from ui.charts.clouds import contours_figure
from ui.charts.common import show_figure
from ui.charts.results import distributions_figure, score_plane_figure
from ui.language import number, percent, sentence, t

GAMMAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
NUS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8)


def show(run: Run) -> None:
    """Show the page."""
    machine, machine_id = pick.machine(run)
    _distributions(run, machine)
    _contours(run, machine, machine_id)
    _density(run, machine, machine_id)


def _distributions(run: Run, machine: str) -> None:
    st.subheader(t("detectors.distributions", machine=machine))
    st.markdown(t("detectors.distributions_text"))
    detector = pick.detector(run)
    metrics = load.table(run, "metrics.csv")
    of_machine = metrics[(metrics["machine"] == machine) & (metrics["detector"] == detector)]
    of_machine = of_machine[of_machine["threshold"].notna()]
    tables = [load.scores(run, machine, of_id).assign(id=of_id) for of_id in of_machine["id"]]
    if not tables:
        said = pick.of_unit(run, t("pick.no_machine"), t("pick.no_section"))
        st.info(said, icon=":material/info:")
        return
    scores = pd.concat(tables)
    scores = scores[scores["detector"] == detector]
    limits = dict(zip(of_machine["id"], of_machine["threshold"], strict=True))
    named = {"detector": detector, "machine": machine}
    of_sections = t("detectors.distributions_alt_section", **named)
    alt = pick.of_unit(run, t("detectors.distributions_alt", **named), of_sections)
    heading = pick.of_unit(run, t("column.id"), t("column.section"))
    figure = distributions_figure(scores, limits, heading=heading)
    show_figure(figure, alt=alt, key="distributions")


def _contours(run: Run, machine: str, machine_id: str) -> None:
    st.subheader(t("detectors.contours", machine=pick.name_of(run, machine, machine_id)))
    st.markdown(t("detectors.contours_text"))
    left, right = st.columns(2)
    with left:
        gamma = st.select_slider(
            t("detectors.gamma"), GAMMAS, 1.0, format_func=_short, key="gamma",
            persist_state="session",
        )  # fmt: skip
    with right:
        nu = st.select_slider(
            t("detectors.nu"), NUS, 0.1, format_func=_short, key="nu", persist_state="session"
        )
    try:
        grid = load.grid(run, machine, machine_id, gammas=(gamma,), nus=(nu,), resolution=80)
    except UserError as error:
        st.info(sentence(error.message), icon=":material/info:")
        return
    with st.container(horizontal=True):
        st.metric(t("detectors.outside"), percent(grid.outside[0, 0]), width=260)
        if np.isfinite(grid.auc[0, 0]):
            st.metric(t("detectors.oracle_auc"), percent(grid.auc[0, 0], 1), width=260)
    alt = t("detectors.contours_alt", gamma=_short(gamma), nu=_short(nu))
    show_figure(contours_figure(grid), alt=alt, key="contours")
    if st.toggle(t("detectors.grid"), key="grid", persist_state="session"):
        _grid_of_contours(run, machine, machine_id)


def _grid_of_contours(run: Run, machine: str, machine_id: str) -> None:
    """Show small contours for each gamma (a row) and nu (a column) of the config."""
    figures = run.config["figures"]
    gammas, nus = tuple(figures["contour_gammas"]), tuple(figures["contour_nus"])
    grid = load.grid(run, machine, machine_id, gammas=gammas, nus=nus, resolution=40)
    for row, gamma in enumerate(gammas):
        columns = st.columns(len(nus))
        for column, nu in enumerate(nus):
            with columns[column]:
                words = {"gamma": _short(gamma), "nu": _short(nu)}
                share = percent(grid.outside[row, column])
                st.markdown(t("detectors.outside_short", share=share, **words))
                figure = contours_figure(grid, row, column, small=True)
                alt = t("detectors.contours_alt", **words)
                show_figure(figure, alt=alt, key=f"grid_{row}_{column}")


def _short(value: float) -> str:
    return number(value, 2).rstrip("0").rstrip(".,") if value < 1 else number(value)


def _density(run: Run, machine: str, machine_id: str) -> None:
    methods = run.config["detectors"]
    names = [name for name, settings in methods.items() if settings["method"] == "lof"]
    st.subheader(t("detectors.density"))
    if not names:
        st.markdown(t("detectors.no_lof"))
        return
    st.markdown(t("detectors.density_text"))
    name = st.selectbox(t("pick.detector"), names, key="lof", persist_state="session")
    points = points_table(load.projection(run, machine, machine_id), machine=machine, id=machine_id)
    points["group"] = points["label"].where(points["split"] == "test", "train")
    scores = load.scores(run, machine, machine_id)
    scores = scores[scores["detector"] == name]
    points = points.merge(scores[["split", "clip", "score"]], how="left", on=["split", "clip"])
    show_figure(score_plane_figure(points), alt=t("detectors.density_alt"), key="density")

"""Page: the way of a clip, step by step, and the clouds of points that the PCA makes."""

import numpy as np
import pandas as pd
import streamlit as st

from pygoodvibes.figures.inputs import points_table
from pygoodvibes.workflow.run_folders import Run
from ui import browse, load, pick, representation
from ui.charts.clips import clip_figure, mel_level, profile_figure
from ui.charts.clouds import MOST_IN_3D, cloud_figure, variance_figure
from ui.charts.common import GROUPS, group_name, show_figure
from ui.charts.results import distributions_figure
from ui.language import number, percent, t


def show(run: Run) -> None:
    """Show the page."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        machine, machine_id = pick.machine(run)
        detector = pick.detector(run)
    rows = pick.clips(run, machine, machine_id, detector)
    if rows.empty:
        st.info(t("listen.no_clips"), icon=":material/info:")
        return
    anomalies = rows[rows["group"] == "anomaly"]
    index = pick.clip(
        rows,
        t("method.clip"),
        key=f"method_clip_{machine}_{machine_id}",
        default=anomalies.index[0] if len(anomalies) else None,
    )
    row = rows.loc[index]
    pick.player(run, row["path"], alt=row["clip"])
    _spectrogram(run, machine, machine_id, index)
    _embedding(run, machine, machine_id, index)
    _projection(run, machine, machine_id)
    _detector(run, machine, machine_id, detector, row)
    _clouds(run, machine, machine_id, detector)
    representation.show(run)


def _spectrogram(run: Run, machine: str, machine_id: str, index: str) -> None:
    st.subheader(t("method.step_1"))
    st.markdown(t("method.step_1_text"))
    cache = load.cache(run, machine, machine_id)
    places = {f"{clip['split']}/{clip['clip']}": clip for clip in cache.clips} if cache else {}
    if index not in places:
        st.info(t("listen.no_spectrogram"), icon=":material/info:")
        return
    mel = np.array(cache.of(places[index]))
    step = load.seconds_a_frame(run)
    figure = clip_figure(
        mel=mel,
        deviation=None,
        edges=load.edges(run, mel.shape[1]),
        seconds_a_frame=step,
        level=mel_level([mel]),
        wave=None,
        seconds=len(mel) * step,
    )
    alt = t("method.spectrogram_alt", frames=number(len(mel)), bands=number(mel.shape[1]))
    show_figure(figure, alt=alt, key="step_1")
    st.caption(alt)


def _embedding(run: Run, machine: str, machine_id: str, index: str) -> None:
    st.subheader(t("method.step_2"))
    vectors = load.embedding(run, machine, machine_id)
    st.markdown(t("method.step_2_text", numbers=number(vectors["values"].shape[1])))
    groups = browse.profiles(vectors["columns"].astype(str))
    names = [
        f"{split}/{clip}" for split, clip in zip(vectors["split"], vectors["clip"], strict=True)
    ]
    if not groups or index not in names:
        st.caption(t("method.no_profile", numbers=number(vectors["values"].shape[1])))
        return
    measure = st.segmented_control(
        t("method.measure"),
        list(groups),
        format_func=_measure,
        default=next(iter(groups)),
        required=True,
        key="measure",
    )
    columns = groups[measure]
    train = vectors["values"][vectors["split"] == "train"][:, columns]
    if not len(train):
        return
    low, high = np.quantile(train, [0.1, 0.9], axis=0)
    profile = vectors["values"][names.index(index)][columns]
    edges = load.edges(run, len(columns))
    figure = profile_figure(edges[1:-1], profile, low, high, f"{_measure(measure)} (dB)")
    outside = float(((profile < low) | (profile > high)).mean())
    alt = t("method.profile_alt", share=percent(outside))
    show_figure(figure, alt=alt, key="step_2")
    st.caption(alt)


def _measure(name: str) -> str:
    """Return the words for a part of the embedding."""
    for start in ("mean", "std", "max", "delta", "gwrp", "q"):
        if name.startswith(start):
            return t(f"measure.{start}", value=name.removeprefix(start))
    return name


def _projection(run: Run, machine: str, machine_id: str) -> None:
    st.subheader(t("method.step_3"))
    ratios = load.projection(run, machine, machine_id).get("explained_variance_ratio", np.zeros(0))
    first = float(ratios[:3].sum())
    values = {"count": number(len(ratios)), "first": percent(first), "all": percent(ratios.sum())}
    st.markdown(t("method.step_3_text", **values))
    if len(ratios) > 1:
        show_figure(variance_figure(ratios), alt=t("method.variance_alt", **values), key="step_3")


def _detector(run: Run, machine: str, machine_id: str, detector: str, row: pd.Series) -> None:
    st.subheader(t("method.step_4"))
    st.markdown(t("method.step_4_text", detector=detector))
    threshold = pick.limit(run, machine, machine_id, detector)
    pick.verdict(row["score"], threshold)
    scores = load.scores(run, machine, machine_id)
    scores = scores[scores["detector"] == detector].assign(id=machine_id)
    mark = None if pd.isna(row["score"]) else float(row["score"])
    heading = pick.of_unit(run, t("column.id"), t("column.section"))
    limits = {machine_id: threshold}
    figure = distributions_figure(scores, limits, heading=heading, mark=mark)
    show_figure(figure, alt=t("method.scores_alt", detector=detector), key="step_4")


def _clouds(run: Run, machine: str, machine_id: str, detector: str) -> None:
    st.subheader(t("cloud.title"))
    text = st.empty()
    scope, by, solid = _cloud_choices(run, machine, machine_id)
    points, ratios = _points(run, machine, machine_id, scope, detector if by == "score" else None)
    if "PC3" not in points:
        solid = False
    # Streamlit passes on no click on a point in three dimensions
    text.markdown(t("cloud.text_list") if solid else t("cloud.text"))
    points = points[np.isfinite(points[["PC1", "PC2"]]).all(axis=1)]
    if points.empty:
        st.info(t("cloud.none"), icon=":material/info:")
        return
    key = f"cloud_{scope}_{machine}_{machine_id}_{by}_{solid}"
    drawn = _drawn(points) if solid else points
    picked = _picked(run, points, key, scope, clickable=not solid)
    _hear(run, points, picked)
    figure = cloud_figure(
        drawn.assign(group=_groups(drawn, by)),
        by="score" if by == "score" else "group",
        names={group: t(f"group.{group}") for group in GROUPS},
        ratios=ratios,
        chosen=picked,
        solid=solid,
    )
    alt = t("cloud.alt", clips=number(len(drawn)), by=_by(run, by))
    clicks = {} if solid else {"on_select": _take(key), "selection_mode": "points"}
    show_figure(figure, alt=alt, key=key, **clicks)


def _by(run: Run, name: str) -> str:
    """Return in words what colours tell."""
    told = pick.of_unit(run, "id", "section") if name == "id" else name
    return t(f"cloud.by_{told}")


def _cloud_choices(run: Run, machine: str, machine_id: str) -> tuple[str, str, bool]:
    """Let the reader pick the clips ('one' machine ID or 'all'), what colours tell, and 3-D."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scope = st.segmented_control(
            t("cloud.scope"),
            ["one", "all"],
            format_func=lambda name: (
                pick.name_of(run, machine, machine_id) if name == "one" else t("cloud.all")
            ),
            default="one",
            required=True,
            key="scope",
        )
        options = ["label", "score"] if scope == "one" else ["type", "id", "label", "score"]
        by = st.segmented_control(
            t("cloud.by"),
            options,
            format_func=lambda name: _by(run, name),
            default=options[0],
            required=True,
            key="colour",
        )
        dimensions = st.segmented_control(
            t("cloud.dimensions"), ["2-D", "3-D"], default="2-D", required=True, key="solid"
        )
    return scope, by, dimensions == "3-D"


def _drawn(points: pd.DataFrame) -> pd.DataFrame:
    """Return those points that a browser can turn in 3-D; say so if some are left out."""
    if len(points) <= MOST_IN_3D:
        return points
    drawn = points.sample(MOST_IN_3D, random_state=0).sort_index()
    st.caption(t("cloud.sampled", shown=number(len(drawn)), all=number(len(points))))
    return drawn


def _groups(points: pd.DataFrame, by: str) -> pd.Series:
    """Return the group of each point, given what colours tell."""
    if by == "type":
        return points["machine"]
    if by == "id":
        return points["machine"] + " " + points["id"]
    return points["group"]


def _points(
    run: Run, machine: str, machine_id: str, scope: str, detector: str | None
) -> tuple[pd.DataFrame, np.ndarray]:
    """Return points with machine, id, split, clip, group and score."""
    if scope == "one":
        arrays = load.projection(run, machine, machine_id)
        points = points_table(arrays, machine=machine, id=machine_id)
    else:
        arrays = load.overview(run)
        points = points_table(arrays)
    points["group"] = points["label"].where(points["split"] == "test", "train")
    points["score"] = np.nan
    if detector is not None:
        scores = (
            load.scores(run, machine, machine_id)
            if scope == "one"
            else load.all_scores(run, detector)
        )
        scores = scores[scores["detector"] == detector]
        on = ["machine", "id", "split", "clip"]
        points = points.drop(columns="score").merge(scores[[*on, "score"]], how="left", on=on)
    return points, arrays.get("explained_variance_ratio", np.zeros(0))


def _take(key: str):
    """Return what is to be done when a point is clicked: pick its clip."""

    def take() -> None:
        clicked = st.session_state[key]["selection"]["points"]
        if clicked and "customdata" in clicked[0]:
            st.session_state[f"point_{key}"] = clicked[0]["customdata"]

    return take


def _picked(run: Run, points: pd.DataFrame, key: str, scope: str, *, clickable: bool) -> int | None:
    """Let the reader pick a point without a mouse; returns its row."""
    column = st.columns(2)[0]
    options = list(points.index)
    if len(options) > 2000:
        # a list of 30,000 clips helps nobody: the machine type and ID first
        with column:
            names = points["machine"] + pick.between(run) + points["id"]
            machines = sorted(names.unique())
            chosen = st.selectbox(t("cloud.of"), machines, key=f"of_{scope}")
        at = st.session_state.get(f"point_{key}")
        options = [row for row in points.index[names == chosen] if row != at]
        options = options if at is None else [at, *options]

    def words(place: int) -> str:
        row = points.loc[place]
        return f"{group_name(row['group'])} · {row['machine']} {row['id']} · {row['clip']}"

    with column:
        return st.selectbox(
            t("cloud.point"),
            options,
            index=None,
            format_func=words,
            placeholder=t("cloud.point_hint") if clickable else t("cloud.list_hint"),
            key=f"point_{key}",
        )


def _hear(run: Run, points: pd.DataFrame, place: int | None) -> None:
    if place is None:
        return
    row = points.loc[place]
    manifest = load.manifest(run)
    clips = manifest[
        (manifest["clip"] == row["clip"])
        & (manifest["machine"] == row["machine"])
        & (manifest["id"] == row["id"])
        & (manifest["split"] == row["split"])
    ]
    name = pick.name_of(run, row["machine"], row["id"])
    st.markdown(f"**{group_name(row['group'])}** · {name} · `{row['clip']}`")
    if len(clips):
        pick.player(run, clips["path"].iloc[0], alt=row["clip"])

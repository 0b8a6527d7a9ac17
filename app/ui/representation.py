"""Section: the check of the representation, which machines are told apart by the embedding."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from pygoodvibes.evaluation.representation import (
    CLASSIFIERS,
    LABELS,
    NAMES,
    NEIGHBORS,
    TARGETS,
    matrix,
    shares,
    targets_of,
)
from pygoodvibes.report.representation_tables import recognised_ids
from pygoodvibes.workflow.run_folders import Run
from ui import load, pick
from ui.charts.common import group_name, show_figure
from ui.language import NONE, number, percent, sentence, t

_MOST_BESIDE = 14
"""Machine IDs up to which two matrices fit beside each other."""

# larger ones scroll on narrow screens, where their numbers would run into each other
_WIDE = """<style>
[class*="st-key-matrix_"] { overflow-x: auto }
[class*="st-key-matrix_"] > * { min-width: 44rem }
</style>"""


def show(run: Run) -> None:
    """Show accuracies and confusion matrices, where the run has made them."""
    path = run.results / "tables" / "representation.csv"
    if not path.is_file():
        return
    st.subheader(t("representation.title"))
    accuracies = load.table(run, "tables/representation.csv")
    confidence = percent(run.config["evaluation"]["confidence"])
    if accuracies["accuracy"].notna().any():
        st.markdown(t("representation.text", clips=number(accuracies["n_train"].iloc[0])))
        st.dataframe(_numbers(run, accuracies), hide_index=True, key="representation_numbers")
        of_sections = t("representation.note_section", confidence=confidence)
        note = t("representation.note", confidence=confidence)
        st.caption(pick.of_unit(run, note, of_sections))
    for note in dict.fromkeys("; ".join(accuracies["note"]).split("; ")):
        if note:
            st.info(f"{sentence(note)}.", icon=":material/info:")
    confusion = load.table(run, "tables/representation_confusion.csv")
    if confusion.empty:
        return
    classifier = st.segmented_control(
        t("representation.classifier"),
        list(CLASSIFIERS),
        format_func=lambda name: t(f"representation.{name}", number=NEIGHBORS),
        default=CLASSIFIERS[0],
        required=True,
        key="classifier",
    )
    rows = confusion.to_dict("records")
    keys, _ = matrix(rows, classifier, LABELS[0])
    if len(keys) <= _MOST_BESIDE:
        places = st.columns(2, gap="medium")
    else:
        places = [st.container(), st.container()]
        st.html(_WIDE)
    for place, label in zip(places, LABELS, strict=True):
        with place:
            st.markdown(f"**{group_name(label)}**")
            _, clips = matrix(rows, classifier, label)
            alt = _alt(accuracies, classifier, label)
            with st.container(key=f"matrix_{label}"):
                show_figure(_heat_map(keys, clips), alt=alt, key=f"representation_{label}")
            st.caption(alt)
    with st.expander(t("representation.per_id"), icon=":material/table:"):
        st.dataframe(_per_id(run, rows, classifier), hide_index=True, key="representation_ids")


def _numbers(run: Run, accuracies: pd.DataFrame) -> pd.DataFrame:
    """Return how much is recognised, a row a classifier and target."""
    by = accuracies.set_index(["classifier", "target", "label"])
    of_ids = pick.of_unit(run, t("representation.id"), t("representation.section"))
    names = (t("representation.machine"), of_ids)
    shown = []
    for classifier in CLASSIFIERS:
        for target, name in zip(targets_of(accuracies.to_dict("records")), names, strict=True):
            words = f"{name} ({NAMES[classifier]})"
            entry = {t("representation.target"): words}
            for label in LABELS:
                row = by.loc[(classifier, target, label)]
                entry[group_name(label)] = _bounds(row)
            entry[t("representation.chance")] = percent(row["chance"], 1)
            shown.append(entry)
    return pd.DataFrame(shown)


def _bounds(row: pd.Series) -> str:
    if pd.isna(row["accuracy"]):
        return NONE
    low, high = (number(100 * row[f"accuracy_{end}"], 1) for end in ("low", "high"))
    return f"{percent(row['accuracy'], 1)} [{low}, {high}]"


def _alt(accuracies: pd.DataFrame, classifier: str, label: str) -> str:
    accuracy = accuracies[
        (accuracies["classifier"] == classifier)
        & (accuracies["target"] != TARGETS[0])
        & (accuracies["label"] == label)
    ].iloc[0]
    if pd.isna(accuracy["accuracy"]):
        return t("representation.no_clips")
    share = percent(accuracy["accuracy"], 1)
    return t("representation.alt", share=share, clips=number(accuracy["n_clips"]))


def _per_id(run: Run, rows: list[dict], classifier: str) -> pd.DataFrame:
    """Return which share of each machine ID is recognised."""
    shown = []
    heading = pick.of_unit(run, t("column.id"), t("column.section"))
    for row in recognised_ids(rows, classifier):
        entry = {t("column.machine"): row["machine"], heading: row["id"]}
        entry |= {group_name(label): percent(row[label], 1) for label in LABELS}
        entry[t("representation.taken_for")] = pick.between(run).join(row["taken_for"] or (NONE,))
        shown.append(entry)
    return pd.DataFrame(shown)


def _heat_map(keys: list[tuple[str, str]], clips: np.ndarray) -> go.Figure:
    """Draw a confusion matrix: row, machine ID of the clips; column, the recognised one."""
    names = [" ".join(key) for key in keys]
    recognised = shares(clips)
    words = np.full(recognised.shape, "", dtype=object)
    for place in zip(*np.nonzero(clips), strict=True):
        words[place] = number(100 * recognised[place]) if recognised[place] >= 0.005 else "<1"
    figure = go.Figure(
        go.Heatmap(
            x=names,
            y=names,
            z=100 * recognised,
            text=words,
            texttemplate="%{text}",
            textfont={"size": 11 if len(keys) <= _MOST_BESIDE else 10},
            customdata=clips,
            hovertemplate=t("representation.hover"),
            colorscale="Blues",
            zmin=0,
            zmax=100,
            xgap=1,
            ygap=1,
            showscale=False,
            hoverongaps=False,
        )
    )
    # every name, and no room around the cells
    both = {"type": "category", "tickmode": "linear", "showgrid": False}
    ends = [-0.5, len(keys) - 0.5]
    figure.update_xaxes(title=t("representation.recognised"), tickangle=-90, range=ends, **both)
    figure.update_yaxes(title=t("representation.own"), range=ends[::-1], **both)
    figure.update_layout(height=170 + 26 * max(len(keys), 5), plot_bgcolor="white")
    return figure

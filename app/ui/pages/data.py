"""Page: which clips there are, and which are left out."""

import pandas as pd
import streamlit as st

from pygoodvibes.data.supplemental import STATUS
from pygoodvibes.evaluation.domains import DOMAINS
from pygoodvibes.workflow.run_folders import Run
from ui import browse, load, pick
from ui.charts.clips import sunburst_figure
from ui.charts.common import GROUPS, show_figure
from ui.language import NONE, number, sentence, t

ROWS = 200
"""Rows of the manifest on one page."""


def show(run: Run) -> None:
    """Show the page."""
    manifest = load.manifest(run)
    usable = manifest[manifest["status"] == "ok"]
    _numbers(run, manifest, usable)
    of_sections = t("data.distribution_section")
    st.subheader(pick.of_unit(run, t("data.distribution"), of_sections))
    unit, table = st.columns([3, 2], gap="medium")
    with unit:
        options = ["counts", "shares"]
        shown = st.segmented_control(
            t("data.show_as"),
            options,
            format_func=lambda name: t(f"data.{name}"),
            default="counts",
            required=True,
            key="unit",
        )
        nodes = browse.levels(usable, ["split", "machine", "id", "label"])
        names = _names()
        count = {"clips": number(len(usable))}
        of_sections = t("data.sunburst_alt_section", **count)
        alt = pick.of_unit(run, t("data.sunburst_alt", **count), of_sections)
        show_figure(
            sunburst_figure(nodes, names=names, shares=shown == "shares"), alt=alt, key="sunburst"
        )
    with table:
        st.markdown(f"**{t('data.per_id')}**")
        counts = _per_id(usable)
        st.dataframe(counts, hide_index=True, height=min(38 + 35 * len(counts), 600))
    st.subheader(t("data.manifest"))
    _search(manifest)
    st.subheader(t("data.left_out"))
    _left_out(run, manifest)


def _names() -> dict[str, str]:
    """Return the words for sets and labels."""
    names = {value: t(f"split.{value}") for value in ("train", "test")}
    return names | {value: t(f"label.{value}") for value in ("normal", "anomaly", "unknown")}


def _numbers(run: Run, manifest: pd.DataFrame, usable: pd.DataFrame) -> None:
    seconds = pd.to_numeric(usable["seconds"], errors="coerce").sum()
    ids = usable[["machine", "id"]].drop_duplicates().shape[0]
    values = {
        "clips": number(len(usable)),
        "types": number(usable["machine"].nunique()),
        pick.of_unit(run, "ids", "sections"): number(ids),
        "hours": number(seconds / 3600, 1) if seconds else NONE,
        "out": number(int((~manifest["status"].isin(["ok", *STATUS.values()])).sum())),
    }
    with st.container(horizontal=True, gap="medium"):
        for name, value in values.items():
            st.metric(t(f"data.{name}"), value, width=128)


def _per_id(usable: pd.DataFrame) -> pd.DataFrame:
    groups = usable["label"].astype(str).where(usable["split"] == "test", "train")
    counts = pd.crosstab(usable["machine"].astype(str) + " " + usable["id"].astype(str), groups)
    present = [name for name in GROUPS if name in counts.columns]
    names = {name: f"{GROUPS[name][2]} {t(f'short.{name}')}" for name in present}
    counts = counts[present].rename(columns=names)
    counts.index.name = t("pick.machine")
    return counts.reset_index()


def _search(manifest: pd.DataFrame) -> None:
    text = st.text_input(
        t("data.search"), placeholder=t("data.search_example"), key="search", bind="query-params"
    )
    columns = st.columns(4)
    wanted = {}
    for place, column in enumerate(("machine", "id", "split", "label")):
        names = _names() if column in ("split", "label") else {}
        options = ["", *sorted(manifest[column].astype(str).unique())]
        with columns[place]:
            wanted[column] = st.selectbox(
                t(f"column.{column}"),
                options,
                format_func=lambda value, names=names: names.get(value, value) or t("data.any"),
                key=f"only_{column}",
            )
    matching = browse.search(manifest, text, **wanted)
    pages = max(1, -(-len(matching) // ROWS))
    st.caption(t("data.found", found=number(len(matching)), all=number(len(manifest))))
    page = 1
    if pages > 1:
        page = st.number_input(t("data.page", pages=number(pages)), 1, pages, 1, width=180)
    rows = matching.iloc[(page - 1) * ROWS : page * ROWS]
    if "domain" in rows.columns:
        names = {"": "", **{domain: t(f"domain.{domain}") for domain in DOMAINS}}
        rows = rows.assign(domain=rows["domain"].map(names))
    shown = rows.assign(
        split=rows["split"].astype(str).map(_names()),
        label=rows["label"].astype(str).map(_names()),
        status=rows["status"].astype(str).map(sentence),
    )
    st.dataframe(
        shown.rename(columns={name: t(f"column.{name}") for name in rows.columns}),
        hide_index=True,
        height=320,
    )


def _left_out(run: Run, manifest: pd.DataFrame) -> None:
    rows = browse.left_out(manifest)
    if rows.empty:
        st.markdown(t("data.none_left_out"))
    else:
        rows = rows.assign(status=rows["status"].astype(str).map(sentence))
        names = {name: t(f"column.{name}") for name in ("machine", "id", "status")}
        st.dataframe(
            rows.rename(columns={**names, "clips": t("data.clips")}),
            hide_index=True,
            column_config={t("column.status"): st.column_config.TextColumn(width="large")},
        )
    faults, choices = browse.notes(load.table(run, "metrics.csv"))
    if len(faults):
        st.markdown(t("data.notes"))
        _show_notes(faults)
    else:
        st.markdown(t("data.no_notes"))
    if len(choices):
        with st.expander(t("data.choices")):
            st.markdown(t("data.choices_text"))
            _show_notes(choices)


def _show_notes(notes: pd.DataFrame) -> None:
    notes = notes.assign(note=notes["note"].map(sentence))
    names = {name: t(f"column.{name}") for name in notes.columns}
    st.dataframe(notes.rename(columns=names), hide_index=True)

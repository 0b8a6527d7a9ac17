"""What several pages let the reader pick: a machine ID, a detector, a clip; and how clips sound."""

import itertools
import math

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.embeddings.registry import sees_signal
from pygoodvibes.explanation.moments import Moment
from pygoodvibes.explanation.naming import RATE, NormalSigns, in_words
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring.score_clip import of_model
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow.run_folders import Run
from ui import load
from ui.charts.clips import drivers_figure
from ui.charts.common import group_name, show_figure
from ui.language import number, percent, sentence, span, t


def data_set(run: Run) -> str:
    """Return the sentence that says whose results are shown."""
    dataset = run.dataset
    if dataset.made_by == "synthesize_dataset":
        return t("frame.shown", data=t("frame.synthetic"))
    named = t("frame.named", name=dataset.name)
    return t("frame.shown", data=dataset.heading or named)


def machine(run: Run) -> tuple[str, str]:
    """Let the reader pick one of the machine IDs with detectors; stop where there is none."""
    metrics = load.table(run, "metrics.csv")
    ids = metrics.loc[metrics["threshold"].notna(), ["machine", "id"]].drop_duplicates()
    if ids.empty:
        said = of_unit(run, t("pick.no_machine"), t("pick.no_section"))
        st.info(said, icon=":material/info:")
        st.stop()
    options = [name_of(run, row.machine, row.id) for row in ids.itertuples()]
    chosen = st.selectbox(t("pick.machine"), options, key="machine", bind="query-params")
    name, _, machine_id = chosen.rpartition(between(run))
    return name, machine_id


def between(run: Run) -> str:
    """Return what stands between machine type and ID in names."""
    return of_unit(run, " ID ", " section ")


def name_of(run: Run, machine: str, machine_id: str) -> str:
    """Return the name of one machine, e.g. 'fan ID 00' or 'fan section 00'."""
    return f"{machine}{between(run)}{machine_id}"


def of_unit(run: Run, of_ids: str, of_sections: str) -> str:
    """Return the text for what the IDs of a run are: machine IDs or sections."""
    return of_sections if load.has_sections(run) else of_ids


def machine_type(run: Run, *, key: str, all_types: bool = True) -> str | None:
    """Let the reader pick a machine type; None for all."""
    types = sorted(load.table(run, "metrics.csv")["machine"].unique())
    options = ["", *types] if all_types and len(types) > 1 else types
    chosen = st.selectbox(
        t("pick.type"),
        options,
        format_func=lambda name: name or t("pick.all_types"),
        key=key,
        persist_state="session",
    )
    return chosen or None


def detector(run: Run, *, key: str = "detector") -> str:
    """Let the reader pick a detector; the default comes first."""
    return one_of(run.detectors, key=key)


def one_of(detectors: list[str], *, key: str) -> str:
    """Let the reader pick one of some detectors."""
    return st.selectbox(
        t("pick.detector"),
        detectors,
        key=key,
        persist_state="session",
        help=t("pick.choice") if CHOICE in detectors else None,
    )


RECORDED = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
"""Sample rates, Hz, that a browser's recording can be had in."""

RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
"""Shares of false alarms that are offered."""


def recording(label: str, sample_rate: int, *, key: str) -> UploadedFile | None:
    """Let the reader make a recording, at a sample rate if a browser has it."""
    rate = sample_rate if sample_rate in RECORDED else 48000
    return st.audio_input(label, sample_rate=rate, key=key)


def allowed(model: MachineModel, detector: str) -> float:
    """Let the reader say what share of normal clips may raise an alarm; first that of the model."""
    wanted = model.settings["threshold"]["false_alarm_rates"].get(detector, 0.1)
    return st.select_slider(
        t("own.rate"),
        sorted({*RATES, wanted}),
        wanted,
        format_func=lambda share: percent(share, 0 if round(100 * share, 6) % 1 == 0 else 1),
        help=t("own.rate_help"),
        key=f"allowed_{model.sha256}_{detector}",
    )


def group(split: str, label: str) -> str:
    """Return the group of a clip, a key of `common.GROUPS`."""
    return "train" if split == "train" else label


def clips(run: Run, name: str, machine_id: str, of: str) -> pd.DataFrame:
    """Return the usable clips of a machine ID with their group and a detector's score.

    The most anomalous come first, those without a score last; the index is 'split/clip'.
    """
    manifest = load.manifest(run)
    rows = manifest[manifest["status"] == "ok"]
    rows = rows[(rows["machine"] == name) & (rows["id"] == machine_id)]
    scores = load.scores(run, name, machine_id)
    scores = scores.loc[scores["detector"] == of, ["split", "clip", "score"]]
    rows = rows.astype({"split": str, "label": str}).merge(scores, how="left", on=["split", "clip"])
    rows["group"] = [
        group(split, label) for split, label in zip(rows["split"], rows["label"], strict=True)
    ]
    rows.index = pd.Index(rows["split"] + "/" + rows["clip"])
    return rows.sort_values(["score", "clip"], ascending=[False, True], kind="stable")


def what_it_is(row: pd.Series) -> str:
    """Return the words for a clip of `clips`: its group and, where it has one, its domain."""
    said = group_name(row["group"])
    domain = row.get("domain")
    return f"{said}, {t(f'domain.{domain}')}" if domain else said


def clip(rows: pd.DataFrame, label: str, *, key: str, default: str | None = None) -> str:
    """Let the reader pick one of `clips`; returns its index."""

    def words(index: str) -> str:
        row = rows.loc[index]
        score = "" if pd.isna(row["score"]) else f" · {number(row['score'], 2)}"
        return f"{what_it_is(row)}{score} · {row['clip']}"

    options = list(rows.index)
    place = options.index(default) if default in options else 0
    return st.selectbox(label, options, index=place, format_func=words, key=key)


def limit(run: Run, name: str, machine_id: str, of: str) -> float:
    """Return the threshold of a detector for a machine ID, NaN for none."""
    metrics = load.table(run, "metrics.csv")
    rows = metrics[
        (metrics["machine"] == name) & (metrics["id"] == machine_id) & (metrics["detector"] == of)
    ]
    return float(rows["threshold"].iloc[0]) if len(rows) else float("nan")


def player(run: Run, path: str, *, alt: str) -> None:
    """Show a player for a clip, or say why there is none."""
    if run.dataset.enters_as != "audio":
        st.caption(t("pick.no_audio"))
        return
    try:
        st.audio(load.sound(run, path), format="audio/wav", alt=alt)
    except UserError as error:
        st.warning(t("pick.no_sound", path=path, reason=sentence(error.message)))


def verdict(score: float, threshold: float) -> None:
    """Say what a detector decides."""
    if pd.isna(score) or pd.isna(threshold):
        st.info(t("verdict.none"), icon=":material/help:")
        return
    values = {"score": number(score, 2), "threshold": number(threshold, 2)}
    if score > threshold:
        st.error(t("verdict.anomalous", **values), icon=":material/warning:")
    else:
        st.success(t("verdict.normal", **values), icon=":material/check_circle:")


def moments(strongest: list[Moment], seconds: float) -> None:
    """Say when and where a clip stands out."""
    if not strongest:
        st.markdown(t("moments.none"))
        return
    lines = []
    for moment in strongest:
        if moment.stop - moment.start > 0.9 * seconds:
            when = t("moments.throughout")
        else:
            start, stop = number(moment.start, 1), number(min(moment.stop, seconds), 1)
            when = t("moments.at", start=start) if start == stop else t(
                "moments.between", start=start, stop=stop
            )  # fmt: skip
        kind = "louder" if moment.deviation > 0 else "quieter"
        what = t(f"moments.{kind}", spreads=number(abs(moment.deviation), 1))
        band = _band(moment.low, moment.high)
        lines.append("1. " + t("moments.line", when=when, band=band, what=what))
    st.markdown("\n".join([t("moments.heading"), "", *lines]))


def signs(signal: np.ndarray, sample_rate: int, normal: NormalSigns) -> None:
    """Say what signs a clip shows that normal clips don't, in the words of vibration analysis."""
    if not math.isfinite(normal.limit):
        return
    values = {"clips": number(normal.clips), "rate": percent(RATE)}
    said = in_words(signal, sample_rate, normal)
    if not said:
        st.markdown(t("signs.none"), help=t("signs.help", **values))
        return
    lines = [f"- {sentence(each)}" for each in said]
    heading = [t("signs.heading"), "", *lines]
    st.markdown("\n".join(heading), help=t("signs.help", **values))


def drivers(model: MachineModel, frames: np.ndarray, detector: str, *, key: str) -> None:
    """Show which bands and moments drive a clip's score, or say that it can't be told."""
    if sees_signal(model.settings["embedding"]["method"]):
        st.caption(t("drivers.none"))
        return
    clip_drivers = of_model(model, frames, detector)
    mel, rate = model.settings["mel"], model.sample_rate
    edges = load.band_edges_of(mel, rate, frames.shape[1])
    step = mel["hop_length"] / rate
    st.markdown(f"**{t('drivers.heading')}**")
    bands = [
        span(edges[start], edges[stop + 1])
        for start, stop in itertools.pairwise(clip_drivers.band_limits)
    ]
    times = [
        span(start * step, stop * step, 1)
        for start, stop in itertools.pairwise(clip_drivers.moment_limits)
    ]
    values = {
        "score": number(clip_drivers.score, 2),
        "band": bands[int(clip_drivers.bands.argmax())],
        "band_lost": number(float(clip_drivers.bands.max()), 2),
        "moment": times[int(clip_drivers.moments.argmax())],
        "moment_lost": number(float(clip_drivers.moments.max()), 2),
    }
    st.markdown(t("drivers.says", **values))
    for name, lost, words in (
        ("bands", clip_drivers.bands, bands),
        ("moments", clip_drivers.moments, times),
    ):
        figure = drivers_figure(lost, words, t(f"drivers.{name}"))
        show_figure(figure, alt=t("drivers.says", **values), key=f"{key}_{name}")


def _band(low: float, high: float) -> str:
    """Write a range of frequencies in Hz or kHz."""
    if high < 1000:
        return f"{span(low, high)} Hz"
    return f"{span(low / 1000, high / 1000, 1)} kHz"

"""Page: a verdict on the reader's own clip, by the model of one machine."""

import pathlib
import tempfile
from collections.abc import Mapping

import pandas as pd
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pygoodvibes.audio.read import inspect_audio, read_audio
from pygoodvibes.detection.certainty import CONFIDENCE
from pygoodvibes.explanation.moments import strongest
from pygoodvibes.explanation.naming import NormalSigns
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_clip import ClipScore, read_detector, score_clip
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow.run_folders import Run
from ui import browse, load, pick
from ui.charts.clips import Waveform, clip_figure, mel_level
from ui.charts.common import ANOMALY, NORMAL, UNDECIDED, show_figure
from ui.language import number, percent, sentence, t

RECORDED = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000)
"""Sample rates, Hz, that a browser's recording can be had in."""

LONGEST = 120.0
"""Seconds of a clip that can be judged as one."""

COLOURS = {"anomalous": ANOMALY, "undecided": UNDECIDED, "normal": NORMAL}

RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


def show(run: Run | None) -> None:
    """Show the page; without results it takes the reader's own models."""
    left, right = st.columns(2, gap="large")
    with right:
        uploaded = st.file_uploader(
            t("own.model"), type=["pgv"], key="own_model", on_change=_take, help=t("own.model_help")
        )
    with left:
        files = _models(run, uploaded)
        if not files:
            _no_models(run)
            return
        # the machine that was looked at on other pages, where there is a model of it
        name = st.selectbox(t("own.machine"), list(files), key="machine", bind="query-params")
        try:
            model = _open(files[name])
            if not model.estimators:
                judge(model)  # says why it can't
        except UserError as error:
            reason = sentence(error.message)
            st.error(t("own.bad_model", reason=reason), icon=":material/error:")
            return
        detector = pick.one_of(list(model.estimators), key="own_detector")
        try:
            read_detector(model, detector)
        except UserError as error:
            reason = sentence(error.message)
            st.error(t("own.bad_model", reason=reason), icon=":material/error:")
            return
    if run is not None and files[name] in load.models(run).values():
        st.caption(pick.data_set(run))
    _clip(model, name, detector)


def _models(run: Run | None, uploaded: UploadedFile | None) -> dict[str, object]:
    """Return what the reader can pick: an uploaded model, models of their own, those of the run."""
    files: dict[str, object] = {} if uploaded is None else {uploaded.name: uploaded}
    try:
        own_models = load.own_models()
    except UserError as error:
        st.warning(sentence(error.message), icon=":material/warning:")
        own_models = {}
    others = {} if run is None else load.models(run)
    return files | {name: path for name, path in (own_models | others).items() if name not in files}


def _take() -> None:
    """Pick the model that has been uploaded."""
    if st.session_state["own_model"] is not None:
        st.session_state["machine"] = st.session_state["own_model"].name


def _open(source: object) -> machine_model.MachineModel:
    return load.model(source) if isinstance(source, pathlib.Path) else load.uploaded_model(source)


def _no_models(run: Run | None) -> None:
    """Say how to get a model."""
    if run is not None and run.dataset.enters_as != "audio":
        st.info(t("own.no_audio"), icon=":material/info:")
    else:
        st.info(t("own.no_models"), icon=":material/info:")
        st.code("make results", language="bash")
    st.markdown(t("own.make_one"))
    st.code(f"pygoodvibes fit {t('own.folder')} -o my-machine.pgv", language="bash")


def _clip(model: machine_model.MachineModel, name: str, detector: str) -> None:
    """Take a clip and judge it."""
    left, right = st.columns(2, gap="large")
    with left:
        uploaded = st.file_uploader(
            t("own.upload"), type=["wav", "flac", "ogg", "mp3", "aiff"], key="upload"
        )
    with right:
        rate = model.sample_rate if model.sample_rate in RECORDED else 48000
        recorded = st.audio_input(t("own.record"), sample_rate=rate, key="record")
    wanted = model.settings["threshold"]["false_alarm_rates"].get(detector, 0.1)
    options = sorted({*RATES, wanted})
    allowed = st.select_slider(
        t("own.rate"),
        options,
        wanted,
        format_func=lambda share: percent(share, 0 if round(100 * share, 6) % 1 == 0 else 1),
        help=t("own.rate_help"),
        key=f"allowed_{model.sha256}_{detector}",
    )
    source = recorded or uploaded
    if source is None:
        st.caption(
            t(
                "own.hint",
                clips=number(model.training["clips"]),
                seconds=number(model.training["median_seconds"], 0),
                rate=number(model.sample_rate),
            )
        )
        return
    if recorded is not None and uploaded is not None:
        st.caption(t("own.both"))
    _judge(model, name, detector, allowed, source)


def _judge(
    model: machine_model.MachineModel, name: str, detector: str, allowed: float, source: object
) -> None:
    content = source.getvalue()
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / f"clip{pathlib.PurePath(source.name).suffix}"
        path.write_bytes(content)
        try:
            info = inspect_audio(path)
            if info.seconds > LONGEST:
                values = {"seconds": number(info.seconds), "longest": number(LONGEST)}
                st.error(t("own.too_long", **values), icon=":material/error:")
                return
            settings = model.settings["audio"]
            if info.sample_rate != settings["sample_rate"] and not settings["resample"]:
                rates = {
                    "found": number(info.sample_rate),
                    "wanted": number(settings["sample_rate"]),
                }
                st.warning(t("own.other_rate", **rates), icon=":material/warning:")
                if not st.toggle(t("own.convert"), key="convert"):
                    return
            signal = read_audio(path, **{**settings, "resample": True})
            result = score_clip(model, signal, detector=detector, false_alarm_rate=allowed)
        except UserError as error:
            reason = sentence(error.message)
            st.error(t("own.unusable", name=source.name, reason=reason), icon=":material/error:")
            return
    _verdict(model, name, result)
    stored = {
        "codec": info.codec,
        "channels": info.channels,
        "sample_rate": info.sample_rate,
    }
    _certainty(model, result, allowed, stored)
    _odd(model, source.name, result)


def _verdict(model: machine_model.MachineModel, name: str, result: ClipScore) -> None:
    st.subheader(t("own.verdict", machine=name))
    values = {"score": number(result.score, 2), "threshold": number(result.threshold, 2)}
    if pd.isna(result.threshold):
        st.info(t("verdict.none"), icon=":material/help:")
    elif result.verdict == "anomalous":
        st.error(
            f"**{t('own.anomalous')}** {t('verdict.anomalous', **values)}",
            icon=":material/warning:",
        )
    elif result.verdict == "undecided":
        st.warning(
            f"**{t('own.undecided')}** {t('own.undecided_why', **values)}", icon=":material/help:"
        )
    else:
        st.success(
            f"**{t('own.normal')}** {t('verdict.normal', **values)}", icon=":material/check_circle:"
        )
    clips = len(model.held_out[result.detector])
    with st.container(horizontal=True, gap="medium"):
        st.metric(t("own.score"), values["score"], width=160)
        st.metric(t("own.threshold"), values["threshold"], width=160)
        higher = int((model.held_out[result.detector] >= result.score).sum())
        st.metric(
            t("own.so_high"),
            t("own.of", higher=number(higher), clips=number(clips)),
            help=t("own.so_high_help"),
            width=300,
        )


def _certainty(
    model: machine_model.MachineModel, result: ClipScore, rate: float, stored: Mapping[str, object]
) -> None:
    """Say how far the verdict can be trusted."""
    judging = judge(model, detector=result.detector, false_alarm_rate=rate)
    sure = certainty.of(model, judging)
    reasons = [sure.meaningless]
    reasons.append(certainty.why_unfair(model, result.signal, stored))
    for reason in filter(None, reasons):
        st.warning(f"{sentence(reason)}.", icon=":material/warning:")
    if sure.meaningless:
        return
    says = t(
        "own.certainty",
        clips=number(sure.clips),
        low=percent(sure.low, 1 if sure.low < 0.01 else 0),
        high=percent(sure.high),
        confidence=percent(CONFIDENCE),
    )
    if sure.loose:
        few = t("own.certainty_few", needed=number(sure.needed))
        st.warning(f"{says} {few}", icon=":material/warning:")
    else:
        st.caption(says)


def _odd(model: machine_model.MachineModel, name: str, result: ClipScore) -> None:
    mel, rate = model.settings["mel"], model.sample_rate
    edges = load.band_edges_of(mel, rate, result.frames.shape[1])
    step = mel["hop_length"] / rate
    seconds = len(result.signal) / rate
    st.subheader(t("own.odd"))
    st.audio(browse.wav(result.signal, rate), format="audio/wav", alt=name)
    pick.moments(strongest(result.deviation, edges=edges, seconds_a_frame=step), seconds)
    if "signs" in model.training:
        pick.signs(result.signal, rate, NormalSigns.of_plain(model.training["signs"]))
    low, high = browse.envelope(result.signal, steps=800)
    wave = Waveform(
        low=low,
        high=high,
        peak=float(abs(result.signal).max()),
        colour=COLOURS[result.verdict],
    )
    figure = clip_figure(
        mel=result.frames,
        deviation=result.deviation,
        edges=edges,
        seconds_a_frame=step,
        level=mel_level([result.frames]),
        wave=wave,
        seconds=seconds,
    )
    show_figure(figure, alt=t("listen.alt", clip=name, seconds=number(seconds, 1)), key="own")
    try:
        pick.drivers(model, result.frames, result.detector, key="own_drivers")
    except UserError as error:
        reason = sentence(error.message)
        st.error(t("own.unusable", name=name, reason=reason), icon=":material/error:")

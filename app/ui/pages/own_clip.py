"""Page: a verdict on the reader's own clip, by the model of one machine."""

import pathlib
import tempfile

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pygoodvibes.audio.read import inspect_audio, read_audio
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_clip import read_detector, score_clip
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow.run_folders import Run
from ui import judged, load, pick
from ui.language import number, sentence, t

LONGEST = 120.0
"""Seconds of a clip that can be judged as one."""


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
        recorded = pick.recording(t("own.record"), model.sample_rate, key="record")
    allowed = pick.allowed(model, detector)
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
    st.subheader(t("own.verdict", machine=name))
    judged.verdict(model, result)
    stored = {
        "codec": info.codec,
        "channels": info.channels,
        "sample_rate": info.sample_rate,
    }
    condition = certainty.condition_of(result.signal, stored)
    judged.unfair(certainty.why_unfair(model, result.signal, condition))
    judged.worth(model, detector, allowed)
    judged.history(model, detector)
    st.subheader(t("own.odd"))
    judged.odd(model, source.name, result, key="own")

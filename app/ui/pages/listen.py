"""Page: hear and see clips; a normal one beside an anomalous one of the same machine."""

import numpy as np
import pandas as pd
import streamlit as st

from pygoodvibes.audio.read import read_audio
from pygoodvibes.explanation.deviation import deviation_map
from pygoodvibes.explanation.moments import strongest
from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow.run_folders import Run
from ui import browse, load, pick
from ui.charts.clips import Waveform, clip_figure, mel_level
from ui.charts.common import GROUPS, group_name, show_figure
from ui.language import number, t


def show(run: Run) -> None:
    """Show the page."""
    left, right = st.columns(2)
    with left:
        machine, machine_id = pick.machine(run)
    with right:
        detector = pick.detector(run)
    rows = pick.clips(run, machine, machine_id, detector)
    if rows.empty:
        st.info(t("listen.no_clips"), icon=":material/info:")
        return
    threshold = pick.limit(run, machine, machine_id, detector)
    normal = rows[rows["group"] == "normal"]
    typical = normal.index[len(normal) // 2] if len(normal) else None
    anomalies = rows[rows["group"] == "anomaly"]
    oddest = anomalies.index[0] if len(anomalies) else rows.index[0]
    columns = st.columns(2, gap="large")
    chosen = []
    for place, default in enumerate((typical, oddest)):
        with columns[place]:
            chosen.append(
                pick.clip(
                    rows,
                    t(f"listen.clip_{place}"),
                    key=f"clip_{place}_{machine}_{machine_id}",
                    default=default,
                )
            )
    cache = load.cache(run, machine, machine_id)
    frames = _frames(cache, rows.loc[chosen])
    level = mel_level(mel for mel in frames.values() if mel is not None)
    signals = {index: _signal(run, rows.loc[index, "path"]) for index in chosen}
    heard = [signal for signal in signals.values() if signal is not None]
    peak = max((float(np.abs(signal).max()) for signal in heard), default=1.0)
    for place, index in enumerate(chosen):
        with columns[place]:
            row = rows.loc[index]
            pick.player(run, row["path"], alt=f"{group_name(row['group'])}: {row['clip']}")
            pick.verdict(row["score"], threshold)
            if frames[index] is None:
                st.info(t("listen.no_spectrogram"), icon=":material/info:")
                continue
            _pictures(
                run,
                (machine, machine_id),
                row,
                frames[index],
                signals[index],
                level=level,
                peak=peak,
                key=f"pictures_{place}",
            )
            _drivers(run, f"{machine} ID {machine_id}", frames[index], detector, place)
    with st.expander(t("listen.how"), icon=":material/help:"):
        st.markdown(t("listen.how_text"))


def _frames(cache: object, rows: pd.DataFrame) -> dict[str, np.ndarray | None]:
    """Return the spectrograms of the picked clips."""
    if cache is None:
        return dict.fromkeys(rows.index)
    places = {f"{clip['split']}/{clip['clip']}": clip for clip in cache.clips}
    return {
        index: np.array(cache.of(places[index])) if index in places else None
        for index in rows.index
    }


def _signal(run: Run, path: str) -> np.ndarray | None:
    if run.dataset.enters_as != "audio":
        return None
    try:
        return read_audio(run.clip_path(path), **run.config["audio"])
    except UserError:
        return None


def _drivers(run: Run, name: str, frames: np.ndarray, detector: str, place: int) -> None:
    """Show what drives the score, where there is a model of the machine."""
    files = load.models(run)
    if name not in files or not st.toggle(t("drivers.show"), key=f"drivers_{place}"):
        return
    model = load.model(files[name])
    if detector in model.estimators:
        pick.drivers(model, frames, detector, key=f"drivers_{place}")


def _pictures(
    run: Run,
    machine: tuple[str, str],
    row: pd.Series,
    mel: np.ndarray,
    signal: np.ndarray | None,
    *,
    level: tuple[float, float],
    peak: float,
    key: str,
) -> None:
    step = load.seconds_a_frame(run)
    edges = load.edges(run, mel.shape[1])
    normal = load.normal(run, *machine)
    deviation = None if normal is None else deviation_map(mel, normal)
    seconds = len(mel) * step
    wave = None
    if signal is not None:
        seconds = len(signal) / run.config["audio"]["sample_rate"]
        low, high = browse.envelope(signal, steps=500)
        wave = Waveform(low=low, high=high, peak=peak, colour=GROUPS[row["group"]][0])
    figure = clip_figure(
        mel=mel,
        deviation=deviation,
        edges=edges,
        seconds_a_frame=step,
        level=level,
        wave=wave,
        seconds=seconds,
    )
    if deviation is not None:
        found = strongest(deviation, edges=edges, seconds_a_frame=step)
        pick.moments(found, seconds)
    alt = t("listen.alt", clip=row["clip"], seconds=number(seconds, 1))
    show_figure(figure, alt=alt, key=key)

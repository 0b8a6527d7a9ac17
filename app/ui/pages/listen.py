"""Page: hear and see clips; a normal one beside an anomalous one of the same machine."""

from collections.abc import Iterable

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
from ui.charts.common import GROUPS, show_figure
from ui.language import number, sentence, t


def show(run: Run) -> None:
    """Show the page."""
    left, right = st.columns(2)
    with left:
        machine, machine_id = pick.machine(run)
    with right:
        detector = pick.detector(run)
    rows = pick.clips(run, machine, machine_id, detector)
    if rows.empty:
        said = pick.of_unit(run, t("listen.no_clips"), t("listen.no_clips_section"))
        st.info(said, icon=":material/info:")
        return
    threshold = pick.limit(run, machine, machine_id, detector)
    columns = st.columns(2, gap="large")
    chosen = []
    for place, default in enumerate(_typical_and_oddest(rows)):
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
    peak = _peak(signals.values())
    for place, index in enumerate(chosen):
        with columns[place]:
            row = rows.loc[index]
            pick.player(run, row["path"], alt=f"{pick.what_it_is(row)}: {row['clip']}")
            pick.verdict(row["score"], threshold)
            if frames[index] is None:
                st.info(t("listen.no_spectrogram"), icon=":material/info:")
                continue
            wave = _waveform(signals[index], peak, GROUPS[row["group"]][0])
            seconds = _seconds(run, frames[index], signals[index])
            _pictures(run, row, frames[index], wave, level=level, seconds=seconds, place=place)
            _signs(run, row, signals[index], place)
            _drivers(run, pick.name_of(run, machine, machine_id), frames[index], detector, place)
    with st.expander(t("listen.how"), icon=":material/help:"):
        st.markdown(t("listen.how_text"))


def _typical_and_oddest(rows: pd.DataFrame) -> tuple[str | None, str]:
    """Return the index of the normal clip in the middle, and of the highest anomalous one."""
    normal = rows[rows["group"] == "normal"]
    anomalies = rows[rows["group"] == "anomaly"]
    return (
        normal.index[len(normal) // 2] if len(normal) else None,
        anomalies.index[0] if len(anomalies) else rows.index[0],
    )


def _peak(signals: Iterable[np.ndarray | None]) -> float:
    """Return the highest amplitude of some clips, 1 where none is known."""
    heard = [signal for signal in signals if signal is not None]
    return max((float(np.abs(signal).max()) for signal in heard), default=1.0)


def _seconds(run: Run, mel: np.ndarray, signal: np.ndarray | None) -> float:
    """Return how long a clip is: from its samples, or if there are none from its frames."""
    if signal is None:
        return len(mel) * load.seconds_a_frame(run)
    return len(signal) / run.config["audio"]["sample_rate"]


def _waveform(signal: np.ndarray | None, peak: float, colour: str) -> Waveform | None:
    """Return the waveform of a clip as it is drawn, None without samples."""
    if signal is None:
        return None
    low, high = browse.envelope(signal, steps=500)
    return Waveform(low=low, high=high, peak=peak, colour=colour)


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


def _signs(run: Run, row: pd.Series, signal: np.ndarray | None, place: int) -> None:
    """Name what is odd about a clip, if the reader asks: all training clips are read for it."""
    if signal is None or not st.toggle(t("signs.show"), key=f"signs_{place}"):
        return
    try:
        normal = load.signs(run, row["machine"], row["id"])
    except UserError as error:
        st.warning(sentence(error.message), icon=":material/warning:")
        return
    if normal is not None:
        pick.signs(signal, run.config["audio"]["sample_rate"], normal)


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
    row: pd.Series,
    mel: np.ndarray,
    wave: Waveform | None,
    *,
    level: tuple[float, float],
    seconds: float,
    place: int,
) -> None:
    """Show what a clip looks like, and say where it stands out, in one of the two places."""
    step = load.seconds_a_frame(run)
    edges = load.edges(run, mel.shape[1])
    normal = load.normal(run, row["machine"], row["id"])
    deviation = None if normal is None else deviation_map(mel, normal)
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
        pick.moments(strongest(deviation, edges=edges, seconds_a_frame=step), seconds)
    alt = t("listen.alt", clip=row["clip"], seconds=number(seconds, 1))
    show_figure(figure, alt=alt, key=f"pictures_{place}")

"""What a page says of a judged clip: the verdict, how far to trust it, and what is odd about it.

Comes in: a model and what it says of a clip. Goes out: elements of the page.
"""

import pandas as pd
import streamlit as st

from pygoodvibes.detection.certainty import CONFIDENCE
from pygoodvibes.explanation.moments import strongest
from pygoodvibes.explanation.naming import NormalSigns
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.monitoring import certainty
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_clip import ClipScore
from pygoodvibes.util.errors import UserError
from ui import browse, load, pick
from ui.charts.clips import Waveform, clip_figure, mel_level
from ui.charts.common import ANOMALY, NORMAL, UNDECIDED, show_figure
from ui.language import number, percent, sentence, t

COLOURS = {"anomalous": ANOMALY, "undecided": UNDECIDED, "normal": NORMAL}


def verdict(model: MachineModel, result: ClipScore) -> None:
    """Say what a model decides of a clip, and how its score compares with those of normal ones."""
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
        st.metric(t("own.score"), values["score"], width=130)
        st.metric(t("own.threshold"), values["threshold"], width=130)
        higher = int((model.held_out[result.detector] >= result.score).sum())
        st.metric(
            t("own.so_high"),
            t("own.of", higher=number(higher), clips=number(clips)),
            help=t("own.so_high_help"),
            width=300,
        )


def worth(model: MachineModel, detector: str, rate: float) -> None:
    """Say how far a model's threshold can be trusted, and how many more clips it takes."""
    sure = certainty.of(model, judge(model, detector=detector, false_alarm_rate=rate))
    if sure.meaningless:
        st.warning(f"{sentence(sure.meaningless)}.", icon=":material/warning:")
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


def history(model: MachineModel, detector: str) -> None:
    """Show what a model has learned or forgotten since its first fit, and how its threshold moved.

    Nothing is shown of a model that is as it was first fitted, or that doesn't keep its clips.
    """
    changes = model.kept.history if model.kept else ()
    if not changes:
        return
    rows = []
    for change in reversed(changes):
        moved = change["thresholds"].get(detector)
        rows.append(
            {
                t("history.when"): f"{change['when'][:10]} {change['when'][11:16]}",
                t("history.added"): number(len(change["added"])),
                t("history.excluded"): number(len(change["excluded"])),
                t("history.clips"): " → ".join(number(each) for each in change["clips"]),
                t("history.threshold"): " → ".join(number(each, 2) for each in moved or ()),
            }
        )
    with st.expander(t("history.title", count=number(len(rows))), icon=":material/history:"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, key="history")
        st.caption(t("history.help"))


def unfair(reason: str) -> None:
    """Say what makes a score an unfair one, if anything does."""
    if reason:
        st.warning(f"{sentence(reason)}.", icon=":material/warning:")


def odd(model: MachineModel, name: str, result: ClipScore, *, key: str) -> None:
    """Let a clip be heard, and show when and where it departs from normal."""
    mel, rate = model.settings["mel"], model.sample_rate
    edges = load.band_edges_of(mel, rate, result.frames.shape[1])
    step = mel["hop_length"] / rate
    seconds = len(result.signal) / rate
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
    show_figure(figure, alt=t("listen.alt", clip=name, seconds=number(seconds, 1)), key=key)
    try:
        pick.drivers(model, result.frames, result.detector, key=f"{key}_drivers")
    except UserError as error:
        reason = sentence(error.message)
        st.error(t("own.unusable", name=name, reason=reason), icon=":material/error:")

"""Figure: what a detector heard; spectrograms of telling clips and their deviation from normal."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from pygoodvibes.audio.mel import band_edges
from pygoodvibes.audio.mel_cache import open_cache
from pygoodvibes.explanation.deviation import deviation_map, learn_normal
from pygoodvibes.figures import style
from pygoodvibes.figures.examples import mel_axis
from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.messages import message

LIMIT = 6.0
"""Deviation at which the colours end."""


@dataclasses.dataclass(frozen=True)
class Heard:
    """One clip to draw.

    Attributes
    ----------
    title : str
        What it is an example of, and its name.
    mel : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB.
    deviation : np.ndarray [shape=(n_frames, n_mels)]
        From `pygoodvibes.explanation.deviation.deviation_map`.
    """

    title: str
    mel: np.ndarray
    deviation: np.ndarray


@style.styled
def plot_deviation(
    clips: Sequence[Heard],
    *,
    machine: str,
    frequencies: np.ndarray,
    seconds_a_frame: float,
    title_suffix: str,
    language: Language = ENGLISH,
) -> Figure:
    """Draw spectrograms, and below each the deviation from the normal training clips.

    Parameters
    ----------
    clips : sequence of Heard
        Clips side by side.
    machine : str
        Machine type and ID, for the title.
    frequencies : np.ndarray [shape=(n_mels,)]
        Centre of each mel band in Hz, rising.
    seconds_a_frame : float > 0
        Time from one frame to the next.
    title_suffix : str
        Which data it is.
    language : Language
        Of the words and numbers.

    Returns
    -------
    matplotlib.figure.Figure
        All spectrograms share one scale of colours, and so do all deviations.
    """
    title = language.say(message("{machine}: what the detector heard", machine=machine))
    suffix = language.say(title_suffix)
    if not clips:
        nothing = language.say(message("{machine} has no scored test clips.", machine=machine))
        return style.message_figure(title, suffix, nothing)
    figure = style.new_figure(4.4 * len(clips) + 1.2, 6.2, title, suffix)
    axes = figure.subplots(2, len(clips), squeeze=False)
    high = max(float(clip.mel.max()) for clip in clips)
    low = max(min(float(clip.mel.min()) for clip in clips), high - 80)
    for column, clip in enumerate(clips):
        style.panel_title(axes[0, column], style.with_name(clip.title, 62))
        images = []
        for row, (values, colours, limits) in enumerate(
            [(clip.mel, "magma", (low, high)), (clip.deviation, "RdBu_r", (-LIMIT, LIMIT))]
        ):
            panel = axes[row, column]
            images.append(
                panel.imshow(
                    values.T,
                    origin="lower",
                    aspect="auto",
                    cmap=colours,
                    vmin=limits[0],
                    vmax=limits[1],
                    extent=(0, len(values) * seconds_a_frame, -0.5, len(frequencies) - 0.5),
                    interpolation="nearest",
                )
            )
            mel_axis(panel, frequencies, language)
            panel.xaxis.set_major_formatter(_Said(language))
            if column == 0:
                panel.set_ylabel(language.say(message("Frequency (Hz, mel scale)")))
        axes[1, column].set_xlabel(language.say(message("Time (s)")))
    level = language.say(message("Level (dB re power 1)"))
    figure.colorbar(images[0], ax=list(axes[0]), label=level, pad=0.015)
    figure.colorbar(
        images[1],
        ax=list(axes[1]),
        label=language.say(message("Deviation (spreads of normal)")),
        extend="both",
        pad=0.015,
    )
    return figure


class _Said(ScalarFormatter):
    """Writes the numbers of an axis as a language does."""

    def __init__(self, language: Language):
        super().__init__()
        self._language = language

    def __call__(self, x: float, pos: int | None = None) -> str:
        return self._language.numbers(super().__call__(x, pos))


def choose(scores: pd.DataFrame) -> dict[str, str]:
    """Choose the clips that tell most of a detector: by its scores and the test labels.

    Parameters
    ----------
    scores : pandas.DataFrame
        Test clips of one machine ID and detector: clip, label, score.

    Returns
    -------
    dict of str to str
        What it is an example of, and the clip: the clearest anomaly, the anomaly missed most, and
        the worst false alarm, as far as there are such clips.
    """
    scores = scores.assign(score=pd.to_numeric(scores["score"])).dropna(subset="score")
    scores = scores.sort_values(["score", "clip"], kind="stable")
    anomalies = scores.loc[scores["label"] == "anomaly", "clip"].tolist()
    normals = scores.loc[scores["label"] == "normal", "clip"].tolist()
    chosen = {}
    if anomalies:
        chosen["clearest anomaly"] = anomalies[-1]
    if len(anomalies) > 1:
        chosen["anomaly with the lowest score"] = anomalies[0]
    if normals:
        chosen["normal clip with the highest score"] = normals[-1]
    return chosen


def plot_deviation_of(
    machine: str,
    machine_id: str,
    *,
    mel: Sequence[str | pathlib.Path],
    scores: str | pathlib.Path,
    detector: str,
    mel_settings: Mapping,
    sample_rate: int,
    title_suffix: str,
) -> Figure:
    """Choose clips of a machine ID by a detector's scores and draw them.

    Parameters
    ----------
    machine, machine_id : str
        Machine type and ID.
    mel : sequence of path
        The two files of its mel cache.
    scores : path
        Scores of its test clips: detector, clip, split, label, score.
    detector : str
        Name of the detector whose scores choose.
    mel_settings : mapping
        hop_length, fmin, fmax and htk of the section `mel` of the config.
    sample_rate : int > 0
        Hz.
    title_suffix : str
        Which data it is.

    Returns
    -------
    matplotlib.figure.Figure
        As `plot_deviation`.
    """
    table = pd.read_csv(scores, dtype=str, keep_default_na=False)
    for name, wanted in (("machine", machine), ("id", machine_id)):
        if name in table:
            table = table[table[name] == wanted]
    test = table[(table["detector"] == detector) & (table["split"] == "test")]
    cache = open_cache(*mel)
    normal = learn_normal(frames for clip, frames in cache if clip["split"] == "train")
    frames_of = {clip["clip"]: frames for clip, frames in cache if clip["split"] == "test"}
    clips = [
        Heard(f"{what}: {clip}", np.array(frames_of[clip]), deviation_map(frames_of[clip], normal))
        for what, clip in choose(test).items()
    ]
    highest = mel_settings["fmax"] or sample_rate / 2
    edges = band_edges(
        n_mels=cache.n_mels, fmin=mel_settings["fmin"], fmax=highest, htk=mel_settings["htk"]
    )
    return plot_deviation(
        clips,
        machine=f"{machine} {style.short_unit(style.unit_of(test))} {machine_id}",
        frequencies=edges[1:-1],
        seconds_a_frame=mel_settings["hop_length"] / sample_rate,
        title_suffix=f"{detector}, {title_suffix}",
    )

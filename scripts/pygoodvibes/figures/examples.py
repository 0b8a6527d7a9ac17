"""Figure: waveform and log-mel spectrogram of a normal and an anomalous clip, side by side."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from pygoodvibes.audio.mel import band_edges
from pygoodvibes.audio.mel_cache import open_cache
from pygoodvibes.audio.read import read_audio
from pygoodvibes.data.clip import unit_of
from pygoodvibes.figures import style
from pygoodvibes.figures.steps import draw_steps
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.language import ENGLISH, Language
from pygoodvibes.util.paths import locate

_TICKS_HZ = (125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000)


@dataclasses.dataclass(frozen=True)
class Example:
    """One clip to draw.

    Attributes
    ----------
    name : str
        Machine ID and file name, for the panel's title.
    mel : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram in dB.
    sample_rate : float > 0
        Samples per second, Hz.
    waveform : np.ndarray [shape=(n_samples,)], optional
        Amplitude, full scale = 1; None draws the spectrogram only.
    """

    name: str
    mel: np.ndarray
    sample_rate: float
    waveform: np.ndarray | None = None


@style.styled
def plot_examples(
    normal: Example | None,
    anomaly: Example | None,
    *,
    machine: str,
    frequencies: np.ndarray,
    hop_length: int,
    title_suffix: str,
    dynamic_range: float = 80.0,
) -> Figure:
    """Draw a normal and an anomalous clip of one machine type side by side.

    Parameters
    ----------
    normal, anomaly : Example or None
        The two clips; None where there is none, which the panel then says.
    machine : str
        Machine type, for the title.
    frequencies : np.ndarray [shape=(n_mels,)]
        Centre of each mel band in Hz, rising.
    hop_length : int > 0
        Samples from one frame to the next; frame i is centred at i * hop_length / sample_rate.
    title_suffix : str
        Which data it is, e.g. 'synthetic data'.
    dynamic_range : float > 0
        The colours reach this many dB down from the loudest point of both clips.

    Returns
    -------
    matplotlib.figure.Figure
        Waveforms above spectrograms. Amplitude, frequency and colour have one scale for both.

    Raises
    ------
    UserError
        If a spectrogram has not one column per frequency, or holds no frame.
    """
    title = f"{machine}: a normal and an anomalous test clip"
    examples = {"normal": normal, "anomaly": anomaly}
    given = [example for example in examples.values() if example is not None]
    if not given:
        return style.message_figure(title, title_suffix, f"{machine} has no labelled test clips.")
    for example in given:
        _check(example, len(frequencies))
    high = max(float(np.max(example.mel)) for example in given)
    lowest = min(float(np.min(example.mel)) for example in given)
    low = max(lowest, high - dynamic_range)
    with_waves = any(example.waveform is not None for example in given)
    peak = max(
        (float(np.abs(e.waveform).max()) for e in given if e.waveform is not None), default=0.0
    )

    figure = style.new_figure(10.5, 5.6 if with_waves else 4.0, title, title_suffix)
    grid = figure.add_gridspec(
        2 if with_waves else 1, 2, height_ratios=[1, 2.4] if with_waves else [1]
    )
    image, drawn = None, []
    for column, (group, example) in enumerate(examples.items()):
        word = "normal" if group == "normal" else "anomalous"
        if example is None:
            axes = figure.add_subplot(grid[:, column])
            style.panel_title(axes, f"{word} test clip")
            style.say(axes, f"{machine} has no {word} test clip.")
            continue
        axes = figure.add_subplot(grid[0, column])
        style.panel_title(axes, style.with_name(f"{word}: {example.name}", 56))
        if with_waves:
            seconds = len(example.mel) * hop_length / example.sample_rate
            _draw_waveform(axes, example, style.GROUPS[group][1], peak, seconds)
            axes = figure.add_subplot(grid[1, column])
        image = _draw_spectrogram(axes, example, frequencies, hop_length, (low, high))
        drawn.append(axes)
    figure.colorbar(
        image,
        ax=drawn,
        label="Level (dB re power 1)",
        extend="min" if lowest < low else "neither",
        pad=0.015,
        fraction=0.05,
        aspect=25,
    )
    return figure


def _check(example: Example, bands: int) -> None:
    """Raise a UserError unless the spectrogram has frames of so many bands."""
    if example.mel.ndim != 2 or example.mel.shape[1] != bands:
        raise UserError(
            "the spectrogram of {name} has the shape {shape}, but there are {bands} mel "
            "bands; give (n_frames, n_mels)",
            name=example.name,
            shape=example.mel.shape,
            bands=bands,
        )
    if not len(example.mel):
        raise UserError(
            "the spectrogram of {name} has no frame; leave the clip out", name=example.name
        )


def _draw_spectrogram(
    axes: Axes,
    example: Example,
    frequencies: np.ndarray,
    hop_length: int,
    level: tuple[float, float],
) -> AxesImage:
    """Draw a spectrogram with colours between these levels, dB; return its image."""
    seconds = len(example.mel) * hop_length / example.sample_rate
    half = 0.5 * hop_length / example.sample_rate
    image = axes.imshow(
        example.mel.T,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=level[0],
        vmax=level[1],
        extent=(-half, seconds - half, -0.5, len(frequencies) - 0.5),
        interpolation="nearest",
    )
    mel_axis(axes, frequencies)
    axes.set_xlim(0, seconds)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Frequency (Hz, mel scale)")
    return image


def _draw_waveform(axes: Axes, example: Example, colour: str, peak: float, seconds: float) -> None:
    """Draw the lowest and highest sample of each of at most 1,500 time steps, or say why not."""
    if example.waveform is None:
        style.say(axes, "no waveform: only the spectrogram is known")
        return
    wave = np.asarray(example.waveform, dtype=float)
    step = max(1, -(-len(wave) // 1500))
    starts = np.arange(0, len(wave), step)
    times = np.append(starts, len(wave)) / example.sample_rate
    lowest = np.minimum.reduceat(wave, starts)
    highest = np.maximum.reduceat(wave, starts)
    draw_steps(axes, highest, times, baseline=lowest, facecolor=colour, linewidth=0.3)
    axes.set_xlim(0, seconds)
    axes.set_ylim(-1.08 * peak or -1.0, 1.08 * peak or 1.0)
    axes.set_ylabel("Amplitude\n(full scale = 1)")
    axes.tick_params(labelbottom=False)
    axes.grid(axis="y")


def mel_axis(axes: Axes, frequencies: np.ndarray, language: Language = ENGLISH) -> None:
    """Label the vertical axis, one unit a mel band, in Hz, as a language writes numbers."""
    ticks = [hz for hz in _TICKS_HZ if frequencies[0] <= hz <= frequencies[-1]]
    places = np.interp(ticks, frequencies, np.arange(len(frequencies)))
    # Bands are evenly spaced on the mel axis; ticks closer than a line of text would overlap.
    kept: list[int] = []
    for number, place in enumerate(places):
        if not kept or place - places[kept[-1]] > len(frequencies) / 16:
            kept.append(number)
    axes.set_yticks(places[kept], [language.number(ticks[number]) for number in kept])


def choose(clips: pd.DataFrame) -> dict[str, int]:
    """Choose the clips to show: the first test clip of each label, of the first ID that has both.

    The choice does not look at any score: it is meant to be typical, not striking.

    Parameters
    ----------
    clips : pandas.DataFrame
        One row per clip: id, clip, split, label.

    Returns
    -------
    dict of str to int
        Row number (position from 0) by label, 'normal' and 'anomaly'; a label that no clip has is
        not in it. Where no ID has both, each is the first of its label.
    """
    test = clips.assign(row=np.arange(len(clips)))
    test = test[(test["split"] == "test") & test["label"].isin(("normal", "anomaly"))]
    test = test.sort_values(["id", "clip"], kind="stable")
    both = test.groupby("id")["label"].nunique()
    complete = both.index[both == 2]
    if len(complete):
        test = test[test["id"] == complete[0]]
    return {str(label): int(rows.iloc[0]) for label, rows in test.groupby("label")["row"]}


def plot_examples_of(
    machine: str,
    ids: Sequence[str],
    mels: Sequence[str | pathlib.Path],
    clip_tables: Sequence[str | pathlib.Path],
    *,
    hop_length: int,
    fmin: float,
    fmax: float | None,
    htk: bool,
    audio: Mapping,
    title_suffix: str,
    data_folder: str | pathlib.Path | None = None,
) -> Figure:
    """Choose two clips of a machine type from its mel caches and draw them.

    Parameters
    ----------
    machine : str
        Machine type.
    ids : sequence of str
        Its machine IDs.
    mels, clip_tables : sequence of path
        For each ID the two files of its mel cache (`pygoodvibes.audio.mel_cache`).
    hop_length, fmin, fmax, htk : int, float, float or None, bool
        How the spectrograms were computed; fmax None is half the sample rate.
    audio : mapping
        The `audio` section of the config: sample_rate (Hz), resample, channel.
    title_suffix : str
        Which data it is.
    data_folder : path, optional
        Folder that the clips' paths start from; None draws spectrograms only.

    Returns
    -------
    matplotlib.figure.Figure
        As `plot_examples`.

    Raises
    ------
    UserError
        If the lists differ in length or a file cannot be read.
    """
    if not len(ids) == len(mels) == len(clip_tables):
        raise UserError(
            "{caches} mel caches and {tables} tables of clips for {ids} machine IDs of "
            "{machine}; give one of each per ID, in the same order",
            caches=len(mels),
            tables=len(clip_tables),
            ids=len(ids),
            machine=machine,
        )
    chosen = _chosen(ids, mels, clip_tables, audio, data_folder)
    frequencies = np.zeros(0)
    if chosen:
        n_mels = next(iter(chosen.values())).mel.shape[1]
        highest = fmax or audio["sample_rate"] / 2
        frequencies = band_edges(n_mels=n_mels, fmin=fmin, fmax=highest, htk=htk)[1:-1]
    return plot_examples(
        chosen.get("normal"),
        chosen.get("anomaly"),
        machine=machine,
        frequencies=frequencies,
        hop_length=hop_length,
        title_suffix=title_suffix,
    )


def _listed(clips: Sequence[Mapping]) -> pd.DataFrame:
    """Return what is chosen by; a table of all that is known of the clips takes longer to make."""
    return pd.DataFrame(
        {name: [clip[name] for clip in clips] for name in ("id", "clip", "split", "label")}
    )


def _chosen(
    ids: Sequence[str],
    mels: Sequence[str | pathlib.Path],
    clip_tables: Sequence[str | pathlib.Path],
    audio: Mapping,
    data_folder: str | pathlib.Path | None,
) -> dict[str, Example]:
    """Choose clips from mel caches and read their waveforms; return them by label."""
    entries = [
        {**clip, "id": machine_id, "cache": cache}
        for machine_id, *files in zip(ids, mels, clip_tables, strict=True)
        for cache in [open_cache(*files)]
        for clip in cache.clips
    ]
    chosen: dict[str, Example] = {}
    for label, row in choose(_listed(entries)).items() if entries else ():
        clip = entries[row]
        waveform = None
        if data_folder is not None and clip["path"]:
            waveform = read_audio(locate(str(data_folder)) / clip["path"], **audio)
        chosen[label] = Example(
            name=f"{style.short_unit(unit_of([clip['clip']]))} {clip['id']}, {clip['clip']}",
            mel=np.array(clip["cache"].of(clip)),
            sample_rate=float(audio["sample_rate"]),
            waveform=waveform,
        )
    return chosen

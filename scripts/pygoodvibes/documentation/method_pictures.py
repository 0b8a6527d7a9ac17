"""Pictures of the method for docs/method.md, from the default results of one machine ID.

They are drawn from `results/synthetic` and `resources/synthetic` into `docs/pictures`, small, for
reading beside text.
"""

import dataclasses
import io
import pathlib

import numpy as np
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pygoodvibes.audio.mel import band_edges
from pygoodvibes.audio.mel_cache import open_cache
from pygoodvibes.detection import serialization
from pygoodvibes.detection.threshold import threshold as set_threshold
from pygoodvibes.evaluation.metrics import bootstrap
from pygoodvibes.explanation.deviation import deviation_map, learn_normal
from pygoodvibes.figures import style
from pygoodvibes.figures.deviation import LIMIT
from pygoodvibes.figures.examples import mel_axis
from pygoodvibes.figures.inputs import read_vectors
from pygoodvibes.figures.roc import roc_points
from pygoodvibes.util.csv_files import read_records

DATASET, MACHINE, MACHINE_ID, DETECTOR = "synthetic", "pump", "00", "fusion"
"""Whose results are drawn: those of the default config."""

SAMPLE_RATE, HOP_LENGTH, FALSE_ALARM_RATE = 16000, 512, 0.1
"""Of the default config: Hz, samples, share of normal clips."""

STATISTICS = {
    "mean": "mean, dB",
    "std": "standard deviation, dB",
    "max": "maximum, dB",
    "delta": "change per frame, dB",
    "gwrp0.9": "ranked mean, dB",
}
"""Blocks of the default embedding, and what their values are."""

FOLDER = pathlib.Path("docs/pictures")
_DPI = 110


@dataclasses.dataclass(frozen=True)
class Material:
    """What the pictures are drawn from: one machine ID of a run.

    Attributes
    ----------
    frames : dict of (split, clip) to np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrograms, dB.
    embedding, projection : dict of str to np.ndarray
        From `pygoodvibes.figures.inputs.read_vectors`.
    scores : list of dict
        Rows of scores.csv of the detector.
    metrics : dict
        Row of metrics.csv of the detector.
    estimator : object
        The fitted detector.
    """

    frames: dict
    embedding: dict
    projection: dict
    scores: list
    metrics: dict
    estimator: object

    def of(self, split: str, label: str) -> dict[str, float]:
        """Return the scores of the clips of a split and label, by name."""
        return {
            row["clip"]: float(row["score"])
            for row in self.scores
            if (row["split"], row["label"]) == (split, label)
        }

    @property
    def clearest(self) -> str:
        """Return the name of the anomalous test clip with the highest score."""
        scores = self.of("test", "anomaly")
        return max(scores, key=scores.get)

    @property
    def typical(self) -> str:
        """Return the name of the normal test clip with the middle score."""
        scores = self.of("test", "normal")
        return sorted(scores, key=scores.get)[len(scores) // 2]


def read(root: pathlib.Path) -> Material:
    """Read the results of the default config below the project's folder."""
    place, of_machine = root / "resources" / DATASET, f"{MACHINE}/{MACHINE_ID}"
    cache = open_cache(place / f"mel/{of_machine}.npy", place / f"mel/{of_machine}.clips.csv")
    key = {"machine": MACHINE, "id": MACHINE_ID, "detector": DETECTOR}

    def ours(rows: list[dict]) -> list[dict]:
        return [row for row in rows if all(row[name] == value for name, value in key.items())]

    return Material(
        frames={(clip["split"], clip["clip"]): frames for clip, frames in cache},
        embedding=read_vectors(place / f"embedding/{of_machine}.npz"),
        projection=read_vectors(place / f"projection/{of_machine}.npz"),
        scores=ours(read_records(place / "scores.csv")),
        metrics=ours(read_records(root / "results" / DATASET / "metrics.csv"))[0],
        estimator=serialization.load(place / f"detection/{of_machine}.fitted")[DETECTOR],
    )


def _figure(width: float, height: float, title: str) -> Figure:
    return style.new_figure(width, height, title, f"{DATASET} {MACHINE} ID {MACHINE_ID}")


def _image(axes: Axes, frames: np.ndarray, colours: str, limits: tuple[float, float]):
    edges = band_edges(n_mels=frames.shape[1], fmin=0.0, fmax=SAMPLE_RATE / 2)
    image = axes.imshow(
        frames.T,
        origin="lower",
        aspect="auto",
        cmap=colours,
        vmin=limits[0],
        vmax=limits[1],
        extent=(0, len(frames) * HOP_LENGTH / SAMPLE_RATE, -0.5, frames.shape[1] - 0.5),
        interpolation="nearest",
    )
    mel_axis(axes, edges[1:-1])
    axes.set_xlabel("Time (s)")
    return image


@style.styled
def spectrogram(material: Material) -> Figure:
    """Draw the log-mel spectrograms of a normal and an anomalous clip, on one scale."""
    figure = _figure(8.2, 2.9, "A clip as a log-mel spectrogram")
    axes = figure.subplots(1, 2, sharey=True)
    shown = {"normal": material.typical, "anomalous": material.clearest}
    frames = [material.frames["test", clip] for clip in shown.values()]
    high = max(float(clip_frames.max()) for clip_frames in frames)
    for panel, clip_frames, (label, clip) in zip(axes, frames, shown.items(), strict=True):
        image = _image(panel, clip_frames, "magma", (high - 60, high))
        style.panel_title(panel, f"{label}: {clip}")
    axes[0].set_ylabel("Frequency (Hz, mel scale)")
    figure.colorbar(image, ax=list(axes), label="Level (dB)", pad=0.015)
    return figure


@style.styled
def deviation(material: Material) -> Figure:
    """Draw where the clearest anomaly departs from the normal training clips."""
    clip = material.clearest
    frames = material.frames["test", clip]
    normal = learn_normal(
        clip_frames for (split, _), clip_frames in material.frames.items() if split == "train"
    )
    figure = _figure(8.2, 2.9, "Where a clip departs from normal")
    axes = figure.subplots(1, 2, sharey=True)
    high = float(frames.max())
    level = _image(axes[0], frames, "magma", (high - 60, high))
    change = _image(axes[1], deviation_map(frames, normal), "RdBu_r", (-LIMIT, LIMIT))
    style.panel_title(axes[0], f"spectrogram of {clip}")
    style.panel_title(axes[1], "the same, against 60 normal clips")
    axes[0].set_ylabel("Frequency (Hz, mel scale)")
    figure.colorbar(level, ax=axes[0], label="Level (dB)", pad=0.02)
    figure.colorbar(change, ax=axes[1], label="Spreads of normal", extend="both", pad=0.02)
    return figure


@style.styled
def embedding(material: Material) -> Figure:
    """Draw the embedding of two clips, block by block, over the range of the training clips."""
    vectors = material.embedding
    figure = _figure(8.2, 4.3, "The embedding: per mel band, five statistics over time")
    places = figure.subplots(2, 3)
    rows = dict(
        zip(zip(vectors["split"], vectors["clip"], strict=True), vectors["values"], strict=True)
    )
    train = vectors["values"][vectors["split"] == "train"]
    for panel, (name, meaning) in zip(places.flat, STATISTICS.items(), strict=False):
        block = np.array([column.rpartition("_")[0] == name for column in vectors["columns"]])
        bands = np.arange(block.sum())
        low, high = np.quantile(train[:, block], (0.05, 0.95), axis=0)
        panel.fill_between(bands, low, high, color=style.TRAIN, alpha=0.6, linewidth=0)
        for clip, group, line in (
            (material.typical, "normal", "-"),
            (material.clearest, "anomaly", "--"),
        ):
            _, colour, _ = style.GROUPS[group]
            panel.plot(bands, rows["test", clip][block], color=colour, linestyle=line, linewidth=1)
        panel.set_xlim(0, len(bands) - 1)
        panel.set_title(meaning, loc="left")
        panel.set_xlabel("Mel band")
    legend = places.flat[-1]
    legend.axis("off")
    legend.fill_between([], [], color=style.TRAIN, alpha=0.6, label="90 % of training clips")
    legend.plot([], [], color=style.NORMAL, label="a normal test clip")
    legend.plot([], [], color=style.ANOMALY, linestyle="--", label="an anomalous test clip")
    legend.legend(loc="center left")
    return figure


@style.styled
def projection(material: Material) -> Figure:
    """Draw the clips on the first two components, and the variance that components carry."""
    points = material.projection
    ratio = points["explained_variance_ratio"]
    figure = _figure(8.2, 3.5, "PCA: fitted on normal training clips, applied to all")
    cloud, share = figure.subplots(1, 2, width_ratios=(1.5, 1))
    for split, label in (("train", "normal"), ("test", "normal"), ("test", "anomaly")):
        chosen = (points["split"] == split) & (points["label"] == label)
        name, colour, marker = style.GROUPS["train" if split == "train" else label]
        x, y = points["values"][chosen, :2].T
        cloud.scatter(x, y, s=16, color=colour, marker=marker, alpha=0.8, linewidth=0, label=name)
    cloud.set_xlabel(style.component_label("PC1", ratio))
    cloud.set_ylabel(style.component_label("PC2", ratio))
    cloud.legend(loc="best")
    number = np.arange(1, len(ratio) + 1)
    share.plot(number, 100 * np.cumsum(ratio), color=style.INK)
    share.set_ylim(0, 100)
    share.set_xlim(0, len(ratio) + 1)
    share.set_xlabel("Components kept")
    share.set_ylabel("Variance of training clips kept (%)")
    share.grid()
    for kept in (3, len(ratio)):
        height = 100 * ratio[:kept].sum()
        share.plot(kept, height, "o", color=style.INK)
        share.annotate(
            f"{kept}: {height:.0f} %",
            (kept, height),
            xytext=(2, -13) if kept == 3 else (0, -30),
            textcoords="offset points",
            ha="left" if kept == 3 else "right",
        )
    return figure


@style.styled
def members(material: Material) -> Figure:
    """Draw what each member of the fusion says of each test clip."""
    vectors = material.embedding
    scores = material.of("test", "normal"), material.of("test", "anomaly")
    clips = [clip for group in scores for clip in sorted(group, key=group.get)]
    row = {
        clip: number
        for number, (split, clip) in enumerate(zip(vectors["split"], vectors["clip"], strict=True))
        if split == "test"
    }
    values = material.estimator.member_scores(vectors["values"][[row[clip] for clip in clips]])
    names = [
        name.replace("standardize", "standardised").replace("whiten", "whitened")
        for name in material.estimator.member_names
    ]
    figure = _figure(8.2, 3.5, "Fusion: what each member says, clip by clip")
    axes = figure.subplots()
    image = axes.imshow(
        values.T, aspect="auto", cmap="cividis", vmin=-1, vmax=6, interpolation="nearest"
    )
    axes.axvline(len(scores[0]) - 0.5, color="white", linewidth=2)
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(
        [len(scores[0]) / 2 - 0.5, len(scores[0]) + len(scores[1]) / 2 - 0.5],
        [
            f"{len(scores[0])} normal test clips, by fused score",
            f"{len(scores[1])} anomalous test clips, by fused score",
        ],
    )
    axes.tick_params(axis="x", length=0)
    figure.colorbar(image, ax=axes, label="Score (in its own scatter)", extend="both", pad=0.015)
    return figure


@style.styled
def threshold(material: Material) -> Figure:
    """Draw the scores of all clips and the threshold from the held-out training scores."""
    held_out = np.array(list(material.of("train", "normal").values()))
    limit = set_threshold(held_out, false_alarm_rate=FALSE_ALARM_RATE)
    figure = _figure(8.2, 2.7, "The threshold comes from held-out scores of normal clips")
    axes = figure.subplots()
    groups = [("train", "normal"), ("test", "normal"), ("test", "anomaly")]
    texts = []
    for place, (split, label) in enumerate(groups):
        scores = np.array(sorted(material.of(split, label).values()))
        name, colour, marker = style.GROUPS["train" if split == "train" else label]
        # spread over the strip in a fixed order, so that equal scores do not hide each other
        height = -place + 0.3 * (np.arange(len(scores)) * 0.618 % 1 - 0.5)
        axes.scatter(scores, height, s=18, color=colour, marker=marker, alpha=0.8, linewidth=0)
        above = int((scores > limit).sum())
        held_out = ", held out" if split == "train" else ""
        texts.append(f"{name}{held_out}\n{above} of {len(scores)} above")
    axes.axvline(limit, color=style.INK, linestyle="--")
    axes.annotate(
        "threshold", (limit, 0.42), xytext=(4, 0), textcoords="offset points", va="center"
    )
    axes.set_xscale("symlog", linthresh=2)
    axes.set_xticks(
        [-2, -1, 0, 1, 2, 5, 10, 20, 40], ["-2", "-1", "0", "1", "2", "5", "10", "20", "40"]
    )
    axes.set_yticks([0, -1, -2], texts)
    axes.set_ylim(-2.4, 0.6)
    axes.set_xlabel(f"Score of {DETECTOR} (higher = more anomalous)")
    axes.grid(axis="x")
    return figure


@style.styled
def roc(material: Material) -> Figure:
    """Draw the ROC curve, the zone of pAUC, the threshold's place, and the interval of the AUC."""
    normal, anomaly = (
        np.array(list(material.of("test", label).values())) for label in ("normal", "anomaly")
    )
    row = {key: float(value) for key, value in material.metrics.items() if key in _NUMBERS}
    figure = _figure(8.2, 3.7, "Evaluation on labelled test clips")
    curve, spread = figure.subplots(1, 2)
    false, true = roc_points(normal, anomaly)
    curve.axvspan(0, 0.1, color="#F3E9C6", zorder=0)
    curve.plot([0, 1], [0, 1], color=style.INK, linewidth=0.8, linestyle=":")
    curve.plot(false, true, color=style.NORMAL, drawstyle="steps-post")
    curve.plot(1 - row["specificity"], row["sensitivity"], "o", color=style.ANOMALY)
    curve.annotate(
        "at the threshold",
        (1 - row["specificity"], row["sensitivity"]),
        xytext=(8, -14),
        textcoords="offset points",
    )
    curve.annotate("pAUC counts\nthis zone", (0.13, 0.3))
    curve.annotate("chance", (0.72, 0.62))
    curve.set_xlabel("False-positive rate (share of normal clips)")
    curve.set_ylabel("True-positive rate (share of anomalous)")
    curve.set_xlim(-0.01, 1.01)
    curve.set_ylim(-0.01, 1.02)
    labels = np.repeat([False, True], (len(normal), len(anomaly)))
    samples, _ = bootstrap(labels, np.concatenate([normal, anomaly]), resamples=1000)
    # a perfect detector has one AUC only, and its bar a width all the same
    ends = 100 * samples.min() - 0.5, 100 * samples.max() + 0.5
    spread.hist(100 * samples, bins=24, range=ends, color=style.TRAIN)
    for value, line, name in (
        (row["auc"], "-", "AUC of these clips"),
        (row["auc_low"], "--", "95 % interval"),
        (row["auc_high"], "--", None),
    ):
        spread.axvline(100 * value, ymax=0.78, color=style.INK, linestyle=line, label=name)
    spread.set_ylim(0, spread.get_ylim()[1] * 1.25)
    spread.set_xlabel("AUC (%) of resampled test sets")
    spread.set_ylabel("Resamples (of 1,000)")
    spread.legend(loc="upper left")
    return figure


_NUMBERS = ("auc", "auc_low", "auc_high", "sensitivity", "specificity")

SIZES = (5, 10, 25, 50, 100, 200, 400)
"""Normal test clips, and as many anomalous ones, in `set_size`."""


def measured_auc(size: int, true_auc: float, *, repeats: int = 2000, seed: int = 0) -> np.ndarray:
    """Measure the AUC of one detector on many test sets drawn anew.

    Parameters
    ----------
    size : int > 0
        Normal clips in each test set, and as many anomalous ones.
    true_auc : float in (0, 1)
        AUC on endlessly many clips; scores are normally distributed.
    repeats : int > 0
        Test sets.
    seed : int >= 0
        Same seed, same sets.

    Returns
    -------
    np.ndarray [shape=(repeats,)]
        AUC of each test set.
    """
    from scipy.stats import norm

    rng = np.random.default_rng([seed, size])
    shift = np.sqrt(2) * norm.ppf(true_auc)
    normal = rng.standard_normal((repeats, size))
    anomaly = shift + rng.standard_normal((repeats, size))
    # ranks of the anomalous among all give the area without drawing the curve (Mann and Whitney)
    ranks = np.concatenate([normal, anomaly], axis=1).argsort(axis=1).argsort(axis=1)
    wins = ranks[:, size:].sum(axis=1) - size * (size - 1) / 2
    return wins / size**2


@style.styled
def set_size(true_auc: float = 0.85) -> Figure:
    """Draw between what values the measured AUC lies, by the number of test clips."""
    figure = style.new_figure(
        8.2, 2.9, f"One detector with a true AUC of {100 * true_auc:.0f} %, measured", "simulation"
    )
    axes = figure.subplots()
    for place, size in enumerate(SIZES):
        low, high = np.quantile(100 * measured_auc(size, true_auc), (0.025, 0.975))
        axes.plot(
            [place, place], [low, high], color=style.NORMAL, linewidth=6, solid_capstyle="butt"
        )
        axes.annotate(
            f"{low:.0f} to {high:.0f}",
            (place, low),
            xytext=(0, -13),
            textcoords="offset points",
            ha="center",
        )
    axes.axhline(100 * true_auc, color=style.INK, linestyle="--", linewidth=1)
    axes.set_xticks(range(len(SIZES)), [f"{size}" for size in SIZES])
    axes.set_xlim(-0.6, len(SIZES) - 0.4)
    axes.set_ylim(45, 104)
    axes.set_xlabel("Normal test clips, and as many anomalous ones")
    axes.set_ylabel("95 of 100 test sets\ngive an AUC (%) in here")
    axes.grid(axis="y")
    return figure


PICTURES = {
    "spectrogram": spectrogram,
    "embedding": embedding,
    "projection": projection,
    "members": members,
    "threshold": threshold,
    "roc": roc,
    "deviation": deviation,
}
"""Names of the pictures drawn from a run, and what draws them."""


def save_small(figure: Figure, path: pathlib.Path) -> None:
    """Write a figure as PNG with a palette, about a third of the usual size."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    path.parent.mkdir(parents=True, exist_ok=True)
    style.with_palette(PIL.Image.open(buffer)).save(path, format="PNG", optimize=True)


def write(root: pathlib.Path) -> None:
    """Draw all pictures from the results below the project's folder."""
    material = read(root)
    for name, draw in PICTURES.items():
        save_small(draw(material), root / FOLDER / f"{name}.png")
    save_small(set_size(), root / FOLDER / "set_size.png")

"""Tables for all figures, the figures drawn from them, and what stands in a figure."""

import itertools
import types

import matplotlib
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from pygoodvibes.figures import examples, ocsvm_contours
from pygoodvibes.figures.bars import plot_bars
from pygoodvibes.figures.clips import plot_clips
from pygoodvibes.figures.clouds import plot_clouds
from pygoodvibes.figures.id_clouds import plot_id_clouds
from pygoodvibes.figures.ocsvm_grid import fit_grid
from pygoodvibes.figures.representation import plot_representation
from pygoodvibes.figures.roc import plot_roc
from pygoodvibes.figures.scores import plot_scores
from pygoodvibes.figures.sweep import plot_sweep

SUFFIX = "synthetic data"

# Training, normal test and anomalous test clips of each machine ID.
FULL = {
    "fan": {"00": (40, 12, 14), "02": (30, 15, 10)},
    "valve": {"00": (35, 11, 13), "04": (30, 10, 12)},
}

# fan 02 cannot be trained, fan 04 and fan 06 cannot be evaluated, no valve can be scored.
GAPS = {
    "fan": {"00": (40, 12, 14), "02": (0, 9, 8), "04": (30, 10, 0), "06": (30, 0, 12)},
    "valve": {"00": (0, 8, 7)},
}
REASONS = ("no training clips", "no normal test clips", "no anomalous test clips")


def make(counts, detectors=("lof", "knn"), seed=3):
    """Make every table a figure is drawn from, for these numbers of clips."""
    rng = np.random.default_rng(seed)
    clips, scores, metrics, sweep = [], [], [], []
    for machine, ids in counts.items():
        for id_, numbers in ids.items():
            train, normal, anomaly = numbers
            part = pd.DataFrame(
                {
                    "machine": machine,
                    "id": id_,
                    "split": ["train"] * train + ["test"] * (normal + anomaly),
                    "label": ["normal"] * (train + normal) + ["anomaly"] * anomaly,
                    "clip": [f"clip_id_{id_}_{n:08d}.wav" for n in range(sum(numbers))],
                    "status": "ok",
                }
            )
            odd = (part["label"] == "anomaly").to_numpy()
            for axis, shift in (("PC1", 2.0), ("PC2", 1.0), ("PC3", 0.5)):
                part[axis] = rng.normal(size=len(part)) + shift * odd
            clips.append(part)
            note = "; ".join(r for r, n in zip(REASONS, numbers, strict=True) if not n)
            for detector in detectors:
                score = np.exp(0.4 * rng.normal(size=len(part)) + 0.8 * odd)
                row = {"machine": machine, "id": id_, "detector": detector, "note": note}
                if train:
                    scores.append(part.assign(detector=detector, score=score))
                    row["threshold"] = np.quantile(score[:train], 0.9)
                test, truth = score[train:], odd[train:]
                names = ["auc", "pauc", "sensitivity", "specificity"]
                row |= dict.fromkeys(names, np.nan)
                if not note:
                    row["auc"] = roc_auc_score(truth, test)
                    row["pauc"] = roc_auc_score(truth, test, max_fpr=0.1)
                    row["sensitivity"] = np.mean(test[truth] > row["threshold"])
                    row["specificity"] = np.mean(test[~truth] <= row["threshold"])
                for name in ("auc", "pauc"):
                    row |= {f"{name}_low": row[name] - 0.1, f"{name}_high": row[name] + 0.1}
                metrics.append(row)
                for setting, rate in enumerate(np.linspace(0.01, 0.5, 25)):
                    cut = np.quantile(score[:train], 1 - rate) if not note else np.nan
                    known = {"machine": machine, "id": id_, "detector": detector}
                    found = np.mean(test[truth] > cut) if not note else np.nan
                    passed = np.mean(test[~truth] <= cut) if not note else np.nan
                    sweep.append(
                        known
                        | {"setting": setting, "sensitivity": found, "specificity": passed}
                        | {"false_alarm_rate": rate, "threshold": cut}
                    )
    return types.SimpleNamespace(
        manifest=pd.concat(clips, ignore_index=True),
        points=pd.concat(clips, ignore_index=True),
        scores=pd.concat(scores, ignore_index=True).drop(columns=["PC1", "PC2", "PC3"]),
        metrics=pd.DataFrame(metrics),
        sweep=pd.DataFrame(sweep),
    )


def example(name="clip.wav", *, seed=0, waveform=True, level=0.0):
    rng = np.random.default_rng(seed)
    return examples.Example(
        name=name,
        mel=rng.normal(-40 + level, 8, size=(60, 32)),
        sample_rate=16000,
        waveform=rng.normal(0, 0.1, 60 * 512) if waveform else None,
    )


FREQUENCIES = np.geomspace(60, 7800, 32)


def draw_examples(normal, anomaly):
    return examples.plot_examples(
        normal,
        anomaly,
        machine="fan",
        frequencies=FREQUENCIES,
        hop_length=512,
        title_suffix=SUFFIX,
    )


def a_grid(seed=0, anomalies=30):
    rng = np.random.default_rng(seed)
    return fit_grid(
        rng.normal(size=(120, 2)) * [3.0, 0.5] + [10, -4],
        [0.1, 1.0],
        [0.05, 0.5],
        normal=rng.normal(size=(40, 2)) * [3.0, 0.5] + [10, -4],
        anomaly=rng.normal(size=(anomalies, 2)) * [3.0, 0.5] + [18, -3],
        resolution=40,
    )


def named_clips(points):
    """Return accuracies and confusion of classifiers that take three of four clips for their own.

    The others are taken for clips of the next machine ID; test clips of machine IDs that have no
    training clips are not judged.
    """
    keys = points.loc[points["split"] == "train", ["machine", "id"]].drop_duplicates()
    keys = [tuple(key) for key in keys.to_numpy()]
    test = points[points["split"] == "test"]
    confusion, accuracies = [], []
    for classifier, label in itertools.product(("svm", "knn"), ("normal", "anomaly")):
        for place, (machine, id_) in enumerate(keys):
            mine = (test["machine"] == machine) & (test["id"] == id_) & (test["label"] == label)
            right = 3 * int(mine.sum()) // 4
            counts = {keys[place]: right, keys[(place + 1) % len(keys)]: int(mine.sum()) - right}
            for named, count in counts.items():
                row = {"classifier": classifier, "label": label, "machine": machine, "id": id_}
                row |= {"recognised_machine": named[0], "recognised_id": named[1], "clips": count}
                confusion += [row] if count or named == keys[place] else []
        for target in ("machine type", "machine ID"):
            row = {"classifier": classifier, "target": target, "label": label, "note": ""}
            accuracies.append(row | {"accuracy": 0.75})
    return pd.DataFrame(accuracies), pd.DataFrame(confusion)


def draw_all(data):
    """Draw every figure there is."""
    fan = data.points[data.points["machine"] == "fan"]
    return {
        "clips": plot_clips(data.manifest, title_suffix=SUFFIX),
        "examples": draw_examples(example("a.wav"), example("b.wav", seed=1)),
        "clouds": plot_clouds(
            data.points, title_suffix=SUFFIX, explained_variance_ratio=[0.5, 0.2, 0.1]
        ),
        "id_clouds": plot_id_clouds(
            fan, machine="fan", title_suffix=SUFFIX, explained_variance_ratio={"00": [0.5, 0.2]}
        ),
        "representation": plot_representation(*named_clips(data.points), title_suffix=SUFFIX),
        "ocsvm_contours": ocsvm_contours.plot_ocsvm_contours(
            a_grid(), machine="fan", id="00", title_suffix=SUFFIX
        ),
        "scores": plot_scores(data.scores, data.metrics, detector="lof", title_suffix=SUFFIX),
        "roc": plot_roc(data.scores, data.metrics, title_suffix=SUFFIX),
        "sweep": plot_sweep(data.sweep, data.metrics, title_suffix=SUFFIX),
        "bars": plot_bars(data.metrics, title_suffix=SUFFIX),
    }


NAMES = (
    "clips",
    "examples",
    "clouds",
    "id_clouds",
    "representation",
    "ocsvm_contours",
    "scores",
    "roc",
    "sweep",
    "bars",
)


def texts_of(figure):
    """Return all words of a figure."""
    return [t.get_text() for t in figure.findobj(matplotlib.text.Text) if t.get_text()]


def legend_of(figure):
    return [text.get_text() for legend in figure.legends for text in legend.get_texts()]


def panel(figure, start):
    """Return the one panel whose title starts like this."""
    (axes,) = [a for a in figure.axes if a.get_title(loc="left").startswith(start)]
    return axes


def by_gid(axes, gid):
    return [a for a in axes.get_children() if a.get_gid() == gid]


def words_and_boxes(figure):
    """Return each text that is drawn with its place in pixels, as left, bottom, right, top."""
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    ticks = set()
    for axes in figure.axes:
        for axis, (low, high) in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
            room = 1e-9 * (high - low)
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                place = tick.get_loc()
                if not min(low, high) - abs(room) <= place <= max(low, high) + abs(room):
                    ticks |= {tick.label1, tick.label2}
    for text in figure.findobj(matplotlib.text.Text):
        if text.get_visible() and text.get_text().strip() and text not in ticks:
            yield text.get_text(), text.get_window_extent(renderer).extents


def drawn_points(axes, gid):
    parts = [np.asarray(c.get_offsets()) for c in axes.collections if c.get_gid() == gid]
    return np.concatenate(parts) if parts else np.zeros((0, 2))

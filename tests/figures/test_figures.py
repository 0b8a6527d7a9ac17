import itertools
import runpy
import types

import jinja2
import matplotlib
import numpy as np
import pandas as pd
import pytest
import soundfile
from matplotlib.figure import Figure
from sklearn.metrics import roc_auc_score
from sklearn.svm import OneClassSVM

from pygoodvibes.audio.mel import band_edges
from pygoodvibes.figures import examples, ocsvm_contours, roc, style
from pygoodvibes.figures.bars import plot_bars
from pygoodvibes.figures.clips import plot_clips
from pygoodvibes.figures.clouds import plot_clouds
from pygoodvibes.figures.id_clouds import plot_id_clouds
from pygoodvibes.figures.inputs import points_of_ids, points_table, read_table, read_vectors
from pygoodvibes.figures.ocsvm_grid import fit_grid
from pygoodvibes.figures.representation import plot_representation
from pygoodvibes.figures.roc import plot_roc
from pygoodvibes.figures.scores import plot_scores
from pygoodvibes.figures.sweep import plot_sweep
from pygoodvibes.util.errors import UserError

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


@pytest.fixture(scope="module")
def full():
    return make(FULL)


@pytest.fixture(scope="module")
def gaps():
    return make(GAPS)


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


@pytest.fixture(scope="module")
def figures(full):
    return draw_all(full)


@pytest.fixture(scope="module")
def gap_figures(gaps):
    return draw_all(gaps)


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


@pytest.fixture
def coarse(monkeypatch):
    """Write small pictures where only their equality matters."""
    monkeypatch.setattr(style, "DPI", 30)


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


# Style


@pytest.mark.parametrize("name", NAMES)
def test_title_names_the_figure_and_its_data(figures, name):
    assert figures[name].get_suptitle().replace("\n", " ").find(SUFFIX) > 0


@pytest.mark.parametrize("which", ["figures", "gap_figures"])
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_cut_off_too_small_or_over_another(request, which, name):
    figure = request.getfixturevalue(which)[name]
    if name == "clouds":
        # Labels of 3-D axes are turned; the boxes around them overlap where the words do not.
        figure = plot_clouds(
            request.getfixturevalue(
                which.replace("gap_figures", "gaps").replace("figures", "full")
            ).points.drop(columns="PC3"),
            title_suffix=SUFFIX,
        )
    words = list(words_and_boxes(figure))
    width, height = figure.bbox.width, figure.bbox.height
    for text, (left, bottom, right, top) in words:
        assert left > -1 and bottom > -1 and right < width + 1 and top < height + 1, text
    for number, (text, (left, bottom, right, top)) in enumerate(words):
        for other, box in words[number + 1 :]:
            across = min(right, box[2]) - max(left, box[0])
            down = min(top, box[3]) - max(bottom, box[1])
            assert across < 2 or down < 2, (text, other)
    assert min(t.get_fontsize() for t in figure.findobj(matplotlib.text.Text)) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_with_data_has_axis_labels(figures, name):
    for axes in figures[name].axes:
        if axes.get_label() == "<colorbar>":
            assert axes.get_ylabel()
        elif name == "ocsvm_contours":
            assert bool(axes.get_xlabel()) == axes.get_subplotspec().is_last_row()
            assert bool(axes.get_ylabel()) == axes.get_subplotspec().is_first_col()
        elif not (name == "examples" and "Amplitude" in axes.get_ylabel()):
            assert axes.get_xlabel() and axes.get_ylabel()


def test_units_on_the_axes(figures):
    labels = {
        name: {axes.get_xlabel() for axes in figure.axes}
        | {axes.get_ylabel() for axes in figure.axes}
        for name, figure in figures.items()
    }
    assert {"Time (s)", "Frequency (Hz, mel scale)", "Amplitude\n(full scale = 1)"} <= labels[
        "examples"
    ]
    assert "Level (dB re power 1)" in labels["examples"]
    assert "PC1 (50.0 % of variance)" in labels["clouds"] & labels["id_clouds"]
    assert "Number of clips" in labels["clips"]
    assert "PC1 (std of training)" in labels["ocsvm_contours"]


def test_saving_twice_gives_the_same_bytes_whatever_the_users_settings(full, coarse, tmp_path):
    for turn in (1, 2):
        with matplotlib.rc_context({"font.size": 6.0 * turn, "savefig.dpi": 40 * turn}):
            for name, figure in draw_all(full).items():
                style.save(figure, tmp_path / str(turn) / f"{name}.png")
    for name in NAMES:
        first, second = ((tmp_path / t / f"{name}.png").read_bytes() for t in "12")
        assert first == second
        assert first.startswith(b"\x89PNG")
        assert b"Software" not in first and b"tEXt" not in first


def test_saved_size_is_150_dots_per_inch(tmp_path):
    figure = style.message_figure("A title", SUFFIX, "nothing")
    style.save(figure, tmp_path / "deep" / "one.png")
    header = (tmp_path / "deep" / "one.png").read_bytes()[16:24]
    pixels = [int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")]
    assert pixels == [round(150 * size) for size in figure.get_size_inches()]


def test_save_refuses_other_formats(tmp_path):
    with pytest.raises(UserError, match=r"one\.svg.*\.png"):
        style.save(Figure(), tmp_path / "one.svg")


def test_forty_names_look_different_without_relying_on_colour_alone():
    looks = {(style.colour(n), style.marker(n)) for n in range(40)}
    assert len(looks) == 40
    assert len({style.marker(n) for n in range(8)}) == 8
    assert len({style.line(n) for n in range(8)}) == 8


def test_limits_leave_out_a_stray_value_but_not_a_small_group():
    values = np.concatenate([np.linspace(-1, 1, 100), [500.0], np.linspace(40, 41, 9)])
    groups = np.repeat(["train", "anomaly"], [101, 9])
    low, high = style.robust_limits(values, groups)
    assert -5 < low < -1 and 41 < high < 60
    assert style.robust_limits(np.full(5, 3.0)) == (2.0, 4.0)
    assert style.robust_limits(np.array([np.nan])) == (-1.0, 1.0)


def test_a_long_title_is_broken_before_the_name_of_the_data():
    figure = style.new_figure(5, 3, "words " * 9, SUFFIX)
    assert figure.get_suptitle().endswith(f"\n{SUFFIX}")


def test_tables_without_a_column_or_with_numbers_for_ids_are_refused(full):
    with pytest.raises(UserError, match="no column status"):
        plot_clips(full.manifest.drop(columns="status"), title_suffix=SUFFIX)
    with pytest.raises(UserError, match="id that is not text"):
        plot_clips(full.manifest.assign(id=full.manifest["id"].astype(int)), title_suffix=SUFFIX)
    with pytest.raises(UserError, match="no row"):
        plot_bars(full.metrics.iloc[:0], title_suffix=SUFFIX)
    with pytest.raises(UserError, match="split 'dev'"):
        plot_id_clouds(full.points.assign(split="dev"), machine="fan", title_suffix=SUFFIX)
    with pytest.raises(UserError, match="label 'ok'"):
        plot_scores(
            full.scores.assign(label="ok"), full.metrics, detector="lof", title_suffix=SUFFIX
        )


# Clips


def test_bars_are_as_long_as_the_manifest_says(full):
    left_out = full.manifest.iloc[:3].assign(status="no samples")
    unknown = full.manifest.iloc[-2:].assign(label="unknown")
    table = pd.concat([full.manifest, left_out, unknown], ignore_index=True)
    figure = plot_clips(table, title_suffix=SUFFIX)
    (axes,) = figure.axes
    lengths = {bars.get_label(): [bar.get_width() for bar in bars] for bars in axes.containers}
    assert lengths == {
        "training, normal": [40, 30, 35, 30],
        "test, normal": [12, 15, 11, 10],
        "test, anomalous": [14, 10, 13, 12],
        "test, unknown label": [2],
        "left out": [3],
    }
    assert legend_of(figure) == list(lengths)
    assert [t.get_text() for t in axes.get_yticklabels()] == ["00", "02", "00", "04"]
    assert {"fan", "valve", "69", "55"} <= set(texts_of(figure))


def test_clips_figure_says_what_an_id_lacks(gap_figures):
    words = texts_of(gap_figures["clips"])
    assert "17; no training clips" in words
    assert "40; no anomalous test clips" in words
    assert "42; no normal test clips" in words


def test_machine_types_stand_between_the_axis_label_and_the_ids():
    counts = {name: {"00": (9, 5, 5), "02": (9, 5, 5)} for name in ("fan", "ToyConveyor", "valve")}
    boxes = dict(words_and_boxes(plot_clips(make(counts).manifest, title_suffix=SUFFIX)))
    for machine in counts:
        assert boxes["Machine type and ID"][2] < boxes[machine][0]
        assert boxes[machine][2] < min(boxes["00"][0], boxes["02"][0])


# Examples


def test_examples_share_their_scales_and_show_the_arrays_given():
    normal, anomaly = example("a.wav"), example("b.wav", seed=1, level=12)
    figure = draw_examples(normal, anomaly)
    assert panel(figure, "normal: a.wav") and panel(figure, "anomalous: b.wav")
    images = [axes.images[0] for axes in figure.axes if axes.images]
    assert len(images) == 2
    for image, clip in zip(images, (normal, anomaly), strict=True):
        np.testing.assert_array_equal(image.get_array(), clip.mel.T)
        assert image.get_clim() == (
            max(min(normal.mel.min(), anomaly.mel.min()), anomaly.mel.max() - 80),
            anomaly.mel.max(),
        )
        left, right, _, _ = image.get_extent()
        assert right - left == pytest.approx(60 * 512 / 16000)
    waves = [axes for axes in figure.axes if "Amplitude" in axes.get_ylabel()]
    assert len(waves) == 2 and waves[0].get_ylim() == waves[1].get_ylim()
    for axes, clip in zip(waves, (normal, anomaly), strict=True):
        drawn = axes.patches[0].get_data()
        assert drawn.values.max() == clip.waveform.max()
        assert drawn.baseline.min() == clip.waveform.min()


def test_frequency_ticks_stand_at_their_mel_bands():
    figure = draw_examples(example(), None)
    (axes,) = [axes for axes in figure.axes if axes.images]
    for place, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        hertz = float(label.get_text().replace(",", ""))
        assert np.interp(place, np.arange(32), FREQUENCIES) == pytest.approx(hertz)
    assert "1,000" in [label.get_text() for label in axes.get_yticklabels()]


def test_examples_without_one_clip_without_waveforms_and_without_any():
    words = texts_of(draw_examples(example(), None))
    assert "fan has no anomalous test clip." in words
    figure = draw_examples(example(waveform=False), example(waveform=False))
    assert not any("Amplitude" in axes.get_ylabel() for axes in figure.axes)
    assert sum(bool(axes.images) for axes in figure.axes) == 2
    words = texts_of(draw_examples(example(waveform=False), example()))
    assert any("no waveform" in word for word in words)
    assert any("no labelled test clips" in word for word in texts_of(draw_examples(None, None)))


def test_examples_refuse_a_spectrogram_that_does_not_fit():
    wrong = examples.Example("turned.wav", np.zeros((32, 60)), 16000)
    with pytest.raises(UserError, match=r"turned\.wav.*\(32, 60\).*32 mel bands"):
        draw_examples(wrong, None)
    with pytest.raises(UserError, match=r"empty\.wav has no frame"):
        draw_examples(examples.Example("empty.wav", np.zeros((0, 32)), 16000), None)


def test_chosen_clips_are_the_first_of_the_first_id_that_has_both():
    clips = pd.DataFrame(
        [
            ("02", "b.wav", "test", "anomaly"),
            ("02", "c.wav", "test", "normal"),
            ("02", "a.wav", "test", "anomaly"),
            ("00", "a.wav", "train", "anomaly"),
            ("00", "a.wav", "test", "normal"),
            ("02", "a.wav", "test", "unknown"),
        ],
        columns=["id", "clip", "split", "label"],
    )
    assert examples.choose(clips) == {"anomaly": 2, "normal": 1}
    assert examples.choose(clips.iloc[[4]]) == {"normal": 0}
    assert examples.choose(clips.iloc[[3, 5]]) == {}


# Clouds


def drawn_points(axes, gid):
    parts = [np.asarray(c.get_offsets()) for c in axes.collections if c.get_gid() == gid]
    return np.concatenate(parts) if parts else np.zeros((0, 2))


def test_clouds_draw_every_clip_by_type_and_by_id(full):
    figure = plot_clouds(full.points, title_suffix=SUFFIX)
    assert len(figure.axes) == 2 + 2
    everything = panel(figure, "All machine types: 232 clips")
    for machine in ("fan", "valve"):
        mine = full.points[full.points["machine"] == machine]
        points = drawn_points(everything, f"machine={machine}")
        assert sorted(map(tuple, points)) == sorted(zip(mine["PC1"], mine["PC2"], strict=True))
        axes = panel(figure, f"{machine}: ")
        for id_, rows in mine.groupby("id"):
            points = drawn_points(axes, f"id={id_}")
            assert sorted(points[:, 0]) == sorted(rows["PC1"])
        shown = [text.get_text() for text in axes.get_legend().get_texts()]
        assert shown == sorted(FULL[machine])
    solid = [axes for axes in figure.axes if axes.name == "3d"]
    assert len(solid) == 1 and solid[0].get_zlabel().startswith("PC3")
    top = figure.subfigs[0]
    assert [t.get_text() for t in top.legends[0].get_texts()] == ["fan", "valve"]


def test_clouds_say_what_is_not_shown(full):
    flat = plot_clouds(full.points.drop(columns="PC3"), title_suffix=SUFFIX)
    assert any("no 3-D view" in word.replace("\n", " ") for word in texts_of(flat))
    far = full.points.copy()
    far.loc[0, "PC1"] = 1e4
    figure = plot_clouds(far, title_suffix=SUFFIX)
    assert "1 clip beyond the axes" in panel(figure, "fan: ").get_title(loc="left")
    lost = plot_clouds(full.points.assign(PC1=np.nan), title_suffix=SUFFIX)
    assert "No clip could be projected." in texts_of(lost)


def test_large_clouds_show_a_fixed_sample_in_3d():
    rng = np.random.default_rng(0)
    points = pd.DataFrame(rng.uniform(size=(9000, 3)), columns=["PC1", "PC2", "PC3"])
    points = points.assign(machine="fan", id="00")
    figure = plot_clouds(points, title_suffix=SUFFIX)
    assert "8,000 of 9,000 clips" in "".join(texts_of(figure))
    (solid,) = [axes for axes in figure.axes if axes.name == "3d"]
    assert sum(len(c._offsets3d[0]) for c in solid.collections if c.get_gid()) == 8000


def numbers_of(axes):
    """Return what stands in the cells of a matrix by (row, column)."""
    return {tuple(t.get_position()[::-1]): t.get_text() for t in axes.texts}


def test_confusions_stand_beside_each_other_in_percent_of_the_row(full):
    accuracies, confusion = named_clips(full.points)
    accuracies.loc[accuracies["classifier"] == "knn", "accuracy"] = 0.5
    figure = plot_representation(accuracies, confusion, title_suffix=SUFFIX)
    normal, anomalous = panel(figure, "Test, normal"), panel(figure, "Test, anomalous")
    assert "SVM 75.0 %, kNN 50.0 %" in normal.get_title(loc="left")
    names = ["fan 00", "fan 02", "valve 00", "valve 04"]
    for axes in (normal, anomalous):
        assert [label.get_text() for label in axes.get_yticklabels()] == names
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        assert axes.images[0].get_clim() == (0, 100)
    # 12, 15, 11 and 10 normal clips, three of four of them taken for their own
    assert numbers_of(normal) == {
        **{(0, 0): "75", (0, 1): "25", (1, 1): "73", (1, 2): "27"},
        **{(2, 2): "73", (2, 3): "27", (3, 3): "70", (3, 0): "30"},
    }
    assert normal.images[0].get_array()[0].tolist() == [75, 25, 0, 0]
    assert numbers_of(anomalous)[0, 0] == "71"  # 10 of 14


def test_confusions_leave_the_row_of_an_id_without_clips_empty(gaps):
    figure = plot_representation(*named_clips(gaps.points), title_suffix=SUFFIX)
    image = panel(figure, "Test, normal").images[0].get_array()
    # fan 06 has no normal test clips
    assert image[2].mask.all() and not image[:2].mask.any()


def test_confusions_that_there_are_none_of_are_said(full):
    accuracies, confusion = named_clips(full.points)
    accuracies["note"] = "there is one machine ID only"
    figure = plot_representation(accuracies, confusion.iloc[:0], title_suffix=SUFFIX)
    assert "No confusion matrix: there is one machine ID only." in texts_of(figure)
    lost = accuracies.assign(accuracy=np.nan)
    figure = plot_representation(lost, confusion, title_suffix=SUFFIX)
    assert panel(figure, "Test, normal").get_title(loc="left") == "Test, normal: no clips"


@pytest.mark.parametrize("count", [23, 60])
def test_many_confusions_can_be_read(count):
    keys = [(f"machine{number // 4}", f"{number % 4:02d}") for number in range(count)]
    points = pd.DataFrame(keys, columns=["machine", "id"])
    parts = [("train", "normal"), *[("test", "normal"), ("test", "anomaly")] * 4]
    points = pd.concat(points.assign(split=split, label=label) for split, label in parts)
    figure = plot_representation(*named_clips(points), title_suffix=SUFFIX)
    words = list(words_and_boxes(figure))
    for number, (text, (left, bottom, right, top)) in enumerate(words):
        for other, box in words[number + 1 :]:
            across = min(right, box[2]) - max(left, box[0])
            down = min(top, box[3]) - max(bottom, box[1])
            assert across < 2 or down < 2, (text, other)
    axes = panel(figure, "Test, anomalous")
    assert len(axes.texts) == (2 * count if count == 23 else 0)
    assert len(axes.get_xticklabels()) == (count if count == 23 else 15)


def test_id_clouds_draw_each_group_and_name_what_is_missing(gaps):
    fan = gaps.points[gaps.points["machine"] == "fan"]
    figure = plot_id_clouds(
        fan,
        machine="fan",
        title_suffix=SUFFIX,
        explained_variance_ratio={"00": [0.512, 0.2]},
        ids=["00", "02", "04", "06", "08"],
    )
    assert len(figure.axes) == 5
    axes = panel(figure, "ID 00")
    for kind, count in (("train", 40), ("normal", 12), ("anomaly", 14)):
        points = drawn_points(axes, kind)
        assert len(points) == count
    anomalies = fan[(fan["id"] == "00") & (fan["label"] == "anomaly")]
    np.testing.assert_array_equal(points, anomalies[["PC1", "PC2"]])
    assert axes.get_xlabel() == "PC1 (51.2 % of variance)"
    assert panel(figure, "ID 02").get_title(loc="left").count("no training clips") == 1
    assert "no anomalous test clips" in panel(figure, "ID 04").get_title(loc="left")
    assert "no normal test clips" in panel(figure, "ID 06").get_title(loc="left")
    assert panel(figure, "ID 08").texts[0].get_text() == "no clip could be projected"
    assert legend_of(figure) == ["training, normal", "test, normal", "test, anomalous"]
    colours = [handle.get_color() for handle in figure.legends[0].get_lines()]
    assert colours == [style.TRAIN, style.NORMAL, style.ANOMALY]


# One-class SVM


def test_grid_is_scikit_learns_svm_on_standardised_points():
    rng = np.random.default_rng(1)
    train = rng.normal(size=(80, 2)) * [5, 0.1] + [100, 1]
    normal, anomaly = train[:20] + 0.01, train[:25] + np.array([8, 0.3])
    grid = fit_grid(train, [0.5], [0.2], normal=normal, anomaly=anomaly, resolution=30)
    scaled = (train - train.mean(axis=0)) / train.std(axis=0)
    svm = OneClassSVM(gamma=0.5, nu=0.2).fit(scaled)
    np.testing.assert_allclose(grid.train, scaled)
    place = np.array([[grid.x[7], grid.y[21]]])
    assert grid.scores[0, 0, 21, 7] == pytest.approx(-svm.decision_function(place)[0])
    # Support vectors on the boundary score 0 to the solver's tolerance; they are not outside.
    assert grid.outside[0, 0] == np.mean(svm.decision_function(scaled) < -1e-3)
    assert 0 < grid.outside[0, 0] <= 0.2
    test = np.concatenate([normal, anomaly])
    test = (test - train.mean(axis=0)) / train.std(axis=0)
    truth = np.repeat([0, 1], [20, 25])
    assert grid.auc[0, 0] == roc_auc_score(truth, -svm.decision_function(test))
    assert grid.auc[0, 0] > 0.6


def test_grid_without_anomalies_has_no_auc():
    grid = a_grid(anomalies=0)
    assert np.isnan(grid.auc).all() and np.isfinite(grid.scores).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gammas": [0.0]}, "gamma is .*above 0"),
        ({"gammas": []}, "gamma is"),
        ({"nus": [1.5]}, "nu is .*at most 1"),
        ({"train": np.zeros((1, 2))}, "two training clips"),
        ({"train": np.zeros((9, 3))}, r"shape \(9, 3\)"),
        ({"train": np.full((9, 2), np.nan)}, "not finite"),
        ({"train": np.column_stack([np.arange(9), np.ones(9)])}, "do not vary"),
    ],
)
def test_grid_refuses_what_it_cannot_fit(change, message):
    given = {"train": np.random.default_rng(0).normal(size=(9, 2)), "gammas": [1], "nus": [0.5]}
    with pytest.raises(UserError, match=message):
        fit_grid(**(given | change))


def test_contours_have_one_panel_per_setting_with_an_oracle_auc():
    grid = a_grid()
    figure = ocsvm_contours.plot_ocsvm_contours(grid, machine="fan", id="00", title_suffix=SUFFIX)
    axes = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
    assert len(axes) == 4
    title = axes[1].get_title()
    assert "0.1" in title and "0.5" in title and f"oracle AUC {grid.auc[0, 1]:.3f}" in title
    assert "uses test labels" in figure.get_suptitle()
    np.testing.assert_array_equal(drawn_points(axes[3], "anomaly"), grid.anomaly)
    np.testing.assert_array_equal(drawn_points(axes[3], "train"), grid.train)
    assert any("decision boundary" in text for text in legend_of(figure))
    (line,) = [c for c in axes[0].collections if list(getattr(c, "levels", ())) == [0]]
    corners = np.concatenate([path.vertices for path in line.get_paths()])
    columns = np.abs(grid.x[:, None] - corners[:, 0]).argmin(axis=0)
    rows = np.abs(grid.y[:, None] - corners[:, 1]).argmin(axis=0)
    assert np.abs(grid.scores[0, 0][rows, columns]).max() < 0.2 * np.abs(grid.scores[0, 0]).max()


def test_contours_without_both_labels_say_so():
    figure = ocsvm_contours.plot_ocsvm_contours(
        a_grid(anomalies=0), machine="fan", id="00", title_suffix=SUFFIX
    )
    assert "no AUC: needs normal and anomalous test clips" in figure.get_suptitle()
    assert "test, anomalous (none)" in legend_of(figure)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.zeros((3, 1)), "one component"),
        (np.zeros((3, 2)), "do not vary"),
        (np.zeros((0, 2)), "0 training clips"),
    ],
)
def test_contours_of_an_id_that_cannot_be_fitted_say_why(values, message):
    arrays = {
        "split": np.full(len(values), "train"),
        "label": np.full(len(values), "normal"),
        "values": values,
    }
    figure = ocsvm_contours.plot_ocsvm_contours_of(
        arrays, [1.0], [0.1], machine="fan", id="02", title_suffix=SUFFIX
    )
    assert any(message in word.replace("\n", " ") for word in texts_of(figure))


# Scores


def test_score_histograms_count_the_clips_given(full):
    figure = plot_scores(full.scores, full.metrics, detector="lof", title_suffix=SUFFIX)
    assert len(figure.axes) == 2
    axes = panel(figure, "fan")
    rows = full.scores[(full.scores["machine"] == "fan") & (full.scores["detector"] == "lof")]
    (drawn,) = by_gid(axes, "02 anomaly")
    heights, edges, base = drawn.get_data()
    wanted = rows[(rows["id"] == "02") & (rows["label"] == "anomaly")]["score"]
    counts, _ = np.histogram(np.clip(wanted, edges[0], edges[-1]), edges)
    np.testing.assert_allclose((heights - base) / 0.84 * counts.max(), counts, atol=1e-9)
    assert counts.sum() == 10
    thresholds = sorted(float(c.get_segments()[0][0, 0]) for c in axes.collections)
    known = full.metrics[full.metrics["detector"] == "lof"].set_index(["machine", "id"])
    assert thresholds == sorted(known.loc["fan", "threshold"])
    assert legend_of(figure) == [
        "training, normal (held out)",
        "test, normal",
        "test, anomalous",
        "threshold",
    ]


def test_scores_name_missing_groups_and_ids(gap_figures):
    figure = gap_figures["scores"]
    words = [text.get_text() for text in panel(figure, "fan").texts]
    assert words == ["no scores", "no anomalous test clips", "no normal test clips"]
    assert panel(figure, "valve").texts[0].get_text() == "no finite score"


def test_heavy_tails_use_a_log_axis_or_the_end_bins(full):
    spread = full.scores.assign(score=np.exp(4 * np.log(full.scores["score"])))
    far = full.metrics.assign(threshold=1.0)
    figure = plot_scores(spread, far, detector="lof", title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert axes.get_xscale() == "log" and "log scale" in axes.get_xlabel()
    signed = full.scores.assign(score=full.scores["score"] - 2)
    row = signed.index[(signed["machine"] == "fan") & (signed["label"] == "anomaly")][0]
    signed.loc[row, "score"] = 1e6
    figure = plot_scores(signed, far, detector="lof", title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert axes.get_xscale() == "linear" and axes.get_xlim()[1] < 100
    assert "1 score beyond the axis" in axes.get_title(loc="left")
    signed.loc[row, "score"] = np.nan
    figure = plot_scores(signed, far, detector="lof", title_suffix=SUFFIX)
    assert "1 score not finite" in panel(figure, "fan").get_title(loc="left")


def test_a_detector_without_scores_says_so(full):
    figure = plot_scores(full.scores, full.metrics, detector="gmm", title_suffix=SUFFIX)
    assert any("No clip has a score of gmm" in word for word in texts_of(figure))


# ROC


def test_roc_corners_hold_the_auc():
    rng = np.random.default_rng(2)
    normal, anomaly = rng.integers(0, 9, 40) * 1.0, rng.integers(3, 12, 30) * 1.0
    false, true = roc.roc_points(normal, anomaly)
    area = np.trapezoid(true, false)
    scores = np.concatenate([normal, anomaly])
    assert area == pytest.approx(roc_auc_score(np.repeat([0, 1], [40, 30]), scores))
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)


def test_vertical_average_of_a_perfect_and_a_useless_curve():
    perfect = roc.roc_points(np.array([0.0, 1.0]), np.array([2.0, 3.0]))
    useless = roc.roc_points(np.zeros(2), np.zeros(2))
    mean, low, high = roc.vertical_average([perfect, useless])
    np.testing.assert_allclose(mean, 0.5 + 0.5 * roc.RATES)
    np.testing.assert_allclose(low, roc.RATES)
    np.testing.assert_allclose(high, 1)


def test_roc_draws_the_mean_curve_the_zone_and_the_mean_numbers(full):
    figure = plot_roc(full.scores, full.metrics, title_suffix=SUFFIX, max_fpr=0.2)
    axes = panel(figure, "fan: 2 machine IDs")
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    means = full.metrics.groupby(["machine", "detector"])[["auc", "pauc"]].mean() * 100
    for detector, text in zip(("lof", "knn"), legend, strict=True):
        auc, pauc = means.loc["fan", detector]
        assert text == f"{detector}  {auc:.1f} / {pauc:.1f}"
    (zone,) = by_gid(axes, "pAUC zone")
    assert (zone.get_x(), zone.get_width()) == (0, 0.2)
    assert len(by_gid(axes, "chance")) == 1
    (line,) = [line for line in axes.lines if line.get_label() == legend[0]]
    assert np.trapezoid(line.get_ydata(), line.get_xdata()) == pytest.approx(
        means.loc["fan", "lof"]["auc"] / 100, abs=0.01
    )
    assert "band: lowest to highest ID" in figure.get_suptitle()
    assert len(axes.collections) == 2


def test_roc_of_many_detectors_has_no_bands_and_shortens_dotted_names():
    data = make(FULL, ("lof", "knn", "sklearn.ensemble.IsolationForest"))
    figure = plot_roc(data.scores, data.metrics, title_suffix=SUFFIX)
    axes = panel(figure, "fan")
    assert "band" not in figure.get_suptitle() and not axes.collections
    assert axes.get_legend().get_texts()[2].get_text().startswith("IsolationForest ")


def test_roc_names_ids_without_a_curve(gaps):
    figure = plot_roc(gaps.scores, gaps.metrics.drop(columns="note"), title_suffix=SUFFIX)
    assert "without ID 02, 04, 06" in panel(figure, "fan: 1 machine ID").get_title(loc="left")
    assert panel(figure, "valve").texts[0].get_text() == "no curve for ID 00"
    figure = plot_roc(gaps.scores, gaps.metrics, title_suffix=SUFFIX)
    title = panel(figure, "fan").get_title(loc="left").replace("\n", " ")
    assert "02 (no training clips), 04 (no anomalous test clips)" in title
    empty = plot_roc(gaps.scores.iloc[:0], gaps.metrics, title_suffix=SUFFIX)
    assert any("No clip has a score" in word for word in texts_of(empty))


def test_roc_says_when_a_detector_lacks_an_id(full):
    lost = (full.scores["detector"] == "knn") & (full.scores["id"] == "02")
    figure = plot_roc(full.scores[~lost], full.metrics, title_suffix=SUFFIX)
    labels = [text.get_text() for text in panel(figure, "fan").get_legend().get_texts()]
    assert labels[1].endswith("(1 of 2 IDs)") and "IDs" not in labels[0]


@pytest.mark.parametrize("count", [2, 14, 15, 20])
@pytest.mark.parametrize("kind", ["roc", "sweep"])
def test_legends_beside_the_panels_stay_within_them_however_many_detectors(full, kind, count):
    names = ["random_projection", *(f"detector {number}" for number in range(1, count))]
    knn = {
        name: getattr(full, name)[getattr(full, name)["detector"] == "knn"]
        for name in ("metrics", "scores", "sweep")
    }
    many = {
        name: pd.concat([rows.assign(detector=each) for each in names])
        for name, rows in knn.items()
    }
    if kind == "roc":
        figure = plot_roc(many["scores"], many["metrics"], title_suffix=SUFFIX)
    else:
        figure = plot_sweep(many["sweep"], many["metrics"], title_suffix=SUFFIX)
    figure.canvas.draw()
    whole = figure.bbox
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend() is not None]
    boxes = [legend.get_window_extent() for legend in legends]
    assert len(boxes) > 1
    for number, box in enumerate(boxes):
        assert whole.x0 <= box.x0 and box.x1 <= whole.x1
        assert whole.y0 <= box.y0 and box.y1 <= whole.y1
        assert not any(box.overlaps(other) for other in boxes[:number])


# Sweep


def test_sweep_draws_the_mean_of_25_settings_and_the_threshold_in_use(full):
    figure = plot_sweep(full.sweep, full.metrics, title_suffix=SUFFIX)
    assert "25 settings" in figure.get_suptitle()
    axes = panel(figure, "valve: 2 machine IDs")
    mine = full.sweep[(full.sweep["machine"] == "valve") & (full.sweep["detector"] == "knn")]
    mean = mine.groupby("setting")[["sensitivity", "specificity"]].mean()
    (line,) = [line for line in axes.lines if str(line.get_label()).startswith("knn")]
    np.testing.assert_allclose(line.get_ydata(), mean["sensitivity"])
    np.testing.assert_allclose(line.get_xdata(), mean["specificity"])
    used = full.metrics[(full.metrics["machine"] == "valve") & (full.metrics["detector"] == "knn")]
    (mark,) = by_gid(axes, "in use knn")
    assert mark.get_xdata()[0] == pytest.approx(used["specificity"].mean())
    assert mark.get_ydata()[0] == pytest.approx(used["sensitivity"].mean())
    assert len([line for line in axes.lines if str(line.get_gid()).startswith("ID ")]) == 2
    rates = 100 * used[["sensitivity", "specificity"]].mean()
    assert line.get_label() == f"knn  {rates.iloc[0]:.0f} / {rates.iloc[1]:.0f}"
    assert axes.get_xlim()[0] < full.sweep["specificity"].min()


def test_sweep_names_ids_without_rates(gap_figures, gaps):
    figure = gap_figures["sweep"]
    title = panel(figure, "fan: 1 machine ID").get_title(loc="left").replace("\n", " ")
    assert "06 (no normal test clips)" in title
    words = panel(figure, "valve").texts[0].get_text().replace("\n", " ")
    assert words == "no curve for ID 00 (no training clips)"
    empty = plot_sweep(gaps.sweep.iloc[:0], gaps.metrics, title_suffix=SUFFIX)
    assert any("No machine ID could be scored" in w.replace("\n", " ") for w in texts_of(empty))


# Bars


def test_bars_draw_numbers_intervals_and_the_spread_per_type(full):
    figure = plot_bars(full.metrics, title_suffix=SUFFIX)
    assert len(figure.axes) == 4
    assert legend_of(figure) == ["lof", "knn"]
    for name, measure in (("AUC", "auc"), ("pAUC", "pauc")):
        axes = panel(figure, f"{name} per machine ID")
        (line,) = [line for line in axes.lines if line.get_label() == "knn"]
        mine = full.metrics[full.metrics["detector"] == "knn"]
        np.testing.assert_array_equal(line.get_ydata(), mine[measure])
        spans = axes.collections[1].get_segments()
        assert [span[1, 1] for span in spans] == list(mine[f"{measure}_high"])
        (chance,) = by_gid(axes, "chance")
        assert list(chance.get_ydata()) == [0.5, 0.5]
        axes = panel(figure, f"{name} per type")
        groups = mine.groupby("machine")[measure].agg(["min", "mean", "max"])
        spans = axes.collections[1].get_segments()
        np.testing.assert_allclose([s[0, 1] for s in spans], groups["min"])
        np.testing.assert_allclose([s[1, 1] for s in spans], groups["max"])
        bars = axes.containers[1]
        np.testing.assert_allclose([b.get_y() + b.get_height() for b in bars], groups["mean"])


def test_bars_say_why_a_number_is_missing(gap_figures):
    axes = panel(gap_figures["bars"], "AUC per machine ID")
    words = [text.get_text() for text in axes.texts]
    for reason in REASONS:
        assert f"none: {reason}" in words
    assert "none" in [t.get_text() for t in panel(gap_figures["bars"], "AUC per type").texts]


# Reading, and the scripts of the rules


def test_reading_keeps_ids_as_text_and_names_a_broken_file(tmp_path, gaps):
    gaps.metrics.to_csv(tmp_path / "metrics.csv", index=False)
    table = read_table(tmp_path / "metrics.csv")
    assert list(table["id"].unique()) == ["00", "02", "04", "06"]
    assert list(table["note"]) == list(gaps.metrics["note"])
    with pytest.raises(UserError, match=r"gone\.csv"):
        read_table(tmp_path / "gone.csv")
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"broken\.npz"):
        read_vectors(tmp_path / "broken.npz")
    np.savez(tmp_path / "part.npz", clip=np.array(["a"]))
    with pytest.raises(UserError, match="no array split, label, values, columns"):
        read_vectors(tmp_path / "part.npz")
    word = np.array(["a"])
    np.savez(
        tmp_path / "turned.npz",
        clip=word,
        split=word,
        label=word,
        columns=word,
        values=np.zeros((2, 1)),
    )
    with pytest.raises(UserError, match=r"turned\.npz.*\(2, 1\)"):
        read_vectors(tmp_path / "turned.npz")


def test_projections_on_one_or_no_component_become_points():
    word = np.array(["a", "b"])
    arrays = {"clip": word, "split": word, "label": word, "values": np.ones((2, 1))}
    table = points_table(arrays, machine="fan", id="00")
    assert list(table["PC2"]) == [0, 0] and "PC3" not in table
    table = points_table(arrays | {"values": np.ones((2, 0))}, machine="fan", id="00")
    assert table[["PC1", "PC2"]].isna().all(axis=None)
    with pytest.raises(UserError, match="1 files of vectors for 2 machine IDs"):
        points_of_ids(["a.npz"], "fan", ["00", "02"])


def save_vectors(path, points, **more):
    np.savez(
        path,
        clip=points["clip"].to_numpy(dtype=str),
        split=points["split"].to_numpy(dtype=str),
        label=points["label"].to_numpy(dtype=str),
        values=points[["PC1", "PC2", "PC3"]].to_numpy(dtype=np.float32),
        columns=np.array(["PC1", "PC2", "PC3"]),
        explained_variance_ratio=np.array([0.5, 0.25, 0.125]),
        **more,
    )
    return str(path)


@pytest.fixture
def files(gaps, tmp_path):
    """Write what the workflow's rules hand to the plotting scripts."""
    named = types.SimpleNamespace()
    for name in ("manifest", "scores", "metrics", "sweep"):
        setattr(named, name, str(tmp_path / f"{name}.csv"))
        getattr(gaps, name).to_csv(getattr(named, name), index=False)
    text = {name: gaps.points[name].to_numpy(dtype=str) for name in ("machine", "id")}
    named.overview = save_vectors(tmp_path / "all.npz", gaps.points, **text)
    named.ids = sorted(GAPS["fan"])
    fan = gaps.points[gaps.points["machine"] == "fan"]
    named.points = [
        save_vectors(tmp_path / f"{id_}.npz", fan[fan["id"] == id_]) for id_ in named.ids
    ]
    named.mels, named.clips = [], []
    rng = np.random.default_rng(0)
    for id_ in named.ids:
        mine = fan[fan["id"] == id_].assign(
            offset=0, frames=5, sample_rate=16000, path="a.wav", status="ok"
        )
        mine["offset"] = 5 * np.arange(len(mine))
        named.mels.append(str(tmp_path / f"{id_}.npy"))
        named.clips.append(str(tmp_path / f"{id_}.clips.csv"))
        cache = rng.normal(-30, 5, size=(5 * len(mine), 32)).astype(np.float32)
        np.save(named.mels[-1], cache)
        mine.to_csv(named.clips[-1], index=False)
    soundfile.write(tmp_path / "a.wav", rng.normal(0, 0.1, (2560, 2)), 16000, subtype="PCM_16")
    named.data = str(tmp_path)
    return named


def run(root, script, output, *, inputs=None, params=None):
    """Run a rule's script as Snakemake does, and return the bytes it wrote."""
    job = types.SimpleNamespace(
        input=types.SimpleNamespace(**(inputs or {})),
        output=types.SimpleNamespace(figure=str(output)),
        params=types.SimpleNamespace(title_suffix=SUFFIX, **(params or {})),
        log=[],
    )
    runpy.run_path(str(root / "scripts" / script), init_globals={"snakemake": job})
    return output.read_bytes()


def written(figure, path):
    style.save(figure, path)
    return path.read_bytes()


def test_scripts_of_tables_write_what_the_functions_draw(root, files, full, coarse, tmp_path):
    scores, metrics = read_table(files.scores), read_table(files.metrics)
    out, wanted = tmp_path / "out.png", tmp_path / "wanted.png"
    both = {"scores": files.scores, "metrics": files.metrics}
    assert run(root, "plot_clips.py", out, inputs={"manifest": files.manifest}) == written(
        plot_clips(read_table(files.manifest), title_suffix=SUFFIX), wanted
    )
    assert run(root, "plot_scores.py", out, inputs=both, params={"detector": "knn"}) == written(
        plot_scores(scores, metrics, detector="knn", title_suffix=SUFFIX), wanted
    )
    assert run(root, "plot_roc.py", out, inputs=both, params={"max_fpr": 0.2}) == written(
        plot_roc(scores, metrics, title_suffix=SUFFIX, max_fpr=0.2), wanted
    )
    two = {"sweep": files.sweep, "metrics": files.metrics}
    assert run(root, "plot_sweep.py", out, inputs=two) == written(
        plot_sweep(read_table(files.sweep), metrics, title_suffix=SUFFIX), wanted
    )
    assert run(root, "plot_bars.py", out, inputs={"metrics": files.metrics}) == written(
        plot_bars(metrics, title_suffix=SUFFIX), wanted
    )
    named = dict(zip(("accuracies", "confusion"), named_clips(full.points), strict=True))
    paths = {name: str(tmp_path / f"{name}.csv") for name in named}
    for name, table in named.items():
        table.to_csv(paths[name], index=False)
    assert run(root, "plot_representation.py", out, inputs=paths) == written(
        plot_representation(**named, title_suffix=SUFFIX), wanted
    )


def test_scripts_of_vectors_write_what_the_functions_draw(root, files, gaps, coarse, tmp_path):
    out, wanted = tmp_path / "out.png", tmp_path / "wanted.png"
    columns = ["PC1", "PC2", "PC3"]
    points = gaps.points.assign(**gaps.points[columns].astype(np.float32).astype(float))
    ratios = [0.5, 0.25, 0.125]
    assert run(root, "plot_clouds.py", out, inputs={"points": files.overview}) == written(
        plot_clouds(points, title_suffix=SUFFIX, explained_variance_ratio=ratios), wanted
    )
    fan = points[points["machine"] == "fan"]
    assert run(
        root,
        "plot_id_clouds.py",
        out,
        inputs={"points": files.points},
        params={"ids": files.ids, "machine": "fan"},
    ) == written(
        plot_id_clouds(
            fan,
            machine="fan",
            title_suffix=SUFFIX,
            explained_variance_ratio=dict.fromkeys(files.ids, ratios),
        ),
        wanted,
    )
    one = fan[fan["id"] == "00"]
    arrays = {name: one[name].to_numpy(dtype=str) for name in ("split", "label")}
    arrays["values"] = one[columns].to_numpy()
    assert run(
        root,
        "plot_ocsvm_contours.py",
        out,
        inputs={"points": files.points[0]},
        params={"gammas": [0.5], "nus": [0.1], "machine": "fan", "id": "00"},
    ) == written(
        ocsvm_contours.plot_ocsvm_contours_of(
            arrays, [0.5], [0.1], machine="fan", id="00", title_suffix=SUFFIX
        ),
        wanted,
    )


def test_a_machine_type_without_any_id_to_show_gets_a_figure_that_says_so():
    points, ratios = points_of_ids([], "fan", [])
    assert points.empty and ratios == {}
    figure = plot_id_clouds(points, machine="fan", ids=[], title_suffix=SUFFIX)
    assert "No machine ID of fan could be projected." in texts_of(figure)
    figure = examples.plot_examples_of(
        "fan",
        [],
        [],
        [],
        hop_length=512,
        fmin=0.0,
        fmax=None,
        htk=False,
        audio={"sample_rate": 16000, "resample": False, "channel": 0},
        title_suffix=SUFFIX,
    )
    assert "fan has no labelled test clips." in texts_of(figure)


def test_script_of_examples_reads_the_mel_cache_and_the_audio(
    root, files, gaps, coarse, tmp_path, capsys
):
    params = {"machine": "fan", "ids": files.ids, "hop_length": 512, "fmin": 0.0, "fmax": None}
    params["htk"] = False
    given = {"inputs": {"mels": files.mels, "clips": files.clips}}
    out, wanted = tmp_path / "out.png", tmp_path / "wanted.png"
    rows = gaps.points[(gaps.points["machine"] == "fan") & (gaps.points["id"] == "00")]
    rows = rows.reset_index(drop=True)
    cache = np.load(files.mels[0])
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")

    def first(label, channel):
        row = int(np.flatnonzero((rows["split"] == "test") & (rows["label"] == label))[0])
        return examples.Example(
            f"ID 00, {rows['clip'][row]}",
            cache[5 * row : 5 * row + 5],
            16000,
            None if channel is None else samples[:, channel],
        )

    for folder, channel in ((files.data, 1), (None, None)):
        audio = {"sample_rate": 16000, "resample": False, "channel": channel or 0}
        more = {"data_folder": folder, "audio": audio}
        drawn = examples.plot_examples(
            first("normal", channel),
            first("anomaly", channel),
            machine="fan",
            frequencies=band_edges(n_mels=32, fmin=0.0, fmax=8000.0)[1:-1],
            hop_length=512,
            title_suffix=SUFFIX,
        )
        assert run(root, "plot_examples.py", out, params=params | more, **given) == written(
            drawn, wanted
        )
    (tmp_path / "a.wav").unlink()
    with pytest.raises(SystemExit):
        run(
            root,
            "plot_examples.py",
            out,
            params=params | more | {"data_folder": files.data},
            **given,
        )
    assert "Error: can't be decoded" in capsys.readouterr().err


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_a_caption_that_renders(root, name):
    text = (root / "report" / f"plot_{name}.rst").read_text(encoding="utf-8")
    values = {"machine": "pump", "id": "04", "detector": "lof"}
    job = types.SimpleNamespace(wildcards=types.SimpleNamespace(**values))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    caption = environment.from_string(text).render(snakemake=job)
    assert "{" not in caption and len(caption.split()) > 30
    for word in {"examples": ["pump"], "ocsvm_contours": ["pump", "04"], "scores": ["lof"]}.get(
        name, []
    ):
        assert word in caption

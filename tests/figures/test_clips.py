import pandas as pd

from made_figures import SUFFIX, legend_of, make, texts_of, words_and_boxes
from pygoodvibes.figures.clips import plot_clips


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

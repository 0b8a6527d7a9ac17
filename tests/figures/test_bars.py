import numpy as np
import pandas as pd

from made_figures import REASONS, SUFFIX, by_gid, legend_of, panel
from pygoodvibes.figures.bars import plot_bars


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


def test_the_legend_of_long_names_stays_within_a_narrow_figure(full):
    one = full.metrics[full.metrics["detector"] == "knn"]
    names = [f"domain_detector_{number}" for number in range(7)]
    metrics = pd.concat([one.assign(detector=name) for name in names])
    figure = plot_bars(metrics, title_suffix=SUFFIX)
    figure.canvas.draw()
    assert figure.legends[0].get_window_extent().x0 >= 0

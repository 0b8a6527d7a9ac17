import numpy as np
import pytest

from made_figures import SUFFIX, by_gid, panel, texts_of
from pygoodvibes.figures.sweep import plot_sweep


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

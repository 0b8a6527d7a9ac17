import copy
import re

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from made_figures import (
    FREQUENCIES,
    NAMES,
    SUFFIX,
    draw_all,
    draw_examples,
    example,
    texts_of,
    words_and_boxes,
)
from pygoodvibes.figures import style
from pygoodvibes.figures.clouds import plot_clouds
from pygoodvibes.util.errors import UserError


@pytest.fixture(scope="module")
def figures(full):
    return draw_all(full)


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


def test_a_figure_is_drawn_once(tmp_path, monkeypatch):
    figure = style.message_figure("Title", "data", "Nothing.")
    drawn = []
    draw = type(figure).draw
    monkeypatch.setattr(
        type(figure), "draw", lambda self, renderer: drawn.append(draw(self, renderer))
    )
    style.save(figure, tmp_path / "a.png")
    assert len(drawn) == 1


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


# Examples


def test_frequency_ticks_stand_at_their_mel_bands():
    figure = draw_examples(example(), None)
    (axes,) = [axes for axes in figure.axes if axes.images]
    for place, label in zip(axes.get_yticks(), axes.get_yticklabels(), strict=True):
        hertz = float(label.get_text().replace(",", ""))
        assert np.interp(place, np.arange(32), FREQUENCIES) == pytest.approx(hertz)
    assert "1,000" in [label.get_text() for label in axes.get_yticklabels()]


def test_figures_of_data_with_domains_speak_of_sections(full):
    data = copy.copy(full)
    for name in ("manifest", "points", "scores"):
        setattr(data, name, getattr(full, name).assign(domain="source"))
    data.metrics = full.metrics.assign(official=0.7)
    drawn = draw_all(data)
    for name in ("clips", "id_clouds", "scores", "roc", "sweep", "bars"):
        words = " ".join(texts_of(drawn[name]))
        assert "section" in words.lower() and not re.search("machine ID|Machine ID", words), name


def test_a_table_tells_sections_by_names_domains_or_metrics_per_domain():
    assert style.unit_of(pd.DataFrame({"clip": ["section_00_0000.wav"]})) == "section"
    assert style.unit_of(pd.DataFrame({"clip": ["a.wav"], "domain": ["target"]})) == "section"
    assert style.unit_of(pd.DataFrame({"auc": [0.5], "official": [0.5]})) == "section"
    assert style.unit_of(pd.DataFrame({"clip": ["a.wav"], "domain": [""]})) == "machine ID"


@pytest.mark.parametrize(
    ("title", "lines"),
    [
        ("normal: a_b.wav", ["normal: a_b.wav"]),
        ("normal: a_bcd_efghijklmn_o.wav", ["normal: a_bcd_", "efghijklmn_o.wav"]),
        ("anomalous: x" + "y" * 30, ["anomalous:", "x" + "y" * 30]),
        ("one two three four five six", ["one two three", "four five six"]),
    ],
)
def test_long_names_break_behind_underscores(title, lines):
    assert style.with_name(title, 16).split("\n") == lines

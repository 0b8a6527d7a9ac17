import numpy as np
import pytest
from matplotlib.axis import XAxis, YAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator, NullLocator

from pygoodvibes.figures import quick


def plain():
    figure = Figure(layout="constrained")
    axes = figure.add_subplot(title="a title", xlabel="x", ylabel="y")
    axes.plot([0, 1e6], [3, 1e-7])
    axes.grid()
    return figure


def logarithmic():
    figure = Figure(layout="constrained")
    left, right = figure.subplots(1, 2)
    left.loglog([3, 4e5], [0.2, 11])
    left.grid(which="both")
    right.semilogx([3, 50], [1e9 + 1, 1e9 + 2])
    right.tick_params(axis="x", which="minor", length=7, rotation=30)
    right.tick_params(axis="y", length=0)
    return figure


def of_names():
    figure = Figure(layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True)
    top.barh(["a name", "another,\nin two lines", ""], [1, 2, 3])
    bottom.set_xticks([0, 1.5, 2], ["zero", "", "a name that needs room"], rotation=90)
    bottom.set_yticks([])
    bottom.grid(axis="x", linestyle="--")
    return figure


def on_both_sides():
    figure = Figure(layout="constrained")
    axes = figure.add_subplot(xlabel="above")
    axes.tick_params(top=True, labeltop=True, right=True, labelright=True, direction="inout")
    axes.xaxis.set_label_position("top")
    axes.invert_yaxis()
    axes.yaxis.set_minor_locator(MultipleLocator(0.05))
    axes.xaxis.set_major_locator(NullLocator())
    return figure


def with_colour_bars():
    figure = Figure(layout="constrained", figsize=(7, 5))
    axes = figure.subplots(2, 2)
    image = axes[0, 0].imshow(np.arange(12).reshape(3, 4), vmin=2)
    figure.colorbar(image, ax=axes, label="a scale", extend="both")
    figure.colorbar(image, ax=axes[1, 0], location="bottom", ticks=[2, 5])
    axes[1, 1].set_axis_off()
    axes[0, 1].set_box_aspect(1)
    axes[0, 1].plot([1, 2], label="a line")
    figure.legend(loc="outside lower center")
    figure.suptitle("all")
    return figure


def within_others():
    figure = Figure(layout="constrained")
    left, right = figure.subfigures(1, 2)
    left.add_subplot(ylabel="left").twinx().plot([1, 400])
    solid = right.add_subplot(projection="3d")
    solid.scatter([1, 2], [3, 4], [5, 6])
    left.add_axes((0.3, 0.5, 0.2, 0.2))
    return figure


def without_layout():
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    return figure


FIGURES = [
    plain,
    logarithmic,
    of_names,
    on_both_sides,
    with_colour_bars,
    within_others,
    without_layout,
]


@pytest.mark.parametrize("make", FIGURES)
def test_the_picture_is_matplotlibs_own(make):
    figure = make()
    figure.set_dpi(90)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    expected = np.array(canvas.buffer_rgba())
    assert np.array_equal(np.asarray(quick.drawn(make(), dpi=90)), expected)


@pytest.mark.parametrize("make", FIGURES)
def test_the_figure_stays_one_of_matplotlib(make):
    figure = make()
    expected = [type(axis) for axes in figure.axes for axis in axes._axis_map.values()]
    first = np.asarray(quick.drawn(figure, dpi=90))
    axes = figure.axes[0]
    assert [type(a) for axes in figure.axes for a in axes._axis_map.values()] == expected
    assert {type(axes.xaxis), type(axes.yaxis)} == {XAxis, YAxis}
    assert "get_tightbbox" not in vars(axes) and "known" not in vars(axes.xaxis)
    assert np.array_equal(np.asarray(quick.drawn(figure, dpi=90)), first)
    # and matplotlib draws it as before
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    assert np.array_equal(np.asarray(canvas.buffer_rgba()), first)


def test_a_figure_that_cannot_be_drawn_is_left_as_it_was():
    figure = plain()
    figure.axes[0].xaxis.set_major_formatter(lambda value, place: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        quick.drawn(figure, dpi=90)
    assert type(figure.axes[0].xaxis) is XAxis


def test_one_tick_is_made_for_an_axis():
    figure = plain()
    quick.drawn(figure, dpi=90)
    assert len(figure.axes[0].xaxis.majorTicks) == 1
    assert len(figure.axes[0].get_xticklabels()) > 3


def test_a_matplotlib_that_is_built_otherwise_draws_alone(monkeypatch):
    assert quick.KNOWN
    fast = np.asarray(quick.drawn(logarithmic(), dpi=80))
    monkeypatch.setattr(quick, "KNOWN", False)
    assert np.array_equal(np.asarray(quick.drawn(logarithmic(), dpi=80)), fast)

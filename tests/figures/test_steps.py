import numpy as np
import pytest
from matplotlib.figure import Figure

from pygoodvibes.figures import quick
from pygoodvibes.figures.steps import draw_steps

EDGES = np.array([0.0, 1.0, 1.5, 4.0])
VALUES = np.array([2.0, 0.5, 3.0])


def picture(draw):
    figure = Figure(layout="constrained")
    axes = figure.add_subplot(xlim=(0.2, 5), ylim=(0, 2.5))
    patch = draw(axes)
    return np.asarray(quick.drawn(figure, dpi=80)), axes, patch


@pytest.mark.parametrize("baseline", [0.25, np.array([0.25, 0.0, 1.0])])
def test_steps_look_as_those_of_matplotlib(baseline):
    ours, axes, patch = picture(
        lambda axes: draw_steps(
            axes, VALUES, EDGES, baseline=baseline, facecolor="C1", linewidth=0, alpha=0.5
        )
    )
    theirs, _, _ = picture(
        lambda axes: axes.stairs(VALUES, EDGES, baseline=baseline, fill=True, color="C1", alpha=0.5)
    )
    assert np.array_equal(ours, theirs)
    assert patch in axes.patches and axes.has_data()


def test_an_outline_may_have_a_hatch():
    looks = {"linewidth": 1.2, "linestyle": "--", "hatch": "///"}
    ours, _, _ = picture(
        lambda axes: draw_steps(
            axes, VALUES, EDGES, baseline=0, fill=False, edgecolor="C2", **looks
        )
    )
    theirs, _, _ = picture(lambda axes: axes.stairs(VALUES, EDGES, baseline=0, color="C2", **looks))
    assert np.array_equal(ours, theirs)

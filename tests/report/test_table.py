import math

import pytest

from pygoodvibes.report.table import NOTHING, best_marked, best_of, points, with_bounds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "+1.2"),
        (-0.1, "-10.0"),
        (0.0, "0.0"),
        (-0.0001, "0.0"),
        (math.nan, NOTHING),
        (None, NOTHING),
    ],
)
def test_differences_have_their_sign(value, text):
    assert points(value) == text


def test_interval_in_brackets():
    assert with_bounds(0.5, 0.25, 0.75) == "50.0 [25.0, 75.0]"
    assert with_bounds(0.01, -0.01, 0.02, points) == "+1.0 [-1.0, +2.0]"
    assert with_bounds(0.5, None, None) == "50.0"


def test_the_best_is_bold():
    assert best_marked([0.5, math.nan, 0.75]) == ["50.0", NOTHING, "**75.0**"]
    assert best_marked([0.75, 0.75, 0.5]) == ["**75.0**", "**75.0**", "50.0"]
    # no reader sees a difference
    assert best_marked([0.75001, 0.75, 0.7]) == ["**75.0**", "**75.0**", "70.0"]


@pytest.mark.parametrize("values", [[], [0.5], [0.5, math.nan], [math.nan, math.nan]])
def test_alone_is_not_best(values):
    assert not any(best_of(values))

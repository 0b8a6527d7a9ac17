import pytest

from made_experiments import BETTER, MIXED, compared
from pygoodvibes.experiments.compare import (
    figure_rows,
)
from pygoodvibes.figures.experiments import MOST_EXPERIMENTS, plot_experiments


def test_figure():
    rows = figure_rows(compared(BETTER, MIXED).values())
    assert [(row["experiment"], row["detector"]) for row in rows] == [
        ("better", "lof"),
        ("mixed", "lof"),
    ]
    figure = plot_experiments(rows, confidence=0.95, title_suffix="made")
    left, right = figure.axes
    drawn = [line.get_xdata()[0] for line in left.lines if line.get_marker() != "None"]
    assert drawn == pytest.approx([10, 5])
    drawn = [line.get_xdata()[0] for line in right.lines if line.get_marker() != "None"]
    assert drawn == pytest.approx([5, 2.5])
    labels = [text.get_text() for text in left.get_yticklabels()]
    assert labels == ["better\ndetectors.lof.n_neighbors = 5", "mixed\nmel.n_mels = 64"]
    assert "made" in figure.get_suptitle()


def test_figure_without_anything_to_compare():
    figure = plot_experiments([], confidence=0.95, title_suffix="made")
    assert "No experiment" in figure.axes[0].texts[0].get_text()


def test_figure_of_very_many_experiments_says_what_is_missing():
    [row] = figure_rows(compared(BETTER).values())
    rows = [{**row, "experiment": f"number-{n}"} for n in range(MOST_EXPERIMENTS + 3)]
    figure = plot_experiments(rows, confidence=0.95, title_suffix="")
    assert len(figure.axes[0].get_yticks()) == MOST_EXPERIMENTS
    assert "3 more in the table" in [text.get_text() for text in figure.axes[1].texts]

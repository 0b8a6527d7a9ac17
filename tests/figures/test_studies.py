import math

import pytest

from made_studies import found
from pygoodvibes.experiments.study_table import axes_of, figure_rows
from pygoodvibes.figures.studies import MOST_BARS, plot_study, spread_apart

MEASURES = {"auc": "AUC", "pauc": "pAUC"}


def figure_of(rows, measures=MEASURES):
    axes = axes_of(rows)
    return plot_study(
        figure_rows(rows, axes),
        axes,
        measures,
        title="A study",
        confidence=0.95,
        title_suffix="made",
    )


def test_two_keys_make_heat_maps():
    rows = found(
        grid={"detectors.lof.n_neighbors": [2, 5, 7], "detectors.lof.contamination": [0.1, 0.2]}
    )
    figure = figure_of(rows, {"auc": "AUC", "sensitivity": "Sensitivity"})
    auc, sensitivity = figure.axes
    assert [text.get_text() for text in auc.texts] == [
        f"{100 * rows[number]['means']['auc']:.1f}" for number in (0, 2, 4, 1, 3, 5)
    ]
    best = [patch for patch in auc.patches if patch.get_gid() == "best"]
    assert [(patch.get_x(), patch.get_y()) for patch in best] == [(1.5, 0.5)]
    # sensitivity alone says nothing of which setting is best
    assert not [patch for patch in sensitivity.patches if patch.get_gid() == "best"]
    assert "oracle" in figure.get_suptitle()


def test_one_key_makes_lines():
    grid = {"projection.n_components": [2, 8, "all"]}
    rows = found(grid=grid)
    figure = figure_of(rows)
    assert len(figure.axes) == 2 + 3
    lines = figure.axes[0].get_lines()
    assert [line.get_label() for line in lines] == ["lof", "knn", "other"]
    assert lines[1].get_ydata() == pytest.approx(
        [100 * row["means"]["auc"] for row in rows if row["detector"] == "knn"]
    )
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["2", "8", "all"]
    types = [line for line in figure.axes[2].get_lines() if str(line.get_gid()).startswith("type")]
    assert [line.get_gid() for line in types] == ["type fan", "type valve"]
    assert types[1].get_ydata() == pytest.approx([75, 75, 75])


def test_settings_of_many_letters_stand_beside_lines_of_their_own():
    embeddings = [{"method": "statistics"}, {"method": "triplet", "epochs": 5, "dimensions": 64}]
    auc, _ = figure_of(found(grid={"embedding": embeddings}, detectors=["lof"])).axes
    labels = [text.get_text() for text in auc.get_yticklabels()]
    assert sorted(labels) == [
        "lof\nembedding = statistics",
        "lof\nembedding = triplet, epochs 5, dimensions 64",
    ]


def test_a_detector_that_the_key_does_not_concern_is_a_level_line():
    rows = found(grid={"detectors.lof.n_neighbors": [2, 5]}, detectors=["lof", "knn"])
    figure = figure_of(rows)
    assert len(figure.axes) == 2 + 1
    assert set(figure.axes[0].get_lines()[1].get_ydata()) == {100 * rows[2]["means"]["auc"]}


def test_heat_maps_of_many_detectors_stand_side_by_side():
    rows = found(grid={"mel.n_mels": [32, 64], "mel.power": [1.0, 2.0]})
    figure = figure_of(rows)
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "lof: AUC, %",
        "lof: pAUC, %",
    ]
    spec = figure.axes[0].get_subplotspec().get_gridspec()
    assert (spec.nrows, spec.ncols) == (2, 4)
    grid = {
        "detectors.lof.n_neighbors": list(range(2, 12)),
        "detectors.lof.contamination": [0.1, 0.2],
    }
    wide = found(grid=grid)
    every = {name: name for name in ("auc", "pauc", "f1", "sensitivity")}
    spec = figure_of(wide, every).axes[0].get_subplotspec().get_gridspec()
    assert (spec.nrows, spec.ncols) == (4, 1)


@pytest.mark.parametrize(
    ("heights", "moved"),
    [
        ([], []),
        ([1, 5], [1, 5]),
        ([1, 1], [0.5, 1.5]),
        ([0, 0.2, 5], [-0.4, 0.6, 5]),
        ([0, 1.2, 1.3, 1.4], [-0.525, 0.475, 1.475, 2.475]),
    ],
)
def test_names_at_the_end_of_lines_stand_apart(heights, moved):
    assert spread_apart(heights, 1.0) == pytest.approx(moved)


def test_more_keys_make_a_line_a_setting():
    grid = {"mel.n_mels": [32, 64], "mel.power": [1.0, 2.0], "projection.whiten": [True, False]}
    rows = found(grid=grid, detectors=["lof", "knn"])
    figure = figure_of(rows)
    drawn = [line.get_xdata()[0] for line in figure.axes[0].lines]
    assert len(drawn) == 16
    assert drawn == sorted(drawn, reverse=True)
    many = {**grid, "mel.window": ["hann", "hamming", "boxcar"]}
    figure = figure_of(found(grid=many, detectors=["lof", "knn"]))
    assert len(figure.axes[0].lines) == MOST_BARS
    assert "8 more in the table" in [text.get_text() for text in figure.axes[1].texts]


def test_figure_when_nothing_was_evaluated():
    rows = found(lambda number: [math.nan] * 4, grid={"detectors.lof.n_neighbors": [2, 5]})
    assert "No detector could be evaluated" in figure_of(rows).axes[0].texts[0].get_text()

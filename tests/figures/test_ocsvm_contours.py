import numpy as np
import pytest

from made_figures import SUFFIX, a_grid, drawn_points, legend_of, texts_of
from pygoodvibes.figures import ocsvm_contours


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

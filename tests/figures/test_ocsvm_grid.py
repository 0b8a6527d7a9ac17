import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sklearn.svm import OneClassSVM

from made_figures import a_grid
from pygoodvibes.figures.ocsvm_grid import fit_grid
from pygoodvibes.util.errors import UserError


def test_grid_is_scikit_learns_svm_on_standardised_points():
    rng = np.random.default_rng(1)
    train = rng.normal(size=(80, 2)) * [5, 0.1] + [100, 1]
    normal, anomaly = train[:20] + 0.01, train[:25] + np.array([8, 0.3])
    grid = fit_grid(train, [0.5], [0.2], normal=normal, anomaly=anomaly, resolution=30)
    scaled = (train - train.mean(axis=0)) / train.std(axis=0)
    svm = OneClassSVM(gamma=0.5, nu=0.2).fit(scaled)
    np.testing.assert_allclose(grid.train, scaled)
    place = np.array([[grid.x[7], grid.y[21]]])
    assert grid.scores[0, 0, 21, 7] == pytest.approx(-svm.decision_function(place)[0])
    # Support vectors on the boundary score 0 to the solver's tolerance; they are not outside.
    assert grid.outside[0, 0] == np.mean(svm.decision_function(scaled) < -1e-3)
    assert 0 < grid.outside[0, 0] <= 0.2
    test = np.concatenate([normal, anomaly])
    test = (test - train.mean(axis=0)) / train.std(axis=0)
    truth = np.repeat([0, 1], [20, 25])
    assert grid.auc[0, 0] == pytest.approx(roc_auc_score(truth, -svm.decision_function(test)))
    assert grid.auc[0, 0] > 0.6


def test_grid_without_anomalies_has_no_auc():
    grid = a_grid(anomalies=0)
    assert np.isnan(grid.auc).all() and np.isfinite(grid.scores).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gammas": [0.0]}, "gamma is .*above 0"),
        ({"gammas": []}, "gamma is"),
        ({"nus": [1.5]}, "nu is .*at most 1"),
        ({"train": np.zeros((1, 2))}, "two training clips"),
        ({"train": np.zeros((9, 3))}, r"shape \(9, 3\)"),
        ({"train": np.full((9, 2), np.nan)}, "not finite"),
        ({"train": np.column_stack([np.arange(9), np.ones(9)])}, "do not vary"),
    ],
)
def test_grid_refuses_what_it_cannot_fit(change, message):
    given = {"train": np.random.default_rng(0).normal(size=(9, 2)), "gammas": [1], "nus": [0.5]}
    with pytest.raises(UserError, match=message):
        fit_grid(**(given | change))

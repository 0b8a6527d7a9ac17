import numpy as np
import pytest
from sklearn.svm import OneClassSVM

from fitted_detectors import FAR, TRAIN, scored, settings_of


@pytest.mark.parametrize("gamma", ["scale", "auto", 0.3])
def test_ocsvm_is_scikit_learns(gamma):
    reference = OneClassSVM(kernel="rbf", gamma=gamma, nu=0.2).fit(TRAIN)
    expected = -reference.score_samples(FAR)
    assert np.array_equal(scored("ocsvm", FAR, gamma=gamma, nu=0.2), expected)


def test_ocsvm_iterations_can_be_limited():
    assert settings_of("ocsvm").build(n_clips=9, seed=0).max_iter == -1
    assert settings_of("ocsvm", max_iter=5).build(n_clips=9, seed=0).max_iter == 5

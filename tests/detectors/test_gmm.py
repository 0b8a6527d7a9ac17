import numpy as np
import pytest
from sklearn.mixture import GaussianMixture

from fitted_detectors import FAR, TRAIN, scored, settings_of


def test_gmm_is_minus_the_log_likelihood():
    reference = GaussianMixture(
        2, covariance_type="full", reg_covar=0.01, n_init=3, max_iter=200, random_state=0
    ).fit(TRAIN)
    ours = scored("gmm", FAR, covariance_type="full", reg_covar=0.01)
    assert np.allclose(ours, -reference.score_samples(FAR))


@pytest.mark.parametrize(("n_clips", "used"), [(1, 1), (3, 1), (4, 2), (9, 4), (100, 5)])
def test_gaussians_are_at_most_half_the_clips(n_clips, used):
    settings = settings_of("gmm", n_components=5)
    assert settings.build(n_clips=n_clips, seed=0).n_components == used

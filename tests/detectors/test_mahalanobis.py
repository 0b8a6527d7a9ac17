import numpy as np
import pytest
from sklearn.covariance import OAS, LedoitWolf, ShrunkCovariance

from fitted_detectors import FAR, TRAIN, scored


@pytest.mark.parametrize(
    ("shrinkage", "reference"),
    [
        ("ledoit_wolf", LedoitWolf()),
        ("oas", OAS()),
        (0.3, ShrunkCovariance(shrinkage=0.3)),
        (0.0, ShrunkCovariance(shrinkage=0.0)),
    ],
)
def test_mahalanobis_is_the_distance_in_standard_deviations(shrinkage, reference):
    expected = np.sqrt(reference.fit(TRAIN).mahalanobis(FAR))
    ours = scored("mahalanobis", FAR, shrinkage=shrinkage)
    assert np.allclose(ours, expected)
    assert (ours > 0).all()
    if shrinkage == 0.0:
        inverse = np.linalg.inv(np.cov(TRAIN.T, bias=True))
        centred = FAR - TRAIN.mean(axis=0)
        assert np.allclose(ours, np.sqrt(np.einsum("ij,jk,ik->i", centred, inverse, centred)))

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from fitted_detectors import FAR, TRAIN, scored


@pytest.mark.parametrize("metric", ["euclidean", "manhattan", "cosine"])
def test_knn_is_the_mean_distance_to_the_nearest(metric):
    distances = np.sort(cdist(FAR, TRAIN, {"manhattan": "cityblock"}.get(metric, metric)), axis=1)
    for k in (1, 3):
        expected = distances[:, :k].mean(axis=1)
        assert np.allclose(scored("knn", FAR, n_neighbors=k, metric=metric), expected)

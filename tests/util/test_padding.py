import numpy as np

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import fusion
from pygoodvibes.embeddings import projection
from pygoodvibes.util.padding import ROWS, padded

RNG = np.random.default_rng(0)


def test_the_last_row_fills_up():
    for n in (1, ROWS - 1, ROWS, ROWS + 1):
        values = RNG.normal(size=(n, 3))
        result = padded(values)
        assert len(result) % ROWS == 0 and 0 <= len(result) - n < ROWS
        assert np.array_equal(result[:n], values) and (result[n:] == values[-1]).all()


def test_a_clip_scores_the_same_to_the_last_digit_whatever_stands_beside_it():
    train, test = RNG.normal(size=(30, 160)), RNG.normal(size=(41, 160))
    estimator = fusion.Settings(method="fusion").build(n_clips=30, seed=0).fit(train)
    pca = projection.fit_pca(train)
    scores, projected = anomaly_score(estimator, test), pca.transform(test)
    assert scores.shape == (41,) and projected.shape == (41, 29)
    for rows in (slice(40, 41), slice(3, 4), slice(5, 12), slice(0, 17)):
        assert np.array_equal(anomaly_score(estimator, test[rows]), scores[rows])
        assert np.array_equal(pca.transform(test[rows]), projected[rows])
    assert anomaly_score(estimator, test[:0]).shape == (0,)
    assert pca.transform(test[:0]).shape == (0, 29)

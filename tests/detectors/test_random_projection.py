import numpy as np

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import random_projection


def test_the_control_is_the_distance_after_a_random_projection():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(30, 50)), rng.normal(size=(8, 50))
    fitted = random_projection.Settings(method="random_projection", dimensions=6).build(
        n_clips=30, seed=4
    )
    scores = anomaly_score(fitted.fit(train), test)
    assert fitted.weights_.shape == (50, 6)
    scaled = (test[:, None] - train[None]) / train.std(axis=0)
    between = np.linalg.norm(scaled @ fitted.weights_, axis=2)
    assert np.allclose(scores, between.min(axis=1))
    assert fitted.random_state == 4

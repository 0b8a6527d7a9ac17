import numpy as np

from pygoodvibes.encoders import mixup


def test_a_share_of_the_clips_is_mixed_and_the_others_stay():
    partner, weight = mixup.draw(np.random.default_rng(0), 4000, share=0.3)
    assert sorted(partner) == list(range(4000))
    assert 0.26 < np.mean(weight < 1) < 0.34
    assert weight.min() >= 0 and abs(weight[weight < 1].mean() - 0.5) < 0.03
    assert (mixup.draw(np.random.default_rng(0), 50, share=0.0)[1] == 1).all()


def test_inputs_and_classes_are_mixed_alike():
    values = np.arange(12.0).reshape(3, 2, 2)
    partner, weight = np.array([2, 0, 1]), np.array([0.25, 1.0, 0.5])
    mixed = np.asarray(mixup.mix(values, partner, weight))
    assert np.allclose(mixed[0], 0.25 * values[0] + 0.75 * values[2])
    assert np.allclose(mixed[1], values[1])
    classes = np.asarray(mixup.mix(np.eye(3), partner, weight))
    assert np.allclose(classes[2], [0, 0.5, 0.5])

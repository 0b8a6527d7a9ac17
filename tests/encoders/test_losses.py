import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from pygoodvibes.encoders import losses

RNG = np.random.default_rng(0)


def drawn(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def slopes_by_differences(function, values, *, step=1e-2):
    """Return the gradient of a function of an array from its differences."""
    function, slopes = jax.jit(function), np.zeros_like(values)
    for place in np.ndindex(values.shape):
        moved = [values.copy(), values.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        slopes[place] = (float(function(moved[0])) - float(function(moved[1]))) / (2 * step)
    return slopes


def test_ratio_loss_of_triplets_is_near_over_far():
    anchors, positives = np.array([[0.0, 0], [0, 0]]), np.array([[3.0, 4], [0, 1]])
    negatives = np.array([[0.0, 8], [0, 3]])
    # 5 / ((8 + 5) / 2) and 1 / ((3 + 2) / 2)
    expected = (5 / 6.5 + 1 / 2.5) / 2
    assert float(losses.triplet_ratio(anchors, positives, negatives)) == pytest.approx(expected)


def test_clips_that_are_all_alike_have_a_finite_loss_and_slope():
    same = np.ones((3, 4), np.float32)
    loss, slope = jax.value_and_grad(losses.triplet_ratio)(same, same, same)
    assert np.isfinite(loss) and np.isfinite(slope).all()


@pytest.mark.parametrize("which", [0, 1, 2])
def test_slope_of_the_ratio_loss_is_that_of_differences(which):
    parts = [drawn(3, 4) for _ in range(3)]

    def loss(values):
        return losses.triplet_ratio(*(values if n == which else parts[n] for n in range(3)))

    found = jax.grad(loss)(parts[which])
    assert np.allclose(found, slopes_by_differences(loss, parts[which]), atol=2e-3)


def test_cosines_are_those_of_angles():
    vectors = np.array([[2.0, 0], [0, 5], [1, 1]])
    centres = np.array([[[1.0, 0]], [[0, 3]]])
    expected = [[1, 0], [0, 1], [math.sqrt(0.5)] * 2]
    assert np.allclose(losses.cosines(vectors, centres)[:, :, 0], expected, atol=1e-6)


def test_adacos_starts_from_the_scale_of_the_paper():
    assert losses.first_scale(41, 1) == pytest.approx(math.sqrt(2) * math.log(40))
    assert losses.first_scale(10, 4) == pytest.approx(math.sqrt(2) * math.log(39))


def test_next_scale_of_adacos_for_two_clips_and_two_classes():
    similar = np.array([[[0.9], [0.1]], [[0.2], [0.8]]])
    targets = np.eye(2)
    of_all = (math.exp(2 * 0.9) + math.exp(2 * 0.1) + math.exp(2 * 0.2) + math.exp(2 * 0.8)) / 2
    median = (math.acos(0.9) + math.acos(0.8)) / 2
    expected = math.log(of_all) / math.cos(min(math.pi / 4, median))
    assert float(losses.next_scale(similar, targets, 2.0)) == pytest.approx(expected, rel=1e-5)


def test_next_scale_does_not_go_beyond_an_eighth_of_a_turn():
    similar = np.array([[[-0.5], [0.1]]])
    of_all = math.log(math.exp(-0.5) + math.exp(0.1))
    found = losses.next_scale(similar, np.array([[1.0, 0]]), 1.0)
    assert float(found) == pytest.approx(of_all / math.cos(math.pi / 4), rel=1e-5)


def test_sub_clusters_share_the_probability_of_their_class():
    similar = np.array([[[0.5, 0.1], [-0.2, 0.3]]])
    shares = np.exp(3 * similar[0])
    expected = -math.log(shares[1].sum() / shares.sum())
    found = losses.sub_cluster_adacos(similar, np.array([[0.0, 1]]), 3.0)
    assert float(found) == pytest.approx(expected, rel=1e-5)


def test_a_mixed_clip_has_the_mixed_loss():
    similar = drawn(1, 3, 2) / 5
    one, other = (float(losses.sub_cluster_adacos(similar, np.eye(3)[[n]], 4.0)) for n in (0, 2))
    mixed = losses.sub_cluster_adacos(similar, np.array([[0.25, 0, 0.75]]), 4.0)
    assert float(mixed) == pytest.approx(0.25 * one + 0.75 * other, rel=1e-5)


def test_arcface_moves_the_own_class_away_by_the_margin():
    similar = np.array([[[0.6], [0.2], [-0.1]]])
    own = 8 * math.cos(math.acos(0.6) + 0.3)
    expected = math.log(math.exp(own) + math.exp(8 * 0.2) + math.exp(-8 * 0.1)) - own
    found = losses.arcface(similar, np.array([[1.0, 0, 0]]), scale=8.0, margin=0.3)
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_arcface_takes_the_nearest_centre_and_no_margin_is_plain_softmax():
    similar = np.array([[[0.1, 0.7], [0.3, 0.2]]])
    plain = np.array([[[0.7], [0.3]]])
    target = np.array([[0.0, 1]])
    found = losses.arcface(similar, target, scale=5.0, margin=0.0)
    assert float(found) == pytest.approx(float(losses.sub_cluster_adacos(plain, target, 5.0)))


@pytest.mark.parametrize("name", ["adacos", "arcface"])
def test_slopes_of_the_angular_losses_are_those_of_differences(name):
    centres, targets = drawn(3, 2, 4), np.eye(3, dtype=np.float32)[[0, 2, 1]]

    def loss(vectors):
        similar = losses.cosines(jnp.asarray(vectors), centres)
        if name == "adacos":
            return losses.sub_cluster_adacos(similar, targets, 3.0)
        return losses.arcface(similar, targets, scale=3.0, margin=0.2)

    vectors = drawn(3, 4)
    assert np.allclose(jax.grad(loss)(vectors), slopes_by_differences(loss, vectors), atol=3e-3)

import numpy as np
import pytest

import learnable_clips
from pygoodvibes.encoders.encoder import FRAMES, SPECTRUM
from pygoodvibes.encoders.networks import Scales, build
from pygoodvibes.util.errors import UserError

SCALES = Scales((0.0,) * 16, (1.0,) * 16)


def parameters(encoder):
    weights, _, _ = encoder.start(0)
    return sum(
        array.size for layers in weights.values() for layer in layers for array in layer.values()
    )


def test_size_of_a_triplet_encoder_is_that_of_its_blocks():
    settings = learnable_clips.triplet(channels=[4, 8], hidden=10, dimensions=6)
    encoder = build(settings, SCALES, n_frames=32)
    blocks = (9 * 4 + 4) + (9 * 4 * 8 + 8)
    # 16 bands are 4 after two poolings, each with mean and maximum of 8 channels
    dense = (4 * 16 * 10 + 10) + (10 * 6 + 6)
    assert parameters(encoder) == blocks + dense
    assert encoder.start(0)[2] == {FRAMES: 6}


def test_an_id_classifier_has_a_branch_for_the_spectrum_if_there_is_one():
    settings = learnable_clips.id_classifier(spectrum_seconds=1.0)
    encoder = build(settings, SCALES, n_frames=32, n_bins=2001)
    assert encoder.start(0)[2] == {FRAMES: 6, SPECTRUM: 6}
    assert list(build(settings, SCALES, n_frames=32).branches) == [FRAMES]


def test_weights_follow_the_seed():
    encoder = build(learnable_clips.triplet(), SCALES, n_frames=32)
    one, same, other = (encoder.start(seed)[0][FRAMES][2]["kernel"] for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


@pytest.mark.parametrize("n_frames", [32, 33, 47])
def test_clips_of_any_length_have_vectors(n_frames):
    encoder = build(learnable_clips.id_classifier(), SCALES, n_frames=32)
    weights, state, _ = encoder.start(0)
    frames = np.zeros((2, n_frames, 16), np.float32)
    vectors, _ = encoder.apply(weights, state, {FRAMES: frames})
    assert vectors[FRAMES].shape == (2, 6)


def test_more_blocks_than_bands_can_be_halved():
    encoder = build(learnable_clips.triplet(channels=[2] * 5), SCALES, n_frames=300)
    with pytest.raises(UserError, match="300 frames and 16 mel bands nothing is left"):
        encoder.start(0)

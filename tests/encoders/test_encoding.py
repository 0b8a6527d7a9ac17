import numpy as np

import learnable_clips
from pygoodvibes.encoders.encoder import FRAMES, SPECTRUM, joined
from pygoodvibes.encoders.encoding import encode_windows, inputs_of
from pygoodvibes.encoders.networks import build


def test_many_clips_are_encoded_as_one_by_one():
    clips = learnable_clips.clips(per_id=13)
    encoder = build(learnable_clips.triplet(), clips.scales(np.arange(39)), n_frames=32)
    weights, state, _ = encoder.start(0)
    index = np.arange(38, -1, -1)
    found = encode_windows(encoder, weights, state, clips, index)
    assert found.shape == (39, 6)
    for place in (0, 20, 38):
        frames = {FRAMES: clips.windows(index[[place]])}
        alone = joined(encoder.apply(weights, state, frames)[0])
        assert np.allclose(found[place], alone[0], atol=1e-5)


def test_inputs_are_those_that_are_named():
    clips = learnable_clips.clips(n_bins=9)
    assert list(inputs_of(clips, np.array([3, 1]), names=(FRAMES,))) == [FRAMES]
    both = inputs_of(clips, np.array([3, 1]), names=(FRAMES, SPECTRUM))
    assert np.array_equal(both[SPECTRUM], clips.spectra[[3, 1]])
    assert np.array_equal(both[FRAMES], clips.windows(np.array([3, 1])))

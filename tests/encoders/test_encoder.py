import jax
import numpy as np
import onnxruntime
import pytest

import learnable_clips
from pygoodvibes.embeddings import encoder as encoders_that_run
from pygoodvibes.embeddings.encoder_inputs import inputs_of
from pygoodvibes.encoders.encoder import FRAMES, OUTPUT, SPECTRUM, joined
from pygoodvibes.encoders.needs import needs_of
from pygoodvibes.encoders.networks import Scales, build

RATE, MEL = learnable_clips.RATE, learnable_clips.MEL
SCALES = Scales((-40.0,) * 16, (8.0,) * 16, -1.0, 2.0)
KINDS = {
    "triplet": learnable_clips.triplet(),
    "id_classifier": learnable_clips.id_classifier(spectrum_seconds=1.0),
}


def made(kind):
    """Return an encoder, its weights and its state, all of them other than at the start."""
    settings = KINDS[kind]
    n_bins = RATE // 2 + 1 if kind == "id_classifier" else 0
    encoder = build(settings, SCALES, n_frames=33, n_bins=n_bins)
    weights, state, _ = encoder.start(0)
    rng = np.random.default_rng(0)

    def moved(array):
        return (array + 0.1 * rng.random(array.shape)).astype(np.float32)

    needs = needs_of(settings, sample_rate=RATE, mel=MEL)
    return encoder, jax.tree.map(moved, weights), jax.tree.map(moved, state), needs


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_gives_the_vectors_of_jax_for_any_number_of_clips_and_frames(kind):
    encoder, weights, state, needs = made(kind)
    session = onnxruntime.InferenceSession(encoder.to_onnx(weights, state, needs))
    rng = np.random.default_rng(1)
    for clips, frames in ((1, 33), (3, 50)):
        inputs = {FRAMES: rng.normal(-40, 8, size=(clips, frames, 16)).astype(np.float32)}
        if kind == "id_classifier":
            inputs[SPECTRUM] = rng.random((clips, RATE // 2 + 1)).astype(np.float32) * 50
        [found] = session.run([OUTPUT], inputs)
        expected = np.asarray(joined(encoder.apply(weights, state, inputs)[0]))
        assert found.shape == expected.shape and np.ptp(expected) > 0.1
        assert np.abs(found - expected).max() < 1e-4


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_is_one_that_the_workflow_runs_on_samples(kind):
    encoder, weights, state, needs = made(kind)
    file = encoders_that_run.loads(encoder.to_onnx(weights, state, needs), "made here")
    assert file.needs == needs
    signal = np.random.default_rng(2).normal(size=RATE).astype(np.float32)
    [inputs] = inputs_of(signal, needs, sample_rate=RATE)
    expected = np.asarray(joined(encoder.apply(weights, state, inputs)[0]))[0]
    assert np.abs(file.vector(signal, sample_rate=RATE) - expected).max() < 1e-4


def test_the_same_weights_are_the_same_bytes():
    encoder, weights, state, needs = made("triplet")
    content = encoder.to_onnx(weights, state, needs)
    assert content == encoder.to_onnx(weights, state, needs)

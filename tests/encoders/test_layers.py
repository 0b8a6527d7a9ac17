import jax
import numpy as np
import onnxruntime
import pytest

from pygoodvibes.encoders import layers
from pygoodvibes.encoders.onnx_graph import Graph

RNG = np.random.default_rng(0)
IMAGE, ROW = (13, 10, 3), (7,)
LAYERS = [
    (layers.Standardize((1.0,) * 10, (2.0, 0.5) * 5), IMAGE),
    (layers.Standardize((3.0,), (4.0,)), IMAGE),
    (layers.Logarithm(0.5), IMAGE),
    (layers.AverageTime(4), IMAGE),
    (layers.Convolution(5), IMAGE),
    (layers.Convolution(5, (3, 3), (2, 2)), IMAGE),
    (layers.Convolution(4, (6, 1), (4, 1)), IMAGE),
    (layers.BatchNormalization(), IMAGE),
    (layers.BatchNormalization(), ROW),
    (layers.Rectifier(), IMAGE),
    (layers.MaxPool(2), IMAGE),
    (layers.OverTime(), IMAGE),
    (layers.Flat(), IMAGE),
    (layers.Dense(4), ROW),
    (layers.Dropout(0.5), ROW),
    (layers.UnitLength(), ROW),
]
KEY = jax.random.PRNGKey(0)


def jiggled(arrays):
    """Return other weights or state of the same shapes, none negative."""
    return {name: (array + RNG.random(array.shape)).astype("f4") for name, array in arrays.items()}


def in_onnx(layer, weights, state, values):
    graph, name = Graph(), "given"
    channels_first = values.ndim == 4
    if channels_first:
        name = graph.add("Transpose", name, perm=[0, 3, 1, 2])
    name = layer.write(graph, weights, state, name)
    out = layer.apply(weights, state, values, key=None)[0]
    if out.ndim == 4:
        name = graph.add("Transpose", name, perm=[0, 2, 3, 1])
    flat = graph.add("Flatten", name)
    content = graph.to_bytes(
        inputs={"given": ["clips", *values.shape[1:]]},
        output=(flat, "taken", int(np.prod(out.shape[1:]))),
        metadata={},
    )
    [found] = onnxruntime.InferenceSession(content).run(None, {"given": values})
    return found.reshape(out.shape), np.asarray(out)


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=lambda each: type(each).__name__)
def test_onnx_computes_what_jax_does_and_the_shape_is_as_said(layer, shape):
    weights, state, after = layer.start(np.random.default_rng(1), shape)
    weights, state = jiggled(weights), jiggled(state)
    values = RNG.random((2, *shape)).astype(np.float32)
    found, expected = in_onnx(layer, weights, state, values)
    assert expected.shape == (2, *after)
    assert np.allclose(found, expected, atol=1e-4)


def test_a_convolution_with_one_weight_moves_values():
    layer = layers.Convolution(1)
    kernel = np.zeros((3, 3, 1, 1), np.float32)
    kernel[0, 1] = 2.0
    values = RNG.random((1, 5, 4, 1)).astype(np.float32)
    weights = {"kernel": kernel, "bias": np.float32([1.0])}
    found = np.asarray(layer.apply(weights, {}, values, key=None)[0])
    assert np.allclose(found[:, 1:], 2 * values[:, :-1] + 1) and np.allclose(found[:, 0], 1)


def test_a_batch_is_normalised_and_its_mean_noted_in_training_alone():
    layer = layers.BatchNormalization(momentum=0.75)
    weights, state, _ = layer.start(np.random.default_rng(0), (6, 5, 2))
    values = RNG.normal([3, -1], [2, 0.5], size=(4, 6, 5, 2)).astype(np.float32)
    found, after = layer.apply(weights, state, values, key=KEY)
    assert np.allclose(np.asarray(found).mean((0, 1, 2)), 0, atol=1e-4)
    assert np.allclose(np.asarray(found).std((0, 1, 2)), 1, atol=1e-3)
    assert np.allclose(after["mean"], 0.25 * values.mean((0, 1, 2)), atol=1e-5)
    found, same = layer.apply(weights, state, values, key=None)
    assert same is state and np.allclose(found, values, atol=1e-4)


def test_dropout_keeps_the_mean_and_drops_in_training_alone():
    layer = layers.Dropout(0.25)
    values = np.ones((100, 200), np.float32)
    assert layer.apply({}, {}, values, key=None)[0] is values
    found = np.asarray(layer.apply({}, {}, values, key=KEY)[0])
    assert np.allclose(np.unique(found), [0, 4 / 3])
    assert abs(found.mean() - 1) < 0.02


def test_mean_and_maximum_over_time_leave_the_bands_apart():
    values = RNG.random((2, 9, 4, 3)).astype(np.float32)
    found = np.asarray(layers.OverTime().apply({}, {}, values, key=None)[0]).reshape(2, 4, 6)
    assert np.allclose(found[..., :3], values.mean(1)) and np.allclose(
        found[..., 3:], values.max(1)
    )


def test_the_slope_of_a_maximum_goes_to_the_largest():
    values = np.array([[1.0, 5], [2, 3]], np.float32).reshape(1, 2, 2, 1)
    slope = jax.grad(lambda each: layers.MaxPool(2).apply({}, {}, each, key=None)[0].sum())(values)
    assert slope.ravel().tolist() == [0, 1, 0, 0]


def test_a_vector_of_zeros_keeps_a_finite_slope():
    zeros = np.zeros((1, 3), np.float32)
    slope = jax.grad(lambda each: layers.UnitLength().apply({}, {}, each, key=None)[0].sum())(zeros)
    assert np.isfinite(slope).all()

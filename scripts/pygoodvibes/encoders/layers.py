"""Layers of encoders: each one says how it starts, what it computes, and how ONNX writes it.

A layer takes values of shape (clips, time, bands, channels), or (clips, d) once they are flat. Its
weights are trained; its state is what it notes of the batches that pass. ONNX has the channels
before time and bands.
"""

import dataclasses
import math
from typing import Protocol

import jax
import jax.numpy as jnp
import numpy as np

from pygoodvibes.encoders.onnx_graph import Graph

Arrays = dict[str, np.ndarray]
"""Weights or state of a layer, by name."""

Shape = tuple[int, ...]
"""Of the values of one clip."""

_VARIANCE_FLOOR = 1e-5
_LENGTH_FLOOR = 1e-6


class Layer(Protocol):
    """What all layers have in common."""

    def start(self, rng: np.random.Generator, shape: Shape) -> tuple[Arrays, Arrays, Shape]:
        """Return weights and state to start from, and the shape that comes out."""

    def apply(
        self, weights: Arrays, state: Arrays, values: jax.Array, *, key: jax.Array | None
    ) -> tuple[jax.Array, Arrays]:
        """Return what comes out, and the state after it; a key of randomness only in training."""

    def write(self, graph: Graph, weights: Arrays, state: Arrays, name: str) -> str:
        """Add the layer to a graph after the value of a name, and return the name after it."""


class _Fixed:
    """A layer without weights or state that leaves the shape as it is."""

    def start(self, rng: np.random.Generator, shape: Shape) -> tuple[Arrays, Arrays, Shape]:
        return {}, {}, shape


def _he(rng: np.random.Generator, shape: Shape, inputs: int) -> np.ndarray:
    """Draw weights as He et al. (2015), Delving deep into rectifiers, for so many inputs each."""
    return (rng.standard_normal(shape) * math.sqrt(2 / inputs)).astype(np.float32)


@dataclasses.dataclass(frozen=True)
class Standardize(_Fixed):
    """Subtract a mean and divide by a scale, a value a band or one for all; neither is trained.

    Attributes
    ----------
    mean, scale : tuple of float
        As many as there are bands, or one.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]

    def apply(self, weights, state, values, *, key):
        """Do so."""
        mean, scale = (np.array(each, np.float32)[:, None] for each in (self.mean, self.scale))
        return (values - mean) / scale, state

    def write(self, graph, weights, state, name):
        """Add a difference and a quotient."""
        mean, scale = (np.array(each, np.float32) for each in (self.mean, self.scale))
        name = graph.add("Sub", name, graph.constant(mean))
        return graph.add("Div", name, graph.constant(scale))


@dataclasses.dataclass(frozen=True)
class Logarithm(_Fixed):
    """Natural logarithm of magnitudes, of which all have a little added.

    Attributes
    ----------
    offset : float > 0
        What is added.
    """

    offset: float

    def apply(self, weights, state, values, *, key):
        """Do so."""
        return jnp.log(values + np.float32(self.offset)), state

    def write(self, graph, weights, state, name):
        """Add a sum and a logarithm."""
        name = graph.add("Add", name, graph.constant(np.float32(self.offset)))
        return graph.add("Log", name)


@dataclasses.dataclass(frozen=True)
class AverageTime:
    """Mean of so many steps of time, one after the other; what is left at the end is dropped."""

    steps: int

    def start(self, rng, shape):
        """Nothing to start from."""
        time, bands, channels = shape
        return {}, {}, (time // self.steps, bands, channels)

    def apply(self, weights, state, values, *, key):
        """Average."""
        clips, time, bands, channels = values.shape
        whole = time // self.steps
        values = values[:, : whole * self.steps]
        return values.reshape(clips, whole, self.steps, bands, channels).mean(2), state

    def write(self, graph, weights, state, name):
        """Add an average pooling."""
        size = [self.steps, 1]
        return graph.add("AveragePool", name, kernel_shape=size, strides=size)


@dataclasses.dataclass(frozen=True)
class Convolution:
    """Convolution over time and bands, filled up with zeros by half of the kernel on each side."""

    channels: int
    kernel: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)

    def _padding(self) -> list[tuple[int, int]]:
        return [(size // 2, size // 2) for size in self.kernel]

    def start(self, rng, shape):
        """Draw the kernel; the bias is 0."""
        *places, inputs = shape
        kernel = _he(rng, (*self.kernel, inputs, self.channels), inputs * math.prod(self.kernel))
        out = [
            (length + 2 * (size // 2) - size) // step + 1
            for length, size, step in zip(places, self.kernel, self.stride, strict=True)
        ]
        weights = {"kernel": kernel, "bias": np.zeros(self.channels, np.float32)}
        return weights, {}, (*out, self.channels)

    def apply(self, weights, state, values, *, key):
        """Convolve."""
        out = jax.lax.conv_general_dilated(
            values,
            weights["kernel"],
            self.stride,
            self._padding(),
            dimension_numbers=("NHWC", "HWIO", "NHWC"),
        )
        return out + weights["bias"], state

    def write(self, graph, weights, state, name):
        """Add a convolution, its kernel with the channels first."""
        before, after = zip(*self._padding(), strict=True)
        kernel = graph.constant(np.asarray(weights["kernel"]).transpose(3, 2, 0, 1))
        bias = graph.constant(np.asarray(weights["bias"]))
        return graph.add(
            "Conv", name, kernel, bias, strides=list(self.stride), pads=[*before, *after]
        )


@dataclasses.dataclass(frozen=True)
class BatchNormalization:
    """Bring each channel to mean 0 and standard deviation 1, then scale and shift it.

    In training by the clips of the batch, else by the running mean of earlier batches (Ioffe and
    Szegedy, 2015).

    Attributes
    ----------
    momentum : float
        Share of the running mean that stays at each batch.
    """

    momentum: float = 0.9

    def start(self, rng, shape):
        """Take a mean of 0 and a variance of 1."""
        ones, zeros = np.ones(shape[-1], np.float32), np.zeros(shape[-1], np.float32)
        return {"scale": ones, "shift": zeros}, {"mean": zeros, "variance": ones}, shape

    def apply(self, weights, state, values, *, key):
        """Normalise, and note mean and variance in training."""
        mean, variance = state["mean"], state["variance"]
        if key is not None:
            axes = tuple(range(values.ndim - 1))
            mean, variance = values.mean(axes), values.var(axes)
            seen = {"mean": mean, "variance": variance}
            state = {
                name: self.momentum * state[name] + (1 - self.momentum) * seen[name]
                for name in ("mean", "variance")
            }
        factor = weights["scale"] * jax.lax.rsqrt(variance + _VARIANCE_FLOOR)
        return (values - mean) * factor + weights["shift"], state

    def write(self, graph, weights, state, name):
        """Add the normalisation by the running mean."""
        parts = [weights["scale"], weights["shift"], state["mean"], state["variance"]]
        constants = [graph.constant(np.asarray(part, np.float32)) for part in parts]
        return graph.add("BatchNormalization", name, *constants, epsilon=_VARIANCE_FLOOR)


@dataclasses.dataclass(frozen=True)
class Rectifier(_Fixed):
    """0 in place of what is negative."""

    def apply(self, weights, state, values, *, key):
        """Do so."""
        return jax.nn.relu(values), state

    def write(self, graph, weights, state, name):
        """Add it."""
        return graph.add("Relu", name)


@dataclasses.dataclass(frozen=True)
class MaxPool:
    """Largest of each so many by so many values; what is left at the ends is dropped."""

    size: int = 2

    def start(self, rng, shape):
        """Nothing to start from."""
        time, bands, channels = shape
        return {}, {}, (time // self.size, bands // self.size, channels)

    def apply(self, weights, state, values, *, key):
        """Take the largest; written as a maximum of blocks, whose gradient is fast on a CPU."""
        clips, time, bands, channels = values.shape
        rows, columns = time // self.size, bands // self.size
        values = values[:, : rows * self.size, : columns * self.size]
        blocks = (clips, rows, self.size, columns, self.size, channels)
        return values.reshape(blocks).max((2, 4)), state

    def write(self, graph, weights, state, name):
        """Add a pooling."""
        size = [self.size, self.size]
        return graph.add("MaxPool", name, kernel_shape=size, strides=size)


@dataclasses.dataclass(frozen=True)
class OverTime:
    """Mean and maximum over time, flat: clips may have any length, and bands stay apart."""

    def start(self, rng, shape):
        """Nothing to start from."""
        _, bands, channels = shape
        return {}, {}, (bands * 2 * channels,)

    def apply(self, weights, state, values, *, key):
        """Join both."""
        joined = jnp.concatenate([values.mean(1), values.max(1)], axis=-1)
        return joined.reshape(len(joined), -1), state

    def write(self, graph, weights, state, name):
        """Add both, and bring the channels to the end."""
        parts = [
            graph.add(each, name, axes=[2], keepdims=0) for each in ("ReduceMean", "ReduceMax")
        ]
        name = graph.add("Transpose", graph.add("Concat", *parts, axis=1), perm=[0, 2, 1])
        return graph.add("Reshape", name, graph.constant(np.array([0, -1], np.int64)))


@dataclasses.dataclass(frozen=True)
class Flat:
    """All values of a clip in one row; clips must have one length."""

    def start(self, rng, shape):
        """Nothing to start from."""
        return {}, {}, (math.prod(shape),)

    def apply(self, weights, state, values, *, key):
        """Do so."""
        return values.reshape(len(values), -1), state

    def write(self, graph, weights, state, name):
        """Bring the channels to the end first."""
        name = graph.add("Transpose", name, perm=[0, 2, 3, 1])
        return graph.add("Reshape", name, graph.constant(np.array([0, -1], np.int64)))


@dataclasses.dataclass(frozen=True)
class Dense:
    """Each value out is a weighted sum of all values in."""

    units: int

    def start(self, rng, shape):
        """Draw the matrix; the bias is 0."""
        [inputs] = shape
        weights = {
            "matrix": _he(rng, (inputs, self.units), inputs),
            "bias": np.zeros(self.units, np.float32),
        }
        return weights, {}, (self.units,)

    def apply(self, weights, state, values, *, key):
        """Sum."""
        return values @ weights["matrix"] + weights["bias"], state

    def write(self, graph, weights, state, name):
        """Add a product of matrices."""
        constants = [graph.constant(np.asarray(weights[each])) for each in ("matrix", "bias")]
        return graph.add("Gemm", name, *constants)


@dataclasses.dataclass(frozen=True)
class Dropout(_Fixed):
    """In training a share of the values is 0, and the others are larger in proportion."""

    share: float

    def apply(self, weights, state, values, *, key):
        """Drop, where there is a key of randomness."""
        if key is None or not self.share:
            return values, state
        kept = jax.random.bernoulli(key, 1 - self.share, values.shape)
        return jnp.where(kept, values / (1 - self.share), 0.0), state

    def write(self, graph, weights, state, name):
        """Add nothing."""
        return name


@dataclasses.dataclass(frozen=True)
class UnitLength(_Fixed):
    """Bring each vector to length 1."""

    def apply(self, weights, state, values, *, key):
        """Do so; a vector of zeros stays one."""
        square = (values**2).sum(-1, keepdims=True)
        return values * jax.lax.rsqrt(square + _LENGTH_FLOOR**2), state

    def write(self, graph, weights, state, name):
        """Add the length and a quotient."""
        square = graph.add("ReduceSumSquare", name, axes=[1], keepdims=1)
        square = graph.add("Add", square, graph.constant(np.float32(_LENGTH_FLOOR**2)))
        return graph.add("Div", name, graph.add("Sqrt", square))

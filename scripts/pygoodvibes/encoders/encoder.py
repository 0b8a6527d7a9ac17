"""Encoders: a branch of layers for each input; the vectors of the branches are joined.

Inputs of clips come in, one vector a clip goes out: in JAX here, or as the bytes of an ONNX file.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from pygoodvibes.embeddings.encoder_needs import KEY, Needs, written
from pygoodvibes.encoders.layers import Arrays, Layer
from pygoodvibes.encoders.onnx_graph import BATCH, Graph
from pygoodvibes.util.errors import UserError

FRAMES = "frames"
"""Input: log-mel frames, dB, shape (clips, n_frames, n_mels)."""

SPECTRUM = "spectrum"
"""Input: magnitudes of the spectrum of the whole clip, shape (clips, n_bins)."""

OUTPUT = "embedding"
"""The output of the graph, shape (clips, d)."""

Variables = dict[str, list[Arrays]]
"""Weights or state: for each branch that of its layers."""


@dataclasses.dataclass(frozen=True)
class Encoder:
    """What an encoder is made of.

    Attributes
    ----------
    branches : mapping of str to sequence of Layer
        By the name of the input that each takes.
    shapes : mapping of str to tuple of int
        Shape of each input of one clip, as it comes in training: (n_frames, n_mels) or (n_bins,).
    """

    branches: Mapping[str, Sequence[Layer]]
    shapes: Mapping[str, tuple[int, ...]]

    def start(self, seed: int) -> tuple[Variables, Variables, dict[str, int]]:
        """Draw weights.

        Parameters
        ----------
        seed : int >= 0
            Same seed, same weights.

        Returns
        -------
        weights, state : Variables
            To start from.
        widths : dict of str to int
            How many values each branch gives.

        Raises
        ------
        UserError
            If there are more blocks than halvings of the clips' frames or bands.
        """
        rng = np.random.default_rng(seed)
        weights: Variables = {}
        state: Variables = {}
        widths = {}
        for name, layers in self.branches.items():
            shape = _as_image(self.shapes[name])
            weights[name], state[name] = [], []
            for layer in layers:
                first_weights, first_state, shape = layer.start(rng, shape)
                if 0 in shape:
                    raise UserError(
                        "embedding.channels: of clips of {frames} frames and {bands} mel bands "
                        "nothing is left after so many blocks; take fewer of them, or fewer "
                        "frames_joined",
                        frames=self.shapes[name][0],
                        bands=self.shapes[name][-1],
                    )
                weights[name].append(first_weights)
                state[name].append(first_state)
            [widths[name]] = shape
        return weights, state, widths

    def apply(
        self,
        weights: Variables,
        state: Variables,
        inputs: Mapping[str, jax.Array],
        *,
        key: jax.Array | None = None,
    ) -> tuple[dict[str, jax.Array], Variables]:
        """Encode clips.

        Parameters
        ----------
        weights, state : Variables
            As `start` gives them.
        inputs : mapping of str to array
            As `FRAMES` and `SPECTRUM` say.
        key : jax.Array, optional
            Key of randomness; with one the layers do as in training.

        Returns
        -------
        vectors : dict of str to array [shape=(clips, d)]
            Of each branch.
        state : Variables
            After these clips.
        """
        vectors, after = {}, {}
        for name, layers in self.branches.items():
            values = inputs[name].reshape(-1, *_as_image(inputs[name].shape[1:]))
            after[name] = []
            for number, layer in enumerate(layers):
                own = None if key is None else jax.random.fold_in(key, number)
                values, layer_state = layer.apply(
                    weights[name][number], state[name][number], values, key=own
                )
                after[name].append(layer_state)
            vectors[name] = values
        return vectors, after

    @functools.cached_property
    def compiled(self) -> Callable:
        """Return a compiled function of weights, state and inputs: the vectors of each branch."""
        return jax.jit(lambda weights, state, inputs: self.apply(weights, state, inputs)[0])

    def to_onnx(self, weights: Variables, state: Variables, needs: Needs) -> bytes:
        """Write the encoder as an ONNX file.

        Parameters
        ----------
        weights, state : Variables
            Trained, or as `start` gives them.
        needs : Needs
            What the file says that it takes and gives.

        Returns
        -------
        bytes
            A model whose inputs have the names of the branches, and whose one output is `OUTPUT`,
            float32.
        """
        graph = Graph()
        values, inputs = [], {}
        for name, layers in self.branches.items():
            shape = self.shapes[name]
            axes = [1] if len(shape) == 2 else [1, 3]
            value = graph.add("Unsqueeze", name, graph.constant(np.array(axes, np.int64)))
            for number, layer in enumerate(layers):
                value = layer.write(graph, weights[name][number], state[name][number], value)
            values.append(value)
            # frames may be many or few, a spectrum has its bins
            inputs[name] = [BATCH, "n_frames", shape[1]] if len(shape) == 2 else [BATCH, *shape]
        width = sum(self.start(0)[2].values())
        joined = graph.add("Concat", *values, axis=1) if len(values) > 1 else values[0]
        return graph.to_bytes(
            inputs=inputs,
            output=(joined, OUTPUT, width),
            metadata={KEY: written(needs)},
        )


def joined(vectors: Mapping[str, jax.Array]) -> jax.Array:
    """Join the vectors of the branches, shape (clips, sum of d)."""
    return jnp.concatenate(list(vectors.values()), axis=-1)


def _as_image(shape: Sequence[int]) -> tuple[int, int, int]:
    """Return the shape of one clip with time, bands and channels."""
    return (*shape, 1) if len(shape) == 2 else (*shape, 1, 1)

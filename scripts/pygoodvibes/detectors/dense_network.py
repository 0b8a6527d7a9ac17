"""A dense network that learns to give back wanted values: ReLU, mini-batches, mean squared error.

Comes in: rows of values, and what the network is to give back of each. Goes out: its weights.

scikit-learn's `MLPRegressor` learns the same in two and a half times the time: its optimiser makes
new arrays at every step. Here all weights lie in one array, the steps change it in place, and more
than half of the time goes into products of matrices.

References
----------
Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks
(the first weights).
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from pygoodvibes.detectors import adam


class DenseNetwork:
    """Layers of weights and biases, with ReLU after all but the last.

    Parameters
    ----------
    sizes : sequence of int > 0
        Values that it sees, units of each hidden layer, values that it gives back.
    rng : np.random.Generator
        Draws the first weights and biases.
    dtype : dtype
        Of all values.

    Attributes
    ----------
    weights : list of np.ndarray [shape=(n_in, n_out)]
        Of each layer.
    biases : list of np.ndarray [shape=(n_out,)]
        Of each layer.
    """

    def __init__(self, sizes: Sequence[int], rng: np.random.Generator, dtype=np.float32):
        self._sizes = list(sizes)
        count = sum((n_in + 1) * n_out for n_in, n_out in itertools.pairwise(self._sizes))
        count += -count % adam.GROUP
        self._values, self._gradient, self._mean, self._square = np.zeros((4, count), dtype)
        self.weights, self.biases = self._layers(self._values)
        self._steps = 0
        for weights, bias in zip(self.weights, self.biases, strict=True):
            bound = np.sqrt(6 / sum(weights.shape))
            weights[:] = rng.uniform(-bound, bound, weights.shape)
            bias[:] = rng.uniform(-bound, bound, bias.shape)

    def _layers(self, values: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the weights and biases of each layer, as parts of an array of all values."""
        weights, biases, start = [], [], 0
        for n_in, n_out in itertools.pairwise(self._sizes):
            end = start + n_in * n_out
            weights.append(values[start:end].reshape(n_in, n_out))
            start = end + n_out
            biases.append(values[end:start])
        return weights, biases

    def gradient(
        self, seen: np.ndarray, wanted: np.ndarray
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Return the gradient of half the squared error, summed over values, mean over rows.

        Parameters
        ----------
        seen : np.ndarray [shape=(n_rows, n_in)]
            What the network sees.
        wanted : np.ndarray [shape=(n_rows, n_out)]
            What it is to give back.

        Returns
        -------
        tuple of (list of np.ndarray, list of np.ndarray)
            With the shapes of `weights` and `biases`; the next call overwrites them.
        """
        weights, biases = self._layers(self._gradient)
        layers = list(activations(seen, self.weights, self.biases))
        error = layers.pop() - wanted
        error /= len(seen)
        for number in reversed(range(len(weights))):
            entered = layers[number]
            np.matmul(entered.T, error, out=weights[number])
            np.sum(error, axis=0, out=biases[number])
            if number:
                error = error @ self.weights[number].T
                error *= entered > 0
        return weights, biases

    def step(self, seen: np.ndarray, wanted: np.ndarray, *, learning_rate: float) -> None:
        """Take a step of Adam down the gradient for some rows."""
        self.gradient(seen, wanted)
        self._steps += 1
        adam.step(
            self._values,
            self._gradient,
            self._mean,
            self._square,
            number=self._steps,
            learning_rate=learning_rate,
        )


def activations(
    seen: np.ndarray, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray]
) -> Iterator[np.ndarray]:
    """Yield what enters each layer of a network, and at last what it gives back, a row each."""
    values, last = seen, len(weights) - 1
    yield values
    for number, (own, bias) in enumerate(zip(weights, biases, strict=True)):
        values = values @ own
        values += bias
        if number < last:
            np.maximum(values, 0, out=values)
        yield values


def train(
    seen: np.ndarray,
    wanted: np.ndarray,
    *,
    hidden: Sequence[int],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    seed: int,
) -> DenseNetwork:
    """Train a network.

    Parameters
    ----------
    seen : np.ndarray [shape=(n_rows, n_in), dtype=float32]
        What it sees.
    wanted : np.ndarray [shape=(n_rows, n_out), dtype=float32]
        What it is to give back.
    hidden : sequence of int > 0
        Units of the hidden layers.
    epochs : int > 0
        Passes over the rows, each in an order of its own.
    batch_size : int > 0
        Rows to a step.
    learning_rate : float > 0
        Of Adam.
    seed : int >= 0
        Of the first weights and of the order of the rows.

    Returns
    -------
    DenseNetwork
        After the last step.
    """
    rng = np.random.default_rng(seed)
    network = DenseNetwork([seen.shape[1], *hidden, wanted.shape[1]], rng)
    for _ in range(epochs):
        order = rng.permutation(len(seen))
        for start in range(0, len(seen), batch_size):
            rows = order[start : start + batch_size]
            network.step(seen[rows], wanted[rows], learning_rate=learning_rate)
    return network

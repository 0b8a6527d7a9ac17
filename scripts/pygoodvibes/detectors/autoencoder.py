"""The autoencoder of the DCASE 2020 Task 2 organisers, as a peer of the other detectors.

Five frames of the log-mel spectrogram in a row make one vector (5 x 128 values with the default mel
settings). A dense network that narrows to eight values learns to reproduce the vectors of normal
training clips; a clip is anomalous if its vectors are reproduced badly. The score is the mean
squared error in dB squared, over all vectors of the clip, as the organisers compute it.

What differs from the organisers' baseline: the network has no batch normalisation, so the vectors
are centred and divided by one standard deviation before, and the error is multiplied out again; no
tenth of the vectors is set apart to watch the training; and there is a network for each machine ID,
as for all detectors here, where the organisers have one for each machine type.

References
----------
Koizumi et al. (2020), Description and discussion on DCASE2020 challenge task 2.
Kingma and Ba (2015), Adam: a method for stochastic optimization.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.dense_network import activations, train
from pygoodvibes.detectors.frames import draw_vectors, stack_frames
from pygoodvibes.detectors.kinds import COUNT, WHOLE, Array, Choice, ListOf, Number, Sizes, expect
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.settings import Count


class FrameNetwork:
    """Mean squared error with which a dense network reproduces the frames of a clip.

    Parameters
    ----------
    target : {'all', 'middle'}
        What the network is to give back: all stacked frames that it sees, or the middle frame,
        which it does not see then.
    stack : int > 0
        Frames in a row, as in `stack_frames`; for 'middle' an odd number from 3 on.
    hidden : sequence of int > 0
        Units of the ReLU layers before the bottleneck; those after it mirror them.
    bottleneck : int > 0
        Units of the narrowest layer.
    epochs : int > 0
        Passes over the vectors.
    batch_size : int > 0
        Vectors to a step of Adam.
    learning_rate : float > 0
        Of Adam.
    max_frames : int > 0
        Vectors drawn at random from the training clips.
    random_state : int >= 0
        Seed of the draw, of the first weights, and of the order of the vectors.

    Attributes
    ----------
    mean_ : np.ndarray [shape=(stack * n_mels,), dtype=float32]
        Mean training vector, dB.
    scale_ : float
        Standard deviation of all values around it, dB.
    weights_ : list of np.ndarray [shape=(n_in, n_out), dtype=float32]
        Of each layer.
    biases_ : list of np.ndarray [shape=(n_out,), dtype=float32]
        Of each layer.
    """

    def __init__(
        self,
        *,
        target: str = "all",
        stack: int = 5,
        hidden: Sequence[int] = (128, 128, 128, 128),
        bottleneck: int = 8,
        epochs: int = 100,
        batch_size: int = 512,
        learning_rate: float = 0.001,
        max_frames: int = 50000,
        random_state: int = 0,
    ):
        self.target = target
        self.stack = stack
        self.hidden = hidden
        self.bottleneck = bottleneck
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_frames = max_frames
        self.random_state = random_state

    def fit(self, X: Sequence[np.ndarray]) -> "FrameNetwork":
        """Train on the frames of training clips, each of shape (n_frames, n_mels), dB."""
        rng = np.random.default_rng(self.random_state)
        vectors = draw_vectors(X, self.stack, self.max_frames, rng, dtype=np.float32)
        self.mean_ = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        vectors -= self.mean_
        # one for all columns: the network then minimises the error that is the score
        self.scale_ = max(float(np.sqrt(np.mean(np.square(vectors), dtype=np.float64))), 1e-6)
        vectors /= np.float32(self.scale_)
        seen, wanted = self._split(vectors)
        network = train(
            seen,
            wanted,
            hidden=[*self.hidden, self.bottleneck, *reversed(self.hidden)],
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            seed=self.random_state,
        )
        self.weights_, self.biases_ = (
            [part.copy() for part in parts] for parts in (network.weights, network.biases)
        )
        return self

    def _split(self, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what the network sees of each vector, and what it is to give back."""
        if self.target == "all":
            return vectors, vectors
        n_mels = vectors.shape[1] // self.stack
        start = self.stack // 2 * n_mels
        middle = np.arange(start, start + n_mels)
        return np.delete(vectors, middle, axis=1), vectors[:, middle]

    def score_frames(self, frames: np.ndarray) -> np.ndarray:
        """Return the mean squared error of each vector of a clip, dB squared, shape (n_vectors,).

        Parameters
        ----------
        frames : np.ndarray [shape=(n_frames, n_mels)]
            Log-mel frames of the clip, dB.
        """
        vectors = stack_frames(np.asarray(frames, dtype=np.float32), self.stack)
        values, wanted = self._split((vectors - self.mean_) / np.float32(self.scale_))
        *_, given_back = activations(values, self.weights_, self.biases_)
        error = np.square(given_back - wanted, dtype=np.float64).mean(axis=1)
        return error * self.scale_**2

    def score_samples(self, X: Sequence[np.ndarray]) -> np.ndarray:
        """Return minus the clips' mean errors, shape (n_clips,): higher = more normal."""
        return -np.array([self.score_frames(frames).mean() for frames in X])


class Settings(SeededSettings):
    """Autoencoder of the DCASE 2020 Task 2 organisers, without batch normalisation.

    The score is the mean squared error of reproducing stacked log-mel frames, in dB squared. One
    network a machine ID, where the organisers have one a machine type.
    """

    most_held_out_fits: ClassVar[int | None] = 3
    target: ClassVar[str] = "all"

    method: Literal["autoencoder"]
    input: Literal["mel"] = "mel"
    """What the detector sees: the log-mel frames. On a data set that enters as vectors it is not
    fitted, and the tables say so."""

    stack: Annotated[int, Field(ge=1, le=16)] = 5
    """Frames in a row that make one vector."""

    hidden: Annotated[list[Count], Field(min_length=1)] = Field(default=[128, 128, 128, 128])
    """Units of the layers before the bottleneck; those after it mirror them."""

    bottleneck: Count = 8
    """Units of the narrowest layer."""

    epochs: Count = 100
    """Passes over the vectors."""

    batch_size: Count = 512
    """Vectors to a step of the optimiser (Adam)."""

    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.001
    """Of the optimiser."""

    max_frames: Annotated[int, Field(ge=10)] = 50000
    """Vectors drawn at random from the training clips (50000 vectors of 5 x 128 values: 130 MB)."""

    def build(self, *, n_clips: int, seed: int) -> FrameNetwork:
        """Return the estimator for `n_clips` training clips."""
        return FrameNetwork(
            target=self.target,
            stack=self.stack,
            hidden=list(self.hidden),
            bottleneck=self.bottleneck,
            epochs=self.epochs,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            max_frames=self.max_frames,
            random_state=seed if self.seed is None else self.seed,
        )


def _layers_fit_each_other(values: Mapping, sizes: Sizes) -> None:
    stack, middle = values["stack"], values["target"] == "middle"
    bands, left = divmod(sizes["s"], stack)
    expect(not left, "mean_: not so many values as stacked bands")
    expect(not middle or (stack >= 3 and stack % 2), "stack: these frames have no middle one")
    sizes.agree("bands", bands)
    size = sizes["s"] - bands * middle
    for weights, bias in zip(values["weights_"], values["biases_"], strict=True):
        expect(weights.shape == (size, len(bias)), "weights_: layers don't fit each other")
        size = len(bias)
    expect(size == (bands if middle else sizes["s"]), "biases_: not so many outputs as bands")


STATES = {
    "FrameNetwork": State(
        {
            "target": Choice("all", "middle"),
            "stack": Number(low=1, high=16, whole=True),
            "hidden": ListOf(COUNT),
            "bottleneck": COUNT,
            "epochs": COUNT,
            "batch_size": COUNT,
            "learning_rate": Number(above=0),
            "max_frames": COUNT,
            "random_state": WHOLE,
            "mean_": Array("f4", ("s",)),
            "scale_": Number(above=0),
            "weights_": ListOf(Array("f4", (None, None)), "layers"),
            "biases_": ListOf(Array("f4", (None,)), "layers"),
        },
        check=_layers_fit_each_other,
    )
}

FITTED = Object("autoencoder.FrameNetwork", bands="bands")

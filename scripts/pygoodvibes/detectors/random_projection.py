"""The control: a random projection, and the distance to the nearest training clip.

What a method finds beyond this, it finds by what it has learnt.

References
----------
Bingham and Mannila (2001), Random projection in dimensionality reduction.
"""

from typing import Literal

import numpy as np

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.local_density import LocalDensity
from pygoodvibes.settings import Count


class RandomProjection:
    """Distance to the nearest training clip after a random projection.

    Parameters
    ----------
    dimensions : int > 0
        Columns after the projection.
    random_state : int >= 0
        Seed of the projection.
    """

    def __init__(self, *, dimensions: int = 32, random_state: int = 0):
        self.dimensions = dimensions
        self.random_state = random_state

    def fit(self, X: np.ndarray) -> "RandomProjection":
        """Draw the projection and keep the training clips, shape (n_clips, n_columns)."""
        rng = np.random.default_rng(self.random_state)
        self.weights_ = rng.normal(size=(X.shape[1], self.dimensions)) / np.sqrt(X.shape[1])
        self.nearest_ = LocalDensity(n_neighbors=0, scaling="none").fit(X @ self.weights_)
        return self

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the distance, shape (n_clips,): higher = more normal, at most 0."""
        return self.nearest_.score_samples(X @ self.weights_)


class Settings(SeededSettings):
    """Control: nearest training clip after a random projection."""

    method: Literal["random_projection"]
    input: Literal["projection", "embedding"] = "embedding"
    """What is projected: the embedding as it is, unscaled, or its PCA projection."""

    dimensions: Count = 32
    """Columns after the projection."""

    def build(self, *, n_clips: int, seed: int) -> RandomProjection:
        """Return the estimator for `n_clips` training clips."""
        return RandomProjection(
            dimensions=self.dimensions, random_state=seed if self.seed is None else self.seed
        )

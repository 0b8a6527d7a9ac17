"""The control: a random projection, and the distance to the nearest training clip.

What a method finds beyond this, it finds by what it has learnt. It sees what the PCA sees, the
columns brought to standard deviation 1, and keeps as many dimensions.

References
----------
Bingham and Mannila (2001), Random projection in dimensionality reduction.
"""

from typing import Literal

import numpy as np

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.kinds import COUNT, WHOLE, Array
from pygoodvibes.detectors.local_density import LocalDensity, Scaling
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.settings import Count


class RandomProjection:
    """Distance to the nearest training clip after a random projection of standardised columns.

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
        self.scaling_ = Scaling("standardize").fit(X)
        self.weights_ = rng.normal(size=(X.shape[1], self.dimensions)) / np.sqrt(X.shape[1])
        self.nearest_ = LocalDensity(n_neighbors=0, scaling="none").fit(self._project(X))
        return self

    def _project(self, X: np.ndarray) -> np.ndarray:
        return self.scaling_.transform(X) @ self.weights_

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the distance, shape (n_clips,): higher = more normal, at most 0."""
        return self.nearest_.score_samples(self._project(X))


class Settings(SeededSettings):
    """Control: nearest training clip after a random projection."""

    method: Literal["random_projection"]
    input: Literal["projection", "embedding"] = "embedding"
    """What is projected at random: the embedding or its PCA projection, standardised."""

    dimensions: Count | None = None
    """Columns after the projection (null: as many as the PCA keeps components for this machine ID;
    so this detector is a control of what the components find)."""

    def beside(self, n_components: int) -> "Settings":
        """Return settings for a machine ID whose PCA keeps so many components."""
        if self.dimensions is not None:
            return self
        return self.model_copy(update={"dimensions": max(n_components, 1)})

    def build(self, *, n_clips: int, seed: int) -> RandomProjection:
        """Return the estimator for `n_clips` training clips."""
        return RandomProjection(
            # the most components that a PCA of so many clips has
            dimensions=self.dimensions or max(n_clips - 1, 1),
            random_state=seed if self.seed is None else self.seed,
        )


STATES = {
    "RandomProjection": State(
        {
            "dimensions": COUNT,
            "random_state": WHOLE,
            "scaling_": Object("local_density.Scaling", d="d", k="d"),
            "weights_": Array("f8", ("d", "p")),
            "nearest_": Object("local_density.LocalDensity", d="p"),
        }
    )
}

FITTED = Object("random_projection.RandomProjection", d="d")

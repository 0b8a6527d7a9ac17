"""Distance to the k nearest training clips.

References
----------
Ramaswamy, Rastogi and Shim (2000), Efficient algorithms for mining outliers from large data sets.
"""

from typing import ClassVar, Literal

import numpy as np

from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.kinds import COUNT, Choice
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.settings import Count


class NearestNeighborDistance:
    """Mean distance to the k nearest training clips.

    Parameters
    ----------
    n_neighbors : int > 0
        Number of training clips, k.
    metric : {'euclidean', 'manhattan', 'cosine'}
        Distance between clips.
    """

    def __init__(self, *, n_neighbors: int = 1, metric: str = "euclidean"):
        self.n_neighbors = n_neighbors
        self.metric = metric

    def fit(self, X: np.ndarray) -> "NearestNeighborDistance":
        """Keep the training clips, shape (n_clips, n_columns)."""
        from sklearn.neighbors import NearestNeighbors

        self.neighbors_ = NearestNeighbors(n_neighbors=self.n_neighbors, metric=self.metric).fit(X)
        return self

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the mean distance, shape (n_clips,): higher = more normal, at most 0."""
        return -self.neighbors_.kneighbors(X)[0].mean(axis=1)


class Settings(DetectorSettings):
    """K-nearest neighbours."""

    libraries: ClassVar[tuple[str, ...]] = ("neighbors",)

    method: Literal["knn"]
    n_neighbors: Count = 1
    """Training clips whose mean distance is the score (at most the training clips)."""

    metric: Literal["euclidean", "manhattan", "cosine"] = "euclidean"
    """Distance between clips."""

    def build(self, *, n_clips: int, seed: int) -> NearestNeighborDistance:
        """Return the estimator for `n_clips` training clips."""
        return NearestNeighborDistance(
            n_neighbors=min(self.n_neighbors, n_clips), metric=self.metric
        )


STATES = {
    "NearestNeighborDistance": State(
        {
            "n_neighbors": COUNT,
            "metric": Choice("euclidean", "manhattan", "cosine"),
            "neighbors_": Object("sklearn.NearestNeighbors", d="d"),
        }
    )
}

FITTED = Object("knn.NearestNeighborDistance", d="d")

"""Mahalanobis distance with a shrunk covariance.

References
----------
Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.
Chen, Wiesel, Eldar and Hero (2010), Shrinkage algorithms for MMSE covariance estimation (OAS).
"""

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.kinds import Choice, Either, Number
from pygoodvibes.detectors.state import Object, State


class ShrunkMahalanobis:
    """Mahalanobis distance to the mean of the training clips.

    Parameters
    ----------
    shrinkage : {'ledoit_wolf', 'oas'} or float in [0, 1]
        How far the covariance is drawn towards a multiple of the identity.
    """

    def __init__(self, *, shrinkage: str | float = "ledoit_wolf"):
        self.shrinkage = shrinkage

    def fit(self, X: np.ndarray) -> "ShrunkMahalanobis":
        """Estimate mean and covariance of the training clips, shape (n_clips, n_columns)."""
        from sklearn.covariance import OAS, LedoitWolf, ShrunkCovariance

        named = {"ledoit_wolf": LedoitWolf, "oas": OAS}
        if self.shrinkage in named:
            self.covariance_ = named[self.shrinkage]()
        else:
            self.covariance_ = ShrunkCovariance(shrinkage=self.shrinkage)
        self.covariance_.fit(np.asarray(X, dtype=np.float64))
        return self

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the distance, shape (n_clips,): higher = more normal, at most 0."""
        squared = self.covariance_.mahalanobis(np.asarray(X, dtype=np.float64))
        return -np.sqrt(np.maximum(squared, 0.0))


class Settings(DetectorSettings):
    """Mahalanobis distance."""

    libraries: ClassVar[tuple[str, ...]] = ("covariance",)

    method: Literal["mahalanobis"]
    shrinkage: Literal["ledoit_wolf", "oas"] | Annotated[float, Field(ge=0, le=1)] = "ledoit_wolf"
    """Shrinkage of the covariance: 'ledoit_wolf', 'oas', or a fixed share."""

    def build(self, *, n_clips: int, seed: int) -> ShrunkMahalanobis:
        """Return the estimator for `n_clips` training clips."""
        return ShrunkMahalanobis(shrinkage=self.shrinkage)


STATES = {
    "ShrunkMahalanobis": State(
        {
            "shrinkage": Either(Choice("ledoit_wolf", "oas"), Number(low=0, high=1)),
            "covariance_": Object(
                "sklearn.LedoitWolf", "sklearn.OAS", "sklearn.ShrunkCovariance", d="d"
            ),
        }
    )
}

FITTED = Object("mahalanobis.ShrunkMahalanobis", d="d")

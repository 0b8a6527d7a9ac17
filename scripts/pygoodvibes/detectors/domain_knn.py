"""Distance to the nearest training clips of each domain, the smallest over the domains.

Few clips of the target domain lie far from each other, so that distances to them are large. To
compare, a distance counts in units of what held-out training clips of the domain have.

References
----------
Wilkinghoff (2023), Design choices for learning embeddings from auxiliary tasks for domain
generalization in anomalous sound detection (the smallest distance over references of both domains).
"""

from typing import Literal

import numpy as np

from pygoodvibes.detectors.domain_banks import DomainBanks, DomainSettings, state_fields
from pygoodvibes.detectors.state import Object, State


class DomainNeighbors(DomainBanks):
    """Nearest neighbours per domain; parameters and attributes as in `DomainBanks`."""

    def _references(self, clips: np.ndarray, *, target: bool, n_source: int) -> np.ndarray:
        del target, n_source
        return clips


class Settings(DomainSettings):
    """Nearest neighbours in the source and in the target domain, the smaller score of both."""

    method: Literal["domain_knn"]
    standardize: bool = True
    """Compare scores in units of what held-out training clips of each domain score. Without, and
    with one neighbour, this is `knn`."""

    def build(self, *, n_clips: int, seed: int) -> DomainNeighbors:
        """Return the estimator for `n_clips` training clips."""
        del n_clips
        return DomainNeighbors(standardize=self.standardize, **self.common(seed))


STATES = {"DomainNeighbors": State(state_fields())}

FITTED = Object("domain_knn.DomainNeighbors", d="d")

"""Distance to centres of the source domain and to each clip of the target domain.

The many clips of the source domain are replaced by a few centres, which lie about as far from a
clip as the few clips of the target domain do. So the two domains compare without more ado.

References
----------
Wilkinghoff (2023), Design choices for learning embeddings from auxiliary tasks for domain
generalization in anomalous sound detection (16 centres of the source, every clip of the target).
"""

from typing import ClassVar, Literal

import numpy as np

from pygoodvibes.detectors.domain_banks import DomainBanks, DomainSettings, state_fields
from pygoodvibes.detectors.kinds import COUNT
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.settings import Count


class SourceCentres(DomainBanks):
    """Centres of the source, clips of the target; further parameters as in `DomainBanks`.

    Parameters
    ----------
    centres : int > 0
        Centres of the source domain (at most its clips).
    """

    def __init__(self, *, centres: int = 16, **common: object):
        super().__init__(**common)
        self.centres = centres

    def _references(self, clips: np.ndarray, *, target: bool, n_source: int) -> np.ndarray:
        if target or len(clips) <= self.centres:
            return clips
        from sklearn.cluster import KMeans

        means = KMeans(self.centres, n_init=1, random_state=self.random_state).fit(clips)
        return np.asarray(means.cluster_centers_, dtype=np.float64)


class Settings(DomainSettings):
    """Centres of the source domain (k-means), and every clip of the target domain."""

    libraries: ClassVar[tuple[str, ...]] = ("cluster",)

    method: Literal["domain_kmeans"]
    centres: Count = 16
    """Centres that stand for the source domain (at most its training clips)."""

    standardize: bool = False
    """Compare scores in units of what held-out training clips of each domain score."""

    def build(self, *, n_clips: int, seed: int) -> SourceCentres:
        """Return the estimator for `n_clips` training clips."""
        del n_clips
        return SourceCentres(
            centres=self.centres, standardize=self.standardize, **self.common(seed)
        )


STATES = {"SourceCentres": State(state_fields(centres=COUNT))}

FITTED = Object("domain_kmeans.SourceCentres", d="d")

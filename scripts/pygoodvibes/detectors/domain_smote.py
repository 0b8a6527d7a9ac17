"""Distance to the clips of the source domain and to the target domain, filled up by SMOTE.

Between a clip of the target domain and one of its nearest there, new references are drawn, until
the target domain has a share of the number of the source domain.

References
----------
Chawla et al. (2002), SMOTE: synthetic minority over-sampling technique.
Fujimura et al. (2025), ASDKit: a toolkit for anomalous sound detection (nearest neighbours after
SMOTE of the target, ratio 0.2, 2 neighbours).
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from pygoodvibes.detectors.domain_banks import DomainBanks, DomainSettings, state_fields
from pygoodvibes.detectors.kinds import COUNT, Number
from pygoodvibes.detectors.local_density import distance_blocks
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.settings import Count


class FilledTarget(DomainBanks):
    """Nearest neighbours, the target filled up; further parameters as in `DomainBanks`.

    Parameters
    ----------
    ratio : float in (0, 1]
        References of the target domain for each clip of the source domain.
    between : int > 0
        A new reference lies between a clip and one of so many nearest clips.
    """

    def __init__(self, *, ratio: float = 0.2, between: int = 2, **common: object):
        super().__init__(**common)
        self.ratio = ratio
        self.between = between

    def _references(self, clips: np.ndarray, *, target: bool, n_source: int) -> np.ndarray:
        missing = int(self.ratio * n_source) - len(clips)
        if not target or len(clips) < 2 or missing <= 0:
            return clips
        [(_, distances)] = distance_blocks(clips, clips)
        np.fill_diagonal(distances, np.inf)
        k = min(self.between, len(clips) - 1)
        nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
        rng = np.random.default_rng(self.random_state)
        first = rng.integers(len(clips), size=missing)
        second = nearest[first, rng.integers(k, size=missing)]
        share = rng.random((missing, 1))
        drawn = clips[first] + share * (clips[second] - clips[first])
        if self.metric == "cosine":
            drawn /= np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), 1e-12)
        return np.concatenate([clips, drawn])


class Settings(DomainSettings):
    """Nearest neighbours with a target domain filled up by SMOTE."""

    method: Literal["domain_smote"]
    ratio: Annotated[float, Field(gt=0, le=1)] = 0.2
    """References of the target domain for each training clip of the source domain."""

    between: Count = 2
    """A new reference lies between a clip of the target domain and one of so many nearest."""

    standardize: bool = False
    """Compare scores in units of what held-out training clips of each domain score."""

    def build(self, *, n_clips: int, seed: int) -> FilledTarget:
        """Return the estimator for `n_clips` training clips."""
        del n_clips
        return FilledTarget(
            ratio=self.ratio,
            between=self.between,
            standardize=self.standardize,
            **self.common(seed),
        )


STATES = {"FilledTarget": State(state_fields(ratio=Number(above=0, high=1), between=COUNT))}

FITTED = Object("domain_smote.FilledTarget", d="d")

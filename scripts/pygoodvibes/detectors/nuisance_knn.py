"""Nearest neighbours without the directions in which the hall, not the machine, makes clips differ.

Supplemental recordings tell these directions, in columns at standard deviation 1 over the training
clips. C(A) is the covariance of some clips around their own mean. The leading eigenvectors with
positive eigenvalue are taken, as the rows of U:

- with recordings of noise alone, those of C(noise), the directions in which noise scatters;
- with recordings of the machine alone, those of C(training) - C(clean): where machine and hall
  add independently, that is what the hall adds.

Each clip x becomes x - U'Ux, and its score is the mean distance to the nearest training clips. All
else of the supplemental recordings, such as where they lie, plays no part. Without such recordings
nothing is removed. A direction in which an anomaly differs may be among those that are removed.

References
----------
Solomonoff, Campbell and Boardman (2005), Advances in channel compensation for SVM speaker
recognition (nuisance attribute projection).
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.kinds import COUNT, FLAG, WHOLE, Array, Choice, Sizes, expect
from pygoodvibes.detectors.knn import NearestNeighborDistance
from pygoodvibes.detectors.local_density import Scaling
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.messages import Message, message
from pygoodvibes.util.settings import Count

LEAST = 2
"""With fewer recordings of a kind there is no scatter."""


class NuisanceNeighbors:
    """Mean distance to the nearest training clips, after some directions are removed.

    Parameters
    ----------
    n_neighbors : int > 0
        Number of training clips, k.
    directions : int > 0
        At most so many directions are removed.
    directions_from : {'supplemental', 'training'}
        Whose scatter tells them; 'training' is C(training), without supplemental recordings.
    scaling : {'none', 'standardize'}
        What is done to the columns before.
    shuffle_supplemental : bool
        A control: as many random orthonormal directions are removed instead.
    random_state : int >= 0
        Seed of the random directions.

    Attributes
    ----------
    removed_ : np.ndarray [shape=(n_directions, d)]
        Orthonormal rows, of the scaled columns; none without supplemental recordings.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 1,
        directions: int = 2,
        directions_from: str = "supplemental",
        scaling: str = "standardize",
        shuffle_supplemental: bool = False,
        random_state: int = 0,
    ):
        self.n_neighbors = n_neighbors
        self.directions = directions
        self.directions_from = directions_from
        self.scaling = scaling
        self.shuffle_supplemental = shuffle_supplemental
        self.random_state = random_state

    def fit(
        self, X: np.ndarray, supplemental: Mapping[str, np.ndarray] | None = None
    ) -> "NuisanceNeighbors":
        """Find the directions and keep the training clips without them.

        Parameters
        ----------
        X : np.ndarray [shape=(n_clips, d)]
            Training clips.
        supplemental : mapping of str to np.ndarray [shape=(n, d)], optional
            Supplemental recordings by kind, 'noise' or 'clean'; with both, 'noise' counts.
        """
        self.scaling_ = Scaling(self.scaling).fit(X)
        values = self.scaling_.transform(X)
        self.removed_ = self._directions(values, supplemental or {})
        self.nearest_ = NearestNeighborDistance(n_neighbors=self.n_neighbors)
        self.nearest_.fit(self._without(values))
        return self

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the mean distance, shape (n_clips,): higher = more normal, at most 0."""
        return self.nearest_.score_samples(self._without(self.scaling_.transform(X)))

    def _without(self, values: np.ndarray) -> np.ndarray:
        return values - (values @ self.removed_.T) @ self.removed_

    def _directions(self, values: np.ndarray, supplemental: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the directions to remove, shape (n_directions, d), from scaled training clips."""
        scatter = self._scatter(values, supplemental)
        if scatter is None:
            return np.zeros((0, values.shape[1]))
        # a column that is constant over the training clips has no unit to compare it by, and what
        # differs there stands out
        constant = np.ptp(values, axis=0) < 1e-3
        scatter[constant] = 0
        scatter[:, constant] = 0
        variance, found = np.linalg.eigh(scatter)
        leading = np.argsort(variance)[::-1][: self.directions]
        # what rounding leaves of nothing is no direction
        least = 1e-9 * max(np.abs(variance).max(), values.var())
        leading = leading[variance[leading] > least]
        if self.shuffle_supplemental:
            rng = np.random.default_rng(self.random_state)
            found, _ = np.linalg.qr(rng.normal(size=(values.shape[1], len(leading))))
            leading = np.arange(len(leading))
        return np.ascontiguousarray(found[:, leading].T)

    def _scatter(
        self, values: np.ndarray, supplemental: Mapping[str, np.ndarray]
    ) -> np.ndarray | None:
        """Return the matrix whose leading eigenvectors are removed; None: nothing tells them."""
        if self.directions_from == "training":
            return _covariance(values)
        for kind in ("noise", "clean"):
            if len(recordings := supplemental.get(kind, ())) >= LEAST:
                scatter = _covariance(self.scaling_.transform(recordings))
                return scatter if kind == "noise" else _covariance(values) - scatter
        return None


def _covariance(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0)
    return centred.T @ centred / max(len(values) - 1, 1)


class Settings(SeededSettings):
    """Nearest neighbours without the directions that supplemental recordings tell (DCASE 2025)."""

    sees_supplemental: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("neighbors",)

    method: Literal["nuisance_knn"]
    input: Literal["projection", "embedding"] = "embedding"
    """What the detector sees: the embedding, or the PCA projection, which leaves out of
    supplemental recordings what training clips do not have."""

    n_neighbors: Count = 1
    """Training clips whose mean distance is the score (at most the training clips)."""

    directions: Count = 2
    """At most so many directions are removed; loudness and colour of a hall are two."""

    directions_from: Literal["supplemental", "training"] = "supplemental"
    """Whose scatter tells the directions. 'training': the training clips themselves, without
    supplemental recordings, to see what these add."""

    scaling: Literal["none", "standardize"] = "standardize"
    """Before directions are found: 'standardize', every column to standard deviation 1."""

    shuffle_supplemental: bool = False
    """A control: remove as many random directions instead. What the detector finds beyond this, it
    finds by the directions."""

    def build(self, *, n_clips: int, seed: int) -> NuisanceNeighbors:
        """Return the estimator for `n_clips` training clips."""
        return NuisanceNeighbors(
            n_neighbors=min(self.n_neighbors, n_clips),
            directions=self.directions,
            directions_from=self.directions_from,
            scaling=self.scaling,
            shuffle_supplemental=self.shuffle_supplemental,
            random_state=seed if self.seed is None else self.seed,
        )

    def remarks(self, estimator: NuisanceNeighbors) -> list[Message]:
        """Say where nothing was removed, or fewer directions than asked for."""
        used = len(estimator.removed_)
        if not used:
            return [
                message(
                    "no supplemental recordings tell a direction to remove: it is plain nearest "
                    "neighbours"
                )
            ]
        if used < self.directions:
            return [
                message(
                    "directions {asked} lowered to {used}: the recordings tell no more",
                    asked=self.directions,
                    used=used,
                )
            ]
        return []


def _orthonormal(values: Mapping, sizes: Sizes) -> None:
    del sizes
    rows = values["removed_"]
    expect(np.allclose(rows @ rows.T, np.eye(len(rows)), atol=1e-6), "directions are orthonormal")


STATES = {
    "NuisanceNeighbors": State(
        {
            "n_neighbors": COUNT,
            "directions": COUNT,
            "directions_from": Choice("supplemental", "training"),
            "scaling": Choice("none", "standardize"),
            "shuffle_supplemental": FLAG,
            "random_state": WHOLE,
            "scaling_": Object("local_density.Scaling", d="d", k="d"),
            "removed_": Array("f8", (None, "d"), empty=True),
            "nearest_": Object("knn.NearestNeighborDistance", d="d"),
        },
        check=_orthonormal,
    )
}

FITTED = Object("nuisance_knn.NuisanceNeighbors", d="d")

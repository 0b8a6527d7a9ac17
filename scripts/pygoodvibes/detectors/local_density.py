"""Nearest-neighbour distance in units of the density around the neighbour.

A distance says little by itself where training clips crowd in one place and are scattered in
another, as with a machine that runs in several states among changing noise. So the distance to each
training clip is divided by that clip's own mean distance to its neighbours.

References
----------
Wilkinghoff et al. (2025), Keeping the balance: anomaly score calculation for domain generalization
(local density of the references).
Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.kinds import COUNT, WHOLE, Array, Choice, Number, Sizes, maybe
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.padding import ROWS
from pygoodvibes.util.settings import Count

BLOCK = 2_000_000
"""Distances held in memory at a time (16 MB)."""


class Scaling:
    """A linear map after which Euclidean distances between clips are comparable.

    Parameters
    ----------
    kind : {'none', 'standardize', 'whiten'}
        As `scaling` of `Settings`.
    """

    def __init__(self, kind: str):
        self.kind = kind

    def fit(self, X: np.ndarray) -> "Scaling":
        """Learn the map from training clips, shape (n_clips, n_columns)."""
        X = np.asarray(X, dtype=np.float64)
        self.mean_ = X.mean(axis=0)
        self.weight_ = np.ones(X.shape[1])
        self.rotation_ = self.across_ = None
        if self.kind == "none":
            return self
        deviation = X.std(axis=0)
        # rounding, of float32 too, leaves a constant column with a deviation of up to 1e-7 of its
        # value; it keeps its unit, so that a clip that differs there stands out by its difference
        varies = deviation > 1e-6 * np.maximum(np.abs(self.mean_), 1e-3)
        self.weight_[varies] = 1 / deviation[varies]
        if self.kind == "whiten" and len(X) > 1:
            self._whiten((X - self.mean_) * self.weight_)
        return self

    def _whiten(self, scaled: np.ndarray) -> None:
        """Learn the directions of training clips and the variance along each, shrunk."""
        n_clips, n_columns = scaled.shape
        # the products of clips are the smaller matrix where they are not more than columns
        product = scaled.T @ scaled if n_clips > n_columns else scaled @ scaled.T
        shrinkage, target = shrunk(scaled, product)
        if n_clips > n_columns:
            covariance = (1 - shrinkage) / n_clips * product
            covariance[np.diag_indices(n_columns)] += shrinkage * target
            # distances are the same by any of its roots. This one takes a third of the time that
            # its directions take; those are needed where it is close to having none along some
            if shrinkage * target > 1e-9 * np.trace(covariance):
                from scipy.linalg.lapack import dtrtri

                inverse, _ = dtrtri(np.linalg.cholesky(covariance), lower=1)
                self.rotation_ = np.ascontiguousarray(inverse.T)
                return
            variance, directions = np.linalg.eigh(product)
        else:
            # clips have no variance across the directions in which they differ
            variance, turned = np.linalg.eigh(product)
            known = variance > 1e-9 * variance[-1]
            variance, turned = variance[known], turned[:, known]
            directions = scaled.T @ (turned / np.sqrt(variance))
        variance = (1 - shrinkage) * variance / n_clips + shrinkage * target
        # clips that are all alike, but for rounding, have no directions
        if not len(variance) or variance[-1] <= 1e-12:
            return
        least = 1e-9 * variance[-1]
        self.rotation_ = directions / np.sqrt(np.maximum(variance, least))
        if n_clips <= n_columns:
            self.across_ = 1 / np.sqrt(max(shrinkage * target, least))

    def transform(self, X: np.ndarray) -> np.ndarray:
        """Map clips, shape (n_clips, n_columns), to float64, shape (n_clips, k).

        Where they were whitened and training clips are not more than columns, k is the number of
        directions in which those differ, and one: the distance across all of these.
        """
        scaled = (np.asarray(X, dtype=np.float64) - self.mean_) * self.weight_
        if self.rotation_ is None:
            return scaled
        along = scaled @ self.rotation_
        if self.across_ is None:
            return along
        # lengths of the columns of the rotation are one over the standard deviations
        inside = along / np.einsum("ij,ij->j", self.rotation_, self.rotation_) ** 0.5
        rest = np.einsum("ij,ij->i", scaled, scaled) - np.einsum("ij,ij->i", inside, inside)
        # what rounding leaves of a training clip is nothing
        rest[rest < 1e-9 * np.einsum("ij,ij->i", scaled, scaled)] = 0
        return np.column_stack([along, self.across_ * np.sqrt(rest)])


def shrunk(centred: np.ndarray, product: np.ndarray) -> tuple[float, float]:
    """Return how far a covariance is to be drawn towards a multiple of the identity.

    Parameters
    ----------
    centred : np.ndarray [shape=(n_clips, n_columns)]
        Training clips less their mean.
    product : np.ndarray
        Theirs with themselves, by columns or by clips, the smaller.

    Returns
    -------
    shrinkage : float in [0, 1]
        Share of the multiple of the identity (Ledoit and Wolf, 2004).
    target : float
        That multiple: the mean variance of the columns.
    """
    n_clips, n_columns = centred.shape
    squared_lengths = np.einsum("ij,ij->i", centred, centred)
    target = squared_lengths.sum() / n_clips / n_columns
    # mean square of the entries of the covariance, and that of what their estimates scatter by
    entries = np.einsum("ij,ij->", product, product) / n_clips**2
    away = (entries - n_columns * target**2) / n_columns
    scatter = ((squared_lengths**2).sum() / n_clips - entries) / n_clips / n_columns
    return float(min(scatter / away, 1.0)) if away > 1e-12 * entries else 0.0, float(target)


def distance_blocks(
    values: np.ndarray, references: np.ndarray
) -> Iterator[tuple[slice, np.ndarray]]:
    """Go through the Euclidean distances from some rows of `values` to all references.

    Parameters
    ----------
    values : np.ndarray [shape=(n, d), dtype=float64]
        Clips.
    references : np.ndarray [shape=(m, d), dtype=float64]
        Training clips.

    Yields
    ------
    tuple of (slice, np.ndarray [shape=(rows, m)])
        Which rows, and their distances; at most about `BLOCK` at a time.
    """
    # whole multiples of what `batches` pads to, so that a clip's row is the same in every block
    step = max(ROWS, BLOCK // max(len(references), 1) // ROWS * ROWS)
    squared_references = np.einsum("ij,ij->i", references, references)
    for start in range(0, len(values), step):
        block = values[start : start + step]
        squared = block @ references.T
        squared *= -2
        squared += np.einsum("ij,ij->i", block, block)[:, None]
        squared += squared_references
        yield slice(start, start + len(block)), np.sqrt(np.maximum(squared, 0, out=squared))


class LocalDensity:
    """Smallest distance to a training clip, divided by that clip's distance to its neighbours.

    Parameters
    ----------
    n_neighbors : int >= 0
        Neighbours of a training clip whose mean distance divides; 0: nothing is divided, which
        leaves the distance to the nearest training clip.
    scaling : {'none', 'standardize', 'whiten'}
        What is done to the columns before distances are taken.
    max_references : int > 0
        Training clips kept, drawn at random where there are more. Their densities are those among
        the kept ones.
    random_state : int >= 0
        Seed of the draw.

    Attributes
    ----------
    references_ : np.ndarray [shape=(m, n_columns)]
        The kept training clips, scaled.
    spacing_ : np.ndarray [shape=(m,)]
        Mean distance of each to its neighbours, or 1 where nothing is divided.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 4,
        scaling: str = "standardize",
        max_references: int = 5000,
        random_state: int = 0,
    ):
        self.n_neighbors = n_neighbors
        self.scaling = scaling
        self.max_references = max_references
        self.random_state = random_state

    def fit(self, X: np.ndarray) -> "LocalDensity":
        """Keep the training clips, shape (n_clips, n_columns), and measure their densities."""
        X = np.asarray(X, dtype=np.float64)
        self.scaling_ = Scaling(self.scaling).fit(X)
        if len(X) > self.max_references:
            # not those farthest from each other (greedy k-centre), which are the odd clips: the
            # nearest of 50 such clips of about 900 gives 60.6 % AUC on the published vectors of
            # PyGoodVibes, the nearest of 50 drawn at random 65.7 %
            rng = np.random.default_rng(self.random_state)
            X = X[np.sort(rng.choice(len(X), self.max_references, replace=False))]
        self.references_ = self.scaling_.transform(X)
        self.spacing_ = np.ones(len(X))
        k = min(self.neighbours_looked_at, len(X) - 1)
        if k < 1:
            return self
        nearest = np.empty((len(X), k))
        for rows, distances in distance_blocks(self.references_, self.references_):
            # a clip is not its own neighbour
            distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = np.inf
            distances.partition(k - 1, axis=1)
            nearest[rows] = distances[:, :k]
        self.spacing_ = self.spacing(nearest)
        typical = np.median(self.spacing_)
        # copies of one clip lie at distance 0 of each other: everything would be infinitely far
        self.spacing_ = np.maximum(self.spacing_, 1e-3 * typical if typical > 0 else 1.0)
        return self

    @property
    def neighbours_looked_at(self) -> int:
        """Return how many nearest training clips `spacing` is to know of each."""
        return self.n_neighbors

    def spacing(self, nearest: np.ndarray) -> np.ndarray:
        """Return the spacing of each, shape (n,), from its nearest distances, shape (n, k)."""
        return nearest.mean(axis=1)

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the smallest ratio, shape (n_clips,): higher = more normal, at most 0."""
        values = self.scaling_.transform(X)
        scores = np.zeros(len(values))
        for rows, distances in distance_blocks(values, self.references_):
            distances /= self.spacing_
            scores[rows] = -distances.min(axis=1)
        return scores


class Settings(SeededSettings):
    """Local density: distance to a training clip over that clip's distance to its neighbours."""

    method: Literal["local_density"]
    n_neighbors: Count = 4
    """Neighbours of a training clip whose mean distance is its density (at most the training clips
    less one)."""

    scaling: Literal["none", "standardize", "whiten"] = "none"
    """Before distances are taken: 'none', as the projection has scaled them; 'standardize', every
    column to standard deviation 1; 'whiten', also no correlation between columns (covariance shrunk
    after Ledoit and Wolf)."""

    max_references: Count = 5000
    """Training clips kept, drawn at random where there are more."""

    def build(self, *, n_clips: int, seed: int) -> LocalDensity:
        """Return the estimator for `n_clips` training clips."""
        return LocalDensity(
            n_neighbors=max(1, min(self.n_neighbors, n_clips - 1)),
            scaling=self.scaling,
            max_references=self.max_references,
            random_state=seed if self.seed is None else self.seed,
        )


def _mapped_columns(values: Mapping, sizes: Sizes) -> None:
    rotation = values["rotation_"]
    across = values["across_"] is not None
    sizes.agree("k", sizes["d"] if rotation is None else rotation.shape[1] + across)


STATES = {
    "Scaling": State(
        {
            "kind": Choice("none", "standardize", "whiten"),
            "mean_": Array("f8", ("d",)),
            "weight_": Array("f8", ("d",), above=0),
            "rotation_": maybe(Array("f8", ("d", None))),
            "across_": maybe(Number(above=0)),
        },
        check=_mapped_columns,
    ),
    "LocalDensity": State(
        {
            "n_neighbors": WHOLE,
            "scaling": Choice("none", "standardize", "whiten"),
            "max_references": COUNT,
            "random_state": WHOLE,
            "scaling_": Object("local_density.Scaling", d="d", k="k"),
            "references_": Array("f8", ("m", "k")),
            "spacing_": Array("f8", ("m",), above=0),
        }
    ),
}

FITTED = Object("local_density.LocalDensity", d="d")

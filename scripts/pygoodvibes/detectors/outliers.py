"""The project's detectors on a matrix as estimators of scikit-learn, for a pipeline of one's own.

Comes in: a matrix, a row a clip. Goes out: estimators that `sklearn.base.clone`, pipelines and
searches take, with `fit(X, y=None)`, `predict`, `decision_function` and `score_samples`.

The sign is scikit-learn's: higher = more normal, and `predict` says 1 of a normal clip, -1 of an
anomalous one. The project's own scores, in tables, files and on the command line, are
``-score_samples(X)``: higher = more anomalous. As everywhere in the project, the threshold
(`offset_`) comes from held-out training clips: each is scored by a fit that has not seen it. So of
new normal clips the share `false_alarm_rate` is expected below it. A row that was learned gets that
held-out score again, and not the nearness to itself.

The classes that the workflow and model files use do without scikit-learn where they can, so that a
clip is scored without the second that importing it takes. These here hold one of them,
`detector_`: fits of it without each part of the training clips, where there are enough of them.
LOF, one-class SVM and Gaussian mixture are scikit-learn's own classes already.
"""

import abc
import math

import numpy as np
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from pygoodvibes.detectors import fusion, knn, local_density, mahalanobis, random_projection
from pygoodvibes.detectors.fold_fits import FoldFits
from pygoodvibes.util.padding import padded

FOLDS = 5
"""Parts of the training clips that are held out in turn for the threshold."""

LEAST = 2 * FOLDS
"""Fewest training clips with a held-out threshold; of fewer it is that of the clips seen."""


class _Outliers(OutlierMixin, BaseEstimator, abc.ABC):
    """What the estimators share; each says how its detector is made."""

    @abc.abstractmethod
    def _make(self, n_clips: int, seed: int) -> object:
        """Return the unfitted detector for so many clips."""

    def fit(self, X: np.ndarray, y: object = None) -> "_Outliers":
        """Learn what is normal, and the threshold.

        Parameters
        ----------
        X : array-like [shape=(n_clips, n_columns)]
            Normal clips, two or more.
        y : None
            Not used: there are no labels.
        """
        X = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        state = check_random_state(self.random_state)
        seed = int(state.randint(2**31 - 1))
        if len(X) < LEAST:
            self.detector_ = self._make(len(X), seed).fit(X)
            scores = self._normality(self.detector_, X)
        else:
            scores, fits = np.zeros(len(X)), []
            fold = np.random.default_rng(seed).permutation(np.arange(len(X)) % FOLDS)
            for number in range(FOLDS):
                out = fold == number
                fits.append(self._make(int((~out).sum()), seed).fit(X[~out]))
                scores[out] = self._normality(fits[-1], X[out])
            # new clips are scored by the same fits, so that both compare
            self.detector_ = FoldFits(fits, range(FOLDS))
        below = math.floor(self.false_alarm_rate * (len(X) + 1) + 1e-9)
        self.offset_ = float(np.sort(scores)[max(below - 1, 0)])
        self._learned = dict(zip(map(_key, X), scores.tolist(), strict=True))
        return self

    @staticmethod
    def _normality(detector: object, X: np.ndarray) -> np.ndarray:
        return np.array(detector.score_samples(padded(X))[: len(X)], dtype=np.float64)

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return how normal clips are, shape (n_clips,): higher = more normal."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        scores = self._normality(self.detector_, X)
        return np.array(
            [self._learned.get(_key(row), score) for row, score in zip(X, scores, strict=True)]
        )

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return `score_samples` less the threshold, shape (n_clips,): below 0 = anomalous."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return 1 for each normal clip and -1 for each anomalous one, shape (n_clips,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)


def _key(row: np.ndarray) -> bytes:
    return (row + 0.0).tobytes()  # zero has no sign


class Fusion(_Outliers):
    """Soft maximum of nearest-neighbour detectors on several views of a row.

    Parameters
    ----------
    n_neighbors, folds, temperature, sub_bands, max_references
        As in `pygoodvibes.detectors.fusion.Fusion`.
    false_alarm_rate : float in (0, 1)
        Expected share of new normal clips that are called anomalous.
    random_state : int, RandomState or None
        Seed.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 4,
        folds: int = 5,
        temperature: float = 2.0,
        sub_bands: int = 1,
        max_references: int = 5000,
        false_alarm_rate: float = 0.1,
        random_state: object = 0,
    ):
        self.n_neighbors = n_neighbors
        self.folds = folds
        self.temperature = temperature
        self.sub_bands = sub_bands
        self.max_references = max_references
        self.false_alarm_rate = false_alarm_rate
        self.random_state = random_state

    def _make(self, n_clips: int, seed: int) -> fusion.Fusion:
        return fusion.Fusion(
            n_neighbors=max(1, min(self.n_neighbors, n_clips - 1)),
            folds=self.folds,
            temperature=self.temperature,
            sub_bands=self.sub_bands,
            max_references=self.max_references,
            random_state=seed,
        )


class LocalDensity(_Outliers):
    """Distance to a training clip over that clip's distance to its neighbours.

    Parameters
    ----------
    n_neighbors, scaling, max_references
        As in `pygoodvibes.detectors.local_density.LocalDensity`.
    false_alarm_rate, random_state
        As in `Fusion`.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 4,
        scaling: str = "standardize",
        max_references: int = 5000,
        false_alarm_rate: float = 0.1,
        random_state: object = 0,
    ):
        self.n_neighbors = n_neighbors
        self.scaling = scaling
        self.max_references = max_references
        self.false_alarm_rate = false_alarm_rate
        self.random_state = random_state

    def _make(self, n_clips: int, seed: int) -> local_density.LocalDensity:
        return local_density.LocalDensity(
            n_neighbors=max(1, min(self.n_neighbors, n_clips - 1)),
            scaling=self.scaling,
            max_references=self.max_references,
            random_state=seed,
        )


class NearestNeighborDistance(_Outliers):
    """Mean distance to the k nearest training clips.

    Parameters
    ----------
    n_neighbors, metric
        As in `pygoodvibes.detectors.knn.NearestNeighborDistance`.
    false_alarm_rate, random_state
        As in `Fusion`; the seed deals the folds of the threshold.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 1,
        metric: str = "euclidean",
        false_alarm_rate: float = 0.1,
        random_state: object = 0,
    ):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.false_alarm_rate = false_alarm_rate
        self.random_state = random_state

    def _make(self, n_clips: int, seed: int) -> knn.NearestNeighborDistance:
        del seed
        return knn.NearestNeighborDistance(
            n_neighbors=min(self.n_neighbors, n_clips), metric=self.metric
        )


class ShrunkMahalanobis(_Outliers):
    """Mahalanobis distance to the mean of the training clips.

    Parameters
    ----------
    shrinkage
        As in `pygoodvibes.detectors.mahalanobis.ShrunkMahalanobis`.
    false_alarm_rate, random_state
        As in `NearestNeighborDistance`.
    """

    def __init__(
        self,
        *,
        shrinkage: str | float = "ledoit_wolf",
        false_alarm_rate: float = 0.1,
        random_state: object = 0,
    ):
        self.shrinkage = shrinkage
        self.false_alarm_rate = false_alarm_rate
        self.random_state = random_state

    def _make(self, n_clips: int, seed: int) -> mahalanobis.ShrunkMahalanobis:
        del n_clips, seed
        return mahalanobis.ShrunkMahalanobis(shrinkage=self.shrinkage)


class RandomProjection(_Outliers):
    """The control: distance to the nearest training clip after a random projection.

    Parameters
    ----------
    dimensions
        As in `pygoodvibes.detectors.random_projection.RandomProjection`.
    false_alarm_rate, random_state
        As in `Fusion`.
    """

    def __init__(
        self,
        *,
        dimensions: int = 32,
        false_alarm_rate: float = 0.1,
        random_state: object = 0,
    ):
        self.dimensions = dimensions
        self.false_alarm_rate = false_alarm_rate
        self.random_state = random_state

    def _make(self, n_clips: int, seed: int) -> random_projection.RandomProjection:
        del n_clips
        return random_projection.RandomProjection(dimensions=self.dimensions, random_state=seed)

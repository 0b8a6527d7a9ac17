"""Detectors that score the frames of a clip, and the clip by what its frames score.

Frames of the log-mel spectrogram, one or several in a row, are projected by a PCA fitted on frames
of normal training clips; a density model says how unlikely each frame is, the part outside the
projection counted in. A clip is anomalous if its frames are unlikely throughout (mean, median), at
some moments (high quantile), or if they are likely and unlikely by turns (standard deviation).

References
----------
Tipping and Bishop (1999), Probabilistic principal component analysis.
Koizumi et al. (2020), Description and discussion on DCASE2020 challenge task 2 (stacked frames).
Breunig et al. (2000), LOF: identifying density-based local outliers.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.fusion import centre_and_scatter, soft_maximum
from pygoodvibes.detectors.kinds import COUNT, WHOLE, Array, Choice, Number, Sizes, expect, maybe
from pygoodvibes.detectors.state import Object, State, as_it_is
from pygoodvibes.util.settings import Count

AGGREGATES = ("mean", "median", "std", "high")
"""What a clip's frame scores are turned into; 'high' is their 0.95 quantile."""


LEAST_DB = 1.0
"""Least standard deviation that a band counts with. A band at the floor of the logarithm, above a
low-pass or of silence, doesn't vary at all over normal frames, and a change of it that nobody could
hear would outweigh everything else."""


def stack_frames(frames: np.ndarray, stack: int) -> np.ndarray:
    """Join each frame with those after it.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel frames of a clip, dB.
    stack : int > 0
        Frames in a row that make one vector. A clip with fewer frames repeats its last one.

    Returns
    -------
    np.ndarray [shape=(n_vectors, stack * n_mels)]
        n_vectors = max(n_frames - stack + 1, 1).
    """
    missing = stack - len(frames)
    if missing > 0:
        frames = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)])
    count = len(frames) - stack + 1
    return np.concatenate([frames[start : start + count] for start in range(stack)], axis=1)


def draw_vectors(
    clips: Sequence[np.ndarray],
    stack: int,
    max_frames: int,
    rng: np.random.Generator,
    *,
    dtype: type = np.float64,
) -> np.ndarray:
    """Draw vectors of stacked frames at random, equally many from each clip.

    Parameters
    ----------
    clips : sequence of np.ndarray [shape=(n_frames, n_mels)]
        Log-mel frames of clips, dB.
    stack : int > 0
        As in `stack_frames`.
    max_frames : int > 0
        About so many in all, at least one a clip; a clip with fewer than its share gives all.
    rng : np.random.Generator
        Makes the draw.
    dtype : type
        Of the vectors.

    Returns
    -------
    np.ndarray [shape=(n_vectors, stack * n_mels)]
        In the order of clips and time.
    """
    share = max(1, max_frames // max(len(clips), 1))
    counts = [max(len(frames) - stack + 1, 1) for frames in clips]
    places = np.cumsum([0, *(min(count, share) for count in counts)])
    drawn = np.empty((places[-1], stack * np.shape(clips[0])[1]), dtype=dtype)
    for frames, count, place in zip(clips, counts, places[:-1], strict=True):
        kept = np.arange(count)
        if count > share:
            kept = np.sort(rng.choice(count, share, replace=False))
        rows = drawn[place : place + len(kept)].reshape(len(kept), stack, -1)
        for start in range(stack):
            rows[:, start] = frames[np.minimum(kept + start, len(frames) - 1)]
    return drawn


def aggregate(scores: np.ndarray) -> np.ndarray:
    """Turn frame scores, shape (n,), into a clip's `AGGREGATES`, shape (4,)."""
    ordered = np.sort(scores)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2
    high = np.interp(0.95 * (len(ordered) - 1), np.arange(len(ordered)), ordered)
    return np.array([scores.mean(), middle, scores.std(), high])


def log_density(
    values: np.ndarray, weights: np.ndarray, means: np.ndarray, precisions: np.ndarray
) -> np.ndarray:
    """Return the logarithm of the density of a mixture of Gaussians without covariances.

    Parameters
    ----------
    values : np.ndarray [shape=(n, d)]
        Where.
    weights : np.ndarray [shape=(m,)]
        Of the Gaussians; they sum to 1.
    means, precisions : np.ndarray [shape=(m, d)]
        Of the Gaussians; a precision is one over a variance.

    Returns
    -------
    np.ndarray [shape=(n,)]
        As `sklearn.mixture.GaussianMixture.score_samples`, which looks at its input once more for
        each clip.
    """
    constant = np.log(precisions / (2 * np.pi)).sum(axis=1) - (means**2 * precisions).sum(axis=1)
    each = values @ (means * precisions).T - 0.5 * (values**2 @ precisions.T)
    each += np.log(weights) + 0.5 * constant
    highest = each.max(axis=1)
    return highest + np.log(np.exp(each - highest[:, None]).sum(axis=1))


class FrameModel:
    """How unlikely single frames are.

    Parameters
    ----------
    model : {'mahalanobis', 'gmm', 'lof'}
        On the components: one Gaussian, several (diagonal), or the Local Outlier Factor.
    stack : int > 0
        As in `stack_frames`.
    n_components : int > 0
        Components of the PCA; what lies outside counts by its energy.
    max_frames : int > 0
        Vectors drawn at random from the training clips to fit PCA and Gaussians.
    max_references : int > 0
        Vectors kept by the Local Outlier Factor.
    random_state : int >= 0
        Seed of both draws and of the Gaussians.
    """

    def __init__(
        self,
        *,
        model: str = "mahalanobis",
        stack: int = 3,
        n_components: int = 48,
        max_frames: int = 20000,
        max_references: int = 2000,
        random_state: int = 0,
    ):
        self.model = model
        self.stack = stack
        self.n_components = n_components
        self.max_frames = max_frames
        self.max_references = max_references
        self.random_state = random_state

    def fit(self, clips: Sequence[np.ndarray]) -> "FrameModel":
        """Fit on training clips, each of shape (n_frames, n_mels), dB."""
        rng = np.random.default_rng(self.random_state)
        # not in float32, in two thirds of the time: a rounding then sends k-means elsewhere
        # now and then, and another processor rounds otherwise
        vectors = draw_vectors(clips, self.stack, self.max_frames, rng)
        # as many components as the vectors can tell apart, less one for the rest
        kept = max(1, min(self.n_components, len(vectors) - 2, vectors.shape[1] - 1))
        inside, energy = self._fit_pca(vectors, kept)
        self.variance_ = np.maximum(inside.var(axis=0), 1e-9)
        degrees = max(vectors.shape[1] - len(self.components_), 1)
        self.rest_ = max((energy - float(self.variance_.sum())) / degrees, 1e-9)
        self.mixture_ = None
        whitened = inside / np.sqrt(self.variance_)
        if self.model == "gmm":
            from sklearn.mixture import GaussianMixture

            self.mixture_ = GaussianMixture(
                n_components=max(1, min(8, len(whitened) // 50)),
                covariance_type="diag",
                reg_covar=1e-2,
                random_state=self.random_state,
            ).fit(whitened)
        elif self.model == "lof":
            from sklearn.neighbors import LocalOutlierFactor

            kept = rng.permutation(len(whitened))[: self.max_references]
            neighbors = max(1, min(20, len(kept) - 1))
            self.mixture_ = LocalOutlierFactor(n_neighbors=neighbors, novelty=True)
            self.mixture_.fit(whitened[np.sort(kept)])
        return self

    def _fit_pca(self, vectors: np.ndarray, kept: int) -> tuple[np.ndarray, float]:
        """Return the components of the vectors, which are centred in place, and their mean energy.

        It has its own few lines: the config knows this module, and what it imports would make every
        rule that reads the config run again.
        """
        self.mean_ = vectors.mean(axis=0)
        vectors -= self.mean_
        products = vectors.T @ vectors / len(vectors)
        self.scale_ = np.maximum(np.sqrt(np.diag(products)), LEAST_DB)
        products /= np.outer(self.scale_, self.scale_)
        _, directions = np.linalg.eigh(products)
        self.components_ = np.ascontiguousarray(directions[:, ::-1][:, :kept].T)
        return vectors @ (self.components_ / self.scale_).T, float(np.trace(products))

    def _split(self, clips: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Go through the whitened components of clips, and the squared length of what they leave.

        Frames are multiplied before they are stacked: the components of a stack are the sum of what
        each of its frames adds to them, and so is its squared length.
        """
        mean = self.mean_.reshape(self.stack, -1)
        # close to 0 where it can be, so that squares of decibels don't swallow what is left
        centre = mean.mean(axis=0)
        shift = mean - centre
        whiten = self.components_ / self.scale_ / np.sqrt(self.variance_)[:, None]
        offset = whiten @ shift.ravel()
        weights = 1 / self.scale_.reshape(self.stack, -1) ** 2
        onto = np.concatenate(
            [whiten.reshape(len(whiten), *mean.shape), -2 * (weights * shift)[None]]
        )
        onto = np.ascontiguousarray(onto.transpose(2, 1, 0)).reshape(len(centre), -1)
        lengths = (weights * shift**2).sum(axis=1)
        for frames in clips:
            frames = np.asarray(frames, dtype=np.float64) - centre
            missing = max(self.stack - len(frames), 0)
            if missing:
                frames = np.concatenate([frames, np.repeat(frames[-1:], missing, axis=0)])
            each = (frames @ onto).reshape(len(frames), self.stack, -1)
            each[:, :, -1] += frames**2 @ weights.T + lengths
            count = len(frames) - self.stack + 1
            joined = sum(each[start : start + count, start] for start in range(self.stack))
            inside = joined[:, :-1] - offset
            left = joined[:, -1] - inside**2 @ self.variance_
            yield inside, np.maximum(left, 0.0)

    def score_frames(self, clips: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Score the frames of clips, each of shape (n_vectors,): higher = more anomalous."""
        if self.model == "gmm":
            mixture = self.mixture_
            gaussians = (mixture.weights_, mixture.means_, mixture.precisions_cholesky_**2)
        for whitened, outside in self._split(clips):
            rest = 0.5 * outside / self.rest_
            if self.model == "lof":
                yield -self.mixture_.score_samples(whitened)
            elif self.model == "gmm":
                yield rest - log_density(whitened, *gaussians)
            else:
                yield rest + 0.5 * np.einsum("ij,ij->i", whitened, whitened)


def _unfitted(model: FrameModel) -> FrameModel:
    """Return a model with the same parameters."""
    return FrameModel(**{name: getattr(model, name) for name in _PARAMETERS})


class FrameDetector:
    """How unlikely a clip's frames are, joined to one score.

    Parameters
    ----------
    model : FrameModel
        Unfitted; copied with its parameters for every fit.
    aggregate : {'soft', 'mean', 'median', 'std', 'high'}
        One of `AGGREGATES`, or the soft maximum of all four, each in units of its scatter over
        training clips that the model has not seen.
    folds : int >= 2
        Parts of the training clips held out in turn to measure that scatter.

    Attributes
    ----------
    model_ : FrameModel
        Fitted on all training clips.
    centre_, scatter_ : np.ndarray [shape=(4,)]
        Of the aggregates of held-out training clips; 0 and 1 if a single one is the score.
    held_out_ : np.ndarray [shape=(n_clips, 4)]
        These aggregates, as `member_scores` counts them; of no clip if a single one is the score.
    """

    def __init__(self, *, model: FrameModel, aggregate: str = "soft", folds: int = 5):
        self.model = model
        self.aggregate = aggregate
        self.folds = folds

    def fit(self, X: Sequence[np.ndarray]) -> "FrameDetector":
        """Fit on the frames of training clips, each of shape (n_frames, n_mels), dB."""
        self.model_ = _unfitted(self.model).fit(X)
        self.centre_, self.scatter_ = np.zeros(len(AGGREGATES)), np.ones(len(AGGREGATES))
        self.held_out_ = np.zeros((0, len(AGGREGATES)))
        if self.aggregate != "soft" or len(X) < 2:
            return self
        fold = np.arange(len(X)) % min(self.folds, len(X))
        fold = np.random.default_rng(self.model.random_state).permutation(fold)
        held_out = np.zeros((len(X), len(AGGREGATES)))
        for number in range(fold.max() + 1):
            out = fold == number
            partial = _unfitted(self.model).fit(X[~out])
            held_out[out] = [aggregate(scores) for scores in partial.score_frames(X[out])]
        measured = [centre_and_scatter(column) for column in held_out.T]
        self.centre_, self.scatter_ = np.array(measured).T
        self.held_out_ = (held_out - self.centre_) / self.scatter_
        return self

    @property
    def member_names(self) -> list[str]:
        """Return the aggregates."""
        return list(AGGREGATES)

    def member_scores(self, X: Sequence[np.ndarray]) -> np.ndarray:
        """Return each aggregate of the frame scores of clips, shape (n_clips, 4).

        Higher = more anomalous; with 'soft' in units of its scatter.
        """
        members = [aggregate(scores) for scores in self.model_.score_frames(X)]
        return (np.reshape(members, (len(X), len(AGGREGATES))) - self.centre_) / self.scatter_

    def score_samples(self, X: Sequence[np.ndarray]) -> np.ndarray:
        """Return minus the clips' scores, shape (n_clips,): higher = more normal."""
        return -self.join_members(self.member_scores(X))

    def join_members(self, scores: np.ndarray) -> np.ndarray:
        """Return the score of clips, shape (n_clips,), from `member_scores`."""
        if self.aggregate == "soft":
            return soft_maximum(scores, 2.0)
        return scores[:, AGGREGATES.index(self.aggregate)]


class Settings(SeededSettings):
    """Frames of the log-mel spectrogram: PCA, a density model, and an aggregate over the clip."""

    libraries: ClassVar[tuple[str, ...]] = ("mixture", "neighbors")

    method: Literal["frames"]
    input: Literal["mel"] = "mel"
    """What the detector sees: the log-mel frames. On a data set that enters as vectors it is not
    fitted, and the tables say so."""

    model: Literal["mahalanobis", "gmm", "lof"] = "gmm"
    """How unlikely a frame is: by one Gaussian, by up to eight, or by the Local Outlier Factor."""

    stack: Annotated[int, Field(ge=1, le=16)] = 3
    """Frames in a row that are seen together."""

    n_components: Count = 48
    """Components of the PCA of the frames."""

    aggregate: Literal["soft", "mean", "median", "std", "high"] = "soft"
    """How frame scores make a clip's score: 'high' is the 0.95 quantile, 'soft' the soft maximum of
    the four others, each in units of its scatter over held-out training clips."""

    folds: Annotated[int, Field(ge=2, le=100)] = 5
    """With 'soft': parts of the training clips held out in turn to measure the scatter."""

    max_frames: Annotated[int, Field(ge=10)] = 20000
    """Frames drawn at random from the training clips to fit PCA and Gaussians."""

    max_references: Annotated[int, Field(ge=2)] = 2000
    """With 'lof': frames kept."""

    def holds_out_itself(self) -> bool:
        """Return whether the aggregates are measured, to be joined."""
        return self.aggregate == "soft"

    def build(self, *, n_clips: int, seed: int) -> FrameDetector:
        """Return the estimator for `n_clips` training clips."""
        model = FrameModel(
            model=self.model,
            stack=self.stack,
            n_components=self.n_components,
            max_frames=self.max_frames,
            max_references=self.max_references,
            random_state=seed if self.seed is None else self.seed,
        )
        return FrameDetector(model=model, aggregate=self.aggregate, folds=self.folds)


_PARAMETERS = {
    "model": Choice("mahalanobis", "gmm", "lof"),
    "stack": Number(low=1, high=16, whole=True),
    "n_components": COUNT,
    "max_frames": COUNT,
    "max_references": COUNT,
    "random_state": WHOLE,
}


def _stacked_bands(values: Mapping, sizes: Sizes) -> None:
    bands, left = divmod(sizes["s"], values["stack"])
    expect(not left, "mean_: not so many values as stacked bands")
    sizes.agree("bands", bands)
    wanted = {"mahalanobis": "NoneType", "gmm": "GaussianMixture", "lof": "LocalOutlierFactor"}
    expect(
        type(values["mixture_"]).__name__ == wanted[values["model"]],
        "mixture_: of another kind than the model",
    )


STATES = {
    "FrameDetector": State(
        {
            "aggregate": Choice("soft", *AGGREGATES),
            "folds": Number(low=2, whole=True),
            "model_": Object("frames.FrameModel", bands="bands"),
            "centre_": Array("f8", (len(AGGREGATES),)),
            "scatter_": Array("f8", (len(AGGREGATES),), above=0),
            "held_out_": Array("f8", (None, len(AGGREGATES)), empty=True),
        },
        # the unfitted model has the parameters of the fitted one
        take=lambda fitted: {key: value for key, value in vars(fitted).items() if key != "model"},
        make=lambda kind, values: as_it_is(kind, {"model": _unfitted(values["model_"]), **values}),
    ),
    "FrameModel": State(
        {
            **_PARAMETERS,
            "mean_": Array("f8", ("s",)),
            "scale_": Array("f8", ("s",), above=0),
            "components_": Array("f8", ("k", "s")),
            "variance_": Array("f8", ("k",), above=0),
            "rest_": Number(above=0),
            "mixture_": maybe(
                Object("sklearn.GaussianMixture", "sklearn.LocalOutlierFactor", d="k")
            ),
        },
        check=_stacked_bands,
    ),
}

FITTED = Object("frames.FrameDetector", bands="bands")

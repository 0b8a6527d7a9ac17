"""Many simple detectors on several views of the embedding, joined without a label.

Nobody has anomalies of a machine to choose a detector by. So nothing is chosen here. The views are
the blocks of the embedding, such as mean or standard deviation over time, and the whole embedding.
Nearest-neighbour detectors in two metrics see every view. Each of these members scores training
clips that it has not seen, and its scores are counted in units of their scatter. So a member counts
little where this machine's normal clips scatter widely, and much where they lie close together. The
members' scores are joined by a soft maximum: a high score of one member is enough.

References
----------
Wilkinghoff et al. (2025), Keeping the balance: anomaly score calculation for domain generalization
(local density of the references).
Kittler et al. (1998), On combining classifiers.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.fold_fits import FoldFits, FoldFitsOf
from pygoodvibes.detectors.kinds import (
    COUNT,
    WHOLE,
    Array,
    ListOf,
    Number,
    Pair,
    Sizes,
    TableOf,
    Text,
    expect,
)
from pygoodvibes.detectors.local_density import LocalDensity
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.settings import Count

LEAST_COLUMNS = 8
"""Fewest columns of a view of its own, and fewest in which densities are compared: in two or three
dimensions the distance itself finds more (measured on the original PyGoodVibes embedding)."""

SCALINGS = ("standardize", "whiten")
"""The two metrics in which every view is seen."""


def named_blocks(columns: Sequence[str]) -> dict[str, np.ndarray]:
    """Group columns that are named alike but for a number at the end, as mean_000, mean_001.

    Parameters
    ----------
    columns : sequence of str
        Names of the columns.

    Returns
    -------
    dict of str to np.ndarray
        Indices of the columns of each group of at least `LEAST_COLUMNS`; names without a number
        belong to none.
    """
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(columns):
        match = re.fullmatch(r"(.*?)[_.-]?(\d+)", str(name))
        if match:
            groups.setdefault(match[1], []).append(index)
    return {
        name: np.array(indices) for name, indices in groups.items() if len(indices) >= LEAST_COLUMNS
    }


def stepped_blocks(values: np.ndarray) -> list[np.ndarray]:
    """Find where a vector is several spectra one after the other, from its values alone.

    Along a spectrum neighbouring bands have similar values; where one statistic ends and the next
    begins the typical value jumps. The vector is cut into the largest number of equal parts, up to
    eight, such that it jumps at every cut.

    Parameters
    ----------
    values : np.ndarray [shape=(n_clips, d)]
        Training clips.

    Returns
    -------
    list of np.ndarray
        Indices of the columns of each part; all columns in one part if there is no such cut.
    """
    typical = np.median(values, axis=0)
    d = len(typical)
    steps = np.abs(np.diff(typical))
    for count in range(8, 1, -1):
        if d % count or d // count < 2 * LEAST_COLUMNS:
            continue
        cuts = np.arange(1, count) * (d // count) - 1
        usual = np.quantile(np.delete(steps, cuts), 0.98)
        if (steps[cuts] > 2 * usual).all():
            return np.split(np.arange(d), count)
    return [np.arange(d)]


def find_views(
    values: np.ndarray, columns: Sequence[str] | None, *, sub_bands: int = 1
) -> dict[str, np.ndarray]:
    """Return the views of an embedding: its blocks, parts of them, and all of it.

    Parameters
    ----------
    values : np.ndarray [shape=(n_clips, d)]
        Training clips.
    columns : sequence of str, optional
        Names of the d columns.
    sub_bands : int > 0
        As in `Fusion`.

    Returns
    -------
    dict of str to np.ndarray
        Indices of the columns of each view, by name; 'all' is the last.
    """
    blocks = named_blocks(columns) if columns is not None else {}
    if len(blocks) < 2:
        parts = stepped_blocks(values)
        blocks = {f"part {number + 1}": block for number, block in enumerate(parts)}
    if len(blocks) < 2:
        blocks = {}
    everything = {"all": np.arange(values.shape[1])}
    parts = {
        f"{name} {number + 1}/{sub_bands}": band
        for name, block in (blocks or everything).items()
        if sub_bands > 1 and len(block) >= sub_bands * LEAST_COLUMNS
        for number, band in enumerate(np.array_split(block, sub_bands))
    }
    return {**blocks, **parts, **everything}


class Fusion:
    """Soft maximum of nearest-neighbour scores on several views, each in units of its own scatter.

    Parameters
    ----------
    n_neighbors : int > 0
        As in `LocalDensity`.
    folds : int >= 2
        Parts of the training clips that are held out in turn to measure each member's scatter.
    temperature : float > 0
        How soft the maximum is, in units of scatter: near 0 the largest score counts alone, far
        above 1 all count alike.
    sub_bands : int > 0
        Parts of neighbouring bands that each block is also seen in; 1: blocks are seen whole.
    max_references : int > 0
        As in `LocalDensity`.
    random_state : int >= 0
        Seed of the folds and of the draw of references.

    Attributes
    ----------
    views_ : dict of str to np.ndarray
        Columns of each view.
    members_ : list of (str, FoldFits)
        View and metric, as 'mean, whiten', and the detector that sees it, `LocalDensity`, fitted
        without each fold of the training clips.
    centre_, scatter_ : np.ndarray [shape=(n_members,)]
        Median, and robust standard deviation, of each member's scores on held-out training clips.
    held_out_ : np.ndarray [shape=(n_clips, n_members)]
        These scores, as `member_scores` counts them.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 4,
        folds: int = 5,
        temperature: float = 2.0,
        sub_bands: int = 1,
        max_references: int = 5000,
        random_state: int = 0,
    ):
        self.n_neighbors = n_neighbors
        self.folds = folds
        self.temperature = temperature
        self.sub_bands = sub_bands
        self.max_references = max_references
        self.random_state = random_state

    def fit(self, X: np.ndarray, columns: Sequence[str] | None = None) -> "Fusion":
        """Fit all members on training clips, shape (n_clips, n_columns), and measure them."""
        X = np.asarray(X, dtype=np.float64)
        self.views_ = find_views(X, columns, sub_bands=self.sub_bands)
        fold = np.arange(len(X)) % max(min(self.folds, len(X)), 1)
        fold = np.random.default_rng(self.random_state).permutation(fold)
        self.members_, held_out_scores = [], []
        for name, view in self.views_.items():
            for scaling in SCALINGS:
                held_out, fits = np.zeros(len(X)), []
                for number in range(fold.max() + 1):
                    out = fold == number
                    fitted_to = ~out if not out.all() else out
                    fit = self._member(len(view), scaling).fit(X[fitted_to][:, view])
                    held_out[out] = -fit.score_samples(X[out][:, view])
                    fits.append(fit)
                self.members_.append((f"{name}, {scaling}", FoldFits(fits, range(len(fits)))))
                held_out_scores.append(held_out)
        measured = [centre_and_scatter(scores) for scores in held_out_scores]
        self.centre_, self.scatter_ = np.array(measured).T
        self.held_out_ = (np.stack(held_out_scores, axis=1) - self.centre_) / self.scatter_
        return self

    def _member(self, n_columns: int, scaling: str) -> LocalDensity:
        return LocalDensity(
            n_neighbors=self.n_neighbors if n_columns >= LEAST_COLUMNS else 0,
            scaling=scaling,
            max_references=self.max_references,
            random_state=self.random_state,
        )

    @property
    def member_names(self) -> list[str]:
        """Return the view and the metric of each member, as 'mean, whiten'."""
        return [name for name, _ in self.members_]

    def member_scores(self, X: np.ndarray) -> np.ndarray:
        """Return each member's score in units of its scatter, shape (n_clips, n_members).

        Higher = more anomalous; 0 is the middle of held-out training clips.
        """
        X = np.asarray(X, dtype=np.float64)
        scores = [
            -member.score_samples(X[:, self.views_[view_of(name)]])
            for name, member in self.members_
        ]
        return (np.stack(scores, axis=1) - self.centre_) / self.scatter_

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the soft maximum, shape (n_clips,): higher = more normal."""
        return -self.join_members(self.member_scores(X))

    def join_members(self, scores: np.ndarray) -> np.ndarray:
        """Return the score of clips, shape (n_clips,), from `member_scores`: their soft maximum."""
        return soft_maximum(scores, self.temperature)


def view_of(member: str) -> str:
    """Return the view that a member sees, by its name."""
    return member.rpartition(", ")[0]


def soft_maximum(scores: np.ndarray, temperature: float) -> np.ndarray:
    """Return the soft maximum of each row, shape (n,), between its mean and its maximum.

    Parameters
    ----------
    scores : np.ndarray [shape=(n, n_members)]
        In units of their scatter.
    temperature : float > 0
        As in `Fusion`.
    """
    scaled = scores / temperature
    largest = scaled.max(axis=1)
    return temperature * (largest + np.log(np.exp(scaled - largest[:, None]).mean(axis=1)))


def centre_and_scatter(scores: np.ndarray) -> tuple[float, float]:
    """Return the median and the scatter (above 0) of held-out scores, shape (n,).

    The scatter is the geometric mean of two estimates of the standard deviation: from the middle
    half of the scores, and from the upper side. False alarms come from the upper side, but the
    middle half is known better.
    """
    low, centre, high, top = np.quantile(scores, (0.25, 0.5, 0.75, 0.9))
    # of a normal distribution: 1.349 standard deviations between the quartiles, 1.282 up to 90 %
    middle, upper = (high - low) / 1.349, (top - centre) / 1.282
    return float(centre), float(max(np.sqrt(middle * upper), 1e-3 * abs(centre), 1e-12))


class Settings(SeededSettings):
    """Fusion of nearest-neighbour detectors on several views of the embedding, without labels."""

    sees_columns: ClassVar[bool] = True

    method: Literal["fusion"]
    input: Literal["projection", "embedding"] = "embedding"
    """What the detector sees: the embedding, divided into views, or the PCA projection."""

    n_neighbors: Count = 4
    """How many neighbours of a training clip measure its density, by their mean distance (at most
    the number of training clips less one)."""

    folds: Annotated[int, Field(ge=2, le=100)] = 5
    """Parts of the training clips held out in turn to measure the scatter of each member."""

    temperature: Annotated[float, Field(gt=0)] = 2.0
    """How soft the maximum over members is. Near 0 only the largest score counts, far above 1 all
    count alike."""

    sub_bands: Count = 1
    """How many parts of neighbouring bands each block of the embedding is also divided into, each
    at least eight columns wide (1: blocks stay whole). With more parts a fault in a narrow band
    counts more, and so does chance: 2 gives one point of AUC more on the synthetic data, eight less
    on 28 real fan clips."""

    max_references: Count = 5000
    """Training clips kept by each member, drawn at random where there are more."""

    def holds_out_itself(self) -> bool:
        """Return True: so its members are measured."""
        return True

    def build(self, *, n_clips: int, seed: int) -> Fusion:
        """Return the estimator for `n_clips` training clips."""
        return Fusion(
            n_neighbors=max(1, min(self.n_neighbors, n_clips - 1)),
            folds=self.folds,
            temperature=self.temperature,
            sub_bands=self.sub_bands,
            max_references=self.max_references,
            random_state=seed if self.seed is None else self.seed,
        )


def _members_see_their_views(values: Mapping, sizes: Sizes) -> None:
    for name, member in values["members_"]:
        view = values["views_"].get(view_of(name))
        expect(
            isinstance(member, FoldFits)
            and view is not None
            and all(len(view) == len(fit.scaling_.mean_) for fit in member.fits),
            "members_: a member sees another number of columns than its view has",
        )


STATES = {
    "Fusion": State(
        {
            "n_neighbors": COUNT,
            "folds": Number(low=2, whole=True),
            "temperature": Number(above=0),
            "sub_bands": COUNT,
            "max_references": COUNT,
            "random_state": WHOLE,
            "views_": TableOf(Array("i8", (None,), low=0, below="d")),
            "members_": ListOf(Pair(Text(), FoldFitsOf(Object("local_density.LocalDensity"))), "m"),
            "centre_": Array("f8", ("m",)),
            "scatter_": Array("f8", ("m",), above=0),
            "held_out_": Array("f8", (None, "m")),
        },
        check=_members_see_their_views,
    )
}

FITTED = Object("fusion.Fusion", d="d")

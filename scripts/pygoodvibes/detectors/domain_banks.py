"""What detectors that know the domain of training clips have in common.

A machine may run at another speed or load, be recorded by another microphone or in another hall
than most of its training clips: the target domain, with few clips, beside the source domain with
many. Such a detector has references of each domain, a bank. The domain of a clip to score is
hidden, so its score is the smallest over the banks.

Labels of domains come with training clips only, and no label of an anomaly is used. Without labels
all clips are of one domain.
"""

import abc
from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from pygoodvibes.detectors.base import SeededSettings
from pygoodvibes.detectors.kinds import COUNT, FLAG, WHOLE, Array, Choice, Kind, ListOf
from pygoodvibes.detectors.local_density import distance_blocks
from pygoodvibes.util.settings import Count

TARGET = "target"
"""The domain with few training clips; all other clips are of the source domain."""

LEAST_MEASURED = 5
"""With fewer clips of a domain, the scatter of its scores is not measured but taken from the other
domain, in proportion to the mean."""

FEW = 20
"""Up to so many clips of a domain each is held out alone, to measure the scores of held-out clips;
of more, each `PARTS`-th part."""

PARTS = 5


class DomainBanks(abc.ABC):
    """Distance to the references of each domain, the smallest over the domains.

    Parameters
    ----------
    n_neighbors : int > 0
        References of a bank whose mean distance counts (at most all of the bank).
    metric : {'euclidean', 'cosine'}
        Distance; 'cosine' is half the squared distance of vectors of unit length.
    standardize : bool
        Whether scores are compared in units of what held-out training clips of the domain score:
        less their mean, over their standard deviation.
    shuffle_domains : bool
        A control: the labels of domains are dealt anew among the training clips.
    random_state : int >= 0
        Seed.

    Attributes
    ----------
    banks_ : list of np.ndarray [shape=(m, d)]
        References of each domain, source first; of unit length with 'cosine'.
    centre_, scatter_ : np.ndarray [shape=(n_banks,)]
        0 and 1 where scores are not standardised.
    """

    def __init__(
        self,
        *,
        n_neighbors: int = 1,
        metric: str = "euclidean",
        standardize: bool = True,
        shuffle_domains: bool = False,
        random_state: int = 0,
    ):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.standardize = standardize
        self.shuffle_domains = shuffle_domains
        self.random_state = random_state

    @abc.abstractmethod
    def _references(self, clips: np.ndarray, *, target: bool, n_source: int) -> np.ndarray:
        """Return the references that stand for the training clips of a domain."""

    def fit(self, X: np.ndarray, domains: Sequence[str] | None = None) -> "DomainBanks":
        """Make the banks.

        Parameters
        ----------
        X : np.ndarray [shape=(n_clips, d)]
            Training clips.
        domains : sequence of str, optional
            The domain of each.
        """
        X = self._scaled(X)
        target = np.zeros(len(X), bool) if domains is None else np.asarray(domains) == TARGET
        if self.shuffle_domains:
            target = np.random.default_rng(self.random_state).permutation(target)
        parts = [X[mask] for mask in (~target, target) if mask.any()]
        kinds = [kind for kind, mask in ((False, ~target), (True, target)) if mask.any()]
        n_source = int((~target).sum())
        self.banks_ = [
            self._references(clips, target=kind, n_source=n_source)
            for clips, kind in zip(parts, kinds, strict=True)
        ]
        self.centre_, self.scatter_ = np.zeros(len(parts)), np.ones(len(parts))
        if self.standardize and len(parts) > 1:
            held_out = [
                self._held_out(clips, target=kind, n_source=n_source)
                for clips, kind in zip(parts, kinds, strict=True)
            ]
            self.centre_, self.scatter_ = _centres_and_scatters(held_out)
        return self

    def score_samples(self, X: np.ndarray) -> np.ndarray:
        """Return minus the smallest score over the domains, shape (n_clips,): higher = more normal.

        Without standardisation that is at most 0.
        """
        X = self._scaled(X)
        scores = [
            (self._distance(X, bank) - centre) / scatter
            for bank, centre, scatter in zip(self.banks_, self.centre_, self.scatter_, strict=True)
        ]
        return -np.min(scores, axis=0)

    def _scaled(self, X: np.ndarray) -> np.ndarray:
        X = np.asarray(X, dtype=np.float64)
        if self.metric == "cosine":
            return X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-12)
        return X

    def _distance(self, X: np.ndarray, bank: np.ndarray) -> np.ndarray:
        """Return the mean distance to the nearest references of a bank, shape (n_clips,)."""
        k = min(self.n_neighbors, len(bank))
        result = np.zeros(len(X))
        for rows, distances in distance_blocks(X, bank):
            if self.metric == "cosine":
                distances *= distances / 2
            distances.partition(k - 1, axis=1)
            result[rows] = distances[:, :k].mean(axis=1)
        return result

    def _held_out(self, clips: np.ndarray, *, target: bool, n_source: int) -> np.ndarray:
        """Return the scores of training clips of a domain by banks without them; () for one."""
        if len(clips) < 2:
            return np.zeros(0)
        part = np.arange(len(clips)) % (len(clips) if len(clips) <= FEW else PARTS)
        part = np.random.default_rng(self.random_state).permutation(part)
        scores = np.zeros(len(clips))
        for number in range(part.max() + 1):
            out = part == number
            bank = self._references(clips[~out], target=target, n_source=n_source)
            scores[out] = self._distance(clips[out], bank)
        return scores


def _centres_and_scatters(held_out: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation (above 0) of held-out scores of each domain."""
    most = max(held_out, key=len)
    spread = most.std(ddof=1) if len(most) > 1 else 1.0
    known = most.mean() if len(most) else 0.0
    relative = spread / known if known > 0 else 1.0
    centres = np.array([scores.mean() if len(scores) else known for scores in held_out])
    scatters = np.array(
        [
            scores.std(ddof=1) if len(scores) >= LEAST_MEASURED else relative * centre
            for scores, centre in zip(held_out, centres, strict=True)
        ]
    )
    # copies of one clip have no scatter
    return centres, np.maximum(scatters, max(1e-3 * known, 1e-12))


class DomainSettings(SeededSettings):
    """Settings of a detector with a bank of references for each domain."""

    sees_domains: ClassVar[bool] = True

    n_neighbors: Count = 1
    """References of a domain whose mean distance is the score in that domain."""

    metric: Literal["euclidean", "cosine"] = "euclidean"
    """Distance between clips."""

    shuffle_domains: bool = False
    """A control: deal the labels of domains anew among the training clips. What a detector finds
    beyond this, it finds by knowing domains."""

    def common(self, seed: int) -> dict:
        """Return the arguments that all estimators of this kind take."""
        names = ("n_neighbors", "metric", "shuffle_domains")
        return {name: getattr(self, name) for name in names} | {
            "random_state": seed if self.seed is None else self.seed
        }


def state_fields(**more: Kind) -> dict[str, Kind]:
    """Return what a file holds of such an estimator: these fields, and those of its own class."""
    return {
        "n_neighbors": COUNT,
        "metric": Choice("euclidean", "cosine"),
        "standardize": FLAG,
        "shuffle_domains": FLAG,
        "random_state": WHOLE,
        **more,
        "banks_": ListOf(Array("f8", (None, "d")), "banks"),
        "centre_": Array("f8", ("banks",)),
        "scatter_": Array("f8", ("banks",), above=0),
    }

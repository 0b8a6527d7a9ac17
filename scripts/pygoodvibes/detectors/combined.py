"""What was chosen for a machine ID without labels, as one detector among the others: `choice`.

Its score is the mean of the chosen candidates (detectors, and members of those that fuse several),
each in units of its scatter over training clips that it had not seen. Where nothing could be told,
it is the fixed default, in the units of that. `pygoodvibes.choice.choose` chooses.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.detectors.kinds import ListOf, Number, Sizes, Text, expect
from pygoodvibes.detectors.state import Object, State
from pygoodvibes.util.padding import padded

CHOICE = "choice"
"""Its name beside those of the config's detectors, and as `default_detector` of the config."""


def list_scored(default_detector: str | None, detectors: Iterable[str]) -> list[str]:
    """Return the names of all that has results, the default first, by two keys of the config."""
    return [*([CHOICE] if default_detector == CHOICE else []), *detectors]


@dataclasses.dataclass(frozen=True)
class Part:
    """A candidate that was chosen.

    Attributes
    ----------
    detector : str
        Its name, or that of the detector that it is a member of.
    member : str
        Name of the member; '' for the whole detector.
    centre, scatter : float
        Of its held-out training scores.
    """

    detector: str
    member: str
    centre: float
    scatter: float

    @classmethod
    def of(cls, candidate: str, centre: float, scatter: float) -> "Part":
        """Take a candidate by its name, e.g. 'lof' or 'fusion: mean, whiten'."""
        detector, _, member = candidate.partition(": ")
        return cls(detector, member, centre, scatter)

    def in_units(self, scores: np.ndarray) -> np.ndarray:
        """Return scores in units of the scatter; 0 is the middle of held-out training clips."""
        return (scores - self.centre) / self.scatter


def mean_of(scores: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean of some candidates' scores, shape (n,), in whatever number clips come."""
    # added one by one: NumPy's own sum takes another order for a single clip than for many
    return sum(scores[1:], scores[0]) / len(scores)


def member_scores(estimator: object, values: np.ndarray | Sequence[np.ndarray]) -> np.ndarray:
    """Score clips with the members of a fusing detector, in whatever number clips come.

    Parameters
    ----------
    estimator : object
        Fitted, with `member_scores` and `member_names`.
    values : np.ndarray [shape=(n_clips, d)] or sequence of np.ndarray
        What it sees of the clips.

    Returns
    -------
    np.ndarray [shape=(n_clips, n_members)]
        Higher = more anomalous.
    """
    if not len(values):
        return np.zeros((0, len(estimator.member_names)))
    batch = padded(values) if isinstance(values, np.ndarray) else values
    return estimator.member_scores(batch)[: len(values)]


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The detector `choice` of a machine ID.

    Attributes
    ----------
    parts : list of Part
        What it is the mean of; at least one.
    """

    parts: list[Part]

    @property
    def detectors(self) -> list[str]:
        """Return the names of the detectors that it needs, each once."""
        return list(dict.fromkeys(part.detector for part in self.parts))


def _takes_something(values: Mapping, sizes: Sizes) -> None:
    expect(values["parts"], "parts: there is none")


STATES = {
    "Part": State(
        {"detector": Text(), "member": Text(), "centre": Number(), "scatter": Number(above=0)}
    ),
    "Chosen": State({"parts": ListOf(Object("combined.Part"))}, check=_takes_something),
}

FITTED = Object("combined.Chosen")

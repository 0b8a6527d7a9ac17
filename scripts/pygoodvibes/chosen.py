"""What was chosen for a machine ID without labels, as one detector among the others: `choice`.

Its score is the mean of the chosen candidates (detectors, and members of those that fuse several),
each in units of its scatter over training clips that it had not seen. Where nothing could be told,
it is the fixed default, in the units of that. `pygoodvibes.choice` chooses.
"""

import dataclasses
import json
import pathlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.batches import padded
from pygoodvibes.records import read_records

NAME = "choice"
"""Its name beside those of the config's detectors, and as `default_detector` of the config."""

COLUMNS = ("id", "clip", "split", "score")
"""Columns of the file of its scores of a machine type, a row a clip."""


def listed(default_detector: str | None, detectors: Iterable[str]) -> list[str]:
    """Return the names of all that has results, the default first, by two keys of the config."""
    return [*([NAME] if default_detector == NAME else []), *detectors]


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


@dataclasses.dataclass(frozen=True)
class Choice:
    """What was chosen for a machine ID, and the scores that it leads to.

    Attributes
    ----------
    chosen : Chosen or None
        The detector; None if nothing could be fitted.
    scores : dict of (split, clip) to float
        Of all its clips, higher = more anomalous; those of training clips are held-out ones. NaN
        where there is none.
    notes : list of str
        What was chosen, and why.
    """

    chosen: Chosen | None
    scores: dict[tuple[str, str], float]
    notes: list[str]


def read_documents(path: str | pathlib.Path) -> dict[str, dict]:
    """Read what was chosen for the IDs of a machine type, by machine ID."""
    documents = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    return {document["id"]: document for document in documents}


def parts_of(document: Mapping) -> list[Part]:
    """Return what was chosen for a machine ID, from its document."""
    return [Part(**part) for part in document["parts"]]


def read(choice: str | pathlib.Path, scores: str | pathlib.Path, machine_id: str) -> Choice:
    """Read the choice of a machine ID.

    Parameters
    ----------
    choice, scores : path
        The files of its machine type, from `pygoodvibes.choice.write_choice`.
    machine_id : str
        Which ID.
    """
    document = read_documents(choice)[machine_id]
    parts = parts_of(document)
    # the table of machine IDs takes notes apart at semicolons
    reason = document["reason"].replace("; ", ", ")
    text = f"chosen: {' + '.join(document['chosen'])} ({reason})"
    return Choice(
        chosen=Chosen(parts) if parts else None,
        scores={
            (row["split"], row["clip"]): float(row["score"] or "nan")
            for row in read_records(scores)
            if row["id"] == machine_id
        },
        notes=[text if parts else f"not fitted: {reason}"],
    )

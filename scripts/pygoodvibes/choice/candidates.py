"""Candidates of the choice: detectors, and the members of those that fuse several.

Comes in: the detectors fitted for a machine ID, and its clips. Goes out: candidates with their
held-out scores, and their scores of other clips.
"""

import dataclasses
import fnmatch
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.mel_cache import ClipFrames, MelCache
from pygoodvibes.detection import serialization
from pygoodvibes.detection.inputs import Inputs
from pygoodvibes.detection.result import read_scores
from pygoodvibes.detection.score import anomaly_score, held_out_parts
from pygoodvibes.detectors import combined
from pygoodvibes.detectors.fusion import centre_and_scatter
from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.projection import Pca
from pygoodvibes.embeddings.vectors import ClipVectors

LEAST_CLIPS = 3
"""Fewest held-out scores from which an indicator is computed."""


@dataclasses.dataclass(frozen=True)
class MachineId:
    """The clips of a machine ID, and what was fitted on its training clips.

    Attributes
    ----------
    embedded : ClipVectors
        Embeddings of its clips.
    pcas : sequence of Pca
        Its projections, without each fold and of all; none with too few training clips.
    cache : MelCache or None
        Log-mel frames of the same clips in the same order, where a detector sees them.
    estimators : mapping of str to object
        Fitted detectors by name, None where that was not possible.
    scores : mapping of str to scores
        By detector: score of each (split, clip); those of training clips are held-out ones.
    groups : Groups or None
        Which of its training clips were held out together (None: all, in folds).
    """

    embedded: ClipVectors
    pcas: Sequence[Pca]
    cache: MelCache | None
    estimators: Mapping[str, object]
    scores: Mapping[str, Mapping[tuple[str, str], float]]
    groups: Groups | None = None

    @property
    def counts(self) -> np.ndarray:
        """Say which training clips count for the choice: those that are ever held out.

        An encoder that has learnt from a clip knows it. Shape (n_train,), bool.
        """
        n_train = int(self.embedded.train.sum())
        return np.ones(n_train, dtype=bool) if self.groups is None else self.groups.number >= 0

    def inputs(self, chosen: np.ndarray, pcas: Sequence[Pca]) -> Inputs:
        """Return the inputs of detectors for some clips (a mask or index), with any projections."""
        values = self.embedded.values[chosen]
        frames = None if self.cache is None else ClipFrames(self.cache)[chosen]
        return Inputs.of(values, pcas, frames)

    def scores_of(self, split: str) -> dict[str, np.ndarray]:
        """Return the scores of the clips of a split by detector, in the order of the clips."""
        clips = self.embedded.clip[self.embedded.split == split]
        return {
            name: np.array([values[split, clip] for clip in clips], dtype=np.float64)
            for name, values in self.scores.items()
        }


def may_be_chosen(detectors: Mapping[str, Mapping], leave_out: Sequence[str]) -> list[str]:
    """Return the detectors that may be chosen, in the order of the config.

    The first always is one of them. Controls, random projections, shuffled domains and shuffled
    supplemental recordings, are left out, and so is every other detector whose name fits a pattern
    of `leave_out`.
    """
    left_out = {
        name
        for name, settings in detectors.items()
        if settings["method"] == "random_projection"
        or settings.get("shuffle_domains")
        or settings.get("shuffle_supplemental")
        or any(fnmatch.fnmatchcase(name, pattern) for pattern in leave_out)
    }
    return [name for name in detectors if name not in left_out or name == next(iter(detectors))]


def in_units(scores: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Return scores in units of the scatter of held-out training scores; 0 is their middle."""
    centre, scatter = centre_and_scatter(held_out)
    return (scores - centre) / scatter


def score_each(
    function: Callable,
    method: str,
    estimator: object,
    seen: Sequence[np.ndarray | Sequence[np.ndarray]],
) -> list[np.ndarray]:
    """Score groups of clips by a function of a fitted detector and what it sees of them.

    `pygoodvibes.workflow.score_store.ScoreStore.scores`, which can stand in for it, keeps by the
    method what was scored earlier.
    """
    return [function(estimator, clips) for clips in seen]


def member_scores(
    estimators: Mapping[str, object],
    detectors: Mapping[str, Mapping],
    groups: Sequence[Inputs],
    score_with: Callable = score_each,
) -> list[dict[str, dict[str, np.ndarray]]]:
    """Score groups of clips with each member of the detectors that fuse several.

    Detectors without held-out scores of their members are left out.

    Parameters
    ----------
    estimators, detectors : mapping
        Fitted detectors, and their settings, by name.
    groups : sequence of Inputs
        The clips.
    score_with : callable
        Stands in for `score_each`.

    Returns
    -------
    list of dict of str to dict of str to np.ndarray [shape=(n_clips,)]
        For each group, by detector and member; higher = more anomalous.
    """
    found: list[dict[str, dict[str, np.ndarray]]] = [{} for _ in groups]
    for name, estimator in estimators.items():
        if len(held_out_parts(estimator)):
            seen = [inputs.seen_by(detectors[name]) for inputs in groups]
            scored = score_with(combined.member_scores, detectors[name]["method"], estimator, seen)
            for by_detector, scores in zip(found, scored, strict=True):
                by_detector[name] = dict(zip(estimator.member_names, scores.T, strict=True))
    return found


def named(members: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {
        f"{name}: {member}": scores
        for name, of_members in members.items()
        for member, scores in of_members.items()
    }


@dataclasses.dataclass(frozen=True)
class Candidates:
    """The candidates of a machine ID.

    Attributes
    ----------
    whole : dict of str to object
        Fitted detectors that may be chosen.
    parts : dict of str to object
        Those of them whose members may be chosen too.
    held_out : dict of str to np.ndarray [shape=(n,)]
        Held-out scores of every candidate, of the training clips that count.
    """

    whole: dict[str, object]
    parts: dict[str, object]
    held_out: dict[str, np.ndarray]

    @classmethod
    def of(
        cls,
        this_id: MachineId,
        detectors: Mapping[str, Mapping],
        *,
        leave_out: Sequence[str],
        members: bool,
    ) -> "Candidates":
        """Take the detectors that have a held-out score of each training clip that counts."""
        counts = this_id.counts
        train = {name: scores[counts] for name, scores in this_id.scores_of("train").items()}
        whole = {
            name: this_id.estimators[name]
            for name in may_be_chosen(detectors, leave_out)
            if this_id.pcas
            and this_id.estimators.get(name) is not None
            and len(train[name]) >= LEAST_CLIPS
            and np.isfinite(train[name]).all()
        }
        parts = {
            name: estimator
            for name, estimator in whole.items()
            if members and len(held_out_parts(estimator)) == this_id.embedded.train.sum()
        }
        train = {name: train[name] for name in whole}
        of_parts = {
            name: dict(zip(estimator.member_names, estimator.held_out_[counts].T, strict=True))
            for name, estimator in parts.items()
        }
        return cls(whole, parts, {**train, **named(of_parts)})

    def score(
        self,
        detectors: Mapping[str, Mapping],
        groups: Sequence[Inputs],
        score_with: Callable = score_each,
    ) -> list[dict[str, np.ndarray]]:
        """Score groups of clips with every candidate.

        Parameters
        ----------
        detectors, groups, score_with
            As in `member_scores`.

        Returns
        -------
        list of dict of str to np.ndarray [shape=(n_clips,)]
            For each group, by candidate; higher = more anomalous.
        """
        of_parts = member_scores(self.parts, detectors, groups, score_with)
        whole: list[dict[str, np.ndarray]] = [{} for _ in groups]
        for name, estimator in self.whole.items():
            if name in self.parts:
                # the scores of its members are there already
                scored = [
                    estimator.join_members(np.stack(list(members[name].values()), axis=1))
                    for members in of_parts
                ]
            else:
                seen = [inputs.seen_by(detectors[name]) for inputs in groups]
                scored = score_with(anomaly_score, detectors[name]["method"], estimator, seen)
            for by_candidate, scores in zip(whole, scored, strict=True):
                by_candidate[name] = scores
        return [
            {**by_candidate, **named(members)}
            for by_candidate, members in zip(whole, of_parts, strict=True)
        ]


def load(files: Mapping[str, str | None], *, fitted: bool = True) -> MachineId:
    """Read the files of a machine ID.

    Parameters
    ----------
    files : mapping of str to path
        embedding, projection, models, scores; mel and mel_clips, or None.
    fitted : bool
        Read the fitted detectors too.
    """
    embedded, _ = vectors.load(files["embedding"])
    projected = projection.load(files["projection"])
    return MachineId(
        embedded=embedded,
        pcas=projected.pcas,
        cache=mel_cache.open_cache(files["mel"], files["mel_clips"]) if files["mel"] else None,
        estimators=serialization.load(files["models"]) if fitted else {},
        scores=read_scores(files["scores"]),
        groups=projected.groups,
    )

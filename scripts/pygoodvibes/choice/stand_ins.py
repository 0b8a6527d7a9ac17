"""Stand-ins: normal clips that are not of this machine, or not at this working point.

Comes in: the candidates of a machine ID, and other clips of its type. Goes out: scores of the
stand-ins by every candidate, beside scores of the ID's own clips that they are compared with.

Training clips of the other IDs (sections) of the machine type stand in for anomalies. Where there
is no other, as since DCASE 2023, clips with other attributes do, for instance those at another
speed: all detectors are fitted without them, as if that speed had never been recorded. The clips
of one combination of attributes are a pseudo-class.

References
----------
Primus et al. (2020), Anomalous sound detection as a simple binary classification problem with
careful selection of proxy outlier examples (other machines as stand-ins).
Wilkinghoff (2023), Design choices for learning embeddings from auxiliary tasks for domain
generalization in anomalous sound detection (combinations of attributes as classes).
"""

import collections
import dataclasses
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.choice.candidates import (
    Candidates,
    MachineId,
    may_be_chosen,
    score_each,
)
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect, detect_clips
from pygoodvibes.embeddings.projection import project_vectors

LEAST_CLIPS = 5
"""Fewest training clips with the same attributes that are a pseudo-class."""

LEAST_LEFT = 0.5
"""Least share of the training clips that must be left to fit to."""


@dataclasses.dataclass(frozen=True)
class StandIns:
    """Scores of groups of stand-ins.

    Attributes
    ----------
    others : mapping of str to sequence of np.ndarray [shape=(n_group,)]
        By candidate: scores of the clips of each group, in the same order. Higher = more anomalous.
    own : mapping of str to sequence of np.ndarray [shape=(n_own,)], or None
        By candidate: for each group held-out scores of the ID's own training clips, by the same
        fits. None: the same fits score all groups, and the ID's held-out scores are known.
    """

    others: Mapping[str, Sequence[np.ndarray]]
    own: Mapping[str, Sequence[np.ndarray]] | None = None

    def own_of(self, name: str, held_out: np.ndarray) -> Sequence[np.ndarray]:
        """Return the own scores of a candidate that each group is compared with.

        Parameters
        ----------
        name : str
            The candidate.
        held_out : np.ndarray [shape=(n_train,)]
            Its held-out scores of all of the ID's own training clips.
        """
        groups = self.others.get(name, ())
        return [held_out] * len(groups) if self.own is None else self.own.get(name, ())

    def pairs(self, name: str, held_out: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return for each group the own scores of a candidate, and those of the stand-ins."""
        return list(zip(self.own_of(name, held_out), self.others.get(name, ()), strict=True))

    @property
    def sizes(self) -> list[int]:
        """Return how many clips each group has."""
        return _sizes(self.others)

    def drawn_anew(self, rng: np.random.Generator) -> "StandIns":
        """Return the scores of as many clips of each group, drawn with replacement."""
        return StandIns(
            _drawn(self.others, rng), None if self.own is None else _drawn(self.own, rng)
        )


def _sizes(scores: Mapping[str, Sequence[np.ndarray]]) -> list[int]:
    return [len(of_group) for of_group in next(iter(scores.values()), [])]


def _drawn(
    scores: Mapping[str, Sequence[np.ndarray]], rng: np.random.Generator
) -> dict[str, list[np.ndarray]]:
    rows = [rng.integers(size, size=size) for size in _sizes(scores)]
    return {
        name: [of_group[drawn] for of_group, drawn in zip(groups, rows, strict=True)]
        for name, groups in scores.items()
    }


def draw(
    counts: Mapping[str, int], *, sample: int, seed: int, key: Sequence[str]
) -> dict[str, np.ndarray]:
    """Draw clips of groups, equally many from each as far as they last.

    Parameters
    ----------
    counts : mapping of str to int
        Clips of each group, e.g. training clips of each other ID.
    sample : int > 0
        How many in all, at most.
    seed : int
        Seed of the config.
    key : sequence of str
        Machine type and ID for which they are drawn. Each ID has a draw of its own.

    Returns
    -------
    dict of str to np.ndarray of int
        Numbers of the drawn clips among the clips of each group, rising.
    """
    numbers = [zlib.crc32(name.encode()) for name in key]
    rng = np.random.default_rng([seed, *numbers])
    orders = {name: rng.permutation(count) for name, count in counts.items()}
    turns = sorted((turn, name) for name, order in orders.items() for turn in range(len(order)))
    taken = [name for _, name in turns[:sample]]
    return {name: np.sort(order[: taken.count(name)]) for name, order in orders.items()}


def of_other_ids(
    candidates: Candidates,
    this_id: MachineId,
    others: Mapping[str, MachineId],
    detectors: Mapping[str, Mapping],
    *,
    sample: int,
    seed: int,
    key: Sequence[str],
    score_with: Callable = score_each,
) -> StandIns:
    """Let training clips of other machine IDs of the type stand in.

    Parameters
    ----------
    candidates : Candidates
        Of `this_id`.
    this_id : MachineId
        The machine ID to choose for.
    others : mapping of str to MachineId
        IDs whose clips its detectors can score; of each those clips that count.
    detectors : mapping of str to mapping
        The `detectors` section of the config.
    sample, seed, key
        As in `draw`.
    score_with : callable
        Stands in for `pygoodvibes.choice.candidates.score_each`.
    """
    training = {
        name: np.flatnonzero(other.embedded.train)[other.counts] for name, other in others.items()
    }
    counts = {name: len(clips) for name, clips in training.items()}
    drawn = draw(counts, sample=sample, seed=seed, key=key)
    groups = [
        other.inputs(training[name][drawn[name]], this_id.pcas) for name, other in others.items()
    ]
    scored = candidates.score(detectors, groups, score_with)
    return StandIns(
        {
            name: [scores[name] for scores in scored if len(scores[name])]
            for name in candidates.held_out
        }
    )


def pseudo_classes(
    attributes: Sequence[str], domains: Sequence[str], *, most: int, seed: int
) -> list[np.ndarray]:
    """Return which training clips are left out together, by their attributes.

    Clips of the target domain are in no group: there are few of them, and a detector is not to be
    chosen because it tells the domains apart.

    Parameters
    ----------
    attributes, domains : sequence of str
        Of each training clip, as the manifest has them; '' where there are none.
    most : int >= 2
        Most groups. More pseudo-classes are dealt out to so many groups at random.
    seed : int
        Of the deal.

    Returns
    -------
    list of np.ndarray [shape=(n_train,), dtype=bool]
        The groups; none where fewer than two pseudo-classes have `LEAST_CLIPS` clips.
    """
    known = [
        text if domain != "target" else "" for text, domain in zip(attributes, domains, strict=True)
    ]
    counts = collections.Counter(known)
    classes = sorted(text for text in counts if text and counts[text] >= LEAST_CLIPS)
    if len(classes) < 2:
        return []
    dealt = np.random.default_rng(seed).permutation(np.arange(len(classes)) % most)
    group_of = dict(zip(classes, dealt.tolist(), strict=True))
    number = np.array([group_of.get(text, -1) for text in known])
    groups = [number == group for group in range(min(most, len(classes)))]
    return [group for group in groups if group.mean() <= 1 - LEAST_LEFT]


def without(
    this_id: MachineId,
    left_out: np.ndarray,
    detectors: Mapping[str, Mapping],
    *,
    projection: Mapping,
    domains: Sequence[str],
    seed: int,
    scored_by: str,
    supplemental: Mapping[str, np.ndarray] | None = None,
    detect_with: Callable = detect,
) -> MachineId:
    """Fit the detectors of a machine ID as if some of its training clips had not been recorded.

    Parameters
    ----------
    this_id : MachineId
        Its clips; those held out together stay together.
    left_out : np.ndarray [shape=(n_train,), dtype=bool]
        Which training clips.
    detectors : mapping of str to mapping
        Settings by name.
    projection : mapping
        The `projection` section of the config.
    domains : sequence of str
        Of all training clips.
    seed, scored_by, supplemental, detect_with
        As in `pygoodvibes.detection.fit.detect_clips`.

    Returns
    -------
    MachineId
        The training clips alone, those left out as its test clips.
    """
    train = np.flatnonzero(this_id.embedded.train)
    embedded = this_id.embedded.of(train)
    split = np.where(left_out, "test", "train")
    embedded = dataclasses.replace(embedded, split=split)
    groups = this_id.groups.among(~left_out)
    cache = this_id.cache
    if cache is not None:
        cache = dataclasses.replace(cache, clips=[cache.clips[number] for number in train])
    projected = project_vectors(embedded, groups, **projection)
    found = detect_clips(
        embedded,
        projected,
        detectors,
        seed=seed,
        scored_by=scored_by,
        cache=cache,
        domains=domains,
        supplemental=supplemental,
        detect_with=detect_with,
    )
    scores = {}
    for name, each in found.items():
        values = np.empty(len(split))
        values[~left_out], values[left_out] = each.train_scores, each.test_scores
        keys = zip(split.tolist(), embedded.clip.tolist(), strict=True)
        scores[name] = dict(zip(keys, values.tolist(), strict=True))
    return MachineId(
        embedded=embedded,
        pcas=projected.pcas,
        cache=cache,
        estimators={name: _ready(each.estimator) for name, each in found.items()},
        scores=scores,
        groups=groups,
    )


def _ready(estimator: object) -> object:
    """Return a fitted detector that scores clips; what was kept in a file can't, as it is."""
    return estimator.decoded() if isinstance(estimator, serialization.Encoded) else estimator


def of_pseudo_classes(
    this_id: MachineId,
    clips: Sequence[Mapping],
    detectors: Mapping[str, Mapping],
    *,
    most: int,
    projection: Mapping,
    scored_by: str,
    leave_out: Sequence[str],
    members: bool,
    sample: int,
    seed: int,
    key: Sequence[str],
    supplemental: Mapping[str, np.ndarray] | None = None,
    detect_with: Callable = detect,
    score_with: Callable = score_each,
) -> StandIns:
    """Let a machine ID's own clips with other attributes stand in.

    Parameters
    ----------
    this_id : MachineId
        The machine ID to choose for.
    clips : sequence of mapping
        Rows of its manifest: split, clip, domain, attributes.
    detectors : mapping of str to mapping
        The `detectors` section of the config.
    most
        As in `pseudo_classes`.
    projection, scored_by, supplemental, detect_with
        As in `without`.
    leave_out, members
        As in `pygoodvibes.choice.candidates.Candidates.of`.
    sample, seed, key
        As in `draw`.
    score_with : callable
        Stands in for `pygoodvibes.choice.candidates.score_each`.

    Returns
    -------
    StandIns
        A group has own scores of its own; no group without `pseudo_classes`.
    """
    known = {row["clip"]: row for row in clips if row["split"] == "train"}
    training = [known[clip] for clip in this_id.embedded.clip[this_id.embedded.train].tolist()]
    domains = [row["domain"] for row in training]
    groups = pseudo_classes([row["attributes"] for row in training], domains, most=most, seed=seed)
    candidates = {name: detectors[name] for name in may_be_chosen(detectors, leave_out)}
    counts = {str(number): int(group.sum()) for number, group in enumerate(groups)}
    drawn = draw(counts, sample=sample, seed=seed, key=key)
    own, others = [], []
    for group, chosen in zip(groups, drawn.values(), strict=True):
        # one at a time: fitted detectors are large
        rest = without(
            this_id,
            group,
            candidates,
            projection=projection,
            domains=domains,
            seed=seed,
            scored_by=scored_by,
            supplemental=supplemental,
            detect_with=detect_with,
        )
        fitted = Candidates.of(rest, candidates, leave_out=leave_out, members=members)
        left_out = np.flatnonzero(~rest.embedded.train)[chosen]
        inputs = rest.inputs(left_out, rest.pcas)
        [scored] = fitted.score(candidates, [inputs], score_with)
        own.append(fitted.held_out)
        others.append(scored)
    # a candidate that could not be fitted without each group can't be compared
    names = [name for name in (own[0] if own else ()) if all(name in each for each in own)]
    return StandIns(
        {name: [each[name] for each in others] for name in names},
        {name: [each[name] for each in own] for name in names},
    )

"""Which detector suits a machine ID, decided from normal training clips alone.

Nobody has anomalies of the machine to choose by. What there is instead: scores of its own training
clips from fits that have not seen them, and training clips of the other IDs of its type, which
stand in for anomalies. Candidates are the detectors, and the parts of those that fuse several (a
view of the embedding in one metric; an aggregate over the frames), so that the choice is also one
of pooling and aggregation. Whether an indicator predicts anything is for
`pygoodvibes.choice_tables` to say: no label and no test clip comes in here.

References
----------
Ma et al. (2023), The need for unsupervised outlier model selection: a review and evaluation of
internal evaluation strategies (self-scores, agreement).
Primus et al. (2020), Anomalous sound detection as a simple binary classification problem with
careful selection of proxy outlier examples (other machines as stand-ins).
"""

import dataclasses
import fnmatch
import json
import logging
import math
import pathlib
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes import chosen, mel_cache, metrics, models, vectors
from pygoodvibes.chosen import Part
from pygoodvibes.detection import anomaly_score, held_out_parts, read_scores
from pygoodvibes.detectors.fusion import centre_and_scatter
from pygoodvibes.mel_cache import ClipFrames, MelCache
from pygoodvibes.projection import Pca
from pygoodvibes.records import write_records
from pygoodvibes.scoring import seen_by
from pygoodvibes.vectors import ClipVectors

logger = logging.getLogger(__name__)

INDICATORS = (
    "stand_in_auc",
    "stand_in_pauc",
    "stand_in_separation",
    "self_tail",
    "agreement",
    "burstiness",
)
"""What speaks for a candidate; higher = better. NaN where it can't be told."""

BURSTY_DB = 3.0
"""From here on the power of a machine comes in bursts: its 0.95 quantile is twice its median."""

LEAST_CLIPS = 3
"""Fewest held-out scores from which an indicator is computed."""

Inputs = tuple[np.ndarray, np.ndarray, Sequence[np.ndarray] | None]
"""Of the same clips: embeddings, their projections, log-mel frames (or None)."""


@dataclasses.dataclass(frozen=True)
class MachineId:
    """The clips of a machine ID, and what was fitted on its training clips.

    Attributes
    ----------
    embedded : ClipVectors
        Embeddings of its clips.
    pca : Pca or None
        Its projection; None if there were too few training clips.
    cache : MelCache or None
        Log-mel frames of the same clips in the same order, where a detector sees them.
    estimators : mapping of str to object
        Fitted detectors by name, None where that was not possible.
    scores : mapping of str to scores
        By detector: score of each (split, clip); those of training clips are held-out ones.
    """

    embedded: ClipVectors
    pca: Pca | None
    cache: MelCache | None
    estimators: Mapping[str, object]
    scores: Mapping[str, Mapping[tuple[str, str], float]]

    def inputs(self, chosen: np.ndarray, pca: Pca) -> Inputs:
        """Return what detectors behind another projection see of some clips, by a mask or index."""
        values = self.embedded.values[chosen]
        frames = None if self.cache is None else ClipFrames(self.cache)[chosen]
        return values, pca.transform(values), frames

    def scores_of(self, split: str) -> dict[str, np.ndarray]:
        """Return the scores of the clips of a split by detector, in the order of the clips."""
        clips = self.embedded.clip[self.embedded.split == split]
        return {
            name: np.array([values[split, clip] for clip in clips], dtype=np.float64)
            for name, values in self.scores.items()
        }


def may_be_chosen(detectors: Mapping[str, Mapping], leave_out: Sequence[str]) -> list[str]:
    """Return the detectors that may be chosen: the first, and all but controls and patterns."""
    left_out = {
        name
        for name, settings in detectors.items()
        if settings["method"] == "random_projection"
        or any(fnmatch.fnmatchcase(name, pattern) for pattern in leave_out)
    }
    return [name for name in detectors if name not in left_out or name == next(iter(detectors))]


def in_units(scores: np.ndarray, held_out: np.ndarray) -> np.ndarray:
    """Return scores in units of the scatter of held-out training scores; 0 is their middle."""
    centre, scatter = centre_and_scatter(held_out)
    return (scores - centre) / scatter


def member_scores(
    estimators: Mapping[str, object], detectors: Mapping[str, Mapping], inputs: Inputs
) -> dict[str, dict[str, np.ndarray]]:
    """Score clips with the parts of those detectors that have any held-out scores of them.

    Returns
    -------
    dict of str to dict of str to np.ndarray [shape=(n_clips,)]
        By detector and member; higher = more anomalous.
    """
    found = {}
    for name, estimator in estimators.items():
        if len(held_out_parts(estimator)):
            scores = chosen.member_scores(estimator, _seen(detectors[name], inputs))
            found[name] = dict(zip(estimator.member_names, scores.T, strict=True))
    return found


def _seen(settings: Mapping, inputs: Inputs) -> np.ndarray | Sequence[np.ndarray]:
    embedding, projected, frames = inputs
    return seen_by(settings, embedding=embedding, projected=projected, frames=frames)


def _named(members: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {
        f"{name}: {member}": scores
        for name, each in members.items()
        for member, scores in each.items()
    }


@dataclasses.dataclass(frozen=True)
class Candidates:
    """The candidates of a machine ID.

    Attributes
    ----------
    whole : dict of str to object
        Fitted detectors that may be chosen.
    parts : dict of str to object
        Those of them whose parts may be chosen too.
    held_out : dict of str to np.ndarray [shape=(n_train,)]
        Held-out training scores of every candidate.
    """

    whole: dict[str, object]
    parts: dict[str, object]
    held_out: dict[str, np.ndarray]

    @classmethod
    def of(
        cls,
        own: MachineId,
        detectors: Mapping[str, Mapping],
        *,
        leave_out: Sequence[str],
        members: bool,
    ) -> "Candidates":
        """Take those detectors that have a score of each training clip that they had not seen."""
        train = own.scores_of("train")
        usable = own.pca is not None
        whole = {
            name: own.estimators[name]
            for name in may_be_chosen(detectors, leave_out)
            if usable
            and own.estimators.get(name) is not None
            and len(train[name]) >= LEAST_CLIPS
            and np.isfinite(train[name]).all()
        }
        parts = {
            name: each
            for name, each in whole.items()
            if members and len(held_out_parts(each)) == own.embedded.train.sum()
        }
        train = {name: train[name] for name in whole}
        of_parts = {
            name: dict(zip(each.member_names, each.held_out_.T, strict=True))
            for name, each in parts.items()
        }
        return cls(whole, parts, {**train, **_named(of_parts)})

    def score(self, detectors: Mapping[str, Mapping], inputs: Inputs) -> dict[str, np.ndarray]:
        """Score clips with every candidate, shape (n_clips,) each; higher = more anomalous."""
        of_parts = member_scores(self.parts, detectors, inputs)
        whole = {}
        for name, estimator in self.whole.items():
            if name in of_parts:
                # what its parts have said is not computed again
                scores = np.stack(list(of_parts[name].values()), axis=1)
                whole[name] = estimator.join_members(scores)
            else:
                whole[name] = anomaly_score(estimator, _seen(detectors[name], inputs))
        return {**whole, **_named(of_parts)}


def stand_ins(
    counts: Mapping[str, int], *, sample: int, seed: int, key: Sequence[str]
) -> dict[str, np.ndarray]:
    """Draw training clips of other machine IDs, as evenly from each as there are clips.

    Parameters
    ----------
    counts : mapping of str to int
        Training clips of each other ID.
    sample : int > 0
        How many in all, at most.
    seed : int
        Seed of the config.
    key : sequence of str
        Machine type and ID that they are drawn for, so that each ID has a draw of its own.

    Returns
    -------
    dict of str to np.ndarray of int
        Numbers of the drawn clips among the training clips of each ID, rising.
    """
    own = [zlib.crc32(part.encode()) for part in key]
    rng = np.random.default_rng([seed, *own])
    orders = {name: rng.permutation(count) for name, count in counts.items()}
    turns = sorted((turn, name) for name, order in orders.items() for turn in range(len(order)))
    taken = [name for _, name in turns[:sample]]
    return {name: np.sort(order[: taken.count(name)]) for name, order in orders.items()}


def frame_burstiness(clips: Iterable[np.ndarray]) -> float:
    """Return how far bursts of power lie above the usual power, in dB; NaN without clips.

    Parameters
    ----------
    clips : iterable of np.ndarray [shape=(n_frames, n_mels)]
        Log-mel frames, dB.

    Returns
    -------
    float
        0.95 quantile over median of the mean power of frames, mean over clips of its level in dB.
    """
    levels = []
    for frames in clips:
        power = (10 ** (np.asarray(frames, dtype=np.float64) / 10)).mean(axis=1)
        median, high = np.quantile(power, (0.5, 0.95))
        if median > 0:
            levels.append(10 * np.log10(high / median))
    return float(np.mean(levels)) if levels else math.nan


def hears_bursts(candidate: str) -> int:
    """Tell what a candidate looks at, by its name: 1 maxima over time, -1 means, 0 both or else."""
    _, _, part = candidate.partition(": ")
    if part.startswith(("max", "gwrp", "high")):
        return 1
    return -1 if part.startswith(("mean", "median")) else 0


def indicators(
    held_out: Mapping[str, np.ndarray],
    of_stand_ins: Mapping[str, Sequence[np.ndarray]],
    *,
    burstiness: float,
    max_fpr: float,
) -> dict[str, dict[str, float]]:
    """Compute what speaks for each candidate.

    Parameters
    ----------
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        By candidate: scores of its own normal training clips from fits that have not seen them.
    of_stand_ins : mapping of str to sequence of np.ndarray [shape=(n,)]
        By candidate: scores of training clips of each other ID; empty if there are none. What
        counts is the ID that the candidate tells apart least: one that differs by far, for
        instance in level, is told by all, and together with others it would only scatter.
    burstiness : float
        From `frame_burstiness`, dB.
    max_fpr : float
        Of the pAUC.

    Returns
    -------
    dict of str to dict of str to float
        By candidate: `INDICATORS`, higher = better.
    """
    ranks = {name: _ranks(scores) for name, scores in held_out.items()}
    total = sum(ranks.values(), np.zeros(1))
    result = {}
    for name, own in held_out.items():
        against = np.array([_against(own, each, max_fpr=max_fpr) for each in of_stand_ins[name]])
        # without other IDs nothing is known
        auc, pauc, apart = against.min(axis=0) if len(against) else np.full(3, math.nan)
        middle, low, high, top = np.quantile(own, (0.5, 0.25, 0.75, 0.95))
        spread = max((high - low) / 1.349, 1e-12)
        agreement = _correlation(ranks[name], total - ranks[name]) if len(held_out) > 1 else np.nan
        result[name] = {
            "stand_in_auc": float(auc),
            "stand_in_pauc": float(pauc),
            "stand_in_separation": float(apart),
            "self_tail": -float((top - middle) / spread),
            "agreement": agreement,
            "burstiness": hears_bursts(name) * (burstiness - BURSTY_DB),
        }
    return result


def _against(own: np.ndarray, other: np.ndarray, *, max_fpr: float) -> tuple[float, float, float]:
    """Return AUC, pAUC and separation of the stand-ins of one ID."""
    scores = np.concatenate([own, other])
    anomalous = np.arange(len(scores)) >= len(own)
    partial = metrics.partial_auc(anomalous, scores, max_fpr=max_fpr)
    return metrics.auc(anomalous, scores), partial, separation(own, other)


def separation(own: np.ndarray, other: np.ndarray) -> float:
    """Return how far apart two groups of scores lie, in units of the scatter within them.

    Unlike the AUC it goes on growing where no two scores are out of order. The scatter is the root
    of the mean of both variances (the index d').

    Parameters
    ----------
    own, other : np.ndarray [shape=(n,)]
        Scores of the own clips, and of those that should score higher.

    Returns
    -------
    float
        NaN if a group is empty, or nothing scatters.
    """
    if not len(own) or not len(other):
        return math.nan
    within = math.sqrt((own.var() + other.var()) / 2)
    return float(other.mean() - own.mean()) / within if within > 0 else math.nan


def _ranks(values: np.ndarray) -> np.ndarray:
    """Return the ranks from 0, equal values sharing theirs, shape (n,)."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[place]


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    length = math.sqrt((x @ x) * (y @ y))
    return float(x @ y) / length if length > 0 else math.nan


def spearman(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the rank correlation of two rows of numbers, NaN if one doesn't vary."""
    return _correlation(_ranks(np.asarray(x)), _ranks(np.asarray(y)))


def favoured(
    table: Mapping[str, Mapping[str, float]],
    indicator: str,
    default: str,
    *,
    top: int,
    keep_fixed: bool,
) -> list[str]:
    """Return the candidates that are chosen by an indicator, the best first.

    Parameters
    ----------
    table : mapping of str to mapping
        From `indicators`.
    indicator : str
        One of `INDICATORS`.
    default : str
        The fixed default, which goes before others of the same value.
    top : int > 0
        How many.
    keep_fixed : bool
        The fixed default is the first of them, whatever the indicator says of it.

    Returns
    -------
    list of str
        Empty if no candidate has a value.
    """
    known = [name for name, values in table.items() if math.isfinite(values[indicator])]
    best = sorted(known, key=lambda name: (-table[name][indicator], name != default))
    if keep_fixed and best and default in table:
        best = [default, *(name for name in best if name != default)]
    return best[:top]


def choose(
    machine: str,
    ids: Mapping[str, MachineId],
    machine_id: str,
    detectors: Mapping[str, Mapping],
    *,
    default: str,
    indicator: str,
    top: int,
    keep_fixed: bool,
    leave_out: Sequence[str],
    members: bool,
    sample: int,
    max_fpr: float,
    seed: int,
) -> dict:
    """Choose candidates for one machine ID, from training clips of its type alone.

    Parameters
    ----------
    machine : str
        Machine type.
    ids : mapping of str to MachineId
        The IDs of the type; of the others than `machine_id` only training clips are used.
    machine_id : str
        For which.
    detectors : mapping of str to mapping
        The `detectors` section of the config.
    default : str
        The fixed default: taken where nothing can be told.
    indicator, top, keep_fixed, leave_out, members, sample
        The `choice` section of the config.
    max_fpr, seed
        Of the pAUC, and of the config.

    Returns
    -------
    dict
        machine, id; chosen: candidates to be fused, none if no detector was fitted; told: whether
        the indicator speaks for them, rather than that nothing could be told; reason;
        burstiness_db; stand_ins: how many; indicators: those of each candidate.
    """
    own = ids[machine_id]
    candidates = Candidates.of(own, detectors, leave_out=leave_out, members=members)
    result: dict = {"machine": machine, "id": machine_id, "stand_ins": 0, "told": False}
    result |= {"burstiness_db": math.nan, "indicators": {}}
    if not candidates.held_out:
        fitted = own.estimators.get(default) is not None
        reason = "no candidate was fitted and has held-out training scores"
        return {**result, "chosen": [default] if fitted else [], "reason": reason}
    others = {
        name: each
        for name, each in ids.items()
        if name != machine_id and _alike(own, each) and each.embedded.train.any()
    }
    counts = {name: int(each.embedded.train.sum()) for name, each in others.items()}
    drawn = stand_ins(counts, sample=sample, seed=seed, key=(machine, machine_id))
    scored = [
        candidates.score(
            detectors, each.inputs(np.flatnonzero(each.embedded.train)[drawn[name]], own.pca)
        )
        for name, each in others.items()
    ]
    of_stand_ins = {
        name: [part[name] for part in scored if len(part[name])] for name in candidates.held_out
    }
    if own.cache is not None:
        clips = np.flatnonzero(own.embedded.train)[:sample]
        result["burstiness_db"] = frame_burstiness(ClipFrames(own.cache)[clips])
    table = indicators(
        candidates.held_out,
        of_stand_ins,
        burstiness=result["burstiness_db"],
        max_fpr=max_fpr,
    )
    best = favoured(table, indicator, default, top=top, keep_fixed=keep_fixed)
    fallback = default if default in table else next(iter(table))
    return {
        **result,
        "chosen": best or [fallback],
        "told": bool(best),
        "reason": reason_for(table, indicator, default, best, fallback=fallback, alone=not others),
        "stand_ins": sum(len(each) for each in drawn.values()),
        "indicators": table,
    }


def _alike(one: MachineId, other: MachineId) -> bool:
    """Tell whether detectors of one machine ID can score clips of another."""
    if one.embedded.values.shape[1] != other.embedded.values.shape[1]:
        return False
    return one.cache is None or one.cache.n_mels == other.cache.n_mels


def reason_for(
    table: Mapping[str, Mapping[str, float]],
    indicator: str,
    default: str,
    best: Sequence[str],
    *,
    fallback: str,
    alone: bool,
) -> str:
    """Say why candidates were chosen, in one sentence.

    Parameters
    ----------
    table, indicator, default
        As in `favoured`.
    best : sequence of str
        What it returned.
    fallback : str
        What is taken if that is nothing.
    alone : bool
        Whether there is no other ID of the type.
    """
    if not best and alone:
        return (
            f"the only machine ID of its type, so that nothing stands in for anomalies: {fallback}"
        )
    if not best:
        return f"{indicator} can't be told, no choice made: {fallback}"
    others = {name: each[indicator] for name, each in table.items() if name != default}
    told = [others[name] for name in best if name in others]
    if not told:
        return f"{default} alone was to be kept, whatever {indicator} says"
    values = ", ".join(f"{value:.2f}" for value in told)
    text = f"{indicator} {values}, the highest of {len(others)} candidates"
    equal = sum(value == told[-1] for value in others.values()) - told.count(told[-1])
    if equal:
        text += f" ({equal} more have {told[-1]:.2f})"
    if default in table:
        text += f"; {default} has {table[default][indicator]:.2f}"
    return text


def scores_of_test_clips(
    own: MachineId, detectors: Mapping[str, Mapping], *, leave_out: Sequence[str], members: bool
) -> dict[str, np.ndarray]:
    """Return the scores of the test clips by every candidate, once the choice is made.

    Parameters
    ----------
    own, detectors, leave_out, members
        As in `choose`.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_test,)]
        `in_units` of each candidate's held-out training scores, so that they can be added;
        higher = more anomalous.
    """
    candidates = Candidates.of(own, detectors, leave_out=leave_out, members=members)
    if not candidates.held_out:
        return {}
    known = own.scores_of("test")
    found = {name: known[name] for name in candidates.whole}
    if candidates.parts:
        inputs = own.inputs(~own.embedded.train, own.pca)
        found |= _named(member_scores(candidates.parts, detectors, inputs))
    return {name: in_units(found[name], own) for name, own in candidates.held_out.items()}


def final_scores(
    done: Mapping,
    own: MachineId,
    detectors: Mapping[str, Mapping],
    of_test_clips: Mapping[str, np.ndarray],
    *,
    leave_out: Sequence[str],
    members: bool,
) -> tuple[list[Part], np.ndarray]:
    """Return what was chosen, and the scores that it leads to: those of the detector `choice`.

    Parameters
    ----------
    done : mapping
        From `choose`.
    own, detectors
        As in `scores_of_test_clips`.
    of_test_clips : mapping of str to np.ndarray
        What that returns.
    leave_out, members
        As in `choose`.

    Returns
    -------
    parts : list of Part
        What was chosen; where nothing could be told the fixed default as it is, none if that could
        not be fitted.
    scores : np.ndarray [shape=(n_clips,)]
        Of all clips, in their order; those of training clips are held-out ones. NaN without parts.
    """
    train = own.embedded.train
    scores = np.full(len(train), np.nan)
    if not done["told"]:
        for name in done["chosen"]:
            scores[train], scores[~train] = (
                own.scores_of(split)[name] for split in ("train", "test")
            )
        return [Part.of(name, 0.0, 1.0) for name in done["chosen"]], scores
    candidates = Candidates.of(own, detectors, leave_out=leave_out, members=members)
    held_out = {name: candidates.held_out[name] for name in done["chosen"]}
    parts = [Part.of(name, *centre_and_scatter(each)) for name, each in held_out.items()]
    scores[train] = chosen.mean_of(
        [part.in_units(each) for part, each in zip(parts, held_out.values(), strict=True)]
    )
    scores[~train] = chosen.mean_of([of_test_clips[name] for name in held_out])
    return parts, scores


def load(files: Mapping[str, str | None], *, fitted: bool = True) -> MachineId:
    """Read what there is of a machine ID.

    Parameters
    ----------
    files : mapping of str to path
        embedding, projection, models, scores; mel and mel_clips, or None.
    fitted : bool
        Read the fitted detectors too.
    """
    embedded, _ = vectors.load(files["embedding"])
    _, more = vectors.load(files["projection"])
    names = [field.name for field in dataclasses.fields(Pca)]
    return MachineId(
        embedded=embedded,
        pca=Pca(**{name: more[name] for name in names}) if "components" in more else None,
        cache=mel_cache.open_cache(files["mel"], files["mel_clips"]) if files["mel"] else None,
        estimators=models.load(files["models"]) if fitted else {},
        scores=read_scores(files["scores"]),
    )


def write_choice(
    machine: str,
    files: Mapping[str, Mapping[str, str | None]],
    detectors: Mapping[str, Mapping],
    *,
    settings: Mapping,
    max_fpr: float,
    seed: int,
    choice: str | pathlib.Path,
    scores: str | pathlib.Path,
    final: str | pathlib.Path,
    progress: Callable | None = None,
) -> None:
    """Choose for every machine ID of a type, and write the choices and the scores they lead to.

    Parameters
    ----------
    machine : str
        Machine type.
    files : mapping of str to mapping
        By machine ID: as in `load`.
    detectors : mapping of str to mapping
        The `detectors` section of the config; the first is the default.
    settings : mapping
        The `choice` section of the config.
    max_fpr, seed
        As in `choose`.
    choice : path
        JSON: what `choose` returns for each ID, NaN as null, and the parts of `final_scores`.
    scores : path
        CSV: a row a test clip (id, clip), a column a candidate with its `scores_of_test_clips`,
        empty where there is none.
    final : path
        CSV: `pygoodvibes.chosen.COLUMNS`, with `final_scores`.
    progress : callable, optional
        Wraps the iteration over the machine IDs, e.g. `pygoodvibes.job.progress`.
    """
    ids = {machine_id: load(each, fitted=False) for machine_id, each in files.items()}
    which = {key: settings[key] for key in ("leave_out", "members")}
    choices, rows, columns, clips = [], [], [], []
    turns = ids.items()
    if progress:
        turns = progress(turns, total=len(ids), unit="machine IDs")
    for machine_id, each in turns:
        # one at a time: they hold all references of all members
        estimators = models.load(files[machine_id]["models"])
        own = dataclasses.replace(each, estimators=estimators)
        done = choose(
            machine,
            {**ids, machine_id: own},
            machine_id,
            detectors,
            default=next(iter(detectors)),
            max_fpr=max_fpr,
            seed=seed,
            **settings,
        )
        logger.info("ID %s: %s, %s", machine_id, done["chosen"], done["reason"])
        found = scores_of_test_clips(own, detectors, **which)
        columns += [name for name in found if name not in columns]
        embedded = own.embedded
        for number, clip in enumerate(embedded.clip[~embedded.train]):
            values = {name: _text(scored[number]) for name, scored in found.items()}
            rows.append({"id": machine_id, "clip": clip, **values})
        parts, scored = final_scores(done, own, detectors, found, **which)
        # exact: model files score by them
        choices.append({**_plain(done), "parts": [dataclasses.asdict(part) for part in parts]})
        clips += [
            {"id": machine_id, "clip": clip, "split": split, "score": _text(score)}
            for clip, split, score in zip(embedded.clip, embedded.split, scored, strict=True)
        ]
    complete = ({**dict.fromkeys(columns, ""), **row} for row in rows)
    write_records(scores, complete, ["id", "clip", *columns])
    write_records(final, clips, chosen.COLUMNS)
    text = json.dumps(choices, indent=1)
    pathlib.Path(choice).write_text(text + "\n", encoding="utf-8")


def _text(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _plain(value: object) -> object:
    """Return a document without NaN, which JSON doesn't have, and as exact as tables need."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return round(value, 9) if math.isfinite(value) else None
    return value

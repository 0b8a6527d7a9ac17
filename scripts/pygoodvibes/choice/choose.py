"""Which detector suits a machine ID, decided from normal training clips alone.

There are no anomalies of the machine to choose by. Two other things are known: held-out scores of
its own training clips, from fits that have not seen them, and clips that stand in for anomalies
(`pygoodvibes.choice.stand_ins`): training clips of the other IDs of its type, or, where there is no
other, its own clips with other attributes. Candidates are the detectors, and the members of those
that fuse several (a view of the embedding in one metric, or an aggregate over the frames). So the
choice is also one of pooling and aggregation.

No label and no test clip comes in here. Whether an indicator predicts anything is measured
afterwards, in `pygoodvibes.report.choice_tables`.

References
----------
Ma et al. (2023), The need for unsupervised outlier model selection: a review and evaluation of
internal evaluation strategies (self-scores, agreement).
"""

import dataclasses
import functools
import json
import logging
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.audio.mel_cache import ClipFrames
from pygoodvibes.choice import evidence
from pygoodvibes.choice.candidates import (
    Candidates,
    MachineId,
    in_units,
    load,
    member_scores,
    named,
    score_each,
)
from pygoodvibes.choice.favoured import favoured, reason_for
from pygoodvibes.choice.indicators import frame_burstiness, indicators
from pygoodvibes.choice.result import COLUMNS
from pygoodvibes.choice.stand_ins import StandIns, of_other_ids, of_pseudo_classes
from pygoodvibes.data import supplemental_vectors
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect
from pygoodvibes.detectors.combined import Part, mean_of
from pygoodvibes.detectors.fusion import centre_and_scatter
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.messages import message

logger = logging.getLogger(__name__)


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
    steadiness: float,
    leave_out: Sequence[str],
    members: bool,
    sample: int,
    max_fpr: float,
    seed: int,
    apart: Callable[[], StandIns] | None = None,
    score_with: Callable = score_each,
) -> dict:
    """Choose candidates for one machine ID, from nothing but training clips of its type.

    Parameters
    ----------
    machine : str
        Machine type.
    ids : mapping of str to MachineId
        The IDs of the type. Only training clips of the other IDs are used.
    machine_id : str
        The ID to choose for.
    detectors : mapping of str to mapping
        The `detectors` section of the config.
    default : str
        The fixed default: taken where the indicator has no value.
    indicator, top, keep_fixed, steadiness, leave_out, members, sample
        The `choice` section of the config.
    max_fpr, seed
        Of the pAUC, and of the config.
    apart : callable, optional
        Returns what stands in where there is no other ID.
    score_with : callable
        Stands in for `pygoodvibes.choice.candidates.score_each`.

    Returns
    -------
    dict
        machine, id; chosen: candidates to be fused, none if no detector was fitted; told: whether
        the indicator chose them (false: it had no value, or chance ranks them, and the default was
        taken); reason; burstiness_db; stand_ins: how many; stand_ins_are: 'machine IDs',
        'attributes', or '' where there are none; steadiness: from
        `pygoodvibes.choice.evidence.steadiness`; indicators: the values of each candidate.
    """
    this_id = ids[machine_id]
    candidates = Candidates.of(this_id, detectors, leave_out=leave_out, members=members)
    result: dict = {
        "machine": machine,
        "id": machine_id,
        "stand_ins": 0,
        "stand_ins_are": "",
        "told": False,
    }
    result |= {"burstiness_db": math.nan, "steadiness": math.nan, "indicators": {}}
    if not candidates.held_out:
        # a detector that no file can hold has scores nevertheless
        known = this_id.scores.get(default, {}).values()
        fitted = this_id.estimators.get(default) is not None or any(map(math.isfinite, known))
        reason = message("no candidate was fitted and has held-out training scores")
        return {**result, "chosen": [default] if fitted else [], "reason": reason}
    others = {
        name: other
        for name, other in ids.items()
        if name != machine_id and _alike(this_id, other) and other.counts.any()
    }
    stand_ins = StandIns({})
    if others:
        drawn = {"sample": sample, "seed": seed, "key": (machine, machine_id)}
        stand_ins = of_other_ids(
            candidates, this_id, others, detectors, **drawn, score_with=score_with
        )
    elif apart is not None:
        stand_ins = apart()
    if stand_ins.sizes:
        result["stand_ins_are"] = "machine IDs" if others else "attributes"
    if this_id.cache is not None:
        clips = np.flatnonzero(this_id.embedded.train)[:sample]
        result["burstiness_db"] = frame_burstiness(ClipFrames(this_id.cache)[clips])
    table = indicators(
        candidates.held_out,
        stand_ins,
        burstiness=result["burstiness_db"],
        max_fpr=max_fpr,
    )
    best = favoured(table, indicator, default, top=top, keep_fixed=keep_fixed)
    fallback = default if default in table else next(iter(table))
    reason = reason_for(
        table, indicator, default, best, fallback=fallback, alone=not stand_ins.sizes
    )
    taken = [name for name in best if name != default]
    if taken and not evidence.tells_apart(indicator, table[taken[0]][indicator]):
        best = []
        reason = message(
            "no candidate tells what stands in for anomalies from own clips: {fallback}",
            fallback=fallback,
        )
    elif taken:
        result["steadiness"] = evidence.steadiness(
            candidates.held_out,
            stand_ins,
            indicator,
            taken,
            default=default,
            burstiness=result["burstiness_db"],
            max_fpr=max_fpr,
            seed=seed,
        )
        if result["steadiness"] < steadiness:
            best = []
            reason = message(
                "with other clips {candidate} would be in front in {share:.0f} of 100 cases only "
                "({least:.0f} are asked for): {fallback}",
                candidate=taken[0],
                share=100 * result["steadiness"],
                least=100 * steadiness,
                fallback=fallback,
            )
    return {
        **result,
        "chosen": best or [fallback],
        "told": bool(best),
        "reason": reason,
        "stand_ins": sum(stand_ins.sizes),
        "indicators": table,
    }


def _alike(one: MachineId, other: MachineId) -> bool:
    """Tell whether detectors of one machine ID can score clips of another."""
    if one.embedded.values.shape[1] != other.embedded.values.shape[1]:
        return False
    return one.cache is None or one.cache.n_mels == other.cache.n_mels


def scores_of_test_clips(
    this_id: MachineId,
    detectors: Mapping[str, Mapping],
    *,
    leave_out: Sequence[str],
    members: bool,
    score_with: Callable = score_each,
) -> dict[str, np.ndarray]:
    """Return the scores of the test clips by every candidate, once the choice is made.

    Parameters
    ----------
    own, detectors, leave_out, members, score_with
        As in `choose`.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_test,)]
        In units of each candidate's held-out training scores (see `in_units`), so that they can
        be added; higher = more anomalous.
    """
    candidates = Candidates.of(this_id, detectors, leave_out=leave_out, members=members)
    if not candidates.held_out:
        return {}
    known = this_id.scores_of("test")
    scores = {name: known[name] for name in candidates.whole}
    if candidates.parts:
        inputs = this_id.inputs(~this_id.embedded.train, this_id.pcas)
        [of_members] = member_scores(candidates.parts, detectors, [inputs], score_with)
        scores |= named(of_members)
    return {
        name: in_units(scores[name], held_out) for name, held_out in candidates.held_out.items()
    }


def final_scores(
    done: Mapping,
    this_id: MachineId,
    detectors: Mapping[str, Mapping],
    of_test_clips: Mapping[str, np.ndarray],
    *,
    leave_out: Sequence[str],
    members: bool,
) -> tuple[list[Part], np.ndarray]:
    """Return what was chosen, and its scores: those of the detector `choice`.

    Parameters
    ----------
    done : mapping
        From `choose`.
    own, detectors
        As in `scores_of_test_clips`.
    of_test_clips : mapping of str to np.ndarray
        What `scores_of_test_clips` returns.
    leave_out, members
        As in `choose`.

    Returns
    -------
    parts : list of Part
        What was chosen. Where the indicator had no value: the fixed default, its scores as they
        are; empty if it could not be fitted.
    scores : np.ndarray [shape=(n_clips,)]
        Of all clips, in their order; those of training clips are held-out ones. NaN without parts.
    """
    train = this_id.embedded.train
    scores = np.full(len(train), np.nan)
    if not done["told"]:
        for name in done["chosen"]:
            scores[train], scores[~train] = (
                this_id.scores_of(split)[name] for split in ("train", "test")
            )
        return [Part.of(name, 0.0, 1.0) for name in done["chosen"]], scores
    candidates = Candidates.of(this_id, detectors, leave_out=leave_out, members=members)
    held_out = {name: candidates.held_out[name] for name in done["chosen"]}
    parts = [Part.of(name, *centre_and_scatter(training)) for name, training in held_out.items()]
    known = np.flatnonzero(train)[this_id.counts]
    scores[known] = mean_of(
        [part.in_units(training) for part, training in zip(parts, held_out.values(), strict=True)]
    )
    scores[~train] = mean_of([of_test_clips[name] for name in held_out])
    return parts, scores


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
    fits: Mapping | None = None,
    detect_with: Callable = detect,
    score_with: Callable = score_each,
    progress: Callable | None = None,
) -> None:
    """Choose for every machine ID of a type, and write the choices and their scores.

    Parameters
    ----------
    machine : str
        Machine type.
    files : mapping of str to mapping
        By machine ID: as in `load`; clips, its manifest, and supplemental, the vectors of such
        recordings, or None.
    detectors : mapping of str to mapping
        The `detectors` section of the config; the first is the default.
    settings : mapping
        The `choice` section of the config.
    max_fpr, seed
        As in `choose`.
    choice : path
        JSON: what `choose` returns for each ID, NaN as null, and the parts of `final_scores`.
    scores : path
        CSV with a row for each test clip: id, clip, and a column for each candidate with its
        `scores_of_test_clips`, empty where there is none.
    final : path
        CSV with the columns `pygoodvibes.choice.result.COLUMNS`: the `final_scores`.
    fits : mapping, optional
        `projection` and `scored_by`, the sections of the config: how detectors are fitted without
        a pseudo-class.
    detect_with, score_with : callable
        As in `pygoodvibes.choice.stand_ins.of_pseudo_classes`.
    progress : callable, optional
        Wraps the iteration over the machine IDs, e.g. `pygoodvibes.workflow.job.progress`.
    """
    ids = {machine_id: load(paths, fitted=False) for machine_id, paths in files.items()}
    which = {key: settings[key] for key in ("leave_out", "members")}
    most = settings["pseudo_classes"]
    of_choice = {key: settings[key] for key in settings if key != "pseudo_classes"}
    choices, rows, columns, clips = [], [], [], []
    turns = ids.items()
    if progress:
        turns = progress(turns, total=len(ids), unit="machine IDs")
    for machine_id, unfitted in turns:
        # one ID at a time: fitted detectors are large, they hold the references of all members
        estimators = serialization.load(files[machine_id]["models"])
        this_id = dataclasses.replace(unfitted, estimators=estimators)
        apart = None
        if most and (manifest := files[machine_id].get("clips")):
            drawn = {"sample": settings["sample"], "seed": seed, "key": (machine, machine_id)}
            recordings = files[machine_id].get("supplemental")
            using = {
                "supplemental": supplemental_vectors.load(recordings) if recordings else None,
                "detect_with": detect_with,
                "score_with": score_with,
            }
            clips_known, how = read_records(manifest), {**which, **fits, **drawn, **using}
            apart = functools.partial(
                of_pseudo_classes, this_id, clips_known, detectors, most=most, **how
            )
        done = choose(
            machine,
            {**ids, machine_id: this_id},
            machine_id,
            detectors,
            default=next(iter(detectors)),
            max_fpr=max_fpr,
            seed=seed,
            apart=apart,
            score_with=score_with,
            **of_choice,
        )
        logger.info("ID %s: %s, %s", machine_id, done["chosen"], done["reason"])
        test_scores = scores_of_test_clips(this_id, detectors, score_with=score_with, **which)
        columns += [name for name in test_scores if name not in columns]
        embedded = this_id.embedded
        for number, clip in enumerate(embedded.clip[~embedded.train]):
            values = {name: _text(scored[number]) for name, scored in test_scores.items()}
            rows.append({"id": machine_id, "clip": clip, **values})
        parts, scored = final_scores(done, this_id, detectors, test_scores, **which)
        # not rounded: model files score with these numbers
        choices.append({**_plain(done), "parts": [dataclasses.asdict(part) for part in parts]})
        clips += [
            {"id": machine_id, "clip": clip, "split": split, "score": _text(score)}
            for clip, split, score in zip(embedded.clip, embedded.split, scored, strict=True)
        ]
    complete = ({**dict.fromkeys(columns, ""), **row} for row in rows)
    write_records(scores, complete, ["id", "clip", *columns])
    write_records(final, clips, COLUMNS)
    text = json.dumps(choices, indent=1)
    write_text(choice, text + "\n")


def _text(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""


def _plain(value: object) -> object:
    """Return a document for JSON: NaN is null, numbers are as exact as tables need."""
    if isinstance(value, Mapping):
        return {key: _plain(element) for key, element in value.items()}
    if isinstance(value, list):
        return [_plain(element) for element in value]
    if isinstance(value, float):
        return round(value, 9) if math.isfinite(value) else None
    return value

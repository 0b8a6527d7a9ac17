"""Which detector suits a machine ID, decided from normal training clips alone.

Nobody has anomalies of the machine to choose by. What there is instead: scores of its own training
clips from fits that have not seen them, and training clips of the other IDs of its type, which
stand in for anomalies. Candidates are the detectors, and the parts of those that fuse several (a
view of the embedding in one metric; an aggregate over the frames), so that the choice is also one
of pooling and aggregation. Whether an indicator predicts anything is for
`pygoodvibes.report.choice_tables` to say: no label and no test clip comes in here.

References
----------
Ma et al. (2023), The need for unsupervised outlier model selection: a review and evaluation of
internal evaluation strategies (self-scores, agreement).
Primus et al. (2020), Anomalous sound detection as a simple binary classification problem with
careful selection of proxy outlier examples (other machines as stand-ins).
"""

import dataclasses
import json
import logging
import math
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.audio.mel_cache import ClipFrames
from pygoodvibes.choice.candidates import (
    Candidates,
    MachineId,
    in_units,
    load,
    member_scores,
    named,
)
from pygoodvibes.choice.indicators import frame_burstiness, indicators, stand_ins
from pygoodvibes.choice.result import COLUMNS
from pygoodvibes.detection import serialization
from pygoodvibes.detectors.combined import Part, mean_of
from pygoodvibes.detectors.fusion import centre_and_scatter
from pygoodvibes.util.csv_files import write_records
from pygoodvibes.util.messages import joined, message

logger = logging.getLogger(__name__)


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
        # one that no file can hold has scores all the same
        known = own.scores.get(default, {}).values()
        fitted = own.estimators.get(default) is not None or any(map(math.isfinite, known))
        reason = message("no candidate was fitted and has held-out training scores")
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
        return message(
            "the only machine ID of its type, so that nothing stands in for anomalies: {fallback}",
            fallback=fallback,
        )
    if not best:
        return message(
            "{indicator} can't be told, no choice made: {fallback}",
            indicator=indicator,
            fallback=fallback,
        )
    others = {name: each[indicator] for name, each in table.items() if name != default}
    told = [others[name] for name in best if name in others]
    if not told:
        return message(
            "{default} alone was to be kept, whatever {indicator} says",
            default=default,
            indicator=indicator,
        )
    values = ", ".join(f"{value:.2f}" for value in told)
    known = {"indicator": indicator, "values": values, "candidates": len(others)}
    equal = sum(value == told[-1] for value in others.values()) - told.count(told[-1])
    if equal:
        text = message(
            "{indicator} {values}, the highest of {candidates} candidates "
            "({equal} more have {value:.2f})",
            equal=equal,
            value=told[-1],
            **known,
        )
    else:
        text = message("{indicator} {values}, the highest of {candidates} candidates", **known)
    if default not in table:
        return text
    own = message("{detector} has {value:.2f}", detector=default, value=table[default][indicator])
    return joined([text, own])


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
        found |= named(member_scores(candidates.parts, detectors, inputs))
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
    scores[train] = mean_of(
        [part.in_units(each) for part, each in zip(parts, held_out.values(), strict=True)]
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
        CSV: `pygoodvibes.choice.result.COLUMNS`, with `final_scores`.
    progress : callable, optional
        Wraps the iteration over the machine IDs, e.g. `pygoodvibes.workflow.job.progress`.
    """
    ids = {machine_id: load(each, fitted=False) for machine_id, each in files.items()}
    which = {key: settings[key] for key in ("leave_out", "members")}
    choices, rows, columns, clips = [], [], [], []
    turns = ids.items()
    if progress:
        turns = progress(turns, total=len(ids), unit="machine IDs")
    for machine_id, each in turns:
        # one at a time: they hold all references of all members
        estimators = serialization.load(files[machine_id]["models"])
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
    write_records(final, clips, COLUMNS)
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

"""Training recordings cut into windows, and their scores by fits that have not heard them.

Comes in: recordings of any length. Goes out: windows, cut as `pygoodvibes.audio.stream` cuts what
is to be scored, each a training clip. Windows of one recording are alike: they are held out
together, or the threshold would be set on clips that the fit all but knows.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.audio.mel_cache import ClipFrames, MelCache
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.result import Detection
from pygoodvibes.detection.score import held_out_parts, seen_by
from pygoodvibes.detectors.combined import member_scores
from pygoodvibes.embeddings import projection
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.messages import message

MOST_OF_ALL = 1 / 3
"""A recording with a larger share of all windows is held out in stretches of time: without it too
little would be left to fit."""


def deal(recording: Sequence[str], *, folds: int) -> tuple[np.ndarray, list[str]]:
    """Deal windows out to folds, those of a recording together where that leaves enough to fit.

    Parameters
    ----------
    recording : sequence of str
        Recording of each window, in order of time.
    folds : int >= 2
        Folds, at most.

    Returns
    -------
    fold : np.ndarray [shape=(n_windows,), dtype=int]
        Number of each window's fold, from 0; none is empty.
    stretched : list of str
        Recordings that were too large a part of all, and are held out in stretches of time.
    """
    recording = np.asarray(recording)
    total = len(recording)
    parts, stretched = [], []
    for name in dict.fromkeys(recording.tolist()):
        places = np.flatnonzero(recording == name)
        if len(places) <= MOST_OF_ALL * total:
            parts.append(places)
            continue
        stretched.append(name)
        parts += np.array_split(places, min(math.ceil(len(places) * folds / total), len(places)))
    fold = np.zeros(total, dtype=int)
    sizes = np.zeros(min(folds, len(parts)), dtype=int)
    # the largest first, each to the smallest fold: folds of nearly one size
    for places in sorted(parts, key=len, reverse=True):
        smallest = int(sizes.argmin())
        fold[places] = smallest
        sizes[smallest] += len(places)
    return fold, stretched


def others(fold: np.ndarray, number: int, recording: Sequence[str], start: np.ndarray, size: int):
    """Say which windows a fit may hear when a fold is held out, shape (n_windows,), bool.

    Parameters
    ----------
    fold : np.ndarray [shape=(n_windows,), dtype=int]
        From `deal`.
    number : int
        The fold that is held out.
    recording : sequence of str
        Recording of each window.
    start : np.ndarray [shape=(n_windows,), dtype=int]
        First sample of each window in its recording.
    size : int > 0
        Samples of a window.

    Returns
    -------
    np.ndarray
        Neither the fold's own windows, nor those that overlap with one of them.
    """
    recording = np.asarray(recording)
    kept = fold != number
    for name in np.unique(recording[~kept]):
        held = start[(recording == name) & (fold == number)]
        for index in np.flatnonzero((recording == name) & kept):
            kept[index] = np.abs(held - start[index]).min() >= size
    return kept


def detect(
    embedded: ClipVectors,
    cache: MelCache,
    detectors: Mapping[str, Mapping],
    *,
    kept: Sequence[np.ndarray],
    fold: np.ndarray,
    seed: int,
    projection_settings: Mapping,
) -> tuple[projection.Pca, dict[str, Detection]]:
    """Fit detectors to windows, and once more without each fold, for the scores of its windows.

    Parameters
    ----------
    embedded : ClipVectors
        The windows; all are for training.
    cache : MelCache
        Their log-mel frames.
    detectors, seed
        As in `pygoodvibes.detection.fit.detect_clips`.
    kept : sequence of np.ndarray [shape=(n_windows,), dtype=bool]
        For each fold what may be fitted to, from `others`.
    fold : np.ndarray [shape=(n_windows,), dtype=int]
        From `deal`.
    projection_settings : mapping
        The `projection` section of the config.

    Returns
    -------
    pca : Pca
        Fitted to all windows; it keeps no more components than the smallest fit can have.
    results : dict of str to Detection
        By detector. The estimators are fitted to all windows, the training scores come from fits
        that heard nothing of the window.
    """
    everything = np.ones(len(fold), dtype=bool)
    settings = dict(projection_settings)
    most = max(min(int(each.sum()) for each in kept) - 1, 1)
    pca = projection.fit_pca(embedded.values, **settings)
    if len(pca.components) > most:
        pca = projection.fit_pca(embedded.values, **{**settings, "n_components": most})
    settings["n_components"] = len(pca.components)
    results = _fit(embedded, cache, pca, everything, everything, detectors, seed=seed)
    scores = {name: np.full(len(fold), np.nan) for name in results}
    notes = {name: list(result.notes) for name, result in results.items()}
    for number, fitted_to in enumerate(kept):
        out = fold == number
        if not fitted_to.any():
            continue
        part = projection.fit_pca(embedded.values[fitted_to], **settings)
        found = _fit(embedded, cache, part, fitted_to, out | fitted_to, detectors, seed=seed)
        for name, result in found.items():
            # those of the fold, in the order of the windows
            scores[name][out] = result.test_scores
            whole = results[name].estimator
            if detectors[name]["input"] != "projection" and _of_the_same_parts(
                whole, result.estimator
            ):
                seen = seen_by(
                    detectors[name],
                    embedding=embedded.values[out],
                    projected=None,
                    frames=ClipFrames(cache, np.flatnonzero(out)),
                )
                scores[name][out] = _in_units_of(whole, result.estimator, seen)
            if result.estimator is None and results[name].estimator is not None:
                notes[name].append(
                    message(
                        "fold {number}, its windows have no held-out score: {reason}",
                        number=number,
                        reason=result.notes[0],
                    )
                )
    return pca, {
        name: Detection(
            result.estimator, scores[name], result.test_scores, notes[name], result.cost
        )
        for name, result in results.items()
    }


def _of_the_same_parts(whole: object, part: object) -> bool:
    return (
        len(held_out_parts(whole)) > 0
        and len(held_out_parts(part)) > 0
        and whole.member_names == part.member_names
    )


def _in_units_of(whole: object, part: object, values: np.ndarray | Sequence) -> np.ndarray:
    """Score windows by a fit without them, its members in the units of the fit to all windows.

    Each fit measures the scatter of its members anew; in the units of a fit to fewer windows the
    scores would be others than those of the model.
    """
    raw = member_scores(part, values) * part.scatter_ + part.centre_
    return whole.join_members((raw - whole.centre_) / whole.scatter_)


def _fit(
    embedded: ClipVectors,
    cache: MelCache,
    pca: projection.Pca,
    fitted_to: np.ndarray,
    used: np.ndarray,
    detectors: Mapping[str, Mapping],
    *,
    seed: int,
) -> dict[str, Detection]:
    """Fit detectors to some windows; those that are used but not fitted to are test clips."""
    part = ClipVectors(
        clip=embedded.clip[used],
        split=np.where(fitted_to[used], "train", "test"),
        label=embedded.label[used],
        values=embedded.values[used],
        columns=embedded.columns,
    )
    columns = np.array([f"PC{number + 1}" for number in range(len(pca.components))], dtype=str)
    projected = ClipVectors(
        clip=part.clip,
        split=part.split,
        label=part.label,
        values=pca.transform(part.values),
        columns=columns,
    )
    clips = [clip for clip, wanted in zip(cache.clips, used, strict=True) if wanted]
    return detect_clips(
        part,
        projected,
        {"fold": np.full(int(fitted_to.sum()), -1)},  # no folds: they are held out here
        detectors,
        seed=seed,
        cache=MelCache(cache.frames, clips),
    )

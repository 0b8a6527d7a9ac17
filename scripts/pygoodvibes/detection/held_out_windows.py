"""Which windows of training recordings are held out together.

Comes in: the recording and the place of each window; a window is a training clip, cut as
`pygoodvibes.audio.stream` cuts windows to be scored. Goes out: groups of windows.

Windows of one recording are alike, so they are held out together. Otherwise the threshold would be
set on clips that the fit nearly knows.
"""

import math
from collections.abc import Sequence

import numpy as np

from pygoodvibes.data.manifest import MIN_TRAIN_CLIPS
from pygoodvibes.embeddings.held_out import Groups

MOST_OF_ALL = 1 / 3
"""Largest share of all windows that a recording may have to be held out as a whole. One with a
larger share is held out in stretches of time; without all of it too little would be left to fit."""


def deal(recording: Sequence[str], *, folds: int) -> tuple[np.ndarray, list[str]]:
    """Deal windows out to folds; windows of a recording stay together if enough is left to fit.

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
        Recordings that are too large a share of all, and are held out in stretches of time.
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
    """Say which windows a fit may use when a fold is held out, shape (n_windows,), bool.

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
        False for the fold's own windows, and for those that overlap with one of them.
    """
    recording = np.asarray(recording)
    kept = fold != number
    for name in np.unique(recording[~kept]):
        held = start[(recording == name) & (fold == number)]
        for index in np.flatnonzero((recording == name) & kept):
            kept[index] = np.abs(held - start[index]).min() >= size
    return kept


def group_windows(
    recording: Sequence[str], start: np.ndarray, *, size: int, folds: int
) -> tuple[Groups, list[str]]:
    """Group training windows that are held out together, with the windows to fit to meanwhile.

    Parameters
    ----------
    recording, start, size
        As in `others`.
    folds : int >= 2
        Groups, at most.

    Returns
    -------
    groups : Groups
        Where too few windows to learn from are left, a group has none to fit to.
    stretched : list of str
        As in `deal`.
    """
    number, stretched = deal(recording, folds=folds)
    fitted_to = [others(number, fold, recording, start, size) for fold in range(number.max() + 1)]
    enough = [kept if kept.sum() >= MIN_TRAIN_CLIPS else np.zeros_like(kept) for kept in fitted_to]
    return Groups(number, enough, at_random=False), stretched

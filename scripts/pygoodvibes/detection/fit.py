"""Fitting a detector on the training clips of a machine ID and scoring clips with it."""

import dataclasses
import importlib
import logging
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.audio.mel_cache import ClipFrames, MelCache
from pygoodvibes.data.manifest import MIN_TRAIN_CLIPS
from pygoodvibes.detection.cost import Meter
from pygoodvibes.detection.inputs import Inputs
from pygoodvibes.detection.result import Detection
from pygoodvibes.detection.score import anomaly_score, held_out_parts
from pygoodvibes.detectors.combined import member_scores
from pygoodvibes.detectors.registry import settings_of
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.projection import Projected
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

if TYPE_CHECKING:
    from pygoodvibes.detectors.base import DetectorSettings

logger = logging.getLogger(__name__)

_FAILED = (ValueError, ArithmeticError, np.linalg.LinAlgError)


def libraries(detectors: Mapping[str, Mapping]) -> list[str]:
    """Return the modules that the detectors of the config import when they are fitted."""
    packages = {
        package
        for settings in detectors.values()
        for package in settings_of(settings["method"]).libraries
    }
    return [f"sklearn.{package}" for package in sorted(packages)]


def import_libraries(detectors: Mapping[str, Mapping]) -> None:
    """Import what detectors need, but not pandas, for a process that only works on arrays.

    scikit-learn loads pandas only to recognise its tables. That is a fifth of a job's start.
    """
    names = libraries(detectors)
    if "pandas" in sys.modules or not names:
        return
    sys.modules["pandas"] = None  # as if it were not installed
    try:
        for name in names:
            importlib.import_module(name)
    finally:
        del sys.modules["pandas"]


def first_fit() -> None:
    """Fit neighbours on two clips, so that later fits start faster.

    At its first fit scikit-learn looks for plugins and threads. A process that does this beforehand
    saves each process forked from it a twentieth of a second.
    """
    from sklearn.neighbors import LocalOutlierFactor

    LocalOutlierFactor(n_neighbors=1, novelty=True).fit(np.eye(2))


def detect(
    train: np.ndarray,
    test: np.ndarray,
    groups: Groups,
    held_out: Sequence[np.ndarray],
    settings: "DetectorSettings",
    *,
    seed: int,
    columns: Sequence[str] | None = None,
) -> Detection:
    """Fit a detector on all training clips, and once more without each group of them.

    Some estimators hold out folds themselves, to measure their members. They have a held-out score
    of each training clip already. These scores are taken instead of further fits, with two
    exceptions: the detector sees a projection, which was fitted to all clips, or the groups are not
    folds dealt at random.

    Parameters
    ----------
    train : np.ndarray [shape=(n_train, d)] or sequence of np.ndarray
        Normal training clips.
    test : np.ndarray [shape=(n_test, d)] or sequence of np.ndarray
        Clips to score; nothing is fitted on them.
    groups : Groups
        Of the training clips; those that are in none have no held-out score.
    held_out : sequence of np.ndarray [shape=(n_train, d)], or of sequences
        For each group all training clips; their projections, if any, are fitted without the group.
    settings : DetectorSettings
        Method and parameters.
    seed : int
        Seed of fits that start from random numbers.
    columns : sequence of str, optional
        Names of the d columns, for estimators that look at them.

    Returns
    -------
    Detection
        A fit that fails leaves NaN scores and a note with the reason.
    """
    notes: list[str] = []
    train_scores = np.full(len(train), np.nan)
    test_scores = np.full(len(test), np.nan)
    if len(train) < MIN_TRAIN_CLIPS:
        reason = message(
            "not fitted: {clips} usable training clip(s), {least} are the least",
            clips=len(train),
            least=MIN_TRAIN_CLIPS,
        )
        return Detection(None, train_scores, test_scores, [reason])
    with Meter() as meter:
        try:
            with meter.fit():
                whole = _fit(train, settings, seed=seed, notes=notes, columns=columns)
            with meter.score(len(test)):
                test_scores = anomaly_score(whole, test)
            of_members = held_out_parts(whole)
            if (
                groups.at_random
                and settings.input != "projection"
                and len(of_members) == len(train)
            ):
                joined = whole.join_members(of_members)
                train_scores = np.where(groups.number < 0, np.nan, joined)
                held_out = []
        except _FAILED as error:
            logger.warning("not fitted: %s", error)
            return Detection(
                None, train_scores, test_scores, [message("not fitted: {reason}", reason=error)]
            )
        for number, values in enumerate(held_out):
            out, fitted_to = groups.number == number, groups.fitted_to[number]
            if not fitted_to.any():
                notes.append(
                    message(
                        "fold {number} leaves too few to fit to, its clips have no held-out score",
                        number=number,
                    )
                )
                continue
            try:
                with meter.fit():
                    partial = _fit(
                        values[fitted_to], settings, seed=seed, notes=[], columns=columns
                    )
                with meter.score(out.sum()):
                    train_scores[out] = _score_held_out(whole, partial, values[out], settings)
            except _FAILED as error:
                logger.warning("fold %d not fitted: %s", number, error)
                notes.append(
                    message(
                        "fold {number} not fitted, its clips have no held-out score: {reason}",
                        number=number,
                        reason=error,
                    )
                )
    return Detection(whole, train_scores, test_scores, notes, meter.cost())


def _score_held_out(
    whole: object, partial: object, values: np.ndarray, settings: "DetectorSettings"
) -> np.ndarray:
    """Score clips by a fit without them, in the units of the fit to all clips.

    Each fit measures the scatter of its members anew, so two fits have different units. Where both
    have the same members, the scores are converted; else they stay as they are.
    """
    comparable = (
        settings.input != "projection"  # each projection has units of its own
        and len(held_out_parts(whole)) > 0
        and len(held_out_parts(partial)) > 0
        and whole.member_names == partial.member_names
    )
    if not comparable:
        return anomaly_score(partial, values)
    raw = member_scores(partial, values) * partial.scatter_ + partial.centre_
    return whole.join_members((raw - whole.centre_) / whole.scatter_)


def _fit(
    values: np.ndarray,
    settings: "DetectorSettings",
    *,
    seed: int,
    notes: list[str],
    columns: Sequence[str] | None,
) -> object:
    estimator = settings.build(n_clips=len(values), seed=seed)
    for key, asked in settings.estimator_settings().items():
        used = getattr(estimator, key, asked)
        if isinstance(asked, int) and isinstance(used, int) and used < asked and key != "max_iter":
            notes.append(
                message(
                    "{key} {asked} lowered to {used}: {clips} training clips",
                    key=key,
                    asked=asked,
                    used=used,
                    clips=len(values),
                )
            )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if settings.sees_columns:
            estimator.fit(values, columns=columns)
        else:
            estimator.fit(values)
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        logger.warning(text)
        if "converge" in text:
            notes.append(text.partition(". ")[0])
    return estimator


def detect_clips(
    embedded: ClipVectors,
    projected: Projected,
    detectors: Mapping[str, Mapping],
    *,
    seed: int,
    cache: MelCache | None = None,
    progress: Callable | None = None,
) -> dict[str, Detection]:
    """Run the detectors of the config on the clips of a machine ID.

    Parameters
    ----------
    embedded : ClipVectors
        Embeddings of its clips.
    projected : Projected
        From `pygoodvibes.embeddings.projection.project_vectors`: the same clips row by row, and
        which of them are held out together.
    detectors : mapping of str to mapping
        The `detectors` section of the config: settings by name.
    seed : int
        As in `detect`.
    cache : MelCache, optional
        Log-mel frames of the same clips in the same order, for detectors that see them.
    progress : callable, optional
        Wraps the iteration over the detectors, e.g. `pygoodvibes.workflow.job.progress`.

    Returns
    -------
    dict of str to Detection
        By the name of the detector.

    Raises
    ------
    UserError
        If the cache holds other clips.
    """
    train = embedded.train
    if cache is not None and [clip["clip"] for clip in cache.clips] != embedded.clip.tolist():
        raise UserError("the mel cache and the embedding hold different clips; make both again")
    frames = None if cache is None else ClipFrames(cache)
    inputs = Inputs(embedded.values, projected.clips.values, frames)
    names = Inputs(embedded.columns, projected.clips.columns)
    # before the detectors are timed, so that none is charged for the import
    for name in libraries(detectors):
        importlib.import_module(name)
    results = {}
    turns = detectors.items()
    if progress:
        turns = progress(turns, total=len(detectors), unit="detectors")
    for name, settings in turns:
        checked = settings_of(settings["method"]).model_validate(settings)
        checked = checked.beside(projected.clips.values.shape[1])
        plain_settings = checked.model_dump()
        values = inputs.seen_by(plain_settings)
        if values is None:
            results[name] = Detection(
                None,
                np.full(train.sum(), np.nan),
                np.full((~train).sum(), np.nan),
                [
                    message(
                        "not fitted: it sees log-mel frames, and this data set enters as vectors"
                    )
                ],
            )
            continue
        groups = projected.groups
        if checked.most_held_out_fits and checked.input == "mel":
            groups = groups.joined(checked.most_held_out_fits)
        if checked.input == "projection":
            of_folds = [
                dataclasses.replace(inputs, projected=vectors) for vectors in projected.held_out
            ]
            held_out = [fold_inputs.seen_by(plain_settings) for fold_inputs in of_folds]
        else:
            held_out = [values[train]] * len(groups)
        logger.info("%s: %d training clips, input %s", name, train.sum(), checked.input)
        results[name] = detect(
            values[train],
            values[~train],
            groups,
            held_out,
            checked,
            seed=seed,
            columns=names.seen_by(plain_settings),
        )
    return results

"""Fitting a detector on the training clips of a machine ID and scoring clips with it."""

import functools
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
from pygoodvibes.detectors.fold_fits import FoldFits, seen_by_fold
from pygoodvibes.detectors.registry import settings_of
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.projection import Projected
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import message

if TYPE_CHECKING:
    from pygoodvibes.detectors.base import DetectorSettings

logger = logging.getLogger(__name__)

MANY = 100
"""Training clips a column from which on a fit to all clips is like the fits without a fold."""

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
    settings: "DetectorSettings",
    *,
    seed: int,
    scored_by: str = "folds",
    columns: Sequence[str] | None = None,
    domains: np.ndarray | None = None,
    supplemental: Mapping[str, np.ndarray] | None = None,
    keep_scores: Callable[..., None] | None = None,
) -> Detection:
    """Fit a detector without each group of the training clips, and score all clips.

    A training clip is scored by the fit that has not seen it, any other clip by the mean over all
    fits (`pygoodvibes.detectors.fold_fits`), or by one more fit to all; so with `MANY` clips a
    column, where both are alike. Some estimators hold out folds themselves, to measure their
    members. They are fitted once, to all clips, where the groups are folds dealt at random and no
    projection was fitted before.

    Parameters
    ----------
    train : np.ndarray [shape=(n_train, d)], or sequence of np.ndarray
        Normal training clips; shape (n_train, n_groups + 1, d) if they are projections, fitted
        without each group and to all.
    test : np.ndarray, or sequence of np.ndarray
        Clips to score, in the same form; nothing is fitted on them.
    groups : Groups
        Of the training clips; those that are in none have no held-out score.
    settings : DetectorSettings
        Method and parameters.
    seed : int
        Seed of fits that start from random numbers.
    scored_by : {'folds', 'whole'}
        As in `pygoodvibes.detection.settings.HeldOut`.
    columns : sequence of str, optional
        Names of the d columns, for estimators that look at them.
    domains : np.ndarray [shape=(n_train,), dtype=str], optional
        Domain of each training clip, for estimators that look at them.
    supplemental : mapping of str to np.ndarray, optional
        Supplemental recordings by kind, 'clean' or 'noise', in the form of the clips, for
        estimators that look at them. They are in no group and get no score.
    keep_scores : callable, optional
        Takes what the members of an estimator make of the clips to score, as
        `pygoodvibes.workflow.score_store.ScoreStore.keep`: the choice needs it again.

    Returns
    -------
    Detection
        A fit that fails leaves NaN scores and a note with the reason.
    """
    if len(train) < MIN_TRAIN_CLIPS:
        reason = message(
            "not fitted: {clips} usable training clip(s), {least} are the least",
            clips=len(train),
            least=MIN_TRAIN_CLIPS,
        )
        return _not_fitted(train, test, [reason])
    if groups.at_random and settings.input != "projection" and settings.holds_out_itself():
        return _detect_once(
            train,
            test,
            groups,
            settings,
            seed=seed,
            columns=columns,
            domains=domains,
            supplemental=supplemental,
            keep_scores=keep_scores,
        )
    train_scores = np.full(len(train), np.nan)
    notes: list[str] = []
    fit = functools.partial(_fit, settings=settings, seed=seed, columns=columns)
    with Meter() as meter:
        fits = {}
        for number, fitted_to in enumerate(groups.fitted_to):
            if not fitted_to.any():
                notes.append(
                    message(
                        "fold {number} leaves too few to fit to, its clips have no held-out score",
                        number=number,
                    )
                )
                continue
            out, values = groups.number == number, seen_by_fold(train, number)
            try:
                with meter.fit():
                    fits[number], remarks = fit(
                        values[fitted_to],
                        _of(domains, fitted_to),
                        _by_fold(supplemental, number),
                    )
                with meter.score(out.sum()):
                    train_scores[out] = anomaly_score(fits[number], values[out])
            except _FAILED as error:
                fits.pop(number, None)
                remarks = [
                    message(
                        "fold {number} not fitted, its clips have no held-out score: {reason}",
                        number=number,
                        reason=error,
                    )
                ]
                logger.warning("fold %d not fitted: %s", number, error)
            notes.extend(remarks)
        if scored_by == "whole" or _many(train):
            try:
                with meter.fit():
                    whole, remarks = fit(
                        seen_by_fold(train, len(groups)),
                        domains,
                        _by_fold(supplemental, len(groups)),
                    )
            except _FAILED as error:
                logger.warning("not fitted: %s", error)
                return _not_fitted(train, test, [message("not fitted: {reason}", reason=error)])
            fits = {len(groups): whole}
            notes.extend(remarks)
        notes = list(dict.fromkeys(notes))
        if not fits:
            return _not_fitted(train, test, notes)
        estimator = FoldFits(fits.values(), fits)
        with meter.score(len(test)):
            test_scores = anomaly_score(estimator, test)
    return Detection(estimator, train_scores, test_scores, notes, meter.cost())


def _of(domains: np.ndarray | None, fitted_to: np.ndarray) -> np.ndarray | None:
    return None if domains is None else domains[fitted_to]


def _by_fold(
    supplemental: Mapping[str, np.ndarray] | None, number: int
) -> dict[str, np.ndarray] | None:
    if supplemental is None:
        return None
    return {kind: seen_by_fold(values, number) for kind, values in supplemental.items()}


def _many(train: np.ndarray | Sequence[np.ndarray]) -> bool:
    return isinstance(train, np.ndarray) and len(train) >= MANY * train.shape[-1]


def _detect_once(
    train: np.ndarray,
    test: np.ndarray,
    groups: Groups,
    settings: "DetectorSettings",
    *,
    seed: int,
    columns: Sequence[str] | None,
    domains: np.ndarray | None,
    supplemental: Mapping[str, np.ndarray] | None,
    keep_scores: Callable[..., None] | None,
) -> Detection:
    """Fit an estimator that holds out folds itself."""
    with Meter() as meter:
        try:
            with meter.fit():
                whole, notes = _fit(
                    train, domains, supplemental, settings=settings, seed=seed, columns=columns
                )
            with meter.score(len(test)):
                of_members = member_scores(whole, test)
                test_scores = whole.join_members(of_members)
        except _FAILED as error:
            logger.warning("not fitted: %s", error)
            reason = message("not fitted: {reason}", reason=error)
            return _not_fitted(train, test, [reason])
    if keep_scores:
        keep_scores(member_scores, settings.method, whole, [test], [of_members])
    joined = whole.join_members(held_out_parts(whole))
    train_scores = np.where(groups.number < 0, np.nan, joined)
    return Detection(whole, train_scores, test_scores, notes, meter.cost())


def _not_fitted(train: Sequence, test: Sequence, notes: list[str]) -> Detection:
    return Detection(None, np.full(len(train), np.nan), np.full(len(test), np.nan), notes)


def _fit(
    values: np.ndarray,
    domains: np.ndarray | None,
    supplemental: Mapping[str, np.ndarray] | None,
    *,
    settings: "DetectorSettings",
    seed: int,
    columns: Sequence[str] | None,
) -> tuple[object, list[str]]:
    """Return the fitted estimator, and what had to be done differently."""
    notes = []
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
        seen = {"columns": columns} if settings.sees_columns else {}
        if settings.sees_domains:
            seen["domains"] = domains
        if settings.sees_supplemental:
            seen["supplemental"] = supplemental
        estimator.fit(values, **seen)
    notes.extend(settings.remarks(estimator))
    for text in dict.fromkeys(str(warning.message) for warning in caught):
        logger.warning(text)
        if "converge" in text:
            notes.append(text.partition(". ")[0])
    return estimator, notes


def detect_clips(
    embedded: ClipVectors,
    projected: Projected,
    detectors: Mapping[str, Mapping],
    *,
    seed: int,
    scored_by: str = "folds",
    cache: MelCache | None = None,
    domains: Sequence[str] | None = None,
    supplemental: Mapping[str, np.ndarray] | None = None,
    progress: Callable | None = None,
    detect_with: Callable[..., Detection] = detect,
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
    seed, scored_by
        As in `detect`.
    cache : MelCache, optional
        Log-mel frames of the same clips in the same order, for detectors that see them.
    domains : sequence of str, optional
        Domain of each clip, in the same order, for detectors that see them; only those of training
        clips are used.
    supplemental : mapping of str to np.ndarray [shape=(n, d)], optional
        Embeddings of its supplemental recordings by kind, 'clean' or 'noise', for detectors that
        see them.
    progress : callable, optional
        Wraps the iteration over the detectors, e.g. `pygoodvibes.workflow.job.progress`.
    detect_with : callable, optional
        Stands in for `detect`, e.g. that of a `pygoodvibes.workflow.fit_store.FitStore`.

    Returns
    -------
    dict of str to Detection
        By the name of the detector.

    Raises
    ------
    UserError
        If the cache holds other clips, or supplemental recordings have other columns.
    """
    train = embedded.train
    if cache is not None and [clip["clip"] for clip in cache.clips] != embedded.clip.tolist():
        raise UserError("the mel cache and the embedding hold different clips; make both again")
    for values in (supplemental or {}).values():
        if values.shape[1] != embedded.values.shape[1]:
            raise UserError(
                "the supplemental recordings have {found} columns and the clips {wanted}; embed "
                "both again",
                found=values.shape[1],
                wanted=embedded.values.shape[1],
            )
    frames = None if cache is None else ClipFrames(cache)
    inputs = Inputs.of_projected(embedded.values, projected, frames)
    names = Inputs.names(embedded.columns, projected.pcas)
    beside = {
        kind: Inputs.of(values, projected.pcas) for kind, values in (supplemental or {}).items()
    }
    # before the detectors are timed, so that none is charged for the import
    for name in libraries(detectors):
        importlib.import_module(name)
    results = {}
    turns = detectors.items()
    if progress:
        turns = progress(turns, total=len(detectors), unit="detectors")
    for name, settings in turns:
        checked = settings_of(settings["method"]).model_validate(settings)
        checked = checked.beside(inputs.components)
        plain_settings = checked.model_dump()
        values = inputs.seen_by(plain_settings)
        if values is None:
            reason = message(
                "not fitted: it sees log-mel frames, and this data set enters as vectors"
            )
            results[name] = _not_fitted(embedded.values[train], embedded.values[~train], [reason])
            continue
        groups = projected.groups
        if checked.most_held_out_fits and checked.input == "mel":
            groups = groups.joined(checked.most_held_out_fits)
        logger.info("%s: %d training clips, input %s", name, train.sum(), checked.input)
        results[name] = detect_with(
            values[train],
            values[~train],
            groups,
            checked,
            seed=seed,
            scored_by=scored_by,
            columns=names.seen_by(plain_settings),
            domains=None if domains is None else np.asarray(domains)[train],
            supplemental=_seen_beside(beside, checked, plain_settings),
        )
    return results


def _seen_beside(
    beside: Mapping[str, Inputs], checked: "DetectorSettings", plain_settings: Mapping
) -> dict[str, np.ndarray] | None:
    if not beside or not checked.sees_supplemental:
        return None
    return {kind: inputs.seen_by(plain_settings) for kind, inputs in beside.items()}

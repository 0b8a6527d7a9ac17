"""Fitting a detector on the training clips of a machine ID and scoring clips with it."""

import dataclasses
import importlib
import logging
import math
import pathlib
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.batches import padded
from pygoodvibes.detectors import module_of
from pygoodvibes.errors import UserError
from pygoodvibes.manifest import MIN_TRAIN_CLIPS
from pygoodvibes.mel_cache import ClipFrames, MelCache
from pygoodvibes.metering import Cost, Meter
from pygoodvibes.records import read_columns, read_records, write_records
from pygoodvibes.vectors import ClipVectors

# jobs that only read scores do without pydantic
if TYPE_CHECKING:
    from pygoodvibes.detectors.base import DetectorSettings

logger = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Detection:
    """A fitted detector and what it says.

    Attributes
    ----------
    estimator : object or None
        The estimator, fitted on all training clips; None if it could not be fitted.
    train_scores : np.ndarray [shape=(n_train,)]
        Score of each training clip from a fit that has not seen it. Higher = more anomalous.
    test_scores : np.ndarray [shape=(n_test,)]
        Score of each test clip. Higher = more anomalous.
    notes : list of str
        What had to be done differently from the settings, and why.
    cost : Cost or None
        Seconds and memory; None if nothing was tried.
    """

    estimator: object | None
    train_scores: np.ndarray
    test_scores: np.ndarray
    notes: list[str]
    cost: Cost | None = None


_LIBRARIES = {
    "ocsvm": ("svm",),
    "lof": ("neighbors",),
    "knn": ("neighbors",),
    "gmm": ("mixture",),
    "mahalanobis": ("covariance",),
    "frames": ("mixture", "neighbors"),
    "autoencoder": ("neural_network",),
    "idnn": ("neural_network",),
    "local_density": (),
    "fusion": (),
    "random_projection": (),
}
"""Parts of scikit-learn that a method needs; others name theirs themselves."""


def libraries(detectors: Mapping[str, Mapping]) -> list[str]:
    """Return the modules that the detectors of the config import when they are fitted."""
    parts = {part for each in detectors.values() for part in _LIBRARIES.get(each["method"], ())}
    return [f"sklearn.{part}" for part in sorted(parts)]


def import_libraries(detectors: Mapping[str, Mapping]) -> None:
    """Import what detectors need, without pandas, for a process that works on nothing but arrays.

    scikit-learn would load pandas only to recognise its tables: a fifth of the start of a job.
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
    """Fit neighbours on two clips: with its first fit scikit-learn looks for plugins and threads.

    A process that does this spares all that are forked from it a twentieth of a second each.
    """
    from sklearn.neighbors import LocalOutlierFactor

    LocalOutlierFactor(n_neighbors=1, novelty=True).fit(np.eye(2))


def anomaly_score(estimator: object, values: np.ndarray) -> np.ndarray:
    """Score clips: the one place where scikit-learn's sign is turned.

    Parameters
    ----------
    estimator : object
        Fitted, with `score_samples` (higher = more normal).
    values : np.ndarray [shape=(n_clips, d)]
        What the estimator was fitted on for other clips.

    Returns
    -------
    np.ndarray [shape=(n_clips,), dtype=float64]
        Higher = more anomalous.
    """
    if not len(values):
        return np.zeros(0)
    # frames come clip by clip; matrices as one product
    batch = padded(values) if isinstance(values, np.ndarray) else values
    return -np.asarray(estimator.score_samples(batch), dtype=np.float64)[: len(values)]


def held_out_parts(estimator: object) -> np.ndarray:
    """Return what the parts of an estimator score training clips that they had not seen.

    Parameters
    ----------
    estimator : object
        Fitted.

    Returns
    -------
    np.ndarray [shape=(n_train, n_members)]
        Of no clip if the estimator isn't made of parts, or didn't have to measure them.
    """
    return getattr(estimator, "held_out_", np.zeros((0, 0)))


def detect(
    train: np.ndarray,
    test: np.ndarray,
    held_out: list[np.ndarray],
    fold: np.ndarray,
    settings: "DetectorSettings",
    *,
    seed: int,
    columns: Sequence[str] | None = None,
) -> Detection:
    """Fit a detector on all training clips, and once more for each fold held out.

    An estimator that holds out folds itself, to measure its parts, has scored every training clip
    already by fits that had not seen it: these scores are taken, unless a projection has seen all.

    Parameters
    ----------
    train : np.ndarray [shape=(n_train, d)]
        Normal training clips.
    test : np.ndarray [shape=(n_test, d)]
        Clips to score; nothing is fitted on them.
    held_out : list of np.ndarray [shape=(n_train, d_fold)]
        For each fold all training clips, as seen by a projection fitted without those of the fold.
    fold : np.ndarray [shape=(n_train,), dtype=int]
        Fold of each training clip.
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
        reason = (
            f"not fitted: {len(train)} usable training clip(s), {MIN_TRAIN_CLIPS} are the least"
        )
        return Detection(None, train_scores, test_scores, [reason])
    with Meter() as meter:
        try:
            with meter.fit():
                estimator = _fit(train, settings, seed=seed, notes=notes, columns=columns)
            with meter.score(len(test)):
                test_scores = anomaly_score(estimator, test)
            if settings.input != "projection" and len(train) == len(held_out_parts(estimator)):
                train_scores = estimator.join_members(estimator.held_out_)
                held_out = []
        except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
            logger.warning("not fitted: %s", error)
            return Detection(None, train_scores, test_scores, [f"not fitted: {error}"])
        for number, values in enumerate(held_out):
            out = fold == number
            try:
                with meter.fit():
                    part = _fit(values[~out], settings, seed=seed, notes=[], columns=columns)
                with meter.score(out.sum()):
                    train_scores[out] = anomaly_score(part, values[out])
            except (ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
                logger.warning("fold %d not fitted: %s", number, error)
                notes.append(f"fold {number} not fitted, its clips have no held-out score: {error}")
    return Detection(estimator, train_scores, test_scores, notes, meter.cost())


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
            notes.append(f"{key} {asked} lowered to {used}: {len(values)} training clips")
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
    projected: ClipVectors,
    folds: Mapping[str, np.ndarray],
    detectors: Mapping[str, Mapping],
    *,
    seed: int,
    cache: MelCache | None = None,
    progress: Callable | None = None,
) -> dict[str, Detection]:
    """Run the detectors of the config on the clips of a machine ID.

    Parameters
    ----------
    embedded, projected : ClipVectors
        Its clips, row by row the same.
    folds : mapping of str to np.ndarray
        fold and held_out_<number>, from `pygoodvibes.projection.project_vectors`.
    detectors : mapping of str to mapping
        The `detectors` section of the config: settings by name.
    seed : int
        As in `detect`.
    cache : MelCache, optional
        Log-mel frames of the same clips in the same order, for detectors that see them.
    progress : callable, optional
        Wraps the iteration over the detectors, e.g. `pygoodvibes.job.progress`.

    Returns
    -------
    dict of str to Detection
        By the name of the detector.
    """
    fold = folds["fold"]
    count = int(fold.max(initial=-1)) + 1
    train = embedded.train
    if cache is not None and [clip["clip"] for clip in cache.clips] != embedded.clip.tolist():
        raise UserError("the mel cache and the embedding hold different clips; make both again")
    # so that no detector is charged for it
    for name in libraries(detectors):
        importlib.import_module(name)
    results = {}
    turns = detectors.items()
    if progress:
        turns = progress(turns, total=len(detectors), unit="detectors")
    for name, settings in turns:
        module = importlib.import_module(module_of(settings["method"]))
        checked = module.Settings.model_validate(settings).beside(projected.values.shape[1])
        if checked.input == "mel" and cache is None:
            results[name] = Detection(
                None,
                np.full(train.sum(), np.nan),
                np.full((~train).sum(), np.nan),
                ["not fitted: it sees log-mel frames, and this data set enters as vectors"],
            )
            continue
        fold_of = fold
        if checked.input == "mel":
            values, columns = ClipFrames(cache), None
            groups = min(count, checked.most_held_out_fits or count)
            fold_of = fold % groups if groups else fold
            held_out = [values[train]] * groups
        elif checked.input == "embedding":
            values, columns = embedded.values, embedded.columns
            held_out = [embedded.values[train]] * count
        else:
            kept = slice(checked.components)
            values, columns = projected.values[:, kept], projected.columns[kept]
            held_out = [folds[f"held_out_{number}"][:, kept] for number in range(count)]
        logger.info("%s: %d training clips, input %s", name, train.sum(), checked.input)
        results[name] = detect(
            values[train], values[~train], held_out, fold_of, checked, seed=seed, columns=columns
        )
    return results


def write_scores(
    path: str | pathlib.Path, vectors: ClipVectors, results: Mapping[str, Detection]
) -> None:
    """Write a file of scores: a row a clip (clip, split), a column a detector.

    Scores of training clips are from fits that have not seen them; one that there isn't is left
    empty.
    """
    scores = np.full((len(vectors.clip), len(results)), np.nan)
    for column, result in enumerate(results.values()):
        scores[vectors.train, column] = result.train_scores
        scores[~vectors.train, column] = result.test_scores
    records = [
        {"clip": clip, "split": split}
        | {
            name: repr(float(score)) if math.isfinite(score) else ""
            for name, score in zip(results, row, strict=True)
        }
        for clip, split, row in zip(vectors.clip, vectors.split, scores, strict=True)
    ]
    write_records(path, records, ["clip", "split", *results])


def read_scores(path: str | pathlib.Path) -> dict[str, dict[tuple[str, str], float]]:
    """Read a file of scores: per detector by split and clip name, NaN where there is none."""
    records = read_records(path)
    # from the header: there may be no row
    names = [name for name in read_columns(path) if name not in ("clip", "split")]
    return {
        name: {(row["split"], row["clip"]): float(row[name] or "nan") for row in records}
        for name in names
    }

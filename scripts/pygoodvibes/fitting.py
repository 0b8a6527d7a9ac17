"""From a folder of normal recordings, or from what the workflow has fitted, to a machine's model.

All steps are the workflow's own functions, in its order and with its seeds: the same clips give the
same scores either way.
"""

import collections
import dataclasses
import importlib.metadata
import pathlib
import platform
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes import detection, deviation, manifest, mel_cache, origin, projection, provenance
from pygoodvibes.config import Config
from pygoodvibes.detectors import module_of
from pygoodvibes.embeddings import embed_clips
from pygoodvibes.embeddings import module_of as embedding_module_of
from pygoodvibes.errors import UserError
from pygoodvibes.machine_model import MachineModel
from pygoodvibes.mel_cache import MelCache

PACKAGES = ("numpy", "scikit-learn", "scipy", "skops", "soundfile", "soxr")
"""Packages whose versions a model names."""


def settings_of(config: Config) -> dict:
    """Return what a model keeps of a config to score clips by."""
    shared = config.threshold.false_alarm_rate
    return {
        **{key: getattr(config, key).model_dump(mode="json") for key in ("audio", "mel")},
        "embedding": config.embedding.model_dump(mode="json"),
        "detectors": {
            name: settings.model_dump(mode="json") for name, settings in config.detectors.items()
        },
        "threshold": {
            "method": config.threshold.method,
            "false_alarm_rates": {
                name: settings.expected_false_alarm_rate() or shared
                for name, settings in config.detectors.items()
            },
        },
    }


def assemble(
    config: Config,
    rows: Sequence[Mapping],
    *,
    name: str,
    cache: MelCache,
    pca: projection.Pca,
    estimators: Mapping[str, object],
    held_out: Mapping[str, np.ndarray],
    notes: Mapping[str, Sequence[str]],
) -> MachineModel:
    """Put together the model of a machine ID.

    Parameters
    ----------
    config : Config
        What it was fitted with.
    rows : sequence of mapping
        Manifest rows of its training clips.
    name : str
        Name of the model.
    cache : MelCache
        Log-mel frames of its clips.
    pca : Pca
        Its projection.
    estimators : mapping of str to object
        Its detectors; None where one could not be fitted.
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        Held-out scores of the training clips, by detector.
    notes : mapping of str to sequence of str
        What had to be done differently from the settings, by detector.
    """
    used = [clip for clip in cache.clips if clip["split"] == "train"]
    names = {clip["path"] for clip in used}
    training = [row for row in rows if row["path"] in names]
    seconds = [float(row["seconds"]) for row in training]
    modules = {module_of(each.method) for each in config.detectors.values()}
    modules.add(embedding_module_of(config.embedding.method))
    return MachineModel(
        name=name,
        machine=training[0]["machine"],
        id=training[0]["id"],
        settings=settings_of(config),
        pca=pca,
        normal=deviation.learn_normal(cache.of(clip) for clip in used),
        held_out=dict(held_out),
        estimators={name: each for name, each in estimators.items() if each is not None},
        training={
            "clips": len(training),
            "seconds": round(sum(seconds), 6),
            "median_seconds": float(np.median(seconds)),
        },
        provenance={
            "data": origin.data_of(training),
            "code": provenance.code_hash(pathlib.Path(__file__), *sorted(modules)),
            "packages": {
                **{each: importlib.metadata.version(each) for each in PACKAGES},
                "python": platform.python_version(),
            },
            "notes": {each: list(texts) for each, texts in notes.items()},
            "config": config.model_dump(mode="json", exclude={"figures", "evaluation"}),
        },
    )


def fit_clips(
    config: Config,
    rows: Sequence[Mapping],
    frames: Iterable[tuple[Mapping, np.ndarray | str]],
    *,
    name: str,
    folder: pathlib.Path,
) -> tuple[MachineModel, list[Mapping]]:
    """Fit the detectors of a config on training clips.

    Parameters
    ----------
    config : Config
        All settings.
    rows : sequence of mapping
        Manifest rows of normal training clips of one machine ID, in the manifest's order.
    frames : iterable of (row, frames)
        From `pygoodvibes.mel_cache.compute` for these rows.
    name : str
        Name of the model.
    folder : pathlib.Path
        Empty, for the log-mel frames while they are needed.

    Returns
    -------
    model : MachineModel
        The model.
    rows : list of mapping
        The rows with the final status of each clip.

    Raises
    ------
    UserError
        If too few clips can be used, or no detector can be fitted.
    """
    array, table = folder / "mel.npy", folder / "mel.clips.csv"
    final = []

    def remembered():
        for row, values in frames:
            final.append({**row, "status": values} if isinstance(values, str) else row)
            yield row, values

    mel_cache.write(array, table, remembered())
    _check_enough(final)
    cache = mel_cache.open_cache(array, table)
    embedded = embed_clips(cache, config.embedding.model_dump(mode="json"))
    projected, more = projection.project_vectors(
        embedded,
        folds=config.held_out.folds,
        seed=config.seed,
        **config.projection.model_dump(mode="json"),
    )
    results = detection.detect_clips(
        embedded,
        projected,
        more,
        {each: settings.model_dump(mode="json") for each, settings in config.detectors.items()},
        seed=config.seed,
        cache=cache,
    )
    if all(result.estimator is None for result in results.values()):
        raise UserError("; ".join(f"{each}: {r.notes[0]}" for each, r in results.items()))
    model = assemble(
        config,
        final,
        name=name,
        cache=cache,
        pca=pca_of(more),
        estimators={each: result.estimator for each, result in results.items()},
        held_out={each: result.train_scores for each, result in results.items()},
        notes={each: result.notes for each, result in results.items()},
    )
    return model, final


def pca_of(arrays: Mapping[str, np.ndarray]) -> projection.Pca:
    """Return the projection among the arrays of `pygoodvibes.projection.project_vectors`."""
    fields = dataclasses.fields(projection.Pca)
    return projection.Pca(**{field.name: arrays[field.name] for field in fields})


def _check_enough(rows: Sequence[Mapping]) -> None:
    usable = manifest.usable(rows)
    if len(usable) >= manifest.MIN_TRAIN_CLIPS:
        return
    reasons = collections.Counter(row["status"] for row in rows if row["status"] != "ok")
    why = f"; most often: {reasons.most_common(1)[0][0]}" if reasons else ""
    raise UserError(
        f"{len(usable)} of {len(rows)} clip(s) can be used, {manifest.MIN_TRAIN_CLIPS} are the "
        f"least to learn from, and some 50 are a good start{why}"
    )

"""Assembling a model from a fit: settings, threshold, normal sound, provenance."""

import importlib.metadata
import pathlib
import platform
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.config.config import Config
from pygoodvibes.data import condition
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.detectors.registry import module_of
from pygoodvibes.embeddings import projection
from pygoodvibes.embeddings.encoder import Encoder
from pygoodvibes.embeddings.registry import module_of as embedding_module_of
from pygoodvibes.explanation.deviation import Normal
from pygoodvibes.models.kept import Kept
from pygoodvibes.models.machine_model import MachineModel
from pygoodvibes.workflow.code_hash import code_hash
from pygoodvibes.workflow.provenance import data_of

PACKAGES = ("numpy", "scikit-learn", "scipy", "soundfile", "soxr")
"""Packages whose versions a model names."""


def settings_of(config: Config, *, with_choice: bool = False) -> dict:
    """Return the settings of a config that a model keeps: those that scoring needs.

    Parameters
    ----------
    config : Config
        All settings.
    with_choice : bool
        Whether the model holds the detector `choice` of its machine ID.
    """
    shared = config.threshold.false_alarm_rate
    choice = {CHOICE: {"method": CHOICE}} if with_choice else {}
    return {
        **{key: getattr(config, key).model_dump(mode="json") for key in ("audio", "mel")},
        "embedding": config.embedding.model_dump(mode="json"),
        "detectors": choice
        | {name: settings.model_dump(mode="json") for name, settings in config.detectors.items()},
        "threshold": {
            "method": config.threshold.method,
            "false_alarm_rates": dict.fromkeys(choice, shared)
            | {
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
    clips: Sequence[Mapping],
    normal: Normal,
    pcas: Sequence[projection.Pca],
    estimators: Mapping[str, object],
    held_out: Mapping[str, np.ndarray],
    notes: Mapping[str, Sequence[str]],
    cut: Mapping[str, float] | None = None,
    encoder: Encoder | None = None,
    kept: Kept | None = None,
) -> MachineModel:
    """Put together the model of a machine ID.

    Parameters
    ----------
    config : Config
        The config of the fit.
    rows : sequence of mapping
        Manifest rows of its training clips.
    name : str
        Name of the model.
    clips : sequence of mapping
        Its training clips, with the cells of `pygoodvibes.audio.mel_cache.COLUMNS`.
    normal : Normal
        Level and spread of each of their mel bands.
    pcas : sequence of Pca
        Its projections, without each fold of the training clips and of all.
    estimators : mapping of str to object
        Its detectors; None where one could not be fitted.
    held_out : mapping of str to np.ndarray [shape=(n_train,)]
        Held-out scores of the training clips, by detector.
    notes : mapping of str to sequence of str
        What had to be done differently from the settings, by detector.
    cut : mapping of str to float, optional
        window and hop, s, if its clips are windows of recordings.
    encoder : Encoder, optional
        Of the embedding, if it runs one.
    kept : Kept, optional
        What another fit takes of the training clips.
    """
    names = {clip["path"] for clip in clips}
    training = [row for row in rows if row["path"] in names and row["status"] == "ok"]
    seconds = [float(row["seconds"]) for row in training]
    packages = PACKAGES if encoder is None else (*PACKAGES, "onnxruntime")
    modules = {module_of(settings.method) for settings in config.detectors.values()}
    modules.add(embedding_module_of(config.embedding.method))
    return MachineModel(
        name=name,
        machine=training[0]["machine"],
        id=training[0]["id"],
        settings=settings_of(config, with_choice=CHOICE in held_out),
        pcas=list(pcas),
        normal=normal,
        held_out=dict(held_out),
        estimators={
            name: estimator for name, estimator in estimators.items() if estimator is not None
        },
        training={
            "clips": len(training),
            "seconds": round(sum(seconds), 6),
            "median_seconds": float(np.median(seconds)),
            "shortest": min(seconds),
            "longest": max(seconds),
            **({"recordings": len(names), **cut} if cut else {}),
            "samples_xxh3_128": [clip["samples_xxh3_128"] for clip in clips],
            "condition": condition.learn(clips, sample_rate=config.audio.sample_rate),
        },
        provenance={
            "data": data_of(training),
            "code": code_hash(pathlib.Path(__file__), *sorted(modules)),
            "packages": {
                **{package: importlib.metadata.version(package) for package in packages},
                "python": platform.python_version(),
            },
            "notes": {detector: list(texts) for detector, texts in notes.items()},
            "config": config.model_dump(mode="json", exclude={"figures", "evaluation"}),
        },
        encoder=encoder,
        kept=kept,
    )

"""The training of the workflow: mel caches and settings come in, what its files hold goes out.

JAX is an extra, so nothing here imports it until a training begins.
"""

import dataclasses
import hashlib
import importlib.util
import json
import logging
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.embeddings.registry import settings_of
from pygoodvibes.util.errors import UserError

HISTORY_COLUMNS = ("epoch", "loss", "held_out_loss", "held_out_accuracy")
"""Columns of the history of a training; epoch 0 is before it."""

CLIP_COLUMNS = ("machine", "id", "clip", "role", "attributes")
"""Columns of the clips of a training; the roles are those of `pygoodvibes.encoders.roles`, and the
attributes those that the clip's class stands for."""

COST_COLUMNS = ("clips", "epochs", "processor_seconds", "encoder_bytes", "device")
"""Columns of what a training cost. Unlike the other files it differs from run to run."""

_PACKAGES = ("jax", "optax", "onnx")


@dataclasses.dataclass(frozen=True)
class Training:
    """What a training leaves.

    Attributes
    ----------
    content : bytes
        The encoder's ONNX file.
    history, clips : list of dict
        With `HISTORY_COLUMNS` and `CLIP_COLUMNS`.
    cost : dict
        With `COST_COLUMNS`; seconds of all threads, those before an interruption included.
    """

    content: bytes
    history: list[dict]
    clips: list[dict]
    cost: dict


def train(
    caches: Mapping[tuple[str, str], MelCache],
    settings: Mapping,
    *,
    attributes: Mapping[tuple[str, str], Mapping[str, str]] | None = None,
    data_folder: pathlib.Path,
    code: str,
    checkpoints: pathlib.Path,
    work_folder: pathlib.Path,
    tell: Callable[[object], None] | None = None,
) -> Training:
    """Train an encoder, or go on with its training where that was interrupted.

    Parameters
    ----------
    caches : mapping of (machine, id) to MelCache
        Log-mel frames of the clips of all machine IDs.
    settings : mapping
        `embedding`, `audio`, `mel` and `seed` of the config.
    attributes : mapping of (machine, id) to mapping of str to str, optional
        What else is told of clips, by their name.
    data_folder : pathlib.Path
        Folder that the paths of the clips are relative to.
    code : str
        Hash of the code that trains.
    checkpoints : pathlib.Path
        Folder for the file that a training goes on from. A training that is done is taken from it
        as long as its clips, settings and code are the same.
    work_folder : pathlib.Path
        For files that are needed meanwhile.
    tell : callable, optional
        Hears of the progress.

    Raises
    ------
    UserError
        If JAX is missing, or there are too few clips or machine IDs.
    """
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise UserError(
            "training an encoder needs {packages}: run 'make .venv/installed-train' or "
            "'pip install -r requirements-train.txt'; a trained encoder needs none of it",
            packages=", ".join(missing),
        )
    embedding = settings_of(settings["embedding"]["method"]).model_validate(settings["embedding"])
    # read by JAX when it starts; whatever the number of cores, so that the bytes are the same
    os.environ["NPROC"] = str(embedding.threads)
    # what it looks for and doesn't find is no news
    logging.getLogger("jax").setLevel(logging.WARNING)
    from pygoodvibes.encoders.gather import gather, training_rows
    from pygoodvibes.encoders.needs import needs_of
    from pygoodvibes.encoders.train_encoder import train_encoder

    sample_rate = settings["audio"]["sample_rate"]
    needs = needs_of(embedding, sample_rate=sample_rate, mel=settings["mel"])

    def signals() -> Iterator[np.ndarray]:
        for cache in caches.values():
            rows = training_rows(cache)
            yield from signals_of(rows, data_folder, audio_settings=settings["audio"])

    clips = gather(
        caches,
        needs,
        signals=signals(),
        attributes=attributes,
        sample_rate=sample_rate,
        folder=work_folder,
    )
    samples = {
        "/".join(key): [row["samples_xxh3_128"] for row in training_rows(cache)]
        for key, cache in caches.items()
    }
    told = clips.attributes.tolist()
    key = hashlib.sha256(json.dumps([settings, samples, told, code], sort_keys=True).encode())
    trained = train_encoder(
        clips,
        embedding,
        seed=settings["seed"],
        needs=needs,
        checkpoint=checkpoints / f"train_encoder_{key.hexdigest()[:32]}.npz",
        tell=tell,
    )
    columns = zip(
        clips.machine,
        clips.machine_id,
        clips.clip,
        trained.roles,
        trained.attributes,
        strict=True,
    )
    return Training(
        trained.content,
        [{name: _text(row.get(name)) for name in HISTORY_COLUMNS} for row in trained.history],
        [dict(zip(CLIP_COLUMNS, map(str, row), strict=True)) for row in columns],
        {
            "clips": str(len(clips.clip)),
            "epochs": str(len(trained.history) - 1),
            "processor_seconds": f"{trained.processor_seconds:.1f}",
            "encoder_bytes": str(len(trained.content)),
            "device": trained.device,
        },
    )


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"

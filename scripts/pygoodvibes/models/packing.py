"""Model files from the workflow's fits, one for each machine ID."""

import json
import pathlib
from collections.abc import Sequence

import numpy as np

from pygoodvibes.audio import mel_cache
from pygoodvibes.choice.result import Choice, read_choice
from pygoodvibes.config.config import Config
from pygoodvibes.detection import serialization
from pygoodvibes.detection.result import read_scores
from pygoodvibes.detectors.combined import CHOICE
from pygoodvibes.embeddings import projection
from pygoodvibes.embeddings.embed import open_encoder
from pygoodvibes.embeddings.encoder import Encoder
from pygoodvibes.explanation.deviation import learn_normal
from pygoodvibes.models.assemble import assemble
from pygoodvibes.models.machine_model import ENDING, MOST_OF_DETECTORS, save
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.messages import message

COLUMNS = ("machine", "id", "file", "clips", "detectors", "reason")
"""Columns of models.csv, the list of the models that the workflow has packed."""


def pack_models(
    config: Config,
    machine_ids: Sequence[tuple[str, str]],
    *,
    clips: Sequence[str],
    mel_arrays: Sequence[str],
    mel_clips: Sequence[str],
    projections: Sequence[str],
    detectors: Sequence[str],
    scores: Sequence[str],
    notes: Sequence[str],
    choices: Sequence[str],
    choice_scores: Sequence[str],
    encoders: Sequence[str] = (),
    folder: pathlib.Path,
) -> None:
    """Write a model file for each machine ID that the workflow has fitted, and their list.

    Parameters
    ----------
    config : Config
        The config of the fits.
    machine_ids : sequence of (machine, id)
        The machine IDs.
    clips, mel_arrays, mel_clips, projections, detectors, scores, notes : sequence of str
        Files of each machine ID: manifest, mel cache (two files), projection, fitted detectors,
        scores and notes. Data sets that enter as spectrograms or vectors get no models: how these
        are made from a new recording isn't known here.
    choices, choice_scores : sequence of str
        For each machine ID the files of its machine type, from
        `pygoodvibes.choice.choose.write_choice`. Empty where the choice is no detector of the
        config.
    encoders : sequence of str, optional
        For each machine ID the file of its encoder, where the workflow trains them.
    folder : pathlib.Path
        Where `<machine>_id_<id>.pgv` and models.csv go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if config.dataset.enters_as != "audio":
        reason = message(
            "source {source}: a model scores audio, and is fitted to it",
            source=config.dataset.source,
        )
        entries = [_entry(*machine_id, reason=reason) for machine_id in machine_ids]
    else:
        places = zip(
            clips, mel_arrays, mel_clips, projections, detectors, scores, notes, strict=True
        )
        chosen = [None] * len(machine_ids)
        if choices:
            of_ids = zip(machine_ids, choices, choice_scores, strict=True)
            chosen = [
                read_choice(choice, scored, machine_id)
                for (_, machine_id), choice, scored in of_ids
            ]
        networks = _encoders(config, encoders, len(machine_ids))
        parts = zip(machine_ids, places, chosen, networks, strict=True)
        entries = [
            _pack(config, *machine_id, *paths, choice, encoder, folder=folder)
            for machine_id, paths, choice, encoder in parts
        ]
    write_records(folder / "models.csv", entries, COLUMNS)


def _encoders(config: Config, trained: Sequence[str], count: int) -> list[Encoder | None]:
    settings = config.embedding.model_dump(mode="json")
    read = {path: open_encoder(settings, path) for path in trained or [None]}
    return [read[path] for path in trained or [None] * count]


def _entry(machine: str, machine_id: str, **values: object) -> dict:
    return {**dict.fromkeys(COLUMNS, ""), "machine": machine, "id": machine_id, **values}


def _pack(
    config: Config,
    machine: str,
    machine_id: str,
    clips: str,
    mel_array: str,
    mel_clips: str,
    projected: str,
    detectors: str,
    scores: str,
    notes: str,
    choice: Choice | None,
    encoder: Encoder | None,
    *,
    folder: pathlib.Path,
) -> dict:
    estimators = serialization.load(detectors)
    texts = json.loads(pathlib.Path(notes).read_text(encoding="utf-8"))
    most_bytes = MOST_OF_DETECTORS - (len(encoder.content) if encoder else 0)
    too_large = serialization.left_out(estimators, most_bytes=most_bytes)
    for detector, reason in too_large.items():
        estimators[detector] = None
        texts[detector].append(reason)
    missing = [name for name, estimator in estimators.items() if estimator is None]
    if len(missing) == len(estimators):
        return _entry(machine, machine_id, reason=texts[missing[0]][-1])
    loaded = projection.load(projected)
    by_name = read_scores(scores)
    if choice is not None:
        by_name = {CHOICE: choice.scores, **by_name}
        texts[CHOICE] = list(choice.notes)
        taken = choice.chosen.detectors if choice.chosen else []
        lacking = [name for name in taken if name in missing]
        if lacking:
            missing.insert(0, CHOICE)
            texts[CHOICE].append(f"not in this file, because {lacking[0]} is not")
        estimators = {CHOICE: None if lacking else choice.chosen, **estimators}
    training = loaded.clips.clip[loaded.clips.train]
    name = f"{machine}_id_{machine_id}"
    cache = mel_cache.open_cache(mel_array, mel_clips)
    used = [clip for clip in cache.clips if clip["split"] == "train"]
    model = assemble(
        config,
        read_records(clips),
        name=name,
        clips=used,
        normal=learn_normal(cache.of(clip) for clip in used),
        pcas=loaded.pcas,
        estimators=estimators,
        held_out={
            detector: np.array([values["train", clip] for clip in training])
            for detector, values in by_name.items()
        },
        notes=texts,
        encoder=encoder,
    )
    save(folder / f"{name}{ENDING}", model)
    return _entry(
        machine,
        machine_id,
        file=f"{name}{ENDING}",
        clips=model.training["clips"],
        detectors=" ".join(model.estimators),
        reason="; ".join(f"{detector}: {texts[detector][-1]}" for detector in missing),
    )

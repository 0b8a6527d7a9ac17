"""What an embedding costs: how large its vectors are, and its encoder, and how long it takes."""

import dataclasses
import pathlib
import time
from collections.abc import Mapping, Sequence

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.audio.signals import signals_of
from pygoodvibes.config.config import Config
from pygoodvibes.embeddings.embed import embed_clips, open_encoder
from pygoodvibes.embeddings.registry import sees_signal, uses_encoder
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.paths import locate

MOST_CLIPS = 20
"""Clips that are embedded to measure how long one takes."""


@dataclasses.dataclass(frozen=True)
class EmbeddingCost:
    """What an embedding costs.

    Attributes
    ----------
    values : int
        Values of a clip's vector.
    encoder_bytes : int or None
        Size of the encoder's file; None if there is none.
    training_seconds : float or None
        Processor seconds of all threads; None if nothing was trained.
    clip_seconds : float
        Seconds from the log-mel frames or the samples of a clip to its vector. Encoders run in a
        process of their own, so they are those of the clock.
    """

    values: int
    encoder_bytes: int | None
    training_seconds: float | None
    clip_seconds: float


def measure(
    cache: MelCache,
    settings: Mapping,
    *,
    data_folder: pathlib.Path,
    audio_settings: Mapping,
    trained: Sequence[pathlib.Path] = (),
) -> EmbeddingCost:
    """Embed some clips, and tell what it costs.

    Parameters
    ----------
    cache : MelCache
        Log-mel frames of the clips of a machine ID; at least one clip.
    settings : mapping
        The `embedding` section of the config.
    data_folder : pathlib.Path
        Folder that the paths of the clips are relative to.
    audio_settings : mapping
        The `audio` section of the config.
    trained : sequence of pathlib.Path, optional
        Folders with what trainings left, `encoder.onnx` and `cost.csv`; that of the machine ID is
        the first.

    Raises
    ------
    UserError
        If a clip can't be read any more, or the encoder gives no vector.
    """
    files = [folder / "encoder.onnx" for folder in trained]
    encoder = open_encoder(settings, files[0] if files else None)
    some = dataclasses.replace(cache, clips=cache.clips[:MOST_CLIPS])
    signals = None
    if sees_signal(settings["method"]) or encoder is not None:
        # read before the clock runs: reading belongs to no embedding
        signals = list(signals_of(some.clips, data_folder, audio_settings=audio_settings))

    def run(count: int) -> int:
        part = dataclasses.replace(some, clips=some.clips[:count])
        embedded = embed_clips(
            part,
            settings,
            signals=None if signals is None else signals[:count],
            sample_rate=audio_settings["sample_rate"],
            encoder=encoder,
        )
        return embedded.values.shape[1]

    run(1)  # what only the first clip takes is no part of it
    began = time.perf_counter()
    values = run(len(some.clips))
    seconds = (time.perf_counter() - began) / len(some.clips)
    size, training = None, None
    if uses_encoder(settings["method"]):
        size = sum(path.stat().st_size for path in files or [locate(settings["file"])])
    if trained and settings.get("epochs"):
        costs = [row for folder in trained for row in read_records(folder / "cost.csv")]
        training = sum(float(row["processor_seconds"]) for row in costs)
    return EmbeddingCost(values, size, training, seconds)


def cost_of_run(folder: pathlib.Path, config: Config) -> EmbeddingCost:
    """Measure what the embedding of a run costs, on clips of its first machine ID that has any.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of the run.
    config : Config
        Its config.
    """
    resources = folder / "resources" / config.dataset.name
    caches = (
        (frames.parent.name, mel_cache.open_cache(frames, frames.with_suffix(".clips.csv")))
        for frames in sorted((resources / "mel").glob("*/*.npy"))
    )
    machine, cache = next((machine, cache) for machine, cache in caches if cache.clips)
    # one for all machine types, or one for each
    trained = sorted(path.parent for path in (resources / "encoder").glob("**/encoder.onnx"))
    return measure(
        cache,
        config.embedding.model_dump(mode="json"),
        data_folder=folder / config.dataset.folder,
        audio_settings=config.audio.model_dump(mode="json"),
        trained=sorted(trained, key=lambda folder: folder.name != machine),
    )

"""The door to embeddings: frames or samples in, vectors out, whatever the method.

Nothing else finds the module of a method, or calls it.
"""

import functools
import importlib
import itertools
import json
import pathlib
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.audio.mel_cache import MelCache, Reading
from pygoodvibes.embeddings.registry import module_of, sees_signal, uses_encoder
from pygoodvibes.embeddings.vectors import ClipVectors, from_records
from pygoodvibes.util.errors import UserError

if TYPE_CHECKING:
    from pygoodvibes.embeddings.encoder import Encoder
    from pygoodvibes.util.settings import Section


def embed_clip(
    frames: np.ndarray,
    settings: Mapping,
    *,
    signal: np.ndarray | None = None,
    sample_rate: int | None = None,
    encoder: "Encoder | None" = None,
) -> np.ndarray:
    """Turn one clip into a vector.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB; at least one frame.
    settings : mapping
        The `embedding` section of the config; its `method` names the module.
    signal : np.ndarray [shape=(n_samples,)], optional
        Amplitude; only an embedding of samples needs it.
    sample_rate : int > 0, optional
        Hz, of the signal.
    encoder : Encoder, optional
        From `open_encoder` or `encoder_in`, if the embedding runs one.

    Returns
    -------
    np.ndarray [shape=(d,), dtype=float32]
        Its values in the order of `columns_of`.

    Raises
    ------
    UserError
        If the encoder gives no vector.
    """
    if encoder is not None:
        encoded = encoder.vector(signal, sample_rate=sample_rate)
        if not settings.get("beside"):
            return encoded
        beside = embed_clip(frames, settings["beside"], signal=signal, sample_rate=sample_rate)
        return np.concatenate([beside, encoded])
    return _by(_method_of(json.dumps(settings)), frames, signal, sample_rate)


def _by(
    method: tuple[ModuleType, "Section"],
    frames: np.ndarray,
    signal: np.ndarray | None,
    sample_rate: int | None,
) -> np.ndarray:
    module, checked = method
    if sees_signal(checked.method):
        return module.embed_signal(signal, checked, sample_rate=sample_rate)
    return module.embed(frames, checked)


def embed_clips(
    cache: MelCache | Reading,
    settings: Mapping,
    *,
    signals: Iterable[np.ndarray] | None = None,
    sample_rate: int | None = None,
    encoder: "Encoder | None" = None,
) -> ClipVectors:
    """Turn the clips of a mel cache into vectors.

    Parameters
    ----------
    cache : MelCache or Reading
        Log-mel frames of the clips of a machine ID.
    settings : mapping
        As in `embed_clip`.
    signals : iterable of np.ndarray [shape=(n_samples,)], optional
        Their samples in the cache's order; only an embedding of samples needs them, and takes them.
    sample_rate : int > 0, optional
        Hz, of the signals.
    encoder : Encoder, optional
        As in `embed_clip`.

    Returns
    -------
    ClipVectors
        One row a clip, in the cache's order.

    Raises
    ------
    UserError
        If the encoder gives no vector, or vectors of several lengths.
    """
    if encoder is not None:
        return _encode_clips(cache, settings, signals, encoder, sample_rate)
    columns = columns_of(cache.n_mels, settings)
    values = np.zeros((len(cache.clips), len(columns)), dtype=np.float32)
    each_signal = iter(signals) if sees_signal(settings["method"]) else itertools.repeat(None)
    method = _method_of(json.dumps(settings))
    for number, (_, frames) in enumerate(cache):
        values[number] = _by(method, frames, next(each_signal), sample_rate)
    return from_records(cache.clips, values, columns)


def _encode_clips(
    cache: MelCache | Reading,
    settings: Mapping,
    signals: Iterable[np.ndarray],
    encoder: "Encoder",
    sample_rate: int,
) -> ClipVectors:
    vectors = [
        embed_clip(frames, settings, signal=signal, sample_rate=sample_rate, encoder=encoder)
        for (_, frames), signal in zip(cache, signals, strict=True)
    ]
    lengths = sorted({len(vector) for vector in vectors})
    if len(lengths) > 1:
        raise UserError(
            "{name}: vectors of {shortest} to {longest} values for clips of several lengths; tell "
            "which axis is time (needs.axes), or a length (needs.length)",
            name=encoder.name,
            shortest=lengths[0],
            longest=lengths[-1],
        )
    width = lengths[0] if lengths else 0
    values = np.array(vectors, dtype=np.float32).reshape(len(vectors), width)
    return from_records(cache.clips, values, encoded_columns(cache.n_mels, settings, width))


def encoded_columns(n_mels: int, settings: Mapping, width: int) -> list[str]:
    """Name the values of an embedding that runs an encoder.

    Parameters
    ----------
    n_mels : int > 0
        Mel bands of the frames.
    settings : mapping
        As in `embed_clip`.
    width : int >= 0
        How many values there are.
    """
    beside = columns_of(n_mels, settings["beside"]) if settings.get("beside") else []
    encoded = [f"encoded_{number:04d}" for number in range(width - len(beside))]
    return [*beside, *encoded][:width]


def open_encoder(settings: Mapping, trained: str | pathlib.Path | None = None) -> "Encoder | None":
    """Read the encoder that an embedding runs; None if it runs none.

    Parameters
    ----------
    settings : mapping
        As in `embed_clip`.
    trained : path, optional
        The file that the workflow has trained (default: the one that the settings name).

    Raises
    ------
    UserError
        As `pygoodvibes.embeddings.encoder.load`; if there is no file.
    """
    if not uses_encoder(settings["method"]):
        return None
    from pygoodvibes.embeddings.encoder import load

    _, checked = _method_of(json.dumps(settings))
    source = checked.source() if trained is None else {"path": trained}
    if not source:
        raise UserError(
            "embedding.method: the encoder of {method} is trained by the workflow, and not here; "
            "take 'onnx' and the file that it wrote",
            method=settings["method"],
        )
    return load(**source, settings=checked)


def encoder_in(content: bytes, settings: Mapping, name: str) -> "Encoder":
    """Check the encoder that a model carries.

    Parameters
    ----------
    content : bytes
        Its ONNX file.
    settings : mapping
        As in `embed_clip`; of an embedding that runs one.
    name : str
        What messages call it.

    Raises
    ------
    UserError
        As `pygoodvibes.embeddings.encoder.loads`.
    """
    from pygoodvibes.embeddings.encoder import loads

    _, checked = _method_of(json.dumps(settings))
    return loads(content, name, needs=checked.source().get("needs"))


def columns_of(n_mels: int, settings: Mapping) -> list[str]:
    """Name the values of an embedding that runs no encoder.

    Parameters
    ----------
    n_mels : int > 0
        Mel bands of the frames.
    settings : mapping
        As in `embed_clip`.
    """
    module, checked = _method_of(json.dumps(settings))
    return module.columns(n_mels, checked)


@functools.lru_cache(maxsize=8)
def _method_of(settings: str) -> tuple[ModuleType, "Section"]:
    """Return the module of a method, and its settings checked, which takes longer than a clip."""
    section = json.loads(settings)
    module = importlib.import_module(module_of(section["method"]))
    return module, module.Settings.model_validate(section)

"""The door to embeddings: frames or samples in, vectors out, whatever the method.

Nothing else finds the module of a method, or calls it.
"""

import functools
import importlib
import itertools
import json
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.embeddings.registry import module_of, sees_signal
from pygoodvibes.embeddings.vectors import ClipVectors, from_records

if TYPE_CHECKING:
    from pygoodvibes.util.settings import Section


def embed_clip(
    frames: np.ndarray,
    settings: Mapping,
    *,
    signal: np.ndarray | None = None,
    sample_rate: int | None = None,
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

    Returns
    -------
    np.ndarray [shape=(d,), dtype=float32]
        Its values in the order of `columns_of`.
    """
    module, checked = _method_of(json.dumps(settings))
    if sees_signal(settings["method"]):
        return module.embed_signal(signal, checked, sample_rate=sample_rate)
    return module.embed(frames, checked)


def embed_clips(
    cache: MelCache,
    settings: Mapping,
    *,
    signals: Iterable[np.ndarray] | None = None,
    sample_rate: int | None = None,
) -> ClipVectors:
    """Turn the clips of a mel cache into vectors.

    Parameters
    ----------
    cache : MelCache
        Log-mel frames of the clips of a machine ID.
    settings : mapping
        As in `embed_clip`.
    signals : iterable of np.ndarray [shape=(n_samples,)], optional
        Their samples in the cache's order; only an embedding of samples needs them, and takes them.
    sample_rate : int > 0, optional
        Hz, of the signals.

    Returns
    -------
    ClipVectors
        One row a clip, in the cache's order.
    """
    columns = columns_of(cache.n_mels, settings)
    values = np.zeros((len(cache.clips), len(columns)), dtype=np.float32)
    each_signal = iter(signals) if sees_signal(settings["method"]) else itertools.repeat(None)
    for number, (_, frames) in enumerate(cache):
        values[number] = embed_clip(
            frames, settings, signal=next(each_signal), sample_rate=sample_rate
        )
    return from_records(cache.clips, values, columns)


def columns_of(n_mels: int, settings: Mapping) -> list[str]:
    """Name the values of an embedding.

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

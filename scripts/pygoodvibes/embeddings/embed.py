"""The door to embeddings: frames in, vectors out, whatever the method.

Nothing else finds the module of a method, or calls it.
"""

import functools
import importlib
import json
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.embeddings.registry import module_of
from pygoodvibes.embeddings.vectors import ClipVectors, from_records

if TYPE_CHECKING:
    from pygoodvibes.util.settings import Section


def embed_clip(frames: np.ndarray, settings: Mapping) -> np.ndarray:
    """Turn the frames of one clip into a vector.

    Parameters
    ----------
    frames : np.ndarray [shape=(n_frames, n_mels)]
        Log-mel spectrogram, dB; at least one frame.
    settings : mapping
        The `embedding` section of the config; its `method` names the module.

    Returns
    -------
    np.ndarray [shape=(d,), dtype=float32]
        Its values in the order of `columns_of`.
    """
    module, checked = _method_of(json.dumps(settings))
    return module.embed(frames, checked)


def embed_clips(cache: MelCache, settings: Mapping) -> ClipVectors:
    """Turn the clips of a mel cache into vectors.

    Parameters
    ----------
    cache : MelCache
        Log-mel frames of the clips of a machine ID.
    settings : mapping
        As in `embed_clip`.

    Returns
    -------
    ClipVectors
        One row a clip, in the cache's order.
    """
    columns = columns_of(cache.n_mels, settings)
    values = np.zeros((len(cache.clips), len(columns)), dtype=np.float32)
    for number, (_, frames) in enumerate(cache):
        values[number] = embed_clip(frames, settings)
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

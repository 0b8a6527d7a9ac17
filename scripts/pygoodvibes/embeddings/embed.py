"""The door to embeddings: frames in, vectors out, whatever the method."""

import functools
import importlib
import json
from collections.abc import Mapping

import numpy as np

from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.embeddings.registry import module_of
from pygoodvibes.embeddings.vectors import ClipVectors, from_records


def embed_clips(cache: MelCache, settings: Mapping) -> ClipVectors:
    """Turn the clips of a mel cache into vectors.

    Parameters
    ----------
    cache : MelCache
        Log-mel frames of the clips of a machine ID.
    settings : mapping
        The `embedding` section of the config; its `method` names the module.

    Returns
    -------
    ClipVectors
        One row a clip, in the cache's order.
    """
    module = importlib.import_module(module_of(settings["method"]))
    checked = module.Settings.model_validate(settings)
    columns = module.columns(cache.n_mels, checked)
    values = np.zeros((len(cache.clips), len(columns)), dtype=np.float32)
    for number, (_, frames) in enumerate(cache):
        values[number] = module.embed(frames, checked)
    return from_records(cache.clips, values, columns)


@functools.lru_cache(maxsize=8)
def method_of(settings: str) -> tuple:
    section = json.loads(settings)
    module = importlib.import_module(module_of(section["method"]))
    return module, module.Settings.model_validate(section)

"""Embeddings: one module per method, each with a `Settings` class and two functions.

`embed(frames, settings)` turns the log-mel frames of one clip, shape (n_frames, n_mels) in dB, into
a vector of shape (d,); `columns(n_mels, settings)` names its d values.
"""

import importlib
from collections.abc import Mapping

import numpy as np

from pygoodvibes.mel_cache import MelCache
from pygoodvibes.vectors import ClipVectors, from_records

METHODS = ("statistics",)
"""Methods of this package, by module name."""


def module_of(method: str) -> str:
    """Return the full name of the module that implements a `method` of the config."""
    return f"{__name__}.{method}"


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

"""All that is computed for the clips of one machine ID, from log-mel frames to scores.

The workflow's rules call the same functions one at a time, each a job with files of its own.
"""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np

from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.result import Detection
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.embeddings.encoder import Encoder
from pygoodvibes.embeddings.held_out import Groups, fold_clips
from pygoodvibes.embeddings.projection import Projected, project_vectors
from pygoodvibes.embeddings.vectors import ClipVectors


@dataclasses.dataclass(frozen=True)
class Detected:
    """What was computed for the clips of a machine ID.

    Attributes
    ----------
    embedded : ClipVectors
        Their embeddings.
    projected : Projected
        Their projections.
    results : dict of str to Detection
        Fitted detectors and their scores, by the name of the detector.
    """

    embedded: ClipVectors
    projected: Projected
    results: dict[str, Detection]


def detect_machine_id(
    cache: MelCache,
    settings: Mapping,
    *,
    groups: Groups | None = None,
    signals: Iterable[np.ndarray] | None = None,
    encoder: Encoder | None = None,
) -> Detected:
    """Embed and project the clips of a machine ID, fit detectors to them and score them.

    Parameters
    ----------
    cache : MelCache
        Log-mel frames of its clips.
    settings : mapping
        A whole config as plain values: `audio`, `embedding`, `projection`, `held_out`, `detectors`
        and `seed` are used.
    groups : Groups, optional
        Training clips that are held out together (default: folds dealt at random, as in the
        workflow).
    signals : iterable of np.ndarray [shape=(n_samples,)], optional
        Samples of the clips, in the cache's order; only an embedding of samples takes them.
    encoder : Encoder, optional
        Of the embedding, if it runs one.
    """
    embedded = embed_clips(
        cache,
        settings["embedding"],
        signals=signals,
        sample_rate=settings["audio"]["sample_rate"],
        encoder=encoder,
    )
    return detect_embedded(embedded, settings, groups=groups, cache=cache)


def detect_embedded(
    embedded: ClipVectors,
    settings: Mapping,
    *,
    groups: Groups | None = None,
    cache: MelCache | None = None,
) -> Detected:
    """Project the embeddings of clips of a machine ID, fit detectors to them and score them.

    Parameters
    ----------
    embedded : ClipVectors
        The embeddings.
    settings, groups
        As in `detect_machine_id`.
    cache : MelCache, optional
        Log-mel frames of the same clips; only detectors with the input 'mel' need them.
    """
    if groups is None:
        n_train = int(embedded.train.sum())
        groups = fold_clips(n_train, folds=settings["held_out"]["folds"], seed=settings["seed"])
    projected = project_vectors(embedded, groups, **settings["projection"])
    results = detect_clips(
        embedded,
        projected,
        settings["detectors"],
        seed=settings["seed"],
        scored_by=settings["held_out"]["scored_by"],
        cache=cache,
    )
    return Detected(embedded, projected, results)

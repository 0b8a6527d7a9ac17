"""Scoring clips with detectors that were fitted before, as the workflow scores test clips."""

from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.detection import anomaly_score
from pygoodvibes.projection import Pca


def score_clips(
    estimators: Mapping[str, object],
    detectors: Mapping[str, Mapping],
    *,
    embedding: np.ndarray,
    pca: Pca,
    frames: Sequence[np.ndarray] | None = None,
) -> dict[str, np.ndarray]:
    """Score clips with the fitted detectors of a machine ID.

    Parameters
    ----------
    estimators : mapping of str to object
        By the name of the detector, fitted on the training clips of the machine ID; None where
        that was not possible.
    detectors : mapping of str to mapping
        The settings they were fitted with: the `detectors` section of the config.
    embedding : np.ndarray [shape=(n_clips, d)]
        Embeddings of the clips, made as those of the training clips.
    pca : Pca
        The projection of the machine ID.
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)], optional
        Log-mel frames of the same clips, dB; without them detectors that see frames are left out.

    Returns
    -------
    dict of str to np.ndarray [shape=(n_clips,), dtype=float64]
        Scores by the name of the detector; higher = more anomalous.
    """
    projected = pca.transform(embedding)
    scores = {}
    for name, estimator in estimators.items():
        settings = detectors[name]
        if estimator is None or (settings["input"] == "mel" and frames is None):
            continue
        values = seen_by(settings, embedding=embedding, projected=projected, frames=frames)
        scores[name] = anomaly_score(estimator, values)
    return scores


def seen_by(
    settings: Mapping,
    *,
    embedding: np.ndarray,
    projected: np.ndarray,
    frames: Sequence[np.ndarray] | None,
) -> np.ndarray | Sequence[np.ndarray] | None:
    """Return what a detector sees of clips, by the `input` of its settings.

    Parameters
    ----------
    settings : mapping
        Of the detector.
    embedding, projected : np.ndarray [shape=(n_clips, d)]
        Embeddings of the clips, and their projections.
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)], or None
        Log-mel frames of the clips, dB.
    """
    if settings["input"] == "mel":
        return frames
    if settings["input"] == "embedding":
        return embedding
    return projected[:, : settings["components"]]

"""What a detector sees of clips: log-mel frames, their embedding, or its projection."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from pygoodvibes.embeddings.projection import Pca, Projected, transform_by_all


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The same clips in each form that a detector may see; or the column names of these forms.

    Attributes
    ----------
    embedding : np.ndarray [shape=(n_clips, d)], or (d,) for the names
        Their embeddings.
    projected : np.ndarray [shape=(n_clips, n_pcas, d)], or (d,) for the names
        The projections of these, without each fold of the training clips and of all.
    components : int
        How many of the last d are components; after these stands the residual, if there is one.
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)], or None
        Their log-mel frames, dB; None where there are none. They have no names.
    """

    embedding: np.ndarray
    projected: np.ndarray
    components: int
    frames: Sequence[np.ndarray] | None = None

    @classmethod
    def of(
        cls,
        embedding: np.ndarray,
        pcas: Sequence[Pca],
        frames: Sequence[np.ndarray] | None = None,
    ) -> "Inputs":
        """Project embeddings, shape (n_clips, d), by the PCA without each fold, and of all."""
        if not pcas:
            return cls(embedding, np.zeros((len(embedding), 1, 0), np.float32), 0, frames)
        projected = transform_by_all(pcas, embedding)
        return cls(embedding, projected, len(pcas[0].components), frames)

    @classmethod
    def of_projected(
        cls,
        embedding: np.ndarray,
        projected: Projected,
        frames: Sequence[np.ndarray] | None = None,
    ) -> "Inputs":
        """Take embeddings, shape (n_clips, d), whose clips are projected already."""
        if projected.by_all is None:
            return cls.of(embedding, projected.pcas, frames)
        return cls(embedding, projected.by_all, len(projected.pca.components), frames)

    @classmethod
    def names(cls, embedding: Sequence[str], pcas: Sequence[Pca]) -> "Inputs":
        """Return the names of the columns instead of their values."""
        projected = pcas[0].columns if pcas else np.zeros(0, dtype=str)
        return cls(embedding, projected, len(pcas[0].components) if pcas else 0)

    def seen_by(self, settings: Mapping) -> np.ndarray | Sequence[np.ndarray] | None:
        """Return what a detector sees, by `input` and `components` of its settings."""
        if settings["input"] == "mel":
            return self.frames
        if settings["input"] == "embedding":
            return self.embedding
        if settings["components"]:
            return self.projected[..., : min(settings["components"], self.components)]
        return self.projected

"""What a detector sees of clips: log-mel frames, their embedding, or its projection."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The same clips in each form that a detector may see; or the column names of these forms.

    Attributes
    ----------
    embedding, projected : np.ndarray [shape=(n_clips, d)], or (d,) for the names
        Their embeddings, and the projections of these.
    frames : sequence of np.ndarray [shape=(n_frames, n_mels)], or None
        Their log-mel frames, dB; None where there are none. They have no names.
    """

    embedding: np.ndarray
    projected: np.ndarray
    frames: Sequence[np.ndarray] | None = None

    def seen_by(self, settings: Mapping) -> np.ndarray | Sequence[np.ndarray] | None:
        """Return what a detector sees, by `input` and `components` of its settings."""
        if settings["input"] == "mel":
            return self.frames
        if settings["input"] == "embedding":
            return self.embedding
        return self.projected[..., : settings["components"]]

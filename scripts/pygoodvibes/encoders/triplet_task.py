"""The task of the triplet encoder: clips come in, batches of triplets and their loss go out.

References
----------
Gauffre and Nanette (2021), PyGoodVibes.
"""

from collections.abc import Iterator

import jax
import numpy as np
import optax

from pygoodvibes.embeddings.triplet import Settings as Triplet
from pygoodvibes.encoders import losses, triplets
from pygoodvibes.encoders.classes import classes_of
from pygoodvibes.encoders.clips import Clips
from pygoodvibes.encoders.encoder import FRAMES, Variables, joined
from pygoodvibes.encoders.encoding import encode_windows
from pygoodvibes.encoders.networks import build
from pygoodvibes.encoders.roles import HELD_OUT, TRAINING

_CHECKS = 40
"""Held-out triplets of each machine ID."""


class TripletTask:
    """Two clips of one machine ID are to be closer to each other than to a clip of another.

    Parameters
    ----------
    clips : Clips
        Normal training clips of all machine IDs.
    roles : np.ndarray [shape=(n_clips,), dtype=str]
        What each of them is for.
    settings : Triplet
        Of the encoder.
    seed : int >= 0
        Of all that is random.
    """

    optimizer = staticmethod(optax.adamax)

    def __init__(self, clips: Clips, roles: np.ndarray, settings: Triplet, *, seed: int):
        self.classes = classes_of(clips, "ids", learnt=roles == TRAINING)
        self._clips, self._settings, self._seed = clips, settings, seed
        self._training = np.flatnonzero(roles == TRAINING)
        self.encoder = build(settings, clips.scales(self._training), n_frames=clips.n_frames)
        self.steps = max(len(self._drawn(0)) // settings.batch, 1)
        # held-out clips against each other and against those that are learnt from
        held_out = np.flatnonzero(roles == HELD_OUT)
        self._checked = self._check_triplets(held_out)

    def _draw(self, rng: np.random.Generator, index: np.ndarray, per_id: int) -> np.ndarray:
        types = self._clips.types[index] if self._settings.negatives == "type" else None
        ids = self._clips.ids[index]
        return index[triplets.draw(rng, ids, per_id=per_id, machines=types)]

    def _drawn(self, epoch: int) -> np.ndarray:
        rng = np.random.default_rng([self._seed, epoch])
        return self._draw(rng, self._training, self._settings.triplets)

    def _check_triplets(self, held_out: np.ndarray) -> np.ndarray:
        """Return triplets whose first clip is held out; the others may be learnt from."""
        rng = np.random.default_rng([self._seed, 0, 1])
        every = np.concatenate([held_out, self._training])
        drawn = self._draw(rng, every, 20 * _CHECKS)
        mine = drawn[np.isin(drawn[:, 0], held_out)]
        rows = [
            mine[self._clips.ids[mine[:, 0]] == each][:_CHECKS]
            for each in np.unique(self._clips.ids[held_out])
        ]
        return np.concatenate(rows)

    def start(self) -> tuple[Variables, Variables]:
        """Return weights and state to start from."""
        weights, state, _ = self.encoder.start(self._seed)
        return weights, state

    def batches(self, epoch: int) -> Iterator[dict[str, np.ndarray]]:
        """Draw the triplets of an epoch; 'frames' has all first clips, then all second, third."""
        rng = np.random.default_rng([self._seed, epoch, 2])
        drawn = self._drawn(epoch)
        for number in range(self.steps):
            some = drawn[number * self._settings.batch : (number + 1) * self._settings.batch]
            index = some.T.ravel()
            yield {
                "clip": index,
                FRAMES: self._clips.windows(index, rng),
                "key": np.uint32(rng.integers(2**32)),
            }

    def loss(
        self, weights: Variables, state: Variables, batch: dict[str, jax.Array]
    ) -> tuple[jax.Array, Variables]:
        """Return the ratio loss of a batch."""
        key = jax.random.PRNGKey(batch["key"])
        vectors, after = self.encoder.apply(weights, state, batch, key=key)
        anchors, positives, negatives = joined(vectors).reshape(3, -1, self._settings.dimensions)
        return losses.triplet_ratio(anchors, positives, negatives), after

    def check(self, weights: Variables, state: Variables) -> dict[str, float]:
        """Return the ratio loss of triplets whose first clip is held out."""
        used = np.unique(self._checked)
        vectors = encode_windows(self.encoder, weights, state, self._clips, used)
        rows = np.searchsorted(used, self._checked)
        loss = losses.triplet_ratio(*(vectors[rows[:, place]] for place in range(3)))
        return {"held_out_loss": float(loss)}

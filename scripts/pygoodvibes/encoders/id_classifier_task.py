"""The task of the ID classifier: clips come in, batches of them and an angular loss go out.

Classes are machine IDs, or the attributes within them (`pygoodvibes.encoders.classes`).

References
----------
Wilkinghoff (2021), Sub-cluster AdaCos. Zhang et al. (2018), mixup.
"""

from collections.abc import Iterator

import jax
import jax.numpy as jnp
import numpy as np
import optax

from pygoodvibes.embeddings.id_classifier import Settings as IdClassifier
from pygoodvibes.encoders import exchange, losses, mixup
from pygoodvibes.encoders.classes import classes_of
from pygoodvibes.encoders.clips import Clips
from pygoodvibes.encoders.encoder import FRAMES, SPECTRUM, Variables, joined
from pygoodvibes.encoders.encoding import encode_windows, inputs_of
from pygoodvibes.encoders.networks import build
from pygoodvibes.encoders.roles import HELD_OUT, TRAINING
from pygoodvibes.util.errors import UserError

_CENTRES = "centres"
"""Weights: the sub-clusters of the classes."""

_SCALE = "scale"
"""State: the factor of AdaCos."""


class IdClassifierTask:
    """The class of a clip is to be told from its vector's angle to the centres of classes.

    Parameters
    ----------
    clips : Clips
        Normal training clips of all machine IDs, with spectra if the settings ask for them.
    roles : np.ndarray [shape=(n_clips,), dtype=str]
        What each of them is for.
    settings : IdClassifier
        Of the encoder.
    seed : int >= 0
        Of all that is random.

    Raises
    ------
    UserError
        If there is one class, and nothing is exchanged between clips.

    Attributes
    ----------
    classes : Classes
        What is told apart.
    """

    optimizer = staticmethod(optax.adam)

    def __init__(self, clips: Clips, roles: np.ndarray, settings: IdClassifier, *, seed: int):
        self._clips, self._settings, self._seed = clips, settings, seed
        self.classes = classes_of(clips, settings.classes, learnt=roles == TRAINING)
        one_class = len(self.classes) == 1
        self._exchange = settings.exchange
        if self._exchange == "auto":
            one = "features" if settings.spectrum_seconds else "statistics"
            self._exchange = one if one_class else "none"
        if one_class and self._exchange == "none":
            raise UserError(
                "there is one machine ID, so there are no IDs to tell apart; set exchange to "
                "'features' or 'statistics'"
            )
        self._n_outputs = len(self.classes) * (1 if self._exchange == "none" else exchange.PARTS)
        self._training = np.flatnonzero(roles == TRAINING)
        self._held_out = np.flatnonzero(roles == HELD_OUT)
        self._batch = min(settings.batch, len(self._training))
        self.steps = len(self._training) // self._batch
        self.encoder = build(
            settings,
            clips.scales(self._training),
            n_frames=clips.n_frames,
            n_bins=clips.spectra.shape[1] if settings.spectrum_seconds else 0,
        )
        self._first_scale = losses.first_scale(self._n_outputs, settings.sub_clusters)

    def start(self) -> tuple[Variables, Variables]:
        """Return weights and state to start from, those of the classes among them."""
        weights, state, widths = self.encoder.start(self._seed)
        shape = (self._n_outputs, self._settings.sub_clusters, sum(widths.values()))
        rng = np.random.default_rng([self._seed, 1])
        centres = rng.standard_normal(shape).astype(np.float32) / np.float32(np.sqrt(shape[2]))
        scale = np.array(self._first_scale, np.float32)
        return {**weights, _CENTRES: [{_CENTRES: centres}]}, {**state, _SCALE: [{_SCALE: scale}]}

    def batches(self, epoch: int) -> Iterator[dict[str, np.ndarray]]:
        """Draw the batches of an epoch: each clip at most once."""
        rng = np.random.default_rng([self._seed, epoch, 2])
        order = rng.permutation(self._training)
        names = tuple(self.encoder.branches)
        for number in range(self.steps):
            index = order[number * self._batch : (number + 1) * self._batch]
            partner, weight = mixup.draw(rng, len(index), share=self._settings.mixup)
            other, chosen = exchange.draw(rng, len(index), share=self._settings.exchange_share)
            yield {
                "clip": index,
                **inputs_of(self._clips, index, names=names, rng=rng),
                "class": self.classes.of_clip[index],
                "partner": partner,
                "weight": weight,
                "other": other,
                "chosen": chosen,
                "key": np.uint32(rng.integers(2**32)),
            }

    def loss(
        self, weights: Variables, state: Variables, batch: dict[str, jax.Array]
    ) -> tuple[jax.Array, Variables]:
        """Return the angular loss of a batch."""
        partner, weight = batch["partner"], batch["weight"]
        inputs = {name: mixup.mix(batch[name], partner, weight) for name in self.encoder.branches}
        targets = mixup.mix(jax.nn.one_hot(batch["class"], len(self.classes)), partner, weight)
        other, chosen = batch["other"], batch["chosen"]
        if self._exchange == "statistics":
            inputs[FRAMES] = exchange.exchange_statistics(inputs[FRAMES], other, chosen)
        key = jax.random.PRNGKey(batch["key"])
        vectors, after = self.encoder.apply(weights, state, inputs, key=key)
        if self._exchange == "features":
            vectors = exchange.exchange_features(vectors, other, chosen)
        if self._exchange != "none":
            targets = exchange.exchange_targets(targets, other, chosen)
        similar = losses.cosines(joined(vectors), weights[_CENTRES][0][_CENTRES])
        scale = state[_SCALE][0][_SCALE]
        if self._settings.loss == "adacos":
            scale = jax.lax.stop_gradient(losses.next_scale(similar, targets, scale))
        return self._angular(similar, targets, scale), {**after, _SCALE: [{_SCALE: scale}]}

    def _angular(self, similar: jax.Array, targets: jax.Array, scale: jax.Array) -> jax.Array:
        settings = self._settings
        if settings.loss == "adacos":
            return losses.sub_cluster_adacos(similar, targets, scale)
        return losses.arcface(similar, targets, scale=settings.scale, margin=settings.margin)

    def check(self, weights: Variables, state: Variables) -> dict[str, float]:
        """Return the loss of held-out clips, and how many are nearest to a centre of their ID.

        The factor of the cosines is that of the beginning, so that losses of epochs are of one
        unit. The accuracy is among machine IDs of the clip's type.
        """
        vectors = encode_windows(self.encoder, weights, state, self._clips, self._held_out)
        of_clip = self.classes.of_clip[self._held_out]
        targets = np.eye(len(self.classes), dtype=np.float32)[of_clip]
        if self._exchange != "none":
            vectors, targets = self._made_up(vectors, targets)
        similar = losses.cosines(jnp.asarray(vectors), weights[_CENTRES][0][_CENTRES])
        loss = self._angular(similar, targets, np.float32(self._first_scale))
        own = np.asarray(similar.max(2))[: len(self._held_out), : len(self.classes)]
        same = self.classes.types == self._clips.types[self._held_out][:, None]
        named = np.where(same, own, -np.inf).argmax(1)
        right = self.classes.ids[named] == self._clips.ids[self._held_out]
        return {"held_out_loss": float(loss), "held_out_accuracy": float(right.mean())}

    def _made_up(self, vectors: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Add clips made up of two held-out ones, where vectors are exchanged."""
        n = len(vectors)
        partner = np.roll(np.arange(n), 1)
        none, every = np.zeros(n, bool), np.ones(n, bool)
        whole = np.asarray(exchange.exchange_targets(targets, partner, none))
        if self._exchange != "features" or n < 2:
            return vectors, whole
        width = self._settings.dimensions
        parts = {FRAMES: vectors[:, :width], SPECTRUM: vectors[:, width:]}
        made_up = np.asarray(joined(exchange.exchange_features(parts, partner, every)))
        both = np.concatenate([vectors, made_up])
        parts_of = np.asarray(exchange.exchange_targets(targets, partner, every))
        return both, np.concatenate([whole, parts_of])

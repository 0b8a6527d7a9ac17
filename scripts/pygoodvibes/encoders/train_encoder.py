"""From normal training clips to an encoder's file: the door to this room.

References
----------
Kingma and Ba (2015), Adam: A method for stochastic optimization (Adam for the ID classifier, Adamax
for triplets, as in the original).
"""

import dataclasses
import pathlib
from collections.abc import Callable

import jax
import numpy as np

from pygoodvibes.embeddings.encoder_needs import Needs
from pygoodvibes.embeddings.id_classifier import Settings as IdClassifier
from pygoodvibes.embeddings.triplet import Settings as Triplet
from pygoodvibes.encoders.clips import Clips
from pygoodvibes.encoders.id_classifier_task import IdClassifierTask
from pygoodvibes.encoders.roles import HELD_OUT, deal
from pygoodvibes.encoders.train import Progress, train
from pygoodvibes.encoders.triplet_task import TripletTask
from pygoodvibes.util.errors import UserError


@dataclasses.dataclass(frozen=True)
class TrainedEncoder:
    """A trained encoder and how it became so.

    Attributes
    ----------
    content : bytes
        Its ONNX file.
    history : list of dict
        For each epoch from 0, which is before training: epoch, loss, held_out_loss, and for an ID
        classifier held_out_accuracy, the share of held-out clips that are told from other machine
        IDs of their type.
    roles : np.ndarray [shape=(n_clips,), dtype=str]
        What each clip was for, as in `pygoodvibes.encoders.roles`.
    attributes : np.ndarray [shape=(n_clips,), dtype=str]
        Those that the class of each clip stands for, '' where that is its machine ID.
    processor_seconds : float
        What the training took, of all threads.
    device : str
        What kind of device it ran on, 'cpu' or the name of a GPU.
    """

    content: bytes
    history: list[dict]
    roles: np.ndarray
    attributes: np.ndarray
    processor_seconds: float
    device: str


def train_encoder(
    clips: Clips,
    settings: Triplet | IdClassifier,
    *,
    seed: int,
    needs: Needs,
    checkpoint: pathlib.Path | None = None,
    tell: Callable[[Progress], None] | None = None,
) -> TrainedEncoder:
    """Train an encoder on the normal training clips of all machine IDs.

    Parameters
    ----------
    clips : Clips
        The clips.
    settings : Triplet or IdClassifier
        Which encoder, and how it is trained.
    seed : int >= 0
        Used where the settings have none.
    needs : Needs
        From `pygoodvibes.encoders.needs.needs_of`: what the file says that it takes and gives.
    checkpoint : pathlib.Path, optional
        File to go on from after a kill; it is of these clips, settings and code alone.
    tell : callable, optional
        Hears of the progress.

    Raises
    ------
    UserError
        If there are too few clips or machine IDs to train on.
    """
    seed = seed if settings.seed is None else settings.seed
    roles = deal(clips.ids, calibration=settings.calibration, held_out=settings.held_out, seed=seed)
    if not np.any(roles == HELD_OUT):
        raise UserError(
            "no machine ID has five normal training clips, and an encoder needs some to learn from "
            "and some to be checked with"
        )
    kind = TripletTask if isinstance(settings, Triplet) else IdClassifierTask
    task = kind(clips, roles, settings, seed=seed)
    trained = train(
        task,
        epochs=settings.epochs,
        patience=settings.patience,
        learning_rates=(settings.learning_rate, settings.last_learning_rate),
        checkpoint=checkpoint,
        tell=tell,
    )
    content = task.encoder.to_onnx(trained.weights, trained.state, needs)
    attributes = task.classes.attributes[task.classes.of_clip]
    return TrainedEncoder(
        content,
        trained.history,
        roles,
        attributes,
        trained.processor_seconds,
        device=jax.devices()[0].device_kind,
    )

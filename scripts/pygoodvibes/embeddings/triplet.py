"""The original PyGoodVibes' embedding: a convolutional encoder, trained on triplets of clips.

Its settings stand here; `pygoodvibes.encoders` trains it, `pygoodvibes.embeddings.encoder` runs it.

References
----------
Gauffre and Nanette (2021), PyGoodVibes.
"""

from typing import Annotated, Literal

from pydantic import Field

from pygoodvibes.embeddings.trained_settings import Rate, TrainedSettings
from pygoodvibes.util.settings import Count


class Settings(TrainedSettings):
    """The original PyGoodVibes' encoder: convolutions and max-pooling, trained on triplets.

    The original's size is channels [128, 128, 64, 32] on spectrograms of 512 x 256 values.
    """

    method: Literal["triplet"]
    learning_rate: Rate = 5e-4
    channels: Annotated[list[Count], Field(min_length=1, max_length=6)] = Field(
        default=[16, 32, 32, 32]
    )
    """Channels of the blocks, each a 3 x 3 convolution and a max-pooling by 2."""

    frames_joined: Count = 4
    """Frames whose mean is one step of time."""

    hidden: Count = 256
    """Values of the dense layer before the last."""

    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    """Share of these that each step of training leaves out."""

    triplets: Count = 40
    """Triplets of each machine ID in an epoch."""

    batch: Count = 12
    """Triplets of a step."""

    negatives: Literal["any", "type"] = "any"
    """Where the third clip of a triplet comes from: any other machine ID, or another of the same
    machine type, where there is one."""

"""What all encoders that are trained here have in common in the config.

The settings of a training stand with its embedding; the training itself is the room `encoders`.
"""

from typing import Annotated, Literal

from pydantic import Field

from pygoodvibes.embeddings.encoder_needs import EncoderSettings
from pygoodvibes.util.settings import Count, Share

Rate = Annotated[float, Field(gt=0, le=1)]
"""A learning rate."""


class TrainedSettings(EncoderSettings):
    """What every encoder's training has in common."""

    trained_for: Literal["dataset", "machine_type"] = "dataset"
    """One encoder for all machine types of the data set, or one for each, which learns from clips
    of that type alone."""

    epochs: Annotated[int, Field(ge=0, le=10_000)] = 40
    """Most epochs; 0 leaves the encoder untrained, as a control."""

    patience: Count = 10
    """Epochs without a lower loss of the held-out clips after which training ends; the encoder is
    that of the epoch with the lowest."""

    learning_rate: Rate
    """Of the first step; it falls to `last_learning_rate` along half a cosine."""

    last_learning_rate: Rate = 1e-5
    """Of the last step of the last epoch."""

    calibration: Share = 0.2
    """Share of the normal training clips of each machine ID that the encoder never sees: their
    scores set thresholds."""

    held_out: Share = 0.1
    """Share of the others that is not learnt from: their loss decides when training ends."""

    channels: Annotated[list[Count], Field(min_length=1, max_length=8)]
    """Channels of the convolutions over time and mel bands, one after the other."""

    frames_joined: Count
    """Frames whose mean is one step of time."""

    dimensions: Count = 128
    """Values of the vector that a branch of the encoder gives."""

    threads: Annotated[int, Field(ge=1, le=64)] = 2
    """Threads that training computes with. With the same number, on one kind of processor, it gives
    the same bytes; with another one the last digits differ."""

    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = None
    """Seed of the weights, of what each batch holds, and of what is held out (null: that of the
    config)."""

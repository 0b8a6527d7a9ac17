"""An embedding that tells machine IDs apart: an encoder, trained with an angular margin.

It has a branch for log-mel frames, and one for the spectrum of a whole piece of a clip.
Its settings stand here; `pygoodvibes.encoders` trains it, `pygoodvibes.embeddings.encoder` runs it.

References
----------
Wilkinghoff (2021), Sub-cluster AdaCos: Learning representations for anomalous sound detection.
Deng et al. (2019), ArcFace: Additive angular margin loss for deep face recognition.
Zhang et al. (2018), mixup: Beyond empirical risk minimization.
Chen et al. (2023) on statistics exchange (StatEx); Wilkinghoff (2024), Self-supervised learning for
anomalous sound detection (FeatEx).
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pygoodvibes.embeddings.trained_settings import Rate, TrainedSettings
from pygoodvibes.util.settings import Count, Share


class Settings(TrainedSettings):
    """Learns which machine ID a normal clip is of, by an angular margin loss."""

    method: Literal["id_classifier"]
    learning_rate: Rate = 2e-3
    channels: Annotated[list[Count], Field(min_length=1, max_length=8)] = Field(
        default=[16, 32, 48, 64]
    )
    """Channels of the 3 x 3 convolutions of the log-mel branch; each halves time and bands."""

    frames_joined: Count = 2
    """Frames whose mean is one step of time."""

    spectrum_seconds: Annotated[float, Field(ge=0, le=40)] = 10.0
    """Seconds of the pieces of a clip that are encoded; the second branch sees the magnitudes of
    their spectrum, and a shorter clip is repeated until it fills one (0: no second branch, and
    clips are encoded whole)."""

    spectrum_channels: Count = 64
    """Channels of its three convolutions."""

    batch: Annotated[int, Field(ge=2, le=4096)] = 64
    """Clips of a step."""

    loss: Literal["adacos", "arcface"] = "adacos"
    """AdaCos scales the cosines by itself; ArcFace by `scale`, with a `margin`."""

    classes: Literal["auto", "ids", "attributes"] = "auto"
    """What the encoder learns to tell apart: machine IDs (or sections), or the attributes within
    each of them too, such as its speeds. Attributes of fewer than five training clips are one class
    together. 'auto': attributes, where the data set tells any."""

    sub_clusters: Count = 8
    """Centres of each class."""

    scale: Annotated[float, Field(gt=0)] = 30.0
    """Factor of the cosines (ArcFace)."""

    margin: Annotated[float, Field(ge=0, lt=1.5)] = 0.3
    """Angle, radians, by which a clip must be closer to its own class (ArcFace)."""

    mixup: Annotated[float, Field(ge=0, le=1)] = 0.5
    """Share of the clips of a batch that are mixed with another one."""

    exchange: Literal["auto", "none", "features", "statistics"] = "auto"
    """Clips made up of two: 'features' takes each branch's vector from another clip, 'statistics'
    exchanges mean and standard deviation over time of the log-mel bands. 'auto': features, where
    there is one class only, which leaves nothing else to learn."""

    exchange_share: Share = 0.5
    """Share of the clips of a batch that are made up so."""

    @model_validator(mode="after")
    def _two_branches_to_exchange(self) -> "Settings":
        if self.exchange == "features" and not self.spectrum_seconds:
            raise ValueError(
                "exchange: features are exchanged between two branches; give spectrum_seconds, or "
                "take 'statistics'"
            )
        return self

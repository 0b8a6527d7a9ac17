"""The two encoders: their settings and the scale of their inputs come in, their layers go out.

References
----------
Gauffre and Nanette (2021), PyGoodVibes (the triplet encoder's blocks).
Wilkinghoff (2023), Design choices for learning embeddings from auxiliary tasks for domain
generalization in anomalous sound detection (a branch for the spectrum of the whole clip).
"""

import dataclasses

from pygoodvibes.embeddings.id_classifier import Settings as IdClassifier
from pygoodvibes.embeddings.triplet import Settings as Triplet
from pygoodvibes.encoders import layers
from pygoodvibes.encoders.encoder import FRAMES, SPECTRUM, Encoder

_SPECTRUM_STEPS = ((256, 64), (64, 32), (16, 4))
"""Kernel and stride of the convolutions over the spectrum of a clip."""

SPECTRUM_OFFSET = 1e-2
"""What is added to magnitudes before their logarithm is taken."""


@dataclasses.dataclass(frozen=True)
class Scales:
    """Mean and standard deviation of the inputs over the clips that an encoder is trained on.

    Attributes
    ----------
    mean, scale : tuple of float
        Of each mel band, dB.
    spectrum_mean, spectrum_scale : float
        Of the logarithm of the magnitudes of spectra, with `SPECTRUM_OFFSET`.
    """

    mean: tuple[float, ...]
    scale: tuple[float, ...]
    spectrum_mean: float = 0.0
    spectrum_scale: float = 1.0


def build(
    settings: Triplet | IdClassifier, scales: Scales, *, n_frames: int, n_bins: int = 0
) -> Encoder:
    """Build an encoder.

    Parameters
    ----------
    settings : Triplet or IdClassifier
        Which one, and its size.
    scales : Scales
        Of the training clips.
    n_frames : int > 0
        Frames of a clip in training.
    n_bins : int >= 0
        Bins of a spectrum; with none there is no branch for it.
    """
    start = [layers.AverageTime(settings.frames_joined)]
    # means of frames, so that what is computed on is small
    start.append(layers.Standardize(scales.mean, scales.scale))
    shapes = {FRAMES: (n_frames, len(scales.mean))}
    if isinstance(settings, Triplet):
        branch = [*start, *_triplet(settings)]
        return Encoder({FRAMES: branch}, shapes)
    branches = {FRAMES: [*start, *_mel(settings)]}
    if n_bins:
        branches[SPECTRUM] = _spectrum(settings, scales)
        shapes[SPECTRUM] = (n_bins,)
    return Encoder(branches, shapes)


def _triplet(settings: Triplet) -> list[layers.Layer]:
    blocks: list[layers.Layer] = []
    for channels in settings.channels:
        blocks += [layers.Convolution(channels), layers.Rectifier(), layers.MaxPool()]
    dense = [layers.Dense(settings.hidden), layers.Rectifier(), layers.Dropout(settings.dropout)]
    return [*blocks, layers.OverTime(), *dense, layers.Dense(settings.dimensions)]


def _mel(settings: IdClassifier) -> list[layers.Layer]:
    blocks: list[layers.Layer] = []
    for channels in settings.channels:
        blocks += [
            layers.Convolution(channels, stride=(2, 2)),
            layers.BatchNormalization(),
            layers.Rectifier(),
        ]
    return [
        *blocks,
        layers.OverTime(),
        layers.BatchNormalization(),
        layers.Dense(settings.dimensions),
        layers.UnitLength(),
    ]


def _spectrum(settings: IdClassifier, scales: Scales) -> list[layers.Layer]:
    blocks: list[layers.Layer] = [
        layers.Logarithm(SPECTRUM_OFFSET),
        layers.Standardize((scales.spectrum_mean,), (scales.spectrum_scale,)),
    ]
    for size, stride in _SPECTRUM_STEPS:
        blocks += [
            layers.Convolution(settings.spectrum_channels, (size, 1), (stride, 1)),
            layers.BatchNormalization(),
            layers.Rectifier(),
        ]
    return [
        *blocks,
        layers.Flat(),
        layers.BatchNormalization(),
        layers.Dense(settings.dimensions),
        layers.UnitLength(),
    ]

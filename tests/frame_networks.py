"""Swelling tones with and without a fault, and small networks that learn them."""

import numpy as np

from pygoodvibes.detectors import autoencoder, idnn

BANDS, STACK = 6, 3
MODULES = {"autoencoder": autoencoder, "idnn": idnn}
SMALL = {"stack": STACK, "hidden": [16], "bottleneck": 4, "epochs": 60, "batch_size": 32}


def frames_of(number, *, fault=False, length=40):
    """A tone that swells and fades, louder in the upper bands; a fault is one band on its own."""
    rng = np.random.default_rng(number)
    phase = np.arange(length)[:, None] / 5 + rng.uniform(0, 2 * np.pi)
    frames = -40 + 6 * np.sin(phase) * np.linspace(0.5, 1, BANDS) + rng.normal(0, 0.3, (length, 1))
    if fault:
        frames[:, 2] = -40 - 3 * np.sin(phase[:, 0])
    return frames.astype(np.float32)


TRAIN = [frames_of(number) for number in range(20)]
NORMAL = [frames_of(number) for number in range(100, 112)]


def build(method, **more):
    settings = {"method": method, **SMALL, **more}
    return MODULES[method].Settings.model_validate(settings).build(n_clips=len(TRAIN), seed=0)


def forward(network, values):
    *hidden, last = zip(network.weights_, network.biases_, strict=True)
    for weights, bias in hidden:
        values = np.maximum(values @ weights + bias, 0)
    return values @ last[0] + last[1]

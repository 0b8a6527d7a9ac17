"""Detectors fitted to random vectors, with vectors near to them and far from them."""

import importlib

import numpy as np

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors.registry import module_of

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(size=(80, 4)) * [1, 2, 0.5, 1]
NEAR = RNG.normal(size=(20, 4)) * [1, 2, 0.5, 1]
FAR = NEAR + np.array([6.0, 0, 6.0, 0])


def settings_of(method, **more):
    module = importlib.import_module(module_of(method))
    return module.Settings.model_validate({"method": method, **more})


def fitted(method, **more):
    return settings_of(method, **more).build(n_clips=len(TRAIN), seed=0).fit(TRAIN)


def scored(method, values, **more):
    return anomaly_score(fitted(method, **more), values)

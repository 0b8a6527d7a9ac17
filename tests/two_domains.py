"""Training clips of a source domain, and of a target domain elsewhere, with few clips."""

import numpy as np

from pygoodvibes.detectors.kinds import Arrays, Sizes
from pygoodvibes.detectors.registry import settings_of
from pygoodvibes.detectors.state import fitted_by

RNG = np.random.default_rng(0)
SOURCE = RNG.normal(size=(60, 4))
TARGET = RNG.normal(size=(8, 4)) * 3 + 20
CLIPS = np.concatenate([SOURCE, TARGET])
DOMAINS = np.array(["source"] * 60 + ["target"] * 8)
NEW_SOURCE = RNG.normal(size=(30, 4))
NEW_TARGET = RNG.normal(size=(30, 4)) * 3 + 20
NEW = np.concatenate([NEW_SOURCE, NEW_TARGET])


def build(method, **more):
    settings = settings_of(method).model_validate({"method": method, **more})
    return settings.build(n_clips=len(CLIPS), seed=0)


def fitted(method, domains=DOMAINS, **more):
    return build(method, **more).fit(CLIPS, domains=domains)


def there_and_back(estimator, method):
    """Return an estimator as a model file would bring it back."""
    arrays = []
    kind = fitted_by(method)
    node = kind.encode(estimator, arrays, Sizes(d=4))
    return kind.decode(node, Arrays(arrays), Sizes(d=4))

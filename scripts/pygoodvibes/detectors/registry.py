"""Which detectors there are: one module a method.

Each module holds a `Settings` class (the parameters that the config may set, with their bounds)
whose `build` returns an estimator with scikit-learn's `fit` and `score_samples`. The library turns
`score_samples` (higher = more normal) into an anomaly score in one place only:
`pygoodvibes.detection.score.anomaly_score`.
"""

import importlib
import pathlib
from typing import TYPE_CHECKING

from pygoodvibes.util.registry import find_members

if TYPE_CHECKING:
    from pygoodvibes.detectors.base import DetectorSettings

METHODS = find_members(pathlib.Path(__file__).parent, "method")
"""Methods of this package, by module name; any other `method` is a dotted path to an estimator."""


def module_of(method: str) -> str:
    """Return the full name of the module that implements a `method` of the config."""
    return f"{__package__}.{method if method in METHODS else 'estimator'}"


def settings_of(method: str) -> type["DetectorSettings"]:
    """Return the class that checks the settings of a `method` of the config."""
    return importlib.import_module(module_of(method)).Settings

"""Which embeddings there are: one module a method, with a `Settings` class and two functions.

`embed(frames, settings)` turns the log-mel frames of one clip, shape (n_frames, n_mels) in dB, into
a vector of shape (d,); `columns(n_mels, settings)` names its d values.
"""

import importlib
import pathlib
from typing import TYPE_CHECKING

from pygoodvibes.util.registry import find_members

if TYPE_CHECKING:
    from pygoodvibes.util.settings import Section

METHODS = find_members(pathlib.Path(__file__).parent, "method")
"""Methods of this package, by module name."""


def module_of(method: str) -> str:
    """Return the full name of the module that implements a `method` of the config."""
    return f"{__package__}.{method}"


def settings_of(method: str) -> type["Section"]:
    """Return the class that checks the settings of a `method` of the config."""
    return importlib.import_module(module_of(method)).Settings

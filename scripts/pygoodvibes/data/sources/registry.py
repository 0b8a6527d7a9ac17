"""Where a data set comes from: one module a source.

Each module holds a `Settings` class, what the config may set. It may hold `find(settings)`, which
returns the clips of recordings in another layout than DCASE's; `rows(settings)`, which returns the
manifest rows of what was computed elsewhere; and `fetch(folder, ...)`, which downloads.
"""

import importlib
import pathlib
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING

from pygoodvibes.util.registry import find_members

if TYPE_CHECKING:
    from pygoodvibes.data.sources.base import Dataset

SOURCES = find_members(pathlib.Path(__file__).parent, "source")
"""Sources of this package, by module name."""


def module_of(source: str) -> str:
    """Return the full name of the module of a `source` of the config."""
    return f"{__package__}.{source}"


def open_source(source: str) -> ModuleType:
    """Return the module of a `source` of the config; the others are not imported."""
    return importlib.import_module(module_of(source))


def settings_of(source: str) -> type["Dataset"]:
    """Return the class that checks the settings of a `source` of the config."""
    return open_source(source).Settings


def dataset_of(section: Mapping) -> "Dataset":
    """Return the settings of a data set that has been run; they were valid then.

    Parameters
    ----------
    section : mapping
        The section `dataset` of its config.
    """
    return settings_of(section["source"]).model_construct(**section)

"""Versions of packages that are installed."""

import contextlib
import importlib.metadata
from collections.abc import Iterable


def versions_of(packages: Iterable[str]) -> dict[str, str]:
    """Return the versions of those of some packages that are installed, by name."""
    found = {}
    for name in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found

"""Files that jobs keep for later jobs: each under a hash of all that its content depends on.

Comes in: what something depends on. Goes out: its name; and what was kept under it, if anything
was. The files lie beside the earlier results of rules, in `resources/.cache`, and are checked and
pruned as these are.
"""

import contextlib
import functools
import hashlib
import itertools
import json
import logging
import os
import pathlib
import platform
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from pygoodvibes.detection.serialization import reason_of
from pygoodvibes.util.versions import versions_of
from pygoodvibes.workflow import checksums

logger = logging.getLogger(__name__)

LIBRARIES = ("numpy", "scipy", "scikit-learn")
"""Packages whose versions are part of every name: their code makes fits and scores."""

LIBRARIES_OF = {"pyod": ("pyod",)}
"""More of them by method. Of other methods they are no part: to install one changes no fit."""

ROUNDING = (
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
"""Environment variables that decide in which order they add, and so on the last digits."""

Content = TypeVar("Content")


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of all these packages that are installed; they are looked up once."""
    return versions_of([*LIBRARIES, *itertools.chain(*LIBRARIES_OF.values())])


def name_of(parts: Mapping, *, method: str) -> str:
    """Return the name of what depends on some parts: 64 hexadecimal digits.

    Parameters
    ----------
    parts : mapping
        What JSON can hold. The versions of the packages behind a method and of Python, and how they
        round, are added.
    method : str
        Of the detector's settings.
    """
    behind = (*LIBRARIES, *LIBRARIES_OF.get(method, ()))
    here = {
        "versions": {name: versions().get(name) for name in behind},
        "python": [platform.python_version(), platform.machine()],
        "rounding": {name: os.environ.get(name) for name in ROUNDING},
    }
    return hashlib.sha256(json.dumps({**parts, **here}, sort_keys=True).encode()).hexdigest()


def digest(values: np.ndarray | Sequence[np.ndarray]) -> list[str]:
    """Hash an array, or a sequence of arrays one after the other; of equal ones it is equal."""
    import xxhash

    found, shapes = xxhash.xxh3_128(), []
    for array in [values] if isinstance(values, np.ndarray) else values:
        # sums over another order of elements differ in their last digits
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        shapes.append([array.dtype.str, list(array.shape), order])
        found.update(np.ascontiguousarray(array).data)
    return [found.hexdigest(), hashlib.sha256(json.dumps(shapes).encode()).hexdigest()]


class KeptFiles:
    """Files of one kind that are kept.

    Parameters
    ----------
    folder : pathlib.Path
        Folder of earlier results.
    suffix : str
        End of their names.
    """

    def __init__(self, folder: pathlib.Path, suffix: str):
        self._folder, self._suffix = folder, suffix

    def read(self, name: str, unpack: Callable[[bytes, str], Content]) -> Content | None:
        """Return what a file holds; None if there is none, or it is not as it was written.

        Parameters
        ----------
        name : str
            From `name_of`.
        unpack : callable
            Takes the bytes and the name, returns the content; whatever it raises, the file is not
            taken.
        """
        path = self._folder / f"{name}{self._suffix}"
        if not path.is_file():
            return None
        try:
            if checksums.is_damaged(path, self._folder):
                raise ValueError("altered or cut since it was written")
            found = unpack(path.read_bytes(), name)
        # whatever is wrong with it, making it again puts it right
        except Exception as error:
            logger.warning("%s is made again: %s", path.name, reason_of(error))
            return None
        # by its time `make prune` tells what is still used
        with contextlib.suppress(OSError):
            os.utime(path)
        return found

    def write(self, name: str, content: bytes) -> None:
        """Keep what has a name."""
        path = self._folder / f"{name}{self._suffix}"
        checksums.write_noted(path, content, self._folder)

"""Fits that are kept, one file a detector and machine ID: what has not changed is not fitted again.

Comes in: what `pygoodvibes.detection.fit.detect` takes. Goes out: what it returns, from a file of
an earlier job where one has fitted the same, else fitted now.

A file's name is a hash of all that the fit depends on: the values that it sees of the clips, which
of them are held out together, the settings of the method, the seed, the code behind it, and the
versions of the libraries below and how they round. The detector's name is not among them. The files
lie beside the earlier results of rules, in `resources/.cache`, and are checked and pruned as these
are.
"""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import json
import logging
import os
import pathlib
import platform
from collections.abc import Sequence

import numpy as np

from pygoodvibes.detection import serialization
from pygoodvibes.detection.cost import Cost
from pygoodvibes.detection.fit import detect
from pygoodvibes.detection.result import Detection
from pygoodvibes.detectors.base import DetectorSettings
from pygoodvibes.detectors.kinds import NotAsDeclaredError
from pygoodvibes.detectors.registry import module_of
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.util import stored_zip
from pygoodvibes.workflow import checksums
from pygoodvibes.workflow.code_hash import code_hash

logger = logging.getLogger(__name__)

FORMAT = 1
"""Version of the files."""

SUFFIX = ".fit"
"""End of their names."""

LIBRARIES = ("numpy", "scipy", "scikit-learn", "pyod")
"""Packages whose versions are part of the name: their code makes the fits."""

ROUNDING = (
    "OPENBLAS_CORETYPE",
    "NPY_DISABLE_CPU_FEATURES",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
"""Environment variables that decide in which order they add, and so on the last digits."""

_SCORES = ("train_scores", "test_scores")


def modules_of(method: str) -> tuple[str, ...]:
    """Return the modules that a fit of a method and its file import by name, and this one."""
    # what scikit-learn has fitted is read as that of a dotted path
    return __name__, module_of("a dotted path"), module_of(method)


def code_of(method: str) -> str:
    """Hash the library code that a fit of a method and its file can run."""
    return code_hash(pathlib.Path(__file__), *modules_of(method))


@functools.cache
def versions() -> dict[str, str]:
    """Return the versions of `LIBRARIES` that are installed; they are looked up once."""
    found = {}
    for name in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


class FitStore:
    """The fits that are kept in a folder.

    Parameters
    ----------
    folder : pathlib.Path or None
        Folder of earlier results; None: nothing is kept, all is fitted.
    code : mapping of str to str
        From `code_of`, by method.
    """

    def __init__(self, folder: pathlib.Path | None, code: dict[str, str]):
        self._folder, self._code = folder, code

    def detect(
        self,
        train: np.ndarray | Sequence[np.ndarray],
        test: np.ndarray | Sequence[np.ndarray],
        groups: Groups,
        settings: DetectorSettings,
        **options,
    ) -> Detection:
        """Return what `pygoodvibes.detection.fit.detect` returns, which has these parameters.

        Its estimator is `serialization.Encoded` if a file can hold it. The cost of a fit that was
        kept is that measured when it was fitted.
        """
        run = functools.partial(detect, train, test, groups, settings, **options)
        if self._folder is None:
            return run()
        code = self._code[settings.method]
        name = name_of(train, test, groups, settings, code, **options)
        path = self._folder / f"{name}{SUFFIX}"
        if kept := self._read(path):
            logger.info("fitted earlier: %s", path.name)
            return kept
        made = run()
        if made.estimator is None:
            return made
        try:
            encoded = serialization.Encoded(*serialization.encode(made.estimator))
        except NotAsDeclaredError as error:
            logger.info("not kept: %s", error)
            return made
        made = dataclasses.replace(made, estimator=encoded)
        try:
            content = _pack(made, name)
        except ValueError as error:
            logger.info("not kept: %s", error)  # too large
        else:
            checksums.write_noted(path, content, self._folder)
        return made

    def _read(self, path: pathlib.Path) -> Detection | None:
        """Return what a file holds; None if there is none, or it is not as it was written."""
        if not path.is_file():
            return None
        try:
            if checksums.is_damaged(path, self._folder):
                raise ValueError("altered or cut since it was written")
            kept = _unpack(path.read_bytes(), name=path.stem)
        # whatever is wrong with it, fitting again puts it right
        except Exception as error:
            logger.warning("%s is fitted again: %s", path.name, serialization.reason_of(error))
            return None
        # by its time `make prune` tells what is still used
        with contextlib.suppress(OSError):
            os.utime(path)
        return kept


def _pack(made: Detection, name: str) -> bytes:
    head = {
        "name": name,
        "notes": made.notes,
        "cost": dataclasses.asdict(made.cost),
        "estimator": made.estimator.structure,
    }
    # clips are counted in NumPy's integers
    members = {"fit.json": json.dumps(head, default=np.generic.item).encode()}
    members |= {f"{key}.npy": stored_zip.npy(getattr(made, key)) for key in _SCORES}
    for number, array in enumerate(made.estimator.arrays):
        members[f"estimator/{number}.npy"] = stored_zip.npy(array)
    return stored_zip.write(members)


def _unpack(content: bytes, name: str) -> Detection:
    members = stored_zip.read(content)
    head = stored_zip.read_json(members.pop("fit.json"))
    if head["name"] != name:
        raise ValueError("it has the name of another fit")
    scores = {key: stored_zip.read_npy(members.pop(f"{key}.npy")) for key in _SCORES}
    arrays = serialization.arrays_of(members, "estimator/")
    encoded = serialization.Encoded(head["estimator"], arrays)
    return Detection(encoded, **scores, notes=head["notes"], cost=Cost(**head["cost"]))


def name_of(
    train: np.ndarray | Sequence[np.ndarray],
    test: np.ndarray | Sequence[np.ndarray],
    groups: Groups,
    settings: DetectorSettings,
    code: str,
    *,
    seed: int,
    scored_by: str = "folds",
    columns: Sequence[str] | None = None,
    domains: Sequence[str] | None = None,
) -> str:
    """Return the name of a fit: 64 hexadecimal digits that all that it depends on goes into.

    Parameters
    ----------
    train, test, groups, settings, seed, scored_by, columns, domains
        As in `pygoodvibes.detection.fit.detect`. Columns and domains count for methods that see
        them.
    code : str
        From `code_of`.
    """
    parts = {
        "format": FORMAT,
        "train": _digest(train),
        "test": _digest(test),
        "groups": [_digest(groups.number), _digest(groups.fitted_to), groups.at_random],
        "settings": settings.model_dump(mode="json"),
        "seed": seed,
        "scored_by": scored_by,
        "columns": _names(columns) if settings.sees_columns else None,
        "domains": _names(domains) if settings.sees_domains else None,
        "code": code,
        "versions": versions(),
        "python": [platform.python_version(), platform.machine()],
        "rounding": {name: os.environ.get(name) for name in ROUNDING},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _names(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [str(name) for name in names]


def _digest(values: np.ndarray | Sequence[np.ndarray]) -> list:
    """Hash an array, or a sequence of arrays one after the other; of equal ones it is equal."""
    import xxhash

    digest, shapes = xxhash.xxh3_128(), []
    for array in [values] if isinstance(values, np.ndarray) else values:
        # sums over another order of elements differ in their last digits
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        shapes.append([array.dtype.str, list(array.shape), order])
        digest.update(np.ascontiguousarray(array).data)
    return [digest.hexdigest(), hashlib.sha256(json.dumps(shapes).encode()).hexdigest()]

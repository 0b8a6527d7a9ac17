"""Fits that are kept, one file a detector and machine ID: what has not changed is not fitted again.

Comes in: what `pygoodvibes.detection.fit.detect` takes. Goes out: what it returns, from a file of
an earlier job where one has fitted the same, else fitted now.

A file's name is a hash of all that the fit depends on: the values that it sees of the clips, which
of them are held out together, the settings of the method, the seed, the code behind it, and what
`pygoodvibes.workflow.kept` adds. The detector's name is not among them.
"""

import dataclasses
import functools
import json
import logging
import pathlib
from collections.abc import Callable, Mapping, Sequence

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
from pygoodvibes.workflow import kept
from pygoodvibes.workflow.code_hash import code_hash
from pygoodvibes.workflow.kept import KeptFiles

logger = logging.getLogger(__name__)

FORMAT = 1
"""Version of the files."""

SUFFIX = ".fit"
"""End of their names."""

_SCORES = ("train_scores", "test_scores")


def modules_of(method: str) -> tuple[str, ...]:
    """Return the modules that a fit of a method and its file import by name, and this one."""
    # what scikit-learn has fitted is read as that of a dotted path
    return __name__, module_of("a dotted path"), module_of(method)


def code_of(method: str) -> str:
    """Hash the library code that a fit of a method and its file can run."""
    return code_hash(pathlib.Path(__file__), *modules_of(method))


class FitStore:
    """The fits that are kept in a folder.

    Parameters
    ----------
    folder : pathlib.Path or None
        Folder of earlier results; None: nothing is kept, all is fitted.
    code : mapping of str to str
        From `code_of`, by method.
    keep_scores : callable, optional
        As in `pygoodvibes.detection.fit.detect`.
    """

    def __init__(
        self,
        folder: pathlib.Path | None,
        code: dict[str, str],
        keep_scores: Callable[..., None] | None = None,
    ):
        self._files = KeptFiles(folder, SUFFIX) if folder else None
        self._code = code
        self._keep_scores = keep_scores

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
        keep = {"keep_scores": self._keep_scores}
        run = functools.partial(detect, train, test, groups, settings, **options, **keep)
        if self._files is None:
            return run()
        code = self._code[settings.method]
        name = name_of(train, test, groups, settings, code, **options)
        if found := self._files.read(name, _unpack):
            logger.info("fitted earlier: %s%s", name, SUFFIX)
            return found
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
            self._files.write(name, content)
        return made


def _pack(made: Detection, name: str) -> bytes:
    head = {
        "name": name,
        "notes": made.notes,
        "cost": dataclasses.asdict(made.cost),
        "estimator": made.estimator.structure,
    }
    # clips are counted in NumPy's integers
    members = {"fit.json": json.dumps(head, default=np.generic.item).encode()}
    members |= {f"{key}.npy": getattr(made, key) for key in _SCORES}
    for number, array in enumerate(made.estimator.arrays):
        members[f"estimator/{number}.npy"] = array
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
    supplemental: Mapping[str, np.ndarray] | None = None,
) -> str:
    """Return the name of a fit: 64 hexadecimal digits that all that it depends on goes into.

    Parameters
    ----------
    train, test, groups, settings, seed, scored_by, columns, domains, supplemental
        As in `pygoodvibes.detection.fit.detect`. Columns, domains and supplemental recordings count
        for methods that see them.
    code : str
        From `code_of`.
    """
    parts = {
        "format": FORMAT,
        "train": kept.digest(train),
        "test": kept.digest(test),
        "groups": [kept.digest(groups.number), kept.digest(groups.fitted_to), groups.at_random],
        "settings": settings.model_dump(mode="json"),
        "seed": seed,
        "scored_by": scored_by,
        "columns": _names(columns) if settings.sees_columns else None,
        "domains": _names(domains) if settings.sees_domains else None,
        "supplemental": _digests(supplemental) if settings.sees_supplemental else None,
        "code": code,
    }
    return kept.name_of(parts, method=settings.method)


def _digests(supplemental: Mapping[str, np.ndarray] | None) -> dict[str, list[str]]:
    return {kind: kept.digest(values) for kind, values in (supplemental or {}).items()}


def _names(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else [str(name) for name in names]

"""Scores of clips that are kept: a detector that has not changed does not score the same again.

Comes in: a fitted detector, what it sees of some groups of clips, and the function that scores.
Goes out: what the function returns for each group, from a file of an earlier job where one has
scored the same, else scored now.

A file's name is a hash of all that the scores depend on: all of the fitted detector, all that it
sees of the clips, the code behind it, and what `pygoodvibes.workflow.kept` adds. The choice without
labels scores the same clips of other machine IDs in each experiment, which takes longer than to fit
what has changed.
"""

import hashlib
import json
import logging
import pathlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.detection import serialization
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import combined
from pygoodvibes.detectors.kinds import NotAsDeclaredError
from pygoodvibes.detectors.registry import module_of
from pygoodvibes.util import stored_zip
from pygoodvibes.workflow import kept
from pygoodvibes.workflow.code_hash import code_hash
from pygoodvibes.workflow.kept import KeptFiles

logger = logging.getLogger(__name__)

FORMAT = 1
"""Version of the files."""

SUFFIX = ".scored"
"""End of their names."""

FUNCTIONS = {"anomaly_score": anomaly_score, "member_scores": combined.member_scores}
"""What may score clips, by name: takes a fitted detector and what it sees of clips."""


def code_of(method: str) -> str:
    """Hash the library code that scoring by a method, and the file of it, can run."""
    # what scikit-learn has fitted scores as that of a dotted path
    modules = (__name__, module_of("a dotted path"), module_of(method))
    return code_hash(pathlib.Path(__file__), *modules)


class ScoreStore:
    """The scores that are kept in a folder.

    Parameters
    ----------
    folder : pathlib.Path or None
        Folder of earlier results; None: nothing is kept, all is scored.
    code : mapping of str to str
        From `code_of`, by method.
    """

    def __init__(self, folder: pathlib.Path | None, code: Mapping[str, str]):
        self._files = KeptFiles(folder, SUFFIX) if folder else None
        self._code = code

    def scores(
        self,
        function: Callable,
        method: str,
        estimator: object,
        seen: Sequence[np.ndarray | Sequence[np.ndarray]],
    ) -> list[np.ndarray]:
        """Score groups of clips.

        Parameters
        ----------
        function : callable
            One of `FUNCTIONS`.
        method : str
            Of the detector's settings.
        estimator : object
            Fitted.
        seen : sequence of (np.ndarray [shape=(n_clips, ...)] or sequence of np.ndarray)
            What it sees of the clips, by group.

        Returns
        -------
        list of np.ndarray [shape=(n_clips, ...)]
            What the function returns, by group; higher = more anomalous.
        """
        name = self._name_of(function, method, estimator, seen)
        if name and (found := self._files.read(name, _unpack)) is not None:
            return found
        scored = [function(estimator, clips) for clips in seen]
        self._write(name, scored)
        return scored

    def keep(
        self,
        function: Callable,
        method: str,
        estimator: object,
        seen: Sequence[np.ndarray | Sequence[np.ndarray]],
        scored: Sequence[np.ndarray],
    ) -> None:
        """Keep scores for a later job that asks for the same.

        Parameters
        ----------
        function, method, estimator, seen
            As in `scores`.
        scored : sequence of np.ndarray
            What the function returned, by group.
        """
        self._write(self._name_of(function, method, estimator, seen), scored)

    def _write(self, name: str, scored: Sequence[np.ndarray]) -> None:
        if name:
            members = {f"{group}.npy": each for group, each in enumerate(scored)}
            head = json.dumps({"name": name}).encode()
            self._files.write(name, stored_zip.write({"scores.json": head, **members}))

    def _name_of(self, function: Callable, method: str, estimator: object, seen: Sequence) -> str:
        """Return the name of scores; '' if they are not kept."""
        if self._files is None or function not in FUNCTIONS.values():
            return ""
        try:
            structure, arrays = serialization.encode(estimator)
        except NotAsDeclaredError as error:
            logger.info("scores are not kept: %s", error)
            return ""
        fitted = hashlib.sha256(json.dumps(structure, sort_keys=True).encode()).hexdigest()
        parts = {
            "format": FORMAT,
            "function": function.__name__,
            "estimator": [fitted, *kept.digest(arrays)],
            "clips": [kept.digest(clips) for clips in seen],
            "code": self._code[method],
        }
        return kept.name_of(parts, method=method)


def _unpack(content: bytes, name: str) -> list[np.ndarray]:
    members = stored_zip.read(content)
    if stored_zip.read_json(members.pop("scores.json"))["name"] != name:
        raise ValueError("it has the name of other scores")
    return serialization.arrays_of(members, "")

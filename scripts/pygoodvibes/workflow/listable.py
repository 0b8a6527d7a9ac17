"""Whether the clips of a folder can be listed: looked at once for each state of the folder.

Comes in: a data set of audio files. Goes out: nothing, or an error that says what is wrong with it.

Before any job starts it is said what can be known to be wrong with the data. To place 31,000 clips
by their names takes half a second, a quarter of a run with nothing to do; to look whether a file
was added, removed or changed takes a fifth of that. What was found right is kept as the name of an
empty file beside the earlier results.
"""

import contextlib
import hashlib
import json
import pathlib
from collections.abc import Callable

from pygoodvibes.data import list_clips
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow.fingerprint import fingerprint

PLACE = ".listable"
"""Folder in that of earlier results."""


def check(
    dataset: Dataset,
    *,
    code: str,
    cache: pathlib.Path | None,
    fingerprint_of: Callable[[pathlib.Path], str] = fingerprint,
) -> None:
    """Check that the clips of a data set can be listed.

    Parameters
    ----------
    dataset : Dataset
        Its section of the config.
    code : str
        Hash of the library code that lists clips.
    cache : pathlib.Path or None
        Folder of earlier results; None: nothing is kept.
    fingerprint_of : callable
        What tells the state of a folder.

    Raises
    ------
    UserError
        As `pygoodvibes.data.list_clips.find`.
    """
    answer = _answer(dataset, code, cache, fingerprint_of) if cache else None
    if answer and answer.exists():
        return
    list_clips.find(dataset)
    if answer:
        with contextlib.suppress(OSError):
            answer.parent.mkdir(parents=True, exist_ok=True)
            answer.touch()


def _answer(
    dataset: Dataset,
    code: str,
    cache: pathlib.Path,
    fingerprint_of: Callable[[pathlib.Path], str],
) -> pathlib.Path | None:
    """Return the file that says that the clips were listed; None where no folder tells all."""
    if dataset.watched != [dataset.folder]:
        return None
    folder = locate(dataset.folder)
    try:
        # a folder without files tells a layout, too, and no fingerprint
        place = str(folder.resolve()), folder.stat().st_mtime_ns
        asked = [code, dataset.model_dump_json(), *place, fingerprint_of(folder)]
    except OSError:
        return None  # listing them says what is wrong
    return cache / PLACE / hashlib.sha256(json.dumps(asked).encode()).hexdigest()

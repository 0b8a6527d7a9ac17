"""Which machine types a data set has: looked at once for each state of its files.

Comes in: a data set. Goes out: its machine types, or an error that says what is wrong with it.

Before any job starts it is said what can be known to be wrong with the data, and the machine types
are known: the clips of each are listed by a job. To place 31,000 clips by their names takes half a
second, a quarter of a run with nothing to do; to look whether a file was added, removed or changed
takes a fifth of that. What was found is kept beside the earlier results.
"""

import contextlib
import hashlib
import json
import pathlib
from collections.abc import Callable

from pygoodvibes.data import list_clips
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.util.atomic import write_text
from pygoodvibes.util.paths import locate
from pygoodvibes.workflow.fingerprint import fingerprint, state

PLACE = ".machine_types"
"""Folder in that of earlier results."""


def look_up(
    dataset: Dataset,
    *,
    code: str,
    cache: pathlib.Path | None,
    fingerprint_of: Callable[[pathlib.Path], str] = fingerprint,
) -> list[str]:
    """Return the machine types of a data set whose clips are there.

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
        As `pygoodvibes.data.list_clips.machine_types`.
    """
    answer = _answer(dataset, code, cache, fingerprint_of) if cache else None
    known = _read(answer) if answer else None
    if known:
        return known
    found = list_clips.machine_types(dataset)
    if answer:
        with contextlib.suppress(OSError):
            answer.parent.mkdir(parents=True, exist_ok=True)
            write_text(answer, json.dumps(found))
    return found


def _read(answer: pathlib.Path) -> list[str] | None:
    """Return the machine types of a file; None where there is none, or it is cut or altered."""
    try:
        known = json.loads(answer.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    whole = isinstance(known, list) and all(isinstance(each, str) for each in known)
    return known if whole else None


def _answer(
    dataset: Dataset,
    code: str,
    cache: pathlib.Path,
    fingerprint_of: Callable[[pathlib.Path], str],
) -> pathlib.Path | None:
    """Return the file that keeps the machine types for this state of the data set.

    None where a table names recordings: each is looked at again, since it may lie anywhere. Of
    spectrograms and vectors the table alone tells the machine types.
    """
    if dataset.enters_as == "audio" and dataset.watched != [dataset.folder]:
        return None
    asked = [code, dataset.model_dump_json()]
    try:
        for place in map(locate, dataset.watched):
            # a folder without files tells a layout, too, and no fingerprint
            asked += [str(place.resolve()), place.stat().st_mtime_ns, state(place, fingerprint_of)]
    except OSError:
        return None  # listing them says what is wrong
    return cache / PLACE / hashlib.sha256(json.dumps(asked).encode()).hexdigest()

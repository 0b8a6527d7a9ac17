"""Supplemental recordings, as in DCASE 2025: of the machine alone, or of the noise alone.

Comes in: the path of a recording. Goes out: whether it lies in a folder `supplemental`, of which
kind it is, and its section. Such a recording is neither a training nor a test clip; the manifest
lists it with its kind.
"""

import posixpath
import re
from collections.abc import Mapping

from pygoodvibes.util.messages import Message, message

STATUS: dict[str, Message] = {
    "clean": message("supplemental recording of the machine: neither a training nor a test clip"),
    "noise": message("supplemental recording of noise: neither a training nor a test clip"),
    "unknown": message(
        "supplemental recording whose name tells neither machine nor noise: not used"
    ),
}
"""Kind of a recording -> what the manifest says of it."""

# The organisers' name of a recording of noise was not found: 'noise' is what the generator writes.
_KINDS = {"machine": "clean", "noise": "noise"}

_NAME = re.compile(r"section_(?P<id>[0-9]+)_(?:(?P<word>[a-z]+)_)?[0-9]+(?:_.*)?")


def is_supplemental(path: str) -> bool:
    """Say whether a path, with '/' between its parts, lies in a folder `supplemental`."""
    return "supplemental" in path.lower().split("/")[:-1]


def kind_of(path: str) -> str:
    """Return 'clean', 'noise' or 'unknown', as the name of a supplemental recording tells it."""
    return _KINDS.get(_fields(path).get("word") or "", "unknown")


def section_of(path: str) -> str:
    """Return the section that the name of a supplemental recording tells, '' if it tells none."""
    return _fields(path).get("id", "")


def why_no_clip(path: str) -> Message:
    """Return what the manifest says of a supplemental recording."""
    return STATUS[kind_of(path)]


def is_found(row: Mapping) -> bool:
    """Say whether a manifest row is of a supplemental recording in which nothing was found wrong.

    Its kind may be unknown.
    """
    return row["status"] in STATUS.values()


def _fields(path: str) -> dict[str, str | None]:
    stem, _ = posixpath.splitext(posixpath.basename(path))
    match = _NAME.fullmatch(stem)
    return match.groupdict() if match else {}

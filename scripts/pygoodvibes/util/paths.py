"""Where the files that a config names are found."""

import os
import pathlib

from pygoodvibes.util.messages import message


def locate(path: str) -> pathlib.Path:
    """Return the place of a file or folder of the config.

    A relative path counts from the working folder. In a copy of the project that DVC makes for an
    experiment, what lies outside the copy is found from the project itself (DVC sets `DVC_ROOT`).
    """
    place = pathlib.Path(path).expanduser()
    root = os.environ.get("DVC_ROOT")
    if place.is_absolute() or place.exists() or not root:
        return place
    return pathlib.Path(root) / place


NOT_UTF8 = message("its name is not UTF-8 text; rename the file")
"""Why a recording is not used where its name has to be written down and found again."""


def in_utf8(text: str) -> str:
    """Return a name as it is, with escapes in place of bytes that are not UTF-8.

    Python reads such a byte as half of a surrogate pair, which no encoder takes.
    """
    return text.encode("utf-8", "backslashreplace").decode()

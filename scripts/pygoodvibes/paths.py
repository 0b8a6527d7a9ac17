"""Where the files that a config names are found."""

import os
import pathlib


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

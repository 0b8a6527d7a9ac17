"""Whether a config is right: keys and values in, the complete config or sentences out."""

import pathlib
from collections.abc import Mapping

from pydantic import ValidationError

from pygoodvibes.config.config import Config
from pygoodvibes.config.messages import sentences
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import BY_LINES, joined, message


def validate(
    config: Mapping, *, name: str = "config", found_right: pathlib.Path | None = None
) -> Config:
    """Check a config and fill in what it leaves out.

    Parameters
    ----------
    config : Mapping
        The config as read from YAML.
    name : str
        What to call it in messages, e.g. its file name.
    found_right : pathlib.Path, optional
        Folder that remembers which settings were found right before where that takes long to find
        out; it is made if need be.

    Returns
    -------
    Config
        The complete config.

    Raises
    ------
    UserError
        If a key is unknown, a value has the wrong type or is impossible: for each such key its
        path, its value and what is allowed.
    """
    try:
        return Config.model_validate(dict(config), context=found_right)
    except ValidationError as error:
        said = [
            message("{name}: {reason}", name=name, reason=line) for line in sentences(config, error)
        ]
        raise UserError(joined(said, BY_LINES)) from None

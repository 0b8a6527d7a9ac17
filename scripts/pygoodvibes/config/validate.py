"""Whether a config is right: keys and values in, the complete config or sentences out."""

from collections.abc import Mapping

from pydantic import ValidationError

from pygoodvibes.config.config import Config
from pygoodvibes.config.messages import sentences
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import BY_LINES, joined, message


def validate(config: Mapping, *, name: str = "config") -> Config:
    """Check a config and fill in what it leaves out.

    Parameters
    ----------
    config : Mapping
        The config as read from YAML.
    name : str
        What to call it in messages, e.g. its file name.

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
        return Config.model_validate(dict(config))
    except ValidationError as error:
        said = [
            message("{name}: {reason}", name=name, reason=line) for line in sentences(config, error)
        ]
        raise UserError(joined(said, BY_LINES)) from None

"""Config files: YAML in, tables of keys or the checked config out."""

import pathlib
from typing import TYPE_CHECKING

from pygoodvibes.util.errors import UserError

if TYPE_CHECKING:
    from pygoodvibes.config.config import Config


def read_content(path: str) -> dict:
    """Read a config file, without checking its keys.

    Raises
    ------
    UserError
        If it is missing, or no YAML table.
    """
    import yaml

    try:
        content = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(
            "{path}: {reason}; name a config file, or go to the folder of the project first",
            path=path,
            reason=error.strerror,
        ) from None
    except OSError as error:
        raise UserError("{path}: {reason}", path=path, reason=error.strerror) from None
    except UnicodeDecodeError:
        raise UserError(
            "{path}: no text in UTF-8; save it again in that encoding", path=path
        ) from None
    except yaml.YAMLError as error:
        raise UserError(
            "{path}: no valid YAML ({error})", path=path, error=" ".join(str(error).split())
        ) from None
    if not isinstance(content, dict):
        raise UserError("{path}: must be a table of keys", path=path)
    return content


def read_config(path: str) -> "Config":
    """Read and check a config file.

    Raises
    ------
    UserError
        If it is missing, no YAML, or not valid.
    """
    # commands that need no config do without pydantic
    from pygoodvibes.config.validate import validate

    return validate(read_content(path), name=path)

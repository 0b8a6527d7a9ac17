"""What every section of the config has in common."""

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
"""A name that can be part of a file name."""

ALTERNATIVE = re.compile(r"(constrained-)?(int|float|str|bool|none)|(list|dict|literal)\[.*")
"""What pydantic adds to the path of a key to tell the types that it may have apart."""

Share = Annotated[float, Field(gt=0, lt=1)]
"""A share strictly between 0 and 1."""

Count = Annotated[int, Field(ge=1)]
"""A whole number of at least 1."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]
"""A name that can be part of a file name: letters, digits, '.', '_' and '-'."""


class Section(BaseModel):
    """A block of the config: unknown keys and values of another type are refused."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
    )

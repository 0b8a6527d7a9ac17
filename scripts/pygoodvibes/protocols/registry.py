"""The years that are known, found by looking: one file `dcase<year>.py` each."""

import functools
import importlib
import pathlib

from pygoodvibes.protocols.protocol import Protocol
from pygoodvibes.util.errors import UserError

REFERENCES = pathlib.Path(__file__).parent / "references"
"""Published results a machine type or machine ID: `dcase<year>.csv` with the columns name, machine,
id, auc, pauc, source. Without an id they are the mean of a machine type, without a machine that of
all machine types."""


@functools.cache
def years() -> tuple[int, ...]:
    """Return the years, rising."""
    files = pathlib.Path(__file__).parent.glob("dcase[0-9][0-9][0-9][0-9].py")
    return tuple(sorted(int(path.stem.removeprefix("dcase")) for path in files))


def protocol_of(year: int) -> Protocol:
    """Return the facts of a year.

    Raises
    ------
    UserError
        If there is no such year.
    """
    if year not in years():
        raise UserError(
            "there is no year {year} here; known are {years}",
            year=year,
            years=", ".join(map(str, years())),
        )
    return importlib.import_module(f"pygoodvibes.protocols.dcase{year}").PROTOCOL

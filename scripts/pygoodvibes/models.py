"""Files of fitted detectors (skops): they load without running code that the file brings along."""

import io
import pathlib
import re
import zipfile
from typing import BinaryIO

import skops.io

from pygoodvibes.errors import UserError

_TRUSTED = ("pygoodvibes.", "sklearn.", "numpy.", "scipy.")

# skops names objects by their address in memory
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<=")\d+(?=\.np[yz]")')


def save(path: str | pathlib.Path | BinaryIO, estimator: object) -> None:
    """Write a fitted detector to a file, named or open; the same fit gives the same bytes."""
    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator)))
    numbers: dict[str, str] = {}

    def number(match: re.Match) -> str:
        return numbers.setdefault(match[0], str(len(numbers) + 1))

    schema = _ADDRESS.sub(number, source.read("schema.json").decode())
    members = {"schema.json": schema.encode()}
    for name in source.namelist():
        if name != "schema.json":
            stem, _, ending = name.partition(".")
            members[f"{numbers[stem]}.{ending}"] = source.read(name)
    with zipfile.ZipFile(path, "w") as target:
        for name, content in sorted(members.items()):
            target.writestr(zipfile.ZipInfo(name), content)  # its date is fixed: 1980


def load(path: str | pathlib.Path | BinaryIO, *, name: object = None) -> object:
    """Read a fitted detector.

    Parameters
    ----------
    path : path or binary file
        Where it was saved.
    name : object, optional
        What messages call it instead of `path`.

    Raises
    ------
    UserError
        If the file is no such model, or holds objects of other packages than scikit-learn, NumPy,
        SciPy and this one.
    """
    name = path if name is None else name
    try:
        # skops reads an open file to its end and takes bytes for the content of a file
        source = path.read() if hasattr(path, "read") else path
        data = {"data" if isinstance(source, bytes) else "file": source}
        unknown = skops.io.get_untrusted_types(**data)
        foreign = [name for name in unknown if not name.startswith(_TRUSTED)]
        if foreign:
            raise UserError(f"{name}: holds objects of a foreign kind ({', '.join(foreign)})")
        read = skops.io.loads if isinstance(source, bytes) else skops.io.load
        return read(source, trusted=unknown)
    # skops checks little of what it reads: a file of another make fails in any of these ways
    except (
        OSError,
        zipfile.BadZipFile,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise UserError(f"{name}: no readable model ({error})") from None

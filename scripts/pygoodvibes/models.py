"""Files of fitted detectors (skops): they load without running code that the file brings along."""

import io
import pathlib
import re
import zipfile

import skops.io

from pygoodvibes.errors import UserError

_TRUSTED = ("pygoodvibes.", "sklearn.", "numpy.", "scipy.")

# skops names objects by their address in memory
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<=")\d+(?=\.np[yz]")')


def save(path: str | pathlib.Path, estimator: object) -> None:
    """Write a fitted detector; the same fit gives the same bytes."""
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


def load(path: str | pathlib.Path) -> object:
    """Read a fitted detector.

    Raises
    ------
    UserError
        If the file is no such model, or holds objects of other packages than scikit-learn, NumPy,
        SciPy and this one.
    """
    try:
        unknown = skops.io.get_untrusted_types(file=path)
        foreign = [name for name in unknown if not name.startswith(_TRUSTED)]
        if foreign:
            raise UserError(f"{path}: holds objects of a foreign kind ({', '.join(foreign)})")
        return skops.io.load(path, trusted=unknown)
    # skops checks little of what it reads: a file of another make fails in any of these ways
    except (
        OSError,
        zipfile.BadZipFile,
        LookupError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:
        raise UserError(f"{path}: no readable model ({error})") from None

"""Files of fitted detectors (skops): they load without running code that the file brings along.

Importing skops imports all of scikit-learn, which takes longer than to fit the detectors of a
machine ID. So what most detectors are made of is written here, byte for byte as skops would.
"""

import importlib.metadata
import io
import json
import pathlib
import re
import zipfile
from typing import BinaryIO

import numpy as np

from pygoodvibes.errors import UserError

_TRUSTED = ("pygoodvibes.", "sklearn.", "numpy.", "scipy.")

# skops names objects by their address in memory
_ADDRESS = re.compile(r'(?<="__id__": )\d+|(?<=")\d+(?=\.np[yz]")')

_PROTOCOL = 2


class _NotPlain(Exception):
    """An object that only skops can describe."""


class _Plain:
    """Describe plain objects as skops does.

    Plain are numbers, texts, arrays, dicts, lists, and objects of scikit-learn and of this package
    that are made of such.
    """

    def __init__(self):
        self.arrays: dict[str, bytes] = {}
        # an address names an object only as long as it lives
        self.alive: list[object] = []

    def describe(self, value: object) -> dict:
        """Return the entry of an object in the file's schema."""
        self.alive.append(value)
        return {**self._content(value), "__id__": id(value)}

    def _content(self, value: object) -> dict:
        kind = type(value)
        name = {"__class__": kind.__name__, "__module__": kind.__module__}
        if value is None or kind in (bool, int, float, str):
            text = {"__class__": "str", "__module__": "builtins", "__loader__": "JsonNode"}
            return {**text, "content": json.dumps(value), "is_json": True}
        if kind is dict and all(type(key) is str for key in value):
            kinds = self.describe([str] * len(value))
            content = {key: self.describe(each) for key, each in value.items()}
            return {**name, "__loader__": "DictNode", "content": content, "key_types": kinds}
        if kind in (list, tuple):
            content = [self.describe(each) for each in value]
            return {**name, "__loader__": f"{kind.__name__.title()}Node", "content": content}
        if kind is type:
            return {
                "__class__": value.__name__,
                "__module__": value.__module__,
                "__loader__": "TypeNode",
            }
        if (kind is np.ndarray or isinstance(value, np.generic)) and value.dtype != object:
            buffer = io.BytesIO()
            np.save(buffer, value, allow_pickle=False)
            file = f"{id(value)}.npy"
            self.arrays[file] = buffer.getvalue()
            return {**name, "__loader__": "NdArrayNode", "type": "numpy", "file": file}
        ours = kind.__module__.startswith(("pygoodvibes.", "sklearn."))
        if ours and hasattr(value, "__dict__") and kind.__reduce__ is object.__reduce__:
            content = self.describe(value.__getstate__())
            return {**name, "__loader__": "ObjectNode", "content": content}
        raise _NotPlain


def _dump(estimator: object) -> tuple[str, dict[str, bytes]]:
    """Return the schema of a model in JSON, and its arrays by the name of their file."""
    plain = _Plain()
    try:
        schema = plain.describe(estimator)
    except _NotPlain:
        import skops.io

        source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator)))
        files = {name: source.read(name) for name in source.namelist()}
        return files.pop("schema.json").decode(), files
    schema["protocol"] = _PROTOCOL
    schema["_skops_version"] = importlib.metadata.version("skops")
    return json.dumps(schema, indent=2), plain.arrays


def save(path: str | pathlib.Path | BinaryIO, estimator: object) -> None:
    """Write a fitted detector to a file, named or open; the same fit gives the same bytes."""
    schema, arrays = _dump(estimator)
    numbers: dict[str, str] = {}

    def number(match: re.Match) -> str:
        return numbers.setdefault(match[0], str(len(numbers) + 1))

    members = {"schema.json": _ADDRESS.sub(number, schema).encode()}
    for name, content in arrays.items():
        stem, _, ending = name.partition(".")
        members[f"{numbers[stem]}.{ending}"] = content
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
    import skops.io

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

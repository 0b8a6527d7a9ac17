"""Fitted detectors of our own as plain arrays and JSON, which need no other package to be read.

Loading scikit-learn and skops takes longer than scoring a clip. A detector that holds nothing but
arrays, numbers, texts and objects of this package's detectors is written attribute by attribute.
"""

import importlib
import importlib.metadata
import io
import json
import pathlib
import re
import zipfile
from typing import BinaryIO

import numpy as np

from pygoodvibes.detectors import combined as chosen
from pygoodvibes.detectors.registry import METHODS, module_of
from pygoodvibes.util.errors import UserError

_MODULES = frozenset([chosen.__name__, *(module_of(method) for method in METHODS)])


class NotPlainError(TypeError):
    """An object holds something of another package."""


def encode(value: object, arrays: list[np.ndarray]) -> object:
    """Turn a fitted detector into what JSON can hold.

    Parameters
    ----------
    value : object
        The detector, or any of its parts.
    arrays : list of np.ndarray
        Its arrays are appended here; what is returned has their numbers.

    Raises
    ------
    NotPlainError
        If a part is neither an array, a number, a text, a list, a tuple or a dict of these, nor
        an object of a module of `pygoodvibes.detectors.registry` or of `pygoodvibes.detectors.combined`.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value.item() if isinstance(value, np.generic) else value
    if isinstance(value, np.ndarray | np.generic):
        if value.dtype.hasobject:
            raise NotPlainError("an array of objects")
        arrays.append(np.asarray(value))
        return {"array": len(arrays) - 1}
    if isinstance(value, list | tuple):
        return {type(value).__name__: [encode(each, arrays) for each in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": {key: encode(each, arrays) for key, each in value.items()}}
    kind = type(value)
    if kind.__module__ in _MODULES and hasattr(value, "__dict__"):
        state = {key: encode(each, arrays) for key, each in vars(value).items()}
        return {"object": f"{kind.__module__}.{kind.__qualname__}", "state": state}
    raise NotPlainError(f"{kind.__module__}.{kind.__qualname__}")


def decode(value: object, arrays: list[np.ndarray]) -> object:
    """Turn back what `encode` made; only objects of our own detectors come to life.

    Raises
    ------
    UserError
        If it is nothing that `encode` makes.
    """
    if not isinstance(value, dict):
        return value
    match value:
        case {"array": int(number)} if 0 <= number < len(arrays):
            array = arrays[number]
            return array if array.ndim else array[()]
        case {"list": list(items)}:
            return [decode(each, arrays) for each in items]
        case {"tuple": list(items)}:
            return tuple(decode(each, arrays) for each in items)
        case {"dict": dict(items)}:
            return {key: decode(each, arrays) for key, each in items.items()}
        case {"object": str(path), "state": dict(state)}:
            found = _class(path)
            thing = found.__new__(found)
            vars(thing).update({key: decode(each, arrays) for key, each in state.items()})
            return thing
    raise UserError("holds a detector in a form that this version doesn't know")


def _class(path: str) -> type:
    module, _, name = path.rpartition(".")
    if module in _MODULES:
        found = getattr(importlib.import_module(module), name, None)
        if isinstance(found, type) and found.__module__ == module:
            return found
    raise UserError(f"holds an object of a foreign kind ({path})")


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

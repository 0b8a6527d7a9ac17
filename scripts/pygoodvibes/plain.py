"""Fitted detectors of our own as plain arrays and JSON, which need no other package to be read.

Loading scikit-learn and skops takes longer than scoring a clip. A detector that holds nothing but
arrays, numbers, texts and objects of this package's detectors is written attribute by attribute.
"""

import importlib

import numpy as np

from pygoodvibes import chosen
from pygoodvibes.detectors import METHODS, module_of
from pygoodvibes.errors import UserError

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
        an object of a module of `pygoodvibes.detectors` or of `pygoodvibes.chosen`.
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

"""What a file may hold of a fitted detector: declared class by class, checked both ways.

Each class of a detector's module that a fit leaves behind has a `State` in the module's `STATES`: a
kind for every parameter and every fitted attribute. What is written and what is read must be of
that kind; nothing else is written, and nothing else is set on an object. Sizes have names ('n'
clips, 'd' columns): within an object, and between an object and those inside it, a name means one
size. `FITTED`, in the same module, is the kind of what `Settings.build` returns.

The classes of scikit-learn are declared in `pygoodvibes.detectors.sklearn_state`.
"""

import abc
import dataclasses
import importlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from pygoodvibes.detectors.registry import METHODS, module_of

LONGEST_TEXT = 1000
"""Characters."""

MOST_ITEMS = 100_000
"""Entries of a list or a table."""


class NotAsDeclaredError(ValueError):
    """Something is not of the kind that is declared for it."""


class Sizes(dict):
    """Sizes by name, for the dimensions of the arrays of an object."""

    def agree(self, name: str | int | None, size: int) -> None:
        """Note a size, or refuse it if the name stands for another one; None: any size."""
        known = name if isinstance(name, int) else self.setdefault(name, size) if name else size
        if known != size:
            raise NotAsDeclaredError(f"a size is {size}, {known} was expected ({name})")


class Kind(abc.ABC):
    """What may stand at one place.

    `encode` turns a value into what JSON can hold and appends its arrays to a list; `decode` turns
    it back and takes the arrays from an iterator, in the same order. Both raise
    `NotAsDeclaredError` if the value is of another kind.
    """

    @abc.abstractmethod
    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return what JSON can hold."""

    @abc.abstractmethod
    def decode(self, node: object, arrays: "Arrays", sizes: Sizes) -> object:
        """Return the value."""


class Plain(Kind):
    """A value that JSON holds as it is."""

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return the value itself."""
        self.check(value, sizes)
        return value

    def decode(self, node: object, arrays: "Arrays", sizes: Sizes) -> object:
        """Return what stood in JSON."""
        self.check(node, sizes)
        return node

    @abc.abstractmethod
    def check(self, value: object, sizes: Sizes) -> None:
        """Refuse a value of another kind."""


class Arrays:
    """The arrays of a file, each taken once, in the order in which they were written."""

    def __init__(self, arrays: Iterable[np.ndarray]):
        self._arrays = iter(arrays)
        self._taken = 0

    def take(self, node: object) -> np.ndarray:
        """Return the array that a node stands for: the next one."""
        if type(node) is not dict or node != {"array": self._taken}:
            raise NotAsDeclaredError("an array is expected")
        array = next(self._arrays, None)
        if array is None:
            raise NotAsDeclaredError("an array is missing")
        self._taken += 1
        return array

    def finish(self) -> None:
        """Refuse arrays that nothing has asked for."""
        if next(self._arrays, None) is not None:
            raise NotAsDeclaredError("an array is left over")


@dataclasses.dataclass(frozen=True)
class Number(Plain):
    """A finite number, with its bounds."""

    low: float = -math.inf
    high: float = math.inf
    above: float = -math.inf
    whole: bool = False

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return a number of Python's own."""
        return super().encode(
            value.item() if isinstance(value, np.number) else value, arrays, sizes
        )

    def check(self, value: object, sizes: Sizes) -> None:
        """Refuse what is no such number."""
        if type(value) is not int and (self.whole or type(value) is not float):
            raise NotAsDeclaredError(f"a {'whole ' * self.whole}number is expected")
        finite = type(value) is int or math.isfinite(value)
        if not finite or not self.low <= value <= self.high or not value > self.above:
            raise NotAsDeclaredError("a number is out of bounds")


WHOLE = Number(low=0, high=2**64, whole=True)
"""A whole number from 0 on."""

COUNT = Number(low=1, high=2**64, whole=True)
"""A whole number from 1 on."""


class Choice(Plain):
    """One of some plain values."""

    def __init__(self, *allowed: object):
        self.allowed = allowed

    def check(self, value: object, sizes: Sizes) -> None:
        """Refuse any other value; 1 is not True."""
        if not any(type(value) is type(allowed) and value == allowed for allowed in self.allowed):
            raise NotAsDeclaredError(f"one of {', '.join(map(repr, self.allowed))} is expected")


FLAG = Choice(False, True)
NOTHING = Choice(None)


class Text(Plain):
    """A short text."""

    def check(self, value: object, sizes: Sizes) -> None:
        """Refuse what is none, or long."""
        if type(value) is not str or len(value) > LONGEST_TEXT:
            raise NotAsDeclaredError("a text is expected")


class Either(Kind):
    """The first of some kinds that a value is of; all but the last are of plain values."""

    def __init__(self, *kinds: Kind):
        self.kinds = kinds

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """As the kind that fits."""
        return self._first(lambda kind: kind.encode(value, arrays, sizes))

    def decode(self, node: object, arrays: Arrays, sizes: Sizes) -> object:
        """As the kind that fits."""
        return self._first(lambda kind: kind.decode(node, arrays, sizes))

    def _first(self, attempt: Callable[[Kind], object]) -> object:
        for kind in self.kinds[:-1]:
            try:
                return attempt(kind)
            except NotAsDeclaredError:
                continue
        return attempt(self.kinds[-1])


def maybe(kind: Kind) -> Kind:
    """Allow None, too."""
    return Either(NOTHING, kind)


@dataclasses.dataclass(frozen=True)
class Array(Kind):
    """An array of numbers.

    Attributes
    ----------
    dtype : {'f', 'f4', 'f8', 'i4', 'i8', 'u1', 'b1'}
        Floating point or whole numbers of these bytes ('f': of any), or truth values.
    shape : tuple of str, int or None; or None
        Names of the dimensions or their sizes; None: any size. None instead of the tuple: whatever
        shape, for what the class checks itself.
    low, above : float
        No value lies below `low`, all lie above `above`.
    below : str or int, optional
        Whole numbers: all lie below that size, where it is known.
    missing : bool
        Whether values may be NaN; infinite ones never are.
    empty : bool
        Whether it may have no values.
    """

    dtype: str
    shape: tuple[str | int | None, ...] | None
    low: float = -math.inf
    above: float = -math.inf
    below: str | int | None = None
    missing: bool = False
    empty: bool = False

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Append the array; its number stands for it."""
        self.check(value, sizes)
        arrays.append(value)
        return {"array": len(arrays) - 1}

    def decode(self, node: object, arrays: Arrays, sizes: Sizes) -> object:
        """Take the next array."""
        array = arrays.take(node)
        self.check(array, sizes)
        return array

    def check(self, value: object, sizes: Sizes) -> None:
        """Refuse an array of other numbers or another shape."""
        if type(value) is not np.ndarray or not value.dtype.str[1:].startswith(self.dtype):
            raise NotAsDeclaredError(f"an array of type {self.dtype} is expected")
        if self.shape is not None:
            if value.ndim != len(self.shape):
                raise NotAsDeclaredError(f"an array of {len(self.shape)} dimension(s) is expected")
            for name, size in zip(self.shape, value.shape, strict=True):
                sizes.agree(name, size)
        if not value.size:
            if not self.empty:
                raise NotAsDeclaredError("an array is empty")
            return
        if self.dtype.startswith("f") and not self._finite(value):
            raise NotAsDeclaredError("an array holds values that are not finite")
        high = sizes.get(self.below, math.inf) if isinstance(self.below, str) else self.below
        if (
            (self.low > -math.inf and value.min() < self.low)
            or (self.above > -math.inf and not value.min() > self.above)
            or (self.below is not None and value.max() >= high)
        ):
            raise NotAsDeclaredError("an array holds values out of bounds")

    def _finite(self, value: np.ndarray) -> bool:
        if self.missing:
            return not np.isinf(value).any()
        return bool(np.isfinite(value).all())


class ListOf(Kind):
    """A list (or tuple, which comes back as a list) of things of one kind."""

    def __init__(self, kind: Kind, size: str | int | None = None):
        self.kind, self.size = kind, size

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return a list."""
        self._check(value, list | tuple, sizes)
        return [self.kind.encode(item, arrays, sizes) for item in value]

    def decode(self, node: object, arrays: Arrays, sizes: Sizes) -> object:
        """Return the list."""
        self._check(node, list, sizes)
        return [self.kind.decode(item, arrays, sizes) for item in node]

    def _check(self, value: object, kind: type, sizes: Sizes) -> None:
        if not isinstance(value, kind) or len(value) > MOST_ITEMS:
            raise NotAsDeclaredError("a list is expected")
        sizes.agree(self.size, len(value))


class Pair(Kind):
    """A tuple of two things."""

    def __init__(self, first: Kind, second: Kind):
        self.kinds = (first, second)

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return a list."""
        self._check(value, tuple)
        pairs = zip(self.kinds, value, strict=True)
        return [kind.encode(item, arrays, sizes) for kind, item in pairs]

    def decode(self, node: object, arrays: Arrays, sizes: Sizes) -> object:
        """Return the tuple."""
        self._check(node, list)
        pairs = zip(self.kinds, node, strict=True)
        return tuple(kind.decode(item, arrays, sizes) for kind, item in pairs)

    def _check(self, value: object, kind: type) -> None:
        if type(value) is not kind or len(value) != 2:
            raise NotAsDeclaredError("a pair is expected")


class TableOf(Kind):
    """A dict of things of one kind, by short texts."""

    def __init__(self, kind: Kind):
        self.kind = kind

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return a dict."""
        self._check(value)
        return {key: self.kind.encode(item, arrays, sizes) for key, item in value.items()}

    def decode(self, node: object, arrays: Arrays, sizes: Sizes) -> object:
        """Return the dict."""
        self._check(node)
        return {key: self.kind.decode(item, arrays, sizes) for key, item in node.items()}

    def _check(self, value: object) -> None:
        if type(value) is not dict or len(value) > MOST_ITEMS:
            raise NotAsDeclaredError("a table is expected")
        for key in value:
            Text().check(key, Sizes())


class Object(Kind):
    """An object of one of some declared classes.

    Parameters
    ----------
    *names : str
        Module and class, e.g. 'fusion.Fusion' or 'sklearn.GaussianMixture'.
    **sizes : str
        What its sizes are called where it stands: d='k', its columns are the components there.
    """

    def __init__(self, *names: str, **sizes: str):
        self.names, self.sizes = names, sizes

    def encode(self, value: object, arrays: list[np.ndarray], sizes: Sizes) -> object:
        """Return the name of its class and its state."""
        name = name_of(value)
        if name not in self.names:
            raise NotAsDeclaredError(f"{' or '.join(self.names)} is expected")
        state = find(name)
        taken = state.take(value)
        if taken.keys() != state.fields.keys():
            odd = sorted(taken.keys() ^ state.fields.keys())
            raise NotAsDeclaredError(f"{name}: {', '.join(odd)} is not as declared")
        inner = self._inner(sizes)
        nodes = {
            key: _named(key, kind.encode, taken[key], arrays, inner)
            for key, kind in state.fields.items()
        }
        state.check(taken, inner)
        self._agree(inner, sizes)
        return {"class": name, "state": nodes}

    def decode(self, node: object, arrays: Arrays, sizes: Sizes) -> object:
        """Return the object, with nothing set on it but what is declared."""
        if type(node) is not dict or node.keys() != {"class", "state"}:
            raise NotAsDeclaredError("an object is expected")
        # only names of the declaration lead to a class, never that of the file
        name = next((name for name in self.names if name == node["class"]), None)
        if name is None:
            raise NotAsDeclaredError(f"an object of {' or '.join(self.names)} is expected")
        state, nodes = find(name), node["state"]
        if type(nodes) is not dict or nodes.keys() != state.fields.keys():
            raise NotAsDeclaredError(f"{name}: not the declared parameters and attributes")
        inner = self._inner(sizes)
        values = {
            key: _named(key, kind.decode, nodes[key], arrays, inner)
            for key, kind in state.fields.items()
        }
        state.check(values, inner)
        self._agree(inner, sizes)
        return state.make(class_of(name), values)

    def _inner(self, sizes: Sizes) -> Sizes:
        return Sizes(
            {inner_size: sizes[ours] for inner_size, ours in self.sizes.items() if ours in sizes}
        )

    def _agree(self, inner: Sizes, sizes: Sizes) -> None:
        for inner_size, ours in self.sizes.items():
            if inner_size in inner:
                sizes.agree(ours, inner[inner_size])


def _named(key: str, turn: Callable, *arguments: object) -> object:
    try:
        return turn(*arguments)
    except NotAsDeclaredError as error:
        raise NotAsDeclaredError(f"{key}: {error}") from None


def as_it_is(kind: type, values: Mapping[str, object]) -> object:
    """Return an object with these attributes and no others."""
    restored = object.__new__(kind)
    vars(restored).update(values)
    return restored


def nothing_more(values: Mapping[str, object], sizes: Sizes) -> None:
    """Check nothing beyond the kinds."""


@dataclasses.dataclass(frozen=True)
class State:
    """The declared state of a class.

    Attributes
    ----------
    fields : mapping of str to Kind
        Every parameter and fitted attribute, in the order in which they are written.
    check : callable
        Gets the values by name, and the sizes; raises `NotAsDeclaredError` if they don't fit each
        other.
    take : callable
        Returns what is written of an object: its attributes.
    make : callable
        Returns an object of a class from its values.
    place : str
        Where the class is to be imported from ('': the module of the declaration).
    """

    fields: Mapping[str, Kind]
    check: Callable[[Mapping, Sizes], None] = nothing_more
    take: Callable[[object], Mapping] = vars
    make: Callable[[type, Mapping], object] = as_it_is
    place: str = ""


_OTHERS = {
    "sklearn": f"{__package__}.sklearn_state",
    "combined": f"{__package__}.combined",
}


def _module(method: str):
    """Return the module that a declared name begins with: one of a fixed list."""
    if method not in METHODS and method not in _OTHERS:
        return None
    return importlib.import_module(_OTHERS.get(method) or module_of(method))


def find(name: str) -> State | None:
    """Return the declaration of a class, by a name as 'fusion.Fusion'; None if there is none."""
    method, _, kind = name.partition(".")
    return getattr(_module(method), "STATES", {}).get(kind)


def class_of(name: str) -> type:
    """Return a declared class."""
    method, _, kind = name.partition(".")
    place = find(name).place
    return getattr(importlib.import_module(place) if place else _module(method), kind)


def name_of(value: object) -> str:
    """Return the name of the declared class that a value is of, exactly.

    Raises
    ------
    NotAsDeclaredError
        If it is of no declared class.
    """
    kind = type(value)
    top, _, rest = kind.__module__.partition(".")
    name = f"{'sklearn' if top == 'sklearn' else rest.rpartition('.')[2]}.{kind.__name__}"
    if find(name) is None or class_of(name) is not kind:
        raise NotAsDeclaredError(
            f"{kind.__module__}.{kind.__qualname__} is no class that a model file can hold"
        )
    return name


def fitted_by(method: str) -> Object:
    """Return the kind of what a detector's method leaves behind; of no class if it says nothing."""
    return getattr(importlib.import_module(module_of(method)), "FITTED", Object())


def expect(true: object, text: str) -> None:
    """Refuse values that don't fit each other, with the reason."""
    if not true:
        raise NotAsDeclaredError(text)


def parameters_of(value: object, names: Sequence[str]) -> dict[str, object]:
    """Return some attributes of an object by name."""
    return {name: getattr(value, name) for name in names}

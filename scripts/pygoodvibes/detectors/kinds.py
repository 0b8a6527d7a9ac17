"""Kinds of what a file may hold of a fitted detector: numbers, texts, arrays, lists, tables.

A kind checks both ways: what is written, and what is read, must be of it. Sizes have names ('n'
clips, 'd' columns): within an object, and between an object and those inside it, a name means one
size. What an object is made of says `pygoodvibes.detectors.state`.
"""

import abc
import dataclasses
import math
from collections.abc import Callable, Iterable

import numpy as np

LONGEST_TEXT = 1000
"""Characters."""

MOST_ITEMS = 100_000
"""Entries of a list or a table."""


class NotAsDeclaredError(ValueError):
    """Something is not of the kind that is declared for it."""


def expect(true: object, text: str) -> None:
    """Refuse values that don't fit each other, with the reason."""
    if not true:
        raise NotAsDeclaredError(text)


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

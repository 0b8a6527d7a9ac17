"""What a file may hold of a fitted detector: declared class by class, checked both ways.

Each class of a detector's module that a fit leaves behind has a `State` in the module's `STATES`: a
kind (`pygoodvibes.detectors.kinds`) for every parameter and every fitted attribute. What is written
and what is read must be of that kind; nothing else is written, and nothing else is set on an
object. `FITTED`, in the same module, is the kind of what `Settings.build` returns.

The classes of scikit-learn are declared in `pygoodvibes.detectors.sklearn_state`.
"""

import dataclasses
import importlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from pygoodvibes.detectors.kinds import Arrays, Kind, NotAsDeclaredError, Sizes
from pygoodvibes.detectors.registry import METHODS, module_of


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


def parameters_of(value: object, names: Sequence[str]) -> dict[str, object]:
    """Return some attributes of an object by name."""
    return {name: getattr(value, name) for name in names}

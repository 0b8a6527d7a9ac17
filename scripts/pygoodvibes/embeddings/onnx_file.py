"""ONNX files, checked before anything runs them: bytes come in, what the graph is made of goes out.

A file may come from anybody. It is read field by field where it lies, and refused as soon as it
goes beyond a limit: the libraries that read it whole take about 100 bytes of memory for each byte
of a file made of empty nodes.

References
----------
ONNX, Open Neural Network Exchange, intermediate representation (onnx.proto).
Protocol Buffers, encoding of messages.
"""

import collections
import dataclasses
import math
import struct
from collections.abc import Iterator, Sequence

import numpy as np

from pygoodvibes.util.errors import UserError

MOST_BYTES = 384 * 2**20
"""Largest file: what the common networks have with 90 million weights."""

MOST_FIELDS = 1_000_000
"""Most fields of all messages."""

MOST_NODES = 20_000
"""Most operations, in the graph and all graphs inside it."""

DEEPEST = 3
"""Most levels of graphs in graphs (branches and loops)."""

MOST_DIMENSIONS = 8
"""Most axes of an array."""

DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
"""Sets of operators that the standard defines."""

_RANDOM = ("Random", "Bernoulli", "Multinomial")  # how the names of operators that draw begin

_FLOAT = 1
_SIZES = {1: 4, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8, 12: 4, 13: 8, 16: 2}
"""Bytes of an element, by the number of its type; texts and types of less than a byte are out."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

# numbers of the fields of each message that are known: whole numbers, and what has a length
_MODEL = ({1, 5}, {2, 3, 4, 6, 7, 8, 14})
_OPERATORS = ({2}, {1})
_ENTRY = (set(), {1, 2})
_GRAPH = (set(), {1, 2, 5, 10, 11, 12, 13, 16})
_NODE = (set(), {1, 2, 3, 4, 5, 6, 7, 8, 9})
_ATTRIBUTE = ({3, 8, 20}, {1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13})
_TENSOR = ({1, 2, 5, 7, 11, 14}, {1, 4, 5, 7, 8, 9, 10, 11, 12, 16})
_VALUE = (set(), {1, 2, 3, 4})
_TYPE = (set(), {1, 6})
_ARRAY_TYPE = ({1}, {2})
_SHAPE = (set(), {1})
_AXIS = ({1}, {2, 3})


_Known = tuple[set[int], set[int]]


class _Refused(ValueError):
    """The file is none that is run here; the message says why."""


@dataclasses.dataclass(frozen=True)
class Weights:
    """Where the values of an array of float32 lie in the file.

    Attributes
    ----------
    name : str
        Of the array.
    shape : tuple of int
        Its axes.
    start, stop : int
        Its bytes in the file, little endian.
    """

    name: str
    shape: tuple[int, ...]
    start: int
    stop: int


@dataclasses.dataclass(frozen=True)
class Graph:
    """What a checked file says of its graph.

    Attributes
    ----------
    inputs, outputs : dict of str to (tuple of int or None) or None
        Arrays of float32 that it takes and gives: by name the size of each axis, None where it may
        be any; None in place of all if the file says nothing.
    metadata : dict of str to str
        `metadata_props`.
    weights : list of Weights
        Its named arrays of float32.
    nodes : int
        Operations.
    """

    inputs: dict[str, tuple[int | None, ...] | None]
    outputs: dict[str, tuple[int | None, ...] | None]
    metadata: dict[str, str]
    weights: list[Weights]
    nodes: int


def check_size(size: int, name: str) -> None:
    """Refuse a file that is too large.

    Parameters
    ----------
    size : int
        Bytes.
    name : str
        What messages call it.

    Raises
    ------
    UserError
        If it is.
    """
    if size > MOST_BYTES:
        reason = f"more than {MOST_BYTES // 2**20} MB"
        raise UserError("{name}: not run ({reason})", name=name, reason=reason)


def check(content: bytes, name: str) -> Graph:
    """Check an ONNX file.

    Parameters
    ----------
    content : bytes
        What the file holds.
    name : str
        What messages call it.

    Raises
    ------
    UserError
        If it is no ONNX file, or one that is not run here, with the reason.
    """
    check_size(len(content), name)
    try:
        return _Reader(content).model()
    except _Refused as error:
        reason = str(error)
    except (ValueError, IndexError, struct.error):
        reason = "no ONNX file, or a damaged one"
    raise UserError("{name}: not run ({reason})", name=name, reason=reason)


class _Reader:
    """Reads the messages of a file, and counts what is in it."""

    def __init__(self, content: bytes):
        self._content = content
        self._fields = 0
        self._nodes = 0
        self._weights: list[Weights] = []

    def model(self) -> Graph:
        graphs, imports, metadata = [], 0, {}
        for number, value in self._message((0, len(self._content)), _MODEL, "the model"):
            if number == 7:
                graphs.append(value)
            elif number == 8:
                imports += 1
                fields = self._single(value, _OPERATORS, "a set of operators")
                self._check_domain(self._text(fields.get(1)))
            elif number == 14:
                key, text = self._entry(value)
                if key in metadata:
                    raise _Refused(f"metadata {key[:50]!r} comes twice")
                metadata[key] = text
        if len(graphs) != 1 or not imports:
            raise _Refused("no ONNX file, or a damaged one")
        inputs, outputs = self._graph(graphs[0], depth=1)
        return Graph(inputs, outputs, metadata, self._weights, self._nodes)

    def _entry(self, place: tuple[int, int]) -> tuple[str, str]:
        fields = self._single(place, _ENTRY, "metadata")
        return self._text(fields.get(1)), self._text(fields.get(2))

    def _graph(self, place: tuple[int, int], *, depth: int) -> tuple[dict, dict]:
        if depth > DEEPEST:
            raise _Refused(f"graphs in graphs, more than {DEEPEST} levels")
        values: dict[int, list] = collections.defaultdict(list)
        constants = set()
        for number, value in self._message(place, _GRAPH, "a graph"):
            if number == 1:
                self._node(value, depth=depth)
            elif number == 5:
                constants.add(self._tensor(value, named=True))
            elif number in (11, 12, 13):
                values[number].append(self._value(value))
            elif number == 16:
                self._entry(value)
        if depth > 1:
            return {}, {}
        taken = {key: shape for key, kind, shape in values[11] if key not in constants}
        kinds = {kind for key, kind, _ in [*values[11], *values[12]] if key not in constants}
        if kinds != {_FLOAT}:
            raise _Refused("an input or output is no array of float32")
        given = {key: shape for key, _, shape in values[12]}
        if not taken or not given or len(given) < len(values[12]):
            raise _Refused("no inputs, no outputs, or two of one name")
        return taken, given

    def _node(self, place: tuple[int, int], *, depth: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _Refused(f"more than {MOST_NODES} operations")
        for number, value in self._message(place, _NODE, "an operation"):
            if number == 4 and self._text(value).startswith(_RANDOM):
                raise _Refused(f"{self._text(value)[:50]} draws at random: no vector comes twice")
            if number == 5:
                self._attribute(value, depth=depth)
            elif number == 7:
                self._check_domain(self._text(value))
            elif number == 9:
                self._entry(value)

    def _attribute(self, place: tuple[int, int], *, depth: int) -> None:
        for number, value in self._message(place, _ATTRIBUTE, "an attribute"):
            if number in (5, 10):
                self._tensor(value)
            elif number in (6, 11):
                self._graph(value, depth=depth + 1)

    def _tensor(self, place: tuple[int, int], *, named: bool = False) -> str:
        """Check that an array has the bytes that it claims; return its name."""
        shape: list[int] = []
        kind, name, holds = 0, "", []
        for number, value in self._message(place, _TENSOR, "an array"):
            if number == 1:
                shape += [value] if isinstance(value, int) else self._varints(value)
            elif number == 2:
                kind = value
            elif number == 8:
                name = self._text(value)
            elif number == 14 and value != 0:
                raise _Refused("an array lies in another file (external data)")
            elif number in (4, 5, 7, 9, 10, 11):
                holds.append((number, value))
            elif number == 16:
                self._entry(value)
        if kind not in _SIZES:
            raise _Refused("an array of texts, or of another kind that is not known")
        if len(shape) > MOST_DIMENSIONS or any(size > 2**31 for size in shape):
            raise _Refused("an array with too many or too large axes")
        count = math.prod(shape)
        # what isn't raw is packed, and takes a byte or more an element
        if len(holds) > 1 or (count and not holds):
            raise _Refused("an array that is not in one piece")
        for number, value in holds:
            size = value[1] - value[0] if isinstance(value, tuple) else 0
            exact = {9: _SIZES[kind], 4: 4, 10: 8}.get(number)
            if size != count * exact if exact else not count <= size <= 10 * count:
                raise _Refused("an array is not of the size that it claims")
            if named and kind == _FLOAT and number in (4, 9):
                self._weights.append(Weights(name, tuple(shape), *value))
        return name

    def _value(self, place: tuple[int, int]) -> tuple[str, int, tuple[int | None, ...] | None]:
        """Return name, number of the type, and axes of an input or output."""
        fields = {}
        for number, value in self._message(place, _VALUE, "a value"):
            if number == 4:  # torch writes several entries of metadata
                self._entry(value)
            elif number in fields:
                raise _Refused(f"a value has a part twice (field {number})")
            else:
                fields[number] = value
        types = self._single(fields[2], _TYPE, "a type") if 2 in fields else {}
        tensor = self._single(types[1], _ARRAY_TYPE, "a type") if 1 in types else {}
        shape = None
        if 2 in tensor:
            shape = tuple(
                self._single(axis, _AXIS, "an axis").get(1)
                for _, axis in self._message(tensor[2], _SHAPE, "a shape")
            )
        return self._text(fields.get(1)), tensor.get(1, 0), shape

    def _check_domain(self, domain: str) -> None:
        if domain not in DOMAINS:
            raise _Refused(f"operators that are not of the standard ({domain[:50]!r})")

    def _text(self, place: tuple[int, int] | None) -> str:
        return self._content[place[0] : place[1]].decode("utf-8") if place else ""

    def _single(self, place: tuple[int, int], known: _Known, what: str) -> dict:
        """Return the fields of a message in which none comes twice."""
        fields = {}
        for number, value in self._message(place, known, what):
            if number in fields:
                raise _Refused(f"{what} has a part twice (field {number})")
            fields[number] = value
        return fields

    def _message(
        self, place: tuple[int, int], known: _Known, what: str
    ) -> Iterator[tuple[int, int | tuple[int, int]]]:
        """Yield the fields of a message: number, and a whole number or the place of its bytes."""
        at, stop = place
        while at < stop:
            self._fields += 1
            if self._fields > MOST_FIELDS:
                raise _Refused(f"more than {MOST_FIELDS} entries")
            tag, at = self._varint(at, stop)
            number, wire = tag >> 3, tag & 7
            if number not in known[wire != _VARINT]:
                raise _Refused(f"{what} has a part that is not known (field {number})")
            if wire == _VARINT:
                value, at = self._varint(at, stop)
                yield number, value
                continue
            if wire == _BYTES:
                size, at = self._varint(at, stop)
            else:
                size = {_FIXED64: 8, _FIXED32: 4}[wire] if wire in (_FIXED64, _FIXED32) else -1
            if not 0 <= size <= stop - at:
                raise _Refused("no ONNX file, or a damaged one")
            yield number, (at, at + size)
            at += size

    def _varints(self, place: tuple[int, int]) -> list[int]:
        at, stop = place
        if stop - at > 10 * MOST_DIMENSIONS:
            raise _Refused("an array with too many or too large axes")
        found = []
        while at < stop:
            value, at = self._varint(at, stop)
            found.append(value)
        return found

    def _varint(self, at: int, stop: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            if at >= stop or shift > 63:
                raise _Refused("no ONNX file, or a damaged one")
            byte = self._content[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value, at
            shift += 7


def with_random_weights(
    content: bytes, graph: Graph, *, seed: int, keeps: Sequence[str] = ()
) -> bytes:
    """Draw the weights of a graph anew: normal, with the mean and spread of those that it has.

    Arrays of one axis stay (offsets, and means and variances that a layer was normalised by), and
    so do those of a single value.

    Parameters
    ----------
    content : bytes
        An ONNX file.
    graph : Graph
        From `check`.
    seed : int >= 0
        Same seed, same weights.
    keeps : sequence of str
        How the names of arrays begin that stay, too.

    Returns
    -------
    bytes
        The same file with other values.
    """
    changed = bytearray(content)
    rng = np.random.default_rng(seed)
    for weights in graph.weights:
        single = len([size for size in weights.shape if size > 1]) < 2
        if single or weights.name.startswith(tuple(keeps)):
            continue
        values = np.frombuffer(content, "<f4", math.prod(weights.shape), weights.start)
        mean, std = values.mean(dtype=np.float64), values.std(dtype=np.float64)
        drawn = rng.normal(mean, std, values.size)
        changed[weights.start : weights.stop] = drawn.astype("<f4").tobytes()
    return bytes(changed)

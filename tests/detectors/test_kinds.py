"""The kinds of things that a file may hold of a detector."""

import math

import numpy as np
import pytest

from pygoodvibes.detectors.kinds import (
    COUNT,
    FLAG,
    Array,
    Arrays,
    Choice,
    Either,
    ListOf,
    NotAsDeclaredError,
    Number,
    Pair,
    Sizes,
    TableOf,
    Text,
    maybe,
)
from pygoodvibes.detectors.state import Object


def there_and_back(kind, value, **sizes):
    arrays = []
    node = kind.encode(value, arrays, Sizes(sizes))
    taken = Arrays(arrays)
    back = kind.decode(node, taken, Sizes(sizes))
    taken.finish()
    return back


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Number(), 1),
        (Number(), -2.5),
        (COUNT, 3),
        (FLAG, False),
        (Choice("a", None), None),
        (Text(), "mean, whiten"),
        (maybe(COUNT), None),
        (Either(Choice("auto"), Number(low=0)), 0.5),
        (ListOf(Pair(Text(), COUNT), 2), [("a", 1), ("b", 2)]),
        (TableOf(FLAG), {"a": True}),
    ],
)
def test_plain_values_come_back(kind, value):
    assert there_and_back(kind, value) == value


def test_numbers_of_numpy_become_those_of_python():
    for value in (np.float64(0.1), np.float32(0.5), np.int64(3)):
        back = there_and_back(Number(), value)
        assert back == value and type(back) in (int, float)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Number(), True),
        (Number(), "1"),
        (Number(), math.nan),
        (Number(), -math.inf),
        (Number(low=0), -1),
        (Number(high=1), 1.5),
        (Number(above=0), 0),
        (COUNT, 0),
        (COUNT, 1.0),
        (COUNT, 10**30),
        (FLAG, 1),
        (Choice(1), True),
        (Text(), "x" * 1001),
        (Text(), None),
        (maybe(COUNT), 0),
        (ListOf(COUNT, 2), [1]),
        (ListOf(COUNT), "11"),
        (Pair(COUNT, COUNT), (1, 2, 3)),
        (TableOf(COUNT), {1: 1}),
        (TableOf(COUNT), [1]),
        (Object("fusion.Fusion"), object()),
        (Array("f8", ("n",)), [1.0]),
    ],
)
def test_other_values_are_neither_written_nor_read(kind, value):
    with pytest.raises(NotAsDeclaredError):
        kind.encode(value, [], Sizes())
    with pytest.raises(NotAsDeclaredError):
        kind.decode(value, Arrays([]), Sizes())


@pytest.mark.parametrize(
    ("kind", "array"),
    [
        (Array("f8", ("n",)), np.zeros(3, dtype=np.float32)),
        (Array("f", ("n",)), np.zeros(3, dtype=np.int64)),
        (Array("i8", ("n",)), np.zeros(3)),
        (Array("f8", ("n",)), np.zeros((3, 1))),
        (Array("f8", ("n", "n")), np.zeros((3, 2))),
        (Array("f8", ("d",)), np.zeros(3)),
        (Array("f8", (2,)), np.zeros(3)),
        (Array("f8", ("n",)), np.zeros(0)),
        (Array("f8", ("n",)), np.array([math.nan])),
        (Array("f8", ("n",), missing=True), np.array([math.inf])),
        (Array("f8", ("n",), low=0), np.array([-1.0])),
        (Array("f8", ("n",), above=0), np.array([0.0])),
        (Array("i8", (None,), low=0, below="d"), np.array([4])),
        (Array("i8", (None,), low=0, below="d"), np.array([-1])),
    ],
)
def test_other_arrays_are_neither_written_nor_read(kind, array):
    with pytest.raises(NotAsDeclaredError):
        kind.encode(array, [], Sizes(d=4))
    with pytest.raises(NotAsDeclaredError):
        kind.decode({"array": 0}, Arrays([array]), Sizes(d=4))


def test_arrays_are_taken_once_and_in_order():
    taken = Arrays([np.zeros(1), np.ones(1)])
    with pytest.raises(NotAsDeclaredError, match="expected"):
        taken.take({"array": 1})
    assert taken.take({"array": 0})[0] == 0
    with pytest.raises(NotAsDeclaredError, match="left over"):
        taken.finish()
    with pytest.raises(NotAsDeclaredError, match="missing"):
        taken.take({"array": 1}), taken.take({"array": 1})

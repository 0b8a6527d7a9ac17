import ctypes

import numpy as np
import pytest
from llvmlite import ir

from pygoodvibes.util.code_writing import INT, function_of, number, repeat
from pygoodvibes.util.compiled import Compiled


def sums(start, step):
    """Return code that adds up the numbers of a loop, and counts them."""

    def write():
        function = function_of("sums", [INT.as_pointer(), INT])
        found, stop = function.args
        b = ir.IRBuilder(function.append_basic_block())

        def body(index, carried):
            return [b.add(carried[0], index), b.add(carried[1], number(1))]

        first = number(start) if start % 2 else start
        results = repeat(b, first, stop, [number(0), number(0)], body, step=step)
        for place, value in enumerate(results):
            b.store(value, b.gep(found, [number(place)]))
        b.ret_void()
        return str(function.module)

    return Compiled("sums", write, "pn", what="sums")


@pytest.mark.parametrize(("start", "step"), [(0, 1), (2, 3), (3, 1), (5, 4)])
def test_a_loop_runs_as_often_as_a_range_is_long(start, step):
    code = sums(start, step)
    if code.function() is None:
        pytest.skip("this processor has no AVX2")
    for stop in range(-1, 20):
        found = np.full(2, -1, dtype=np.int64)
        code.run(found.ctypes.data_as(ctypes.c_void_p).value, stop)
        numbers = range(start, stop, step)
        assert found.tolist() == [sum(numbers), len(numbers)]


def test_places_in_memory_do_not_overlap_and_numbers_are_no_places():
    function = function_of("any", [INT.as_pointer(), INT])
    assert ["noalias" in argument.attributes for argument in function.args] == [True, False]

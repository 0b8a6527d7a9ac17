import ctypes
import sys

import numpy as np
import pytest

from pygoodvibes.util import compiled
from pygoodvibes.util.compiled import Compiled

TWICE = """
define void @twice(float* %place, i64 %number) {
  %cell = getelementptr float, float* %place, i64 %number
  %old = load float, float* %cell
  %new = fadd float %old, %old
  store float %new, float* %cell
  ret void
}
"""


def twice():
    return Compiled("twice", lambda: TWICE, "pn", what="doubling")


@pytest.fixture
def there():
    if twice().function() is None:
        pytest.skip("this processor has no AVX2")


def test_code_runs_on_memory_and_numbers(there):
    values = np.arange(4, dtype=np.float32)
    twice().function()(values.ctypes.data, 3)
    assert values.tolist() == [0, 1, 2, 6]
    twice().run(values.ctypes.data, 3)
    assert values.tolist() == [0, 1, 2, 12]


def test_it_is_compiled_once_and_not_before_it_is_worth_it(there):
    written = []

    def write():
        written.append(1)
        return TWICE

    code = Compiled("twice", write, "pn", what="doubling")
    assert [code.worth_it(amount, least=10) for amount in (5, 4, 0)] == [False] * 3
    assert not written
    assert [code.worth_it(amount, least=10) for amount in (1, 0)] == [True, True]
    assert code.function() is code.function()
    assert written == [1]
    # what was compiled for another reason is there
    early = twice()
    early.function()
    assert early.worth_it(0, least=10)


def test_without_llvmlite_or_avx2_there_is_none(monkeypatch, there):
    code = twice()
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    assert code.function() is None
    assert not code.worth_it(100, least=10)
    with pytest.raises(RuntimeError, match="doubling can't be compiled on this machine"):
        code.run(0, 0)
    monkeypatch.undo()
    from llvmlite import binding

    monkeypatch.setattr(binding, "get_host_cpu_features", dict)
    assert (twice().function() is None) == bool(compiled.PROCESSOR)


def test_arguments_are_places_and_whole_numbers(there):
    function = twice().function()
    with pytest.raises(ctypes.ArgumentError):
        function("a text", 1.5)

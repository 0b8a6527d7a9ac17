import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.embeddings import pooling, pooling_kernel

SETTINGS = pooling.Pooling(method="any")


@pytest.fixture(scope="module", autouse=True)
def compiled():
    if not pooling_kernel.prepare():
        pytest.skip("this processor has no AVX2")


def frames(n_frames, k, seed=0, level=-40.0, scatter=10.0):
    rng = np.random.default_rng(seed)
    return rng.normal(level, scatter, size=(n_frames, k)).astype(np.float32)


@settings(max_examples=80)
@given(
    n_frames=st.integers(1, 40),
    k=st.integers(8, 40),
    seed=st.integers(0, 99),
    exponent=st.integers(-20, 20),
)
def test_the_bytes_are_those_of_numpy(n_frames, k, seed, exponent):
    values = frames(n_frames, k, seed, scatter=10.0**exponent)
    expected, found = pooling.moments(values), pooling_kernel.moments(values)
    for by_numpy, by_kernel in zip(expected, found, strict=True):
        assert by_kernel.dtype == by_numpy.dtype
        assert by_kernel.tobytes() == by_numpy.tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 3, 9])
def test_what_is_no_number_stays_so_in_its_column_alone(bad, place):
    values = frames(10, 12)
    values[place, 9] = bad
    with np.errstate(invalid="ignore"):
        expected = pooling.moments(values)
    for by_numpy, by_kernel in zip(expected, pooling_kernel.moments(values), strict=True):
        assert np.array_equal(by_numpy, by_kernel, equal_nan=True)


@pytest.mark.parametrize(
    "values",
    [
        frames(300, 7),
        frames(300, 32)[:, ::2],
        np.asfortranarray(frames(300, 16)),
        frames(300, 16).astype(np.float64),
    ],
    ids=["few columns", "with gaps", "column by column", "float64"],
)
def test_other_values_are_left_to_numpy(values):
    assert not pooling_kernel.can_take(values)
    assert len(np.concatenate(pooling.pool(values, SETTINGS))) == 5 * values.shape[1]


def test_the_vectors_are_the_same_with_and_without_it(monkeypatch):
    values = frames(300, 128)
    assert pooling_kernel.can_take(values)
    with_code = np.concatenate(pooling.pool(values, SETTINGS))
    monkeypatch.setattr(pooling_kernel, "can_take", lambda values: False)
    assert np.concatenate(pooling.pool(values, SETTINGS)).tobytes() == with_code.tobytes()


def test_without_compiled_code_it_says_so(root):
    code = """
import sys
sys.modules["llvmlite"] = None
import numpy as np
from pygoodvibes.embeddings import pooling_kernel
values = np.zeros((200_000, 8), dtype=np.float32)
print(pooling_kernel.prepare(), pooling_kernel.can_take(values))
try:
    pooling_kernel.moments(values)
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(root / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split("\n")[:2] == [
        "False False",
        "statistics over time can't be compiled on this machine",
    ]

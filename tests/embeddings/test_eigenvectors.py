import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.embeddings.eigenvectors import decompose


def covariance(d, seed, rank=None):
    values = np.random.default_rng(seed).normal(size=(rank or 2 * d, d)) * np.arange(1, d + 1)
    return values.T @ values / len(values)


@given(d=st.integers(1, 40), seed=st.integers(0, 99), count=st.integers(1, 40))
def test_they_are_those_of_numpy(d, seed, count):
    matrix = covariance(d, seed)
    values, leading = decompose(matrix)
    expected, vectors = np.linalg.eigh(matrix)
    assert values == pytest.approx(expected[::-1], rel=1e-10, abs=1e-10 * expected[-1])
    found = leading(count)
    assert found.shape == (min(count, d), d)
    # a sign is free
    along = np.abs(np.sum(found * vectors[:, ::-1].T[:count], axis=1))
    assert along == pytest.approx(1, abs=1e-8)


@given(d=st.integers(3, 60), rank=st.integers(1, 8), seed=st.integers(0, 99))
def test_they_are_unit_vectors_at_right_angles_where_variances_are_equal(d, rank, seed):
    values, leading = decompose(covariance(d, seed, rank))
    found = leading(d)
    assert found @ found.T == pytest.approx(np.eye(d), abs=1e-12)
    rebuilt = (found.T * values) @ found
    assert rebuilt == pytest.approx(covariance(d, seed, rank), abs=1e-10 * values[0])


def test_the_same_number_gives_the_same_vectors_again():
    _, leading = decompose(covariance(30, 0))
    before = leading(7).copy()
    assert leading(30)[:7] == pytest.approx(before, abs=1e-12)
    assert leading(7).tobytes() == before.tobytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_an_error_and_no_vector(bad):
    matrix = covariance(20, 0)
    matrix[3, 3] = bad
    with pytest.raises(np.linalg.LinAlgError):
        decompose(matrix)

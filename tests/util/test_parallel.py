import pytest

from pygoodvibes.util import parallel
from pygoodvibes.util.errors import UserError


def double(items):
    return [2 * item for item in items]


def refuse(items):
    if 7 in items:
        raise UserError("seven")
    return items


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("total", [0, 1, 16, 50])
def test_results_come_in_order(jobs, total):
    found = list(parallel.map_chunks(double, range(total), jobs=jobs, chunk=7))
    assert found == [2 * number for number in range(total)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_arrives(jobs):
    with pytest.raises(UserError, match="seven"):
        list(parallel.map_chunks(refuse, range(30), jobs=jobs, chunk=3))


def test_there_is_a_core():
    assert parallel.cores() >= 1

import numpy as np
import pytest

from pygoodvibes.encoders import triplets
from pygoodvibes.util.errors import UserError

IDS = np.repeat([0, 1, 2, 3], [5, 2, 9, 1])


def test_two_clips_of_one_id_and_one_of_another_as_many_of_each():
    drawn = triplets.draw(np.random.default_rng(0), IDS, per_id=30)
    first, second, third = IDS[drawn].T
    assert np.array_equal(first, second) and (third != first).all()
    assert (drawn[:, 0] != drawn[:, 1]).all()
    # an ID of one clip is never the first, and may be the third
    assert np.bincount(first).tolist() == [30, 30, 30] and 3 in third
    assert first.tolist() != sorted(first)


def test_third_clips_of_the_same_type_where_there_is_another_id():
    machines = np.array([0, 0, 1, 2])[IDS]
    drawn = triplets.draw(np.random.default_rng(0), IDS, per_id=30, machines=machines)
    near = {id_: set(IDS[drawn[IDS[drawn[:, 0]] == id_, 2]]) for id_ in range(3)}
    assert near[0] == {1} and near[1] == {0} and near[2] == {0, 1, 3}


def test_draws_follow_the_seed():
    one, same, other = (
        triplets.draw(np.random.default_rng(seed), IDS, per_id=5).tolist() for seed in (1, 1, 2)
    )
    assert one == same != other


def test_what_there_are_no_triplets_of():
    with pytest.raises(UserError, match="two machine IDs, and there is one"):
        triplets.draw(np.random.default_rng(0), np.zeros(5, int), per_id=2)
    with pytest.raises(UserError, match="each has one"):
        triplets.draw(np.random.default_rng(0), np.arange(3), per_id=2)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.embeddings.held_out import Groups, fold_clips


@given(st.integers(0, 200), st.integers(2, 20), st.integers(0, 2**32 - 1))
def test_folds_are_a_partition_into_even_parts(n_clips, folds, seed):
    groups = fold_clips(n_clips, folds=folds, seed=seed)
    assert groups.number.shape == (n_clips,)
    sizes = np.bincount(groups.number, minlength=1)
    assert len(sizes) == max(min(folds, n_clips), 1)
    assert sizes.max() - sizes.min() <= 1
    assert np.array_equal(groups.number, fold_clips(n_clips, folds=folds, seed=seed).number)


def test_folds_are_random_and_follow_the_seed():
    folds = [tuple(fold_clips(60, folds=5, seed=seed).number) for seed in range(5)]
    assert len(set(folds)) == 5
    assert all(list(fold) != sorted(fold) for fold in folds)


def test_a_fold_is_held_out_of_the_fits_to_all_others():
    groups = fold_clips(12, folds=5, seed=0)
    assert len(groups) == 5 and groups.at_random
    for number, fitted_to in enumerate(groups.fitted_to):
        assert np.array_equal(fitted_to, groups.number != number)
    assert len(fold_clips(0, folds=5, seed=0)) == 0


@pytest.mark.parametrize("most", [1, 2, 4])
def test_folds_are_joined_to_a_few(most):
    groups = fold_clips(12, folds=5, seed=0)
    joined = groups.joined(most)
    assert len(joined) == most
    assert np.array_equal(joined.number, groups.number % most)


def test_as_many_as_there_are_need_no_joining():
    groups = fold_clips(12, folds=5, seed=0)
    assert groups.joined(5) is groups and groups.joined(9) is groups


def test_clips_that_belong_together_are_not_joined_with_others():
    folds = fold_clips(12, folds=5, seed=0)
    groups = Groups(folds.number, folds.fitted_to, at_random=False)
    assert groups.joined(2) is groups


def test_clips_that_are_not_to_be_held_out_are_in_no_fold_and_always_fitted_to():
    among = np.arange(20) % 3 == 0
    groups = fold_clips(20, folds=5, seed=0, among=among)
    assert np.array_equal(groups.number >= 0, among)
    assert np.bincount(groups.number[among]).tolist() == [2, 2, 1, 1, 1]
    assert all(fitted_to[~among].all() for fitted_to in groups.fitted_to)
    joined = groups.joined(2)
    assert len(joined) == 2 and np.array_equal(joined.number >= 0, among)
    assert len(fold_clips(4, folds=5, seed=0, among=np.zeros(4, bool))) == 0

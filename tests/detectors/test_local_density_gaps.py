import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import local_density
from pygoodvibes.detectors.local_density import LocalDensity
from pygoodvibes.detectors.local_density_gaps import (
    LocalDensityGaps,
    Settings,
    neighbours_before_exit,
)


def sorted_distances(points, k):
    distances = cdist(points, points)
    np.fill_diagonal(distances, np.inf)
    return np.sort(distances, axis=1)[:, : k + 1]


def test_few_clips_of_another_domain_count_only_each_other():
    rng = np.random.default_rng(0)
    many, few = rng.normal(size=(400, 6)), rng.normal(size=(8, 6)) + 40
    counts = neighbours_before_exit(sorted_distances(np.vstack([many, few]), 16))
    # none reaches out of them; by chance one in twenty finds a gap among them
    assert (counts[400:] <= 7).all() and (counts[400:] == 7).sum() >= 6
    # hardly any of the others finds a gap
    assert (counts[:400] == 16).mean() > 0.85


@pytest.mark.parametrize("dimension", [2, 5, 20])
@pytest.mark.parametrize("most", [4, 16])
def test_an_even_place_has_an_exit_about_as_often_as_it_says(dimension, most):
    rng = np.random.default_rng(dimension)
    # on a torus there is no edge
    points = rng.uniform(size=(1500, dimension))
    squared = np.zeros((300, 1500))
    for column in range(dimension):
        apart = np.abs(points[:300, None, column] - points[None, :, column])
        squared += np.minimum(apart, 1 - apart) ** 2
    np.fill_diagonal(squared, np.inf)
    nearest = np.sqrt(np.sort(squared, axis=1)[:, : most + 1])
    found = (neighbours_before_exit(nearest) < most).mean()
    # the last gap leads to no smaller number
    assert 0.01 <= found <= 0.09


@settings(max_examples=40, deadline=None)
@given(st.floats(1e-3, 1e3), st.integers(0, 10**6))
def test_units_change_no_number_of_neighbours(unit, seed):
    points = np.random.default_rng(seed).normal(size=(40, 4))
    counts = neighbours_before_exit(sorted_distances(points, 8))
    assert np.array_equal(counts, neighbours_before_exit(unit * sorted_distances(points, 8)))
    assert counts.min() >= 1 and counts.max() <= 8


def test_the_score_divides_by_the_distance_to_its_own_neighbours():
    rng = np.random.default_rng(1)
    train = np.vstack([rng.normal(size=(60, 5)), rng.normal(size=(5, 5)) * 3 + 60])
    test = np.vstack([rng.normal(size=(6, 5)), rng.normal(size=(6, 5)) * 3 + 60])
    nearest = sorted_distances(train, 16)
    spacing = np.array(
        [
            row[:count].mean()
            for row, count in zip(nearest, neighbours_before_exit(nearest), strict=True)
        ]
    )
    found = anomaly_score(LocalDensityGaps(n_neighbors=16, scaling="none").fit(train), test)
    assert np.allclose(found, (cdist(test, train) / spacing).min(axis=1), rtol=1e-6)
    # a fixed number reaches out of the few: their clips then all look near
    fixed = anomaly_score(LocalDensity(n_neighbors=16, scaling="none").fit(train), test)
    assert (fixed[6:] < 0.2 * found[6:]).all()


def test_few_clips_have_gaps_too_and_blocks_change_nothing(monkeypatch):
    rng = np.random.default_rng(3)
    train = np.vstack([rng.normal(size=(12, 5)), rng.normal(size=(3, 5)) + 50])
    # 16 neighbours at most are all but the clip itself: still the few count only each other
    built = Settings(method="local_density_gaps").build(n_clips=len(train), seed=0).fit(train)
    apart = sorted_distances(train, 14)
    assert (built.spacing_[12:] < 10).all() and (apart[12:, -1] > 40).all()
    monkeypatch.setattr(local_density, "BLOCK", 1)
    monkeypatch.setattr(local_density, "ROWS", 1)
    again = Settings(method="local_density_gaps").build(n_clips=len(train), seed=0).fit(train)
    assert np.allclose(again.spacing_, built.spacing_, rtol=1e-9)


def test_copies_and_few_clips_are_no_error():
    rng = np.random.default_rng(2)
    few = rng.normal(size=(3, 4))
    for train in (few, np.repeat(few, 9, axis=0), np.zeros((20, 4)), few[:2], few[:1]):
        built = Settings(method="local_density_gaps").build(n_clips=len(train), seed=0)
        assert np.isfinite(built.fit(train).score_samples(few)).all()

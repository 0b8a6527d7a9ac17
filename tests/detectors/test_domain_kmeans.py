"""Centres of the source domain and every clip of the target domain."""

import numpy as np
from scipy.spatial.distance import cdist

from two_domains import CLIPS, NEW, SOURCE, TARGET, fitted


def test_the_source_has_centres_and_the_target_all_its_clips():
    estimator = fitted("domain_kmeans", centres=5)
    centres, target = estimator.banks_
    assert centres.shape == (5, 4)
    assert np.array_equal(target, TARGET)
    nearest = cdist(SOURCE, centres).argmin(axis=1)
    means = [SOURCE[nearest == number].mean(axis=0) for number in range(5)]
    assert np.allclose(means, centres)


def test_the_score_is_the_smallest_distance_to_a_reference():
    estimator = fitted("domain_kmeans", metric="cosine", centres=5)
    references = np.concatenate(estimator.banks_)
    unit = NEW / np.linalg.norm(NEW, axis=1, keepdims=True)
    expected = (cdist(unit, references) ** 2 / 2).min(axis=1)
    assert np.allclose(-estimator.score_samples(NEW), expected, atol=1e-12)


def test_with_fewer_clips_than_centres_they_stay_as_they_are():
    assert np.array_equal(fitted("domain_kmeans", centres=60).banks_[0], SOURCE)
    assert len(fitted("domain_kmeans", domains=None, centres=7).banks_[0]) == 7
    assert len(CLIPS) == 68

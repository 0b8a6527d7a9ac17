"""Nearest neighbours per domain, against distances taken by hand."""

import numpy as np
from scipy.spatial.distance import cdist

from two_domains import CLIPS, NEW, SOURCE, TARGET, build, fitted


def nearest(clips, references, k, metric):
    return np.sort(cdist(clips, references, metric), axis=1)[:, :k].mean(axis=1)


def test_the_score_is_the_smaller_mean_distance_over_the_domains():
    for metric in ("euclidean", "cosine"):
        for k in (1, 3):
            estimator = fitted("domain_knn", n_neighbors=k, metric=metric, standardize=False)
            expected = np.minimum(nearest(NEW, SOURCE, k, metric), nearest(NEW, TARGET, k, metric))
            assert np.allclose(-estimator.score_samples(NEW), expected, atol=1e-9)


def test_standardised_it_is_the_smaller_score_in_units_of_each_domain():
    estimator = fitted("domain_knn")
    scores = [
        (nearest(NEW, clips, 1, "euclidean") - centre) / scatter
        for clips, centre, scatter in zip(
            (SOURCE, TARGET), estimator.centre_, estimator.scatter_, strict=True
        )
    ]
    assert np.allclose(-estimator.score_samples(NEW), np.minimum(*scores))


def test_a_domain_with_fewer_clips_than_neighbours_takes_all_of_them():
    estimator = build("domain_knn", n_neighbors=50, standardize=False)
    estimator.fit(CLIPS[:62], domains=["source"] * 60 + ["target"] * 2)
    expected = np.minimum(
        nearest(NEW, SOURCE, 50, "euclidean"), nearest(NEW, CLIPS[60:62], 2, "euclidean")
    )
    assert np.allclose(-estimator.score_samples(NEW), expected)

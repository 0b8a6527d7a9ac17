"""What detectors with a bank for each domain share: the minimum, the units, the control."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.spatial.distance import cdist

from pygoodvibes.detectors.domain_banks import DomainBanks, DomainSettings
from two_domains import (
    CLIPS,
    DOMAINS,
    NEW,
    NEW_SOURCE,
    NEW_TARGET,
    SOURCE,
    TARGET,
    build,
    fitted,
    there_and_back,
)

METHODS = ("domain_knn", "domain_kmeans", "domain_smote")


@pytest.mark.parametrize("method", METHODS)
def test_each_method_has_these_settings_and_this_base(method):
    assert isinstance(build(method), DomainBanks)
    assert build(method, n_neighbors=3, metric="cosine").metric == "cosine"
    with pytest.raises(ValidationError):
        build(method, metric="manhattan")
    assert DomainSettings.sees_domains


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("standardize", [False, True])
def test_a_model_file_brings_back_the_same_scores(method, metric, standardize):
    estimator = fitted(method, metric=metric, standardize=standardize)
    assert len(estimator.banks_) == 2
    again = there_and_back(estimator, method)
    assert again.score_samples(NEW).tobytes() == estimator.score_samples(NEW).tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_fit_gives_the_same_scores(method):
    first, second = (fitted(method).score_samples(NEW) for _ in range(2))
    assert first.tobytes() == second.tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_the_labels_counts_and_not_that_of_a_test_clip(method):
    estimator = fitted(method)
    alone = np.concatenate([estimator.score_samples(clip[None]) for clip in NEW])
    assert np.allclose(alone, estimator.score_samples(NEW))


@pytest.mark.parametrize("method", METHODS)
def test_without_labels_all_clips_are_one_domain(method):
    blind = fitted(method, domains=None)
    assert len(blind.banks_) == 1
    assert np.array_equal(blind.centre_, [0]) and np.array_equal(blind.scatter_, [1])
    same = fitted(method, domains=[""] * len(CLIPS))
    assert np.array_equal(same.score_samples(NEW), blind.score_samples(NEW))


def test_held_out_clips_of_each_domain_score_zero_on_average():
    estimator = fitted("domain_knn", standardize=True)
    held_out = []
    for clips in (SOURCE, TARGET):
        distances = cdist(clips, clips) + np.diag([np.inf] * len(clips))
        held_out.append(distances.min(axis=1))
    # a target clip is held out alone, a source clip with a fifth of them
    assert estimator.centre_[1] == pytest.approx(held_out[1].mean())
    assert estimator.scatter_[1] == pytest.approx(held_out[1].std(ddof=1))
    assert held_out[0].mean() < estimator.centre_[0] < 1.3 * held_out[0].mean()
    for clips in (NEW_SOURCE, NEW_TARGET):
        assert abs(estimator.score_samples(clips).mean()) < 1


def test_standardised_scores_of_the_two_domains_compare_and_distances_do_not():
    def gap(**more):
        estimator = fitted("domain_knn", **more)
        source, target = (estimator.score_samples(clips) for clips in (NEW_SOURCE, NEW_TARGET))
        return abs(source.mean() - target.mean()) / source.std()

    assert gap(standardize=True) < 1 < gap(standardize=False)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_clips_of_a_domain_take_the_scatter_of_the_other(count):
    clips, domains = CLIPS[: 60 + count], DOMAINS[: 60 + count]
    estimator = build("domain_knn").fit(clips, domains=domains)
    assert np.isfinite(estimator.score_samples(NEW)).all()
    ratio = estimator.scatter_ / estimator.centre_
    assert ratio[1] == pytest.approx(ratio[0])


def test_copies_of_one_clip_have_no_scatter_and_finite_scores():
    clips = np.concatenate([SOURCE, np.repeat(TARGET[:1], 6, axis=0)])
    estimator = build("domain_knn").fit(clips, domains=DOMAINS[: len(clips)])
    assert np.isfinite(estimator.score_samples(NEW)).all()
    assert (estimator.scatter_ > 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_the_control_deals_as_many_labels_among_other_clips(method):
    right, shuffled = fitted(method), fitted(method, shuffle_domains=True)
    assert len(right.banks_) == len(shuffled.banks_) == 2
    assert not np.array_equal(right.banks_[1], shuffled.banks_[1])
    assert len(right.banks_[1]) == len(shuffled.banks_[1])
    again = fitted(method, shuffle_domains=True)
    assert np.array_equal(again.score_samples(NEW), shuffled.score_samples(NEW))

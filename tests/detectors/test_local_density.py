import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.spatial.distance import cdist
from sklearn.covariance import LedoitWolf, ledoit_wolf_shrinkage

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import local_density
from pygoodvibes.detectors.local_density import (
    LocalDensity,
    Scaling,
    Settings,
    distance_blocks,
    shrunk,
)

RNG = np.random.default_rng(0)
TRAIN = RNG.normal(size=(60, 12)) * np.linspace(0.2, 5, 12) + 100
TEST = RNG.normal(size=(25, 12)) * np.linspace(0.2, 8, 12) + 100


def by_hand(train, test, k):
    among = cdist(train, train)
    np.fill_diagonal(among, np.inf)
    spacing = np.sort(among, axis=1)[:, :k].mean(axis=1)
    return (cdist(test, train) / spacing).min(axis=1)


@pytest.mark.parametrize("k", [1, 4, 59])
def test_the_score_is_the_smallest_ratio(k):
    ours = anomaly_score(LocalDensity(n_neighbors=k, scaling="none").fit(TRAIN), TEST)
    assert np.allclose(ours, by_hand(TRAIN, TEST, k), rtol=1e-6)


def test_standardised_columns_count_alike():
    scaled = LocalDensity(scaling="standardize").fit(TRAIN)
    z_train, z_test = ((x - TRAIN.mean(0)) / TRAIN.std(0) for x in (TRAIN, TEST))
    assert np.allclose(anomaly_score(scaled, TEST), by_hand(z_train, z_test, 4), rtol=1e-6)
    units = np.linspace(0.01, 100, 12)
    again = LocalDensity(scaling="standardize").fit(TRAIN * units)
    assert np.allclose(anomaly_score(again, TEST * units), anomaly_score(scaled, TEST), rtol=1e-5)


def test_whitened_distances_are_mahalanobis_distances():
    mixed = TRAIN @ RNG.normal(size=(12, 12))
    scaling = Scaling("whiten").fit(mixed)
    z = (mixed - mixed.mean(0)) / mixed.std(0)
    precision = LedoitWolf().fit(z).precision_
    expected = cdist(z[:5], z[5:9], "mahalanobis", VI=precision)
    white = scaling.transform(mixed)
    assert np.allclose(cdist(white[:5], white[5:9]), expected, rtol=1e-6)


@pytest.mark.parametrize(("n_clips", "n_columns"), [(40, 12), (13, 12), (12, 12), (20, 90), (4, 9)])
def test_whitened_distances_to_training_clips_whatever_there_is_more_of(n_clips, n_columns):
    rng = np.random.default_rng(n_clips)
    mixed = rng.normal(size=(n_clips, n_columns)) @ rng.normal(size=(n_columns, n_columns))
    others = 3 * rng.normal(size=(7, n_columns)) + mixed.mean(0)
    scaling = Scaling("whiten").fit(mixed)
    z, z_others = ((x - mixed.mean(0)) / mixed.std(0) for x in (mixed, others))
    precision = LedoitWolf(assume_centered=True).fit(z).precision_
    for seen, white in ((z, scaling.transform(mixed)), (z_others, scaling.transform(others))):
        expected = cdist(seen, z, "mahalanobis", VI=precision)
        assert np.allclose(cdist(white, scaling.transform(mixed)), expected, rtol=1e-6, atol=1e-6)
    # so many numbers, not columns by columns
    assert scaling.rotation_.shape == (n_columns, min(n_clips - 1, n_columns))


@settings(max_examples=30, deadline=None)
@given(n_clips=st.integers(2, 30), n_columns=st.integers(2, 30), seed=st.integers(0, 10**6))
def test_shrinkage_is_that_of_ledoit_and_wolf(n_clips, n_columns, seed):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n_clips, n_columns)) * rng.uniform(0.1, 10, size=n_columns)
    values -= values.mean(axis=0)
    product = values.T @ values if n_clips > n_columns else values @ values.T
    found, target = shrunk(values, product)
    assert found == pytest.approx(ledoit_wolf_shrinkage(values, assume_centered=True), abs=1e-9)
    assert target == pytest.approx(np.trace(values.T @ values) / n_clips / n_columns)


def test_a_column_that_only_rounding_moves_counts_in_its_own_unit():
    constant = np.float32(-100) + np.spacing(np.float32(-100)) * RNG.integers(-1, 2, size=(60, 1))
    train = np.column_stack([TRAIN[:60], constant]).astype(np.float32)
    louder = train[:1] + np.eye(13, dtype=np.float32)[-1:] * 0.1
    for scaling in ("standardize", "whiten"):
        fitted = LocalDensity(scaling=scaling).fit(train[1:])
        before, after = anomaly_score(fitted, np.concatenate([train[:1], louder]))
        assert after == pytest.approx(before, rel=0.05)


def test_without_division_it_is_the_distance_to_the_nearest():
    plain = LocalDensity(n_neighbors=0, scaling="none").fit(TRAIN)
    assert np.allclose(anomaly_score(plain, TEST), cdist(TEST, TRAIN).min(axis=1), rtol=1e-6)


def test_a_step_from_a_dense_cloud_counts_more_than_one_from_a_sparse_cloud():
    dense = RNG.normal(0, 0.1, size=(40, 10))
    sparse = RNG.normal(50, 2.0, size=(40, 10))
    fitted = LocalDensity(scaling="none").fit(np.concatenate([dense, sparse]))
    step = np.full((1, 10), 0.5)
    from_dense, from_sparse = anomaly_score(fitted, np.concatenate([step, 50 + step]))
    assert from_dense > 2 * from_sparse


def test_blocks_hold_the_same_distances(monkeypatch):
    whole = anomaly_score(LocalDensity().fit(TRAIN), TEST)
    monkeypatch.setattr(local_density, "BLOCK", 1100)
    blocks = list(distance_blocks(TEST, TRAIN))
    assert max(distances.size for _, distances in blocks) <= 1100
    assert np.allclose(np.concatenate([part for _, part in blocks]), cdist(TEST, TRAIN), rtol=1e-5)
    assert np.allclose(anomaly_score(LocalDensity().fit(TRAIN), TEST), whole, rtol=1e-9)


def test_more_training_clips_than_are_kept():
    kept = [LocalDensity(max_references=20, random_state=seed).fit(TRAIN) for seed in (1, 1, 2)]
    assert kept[0].references_.shape == (20, 12)
    assert np.array_equal(kept[0].references_, kept[1].references_)
    assert not np.array_equal(kept[0].references_, kept[2].references_)


def test_copies_and_constant_columns_leave_scores_finite():
    copies = np.repeat(TRAIN[:3], 10, axis=0)
    assert np.isfinite(anomaly_score(LocalDensity().fit(copies), TEST)).all()
    same = np.tile(TRAIN[:1], (10, 1))
    scores = anomaly_score(LocalDensity(scaling="whiten").fit(same), np.r_[TEST, same[:1]])
    assert np.isfinite(scores).all()
    assert scores[-1] < 1e-3 < scores[:-1].min()
    flat = TRAIN.copy()
    flat[:, 3] = 7.0
    moved = flat[:2].copy()
    moved[1, 3] += 50
    still, stands_out = anomaly_score(LocalDensity().fit(flat), moved)
    assert still < 1 < stands_out


def test_few_training_clips():
    for n_clips in (1, 2, 3):
        fitted = Settings(method="local_density").build(n_clips=n_clips, seed=0)
        for scaling in ("none", "standardize", "whiten"):
            fitted.scaling = scaling
            assert np.isfinite(anomaly_score(fitted.fit(TRAIN[:n_clips]), TEST)).all()


@pytest.mark.parametrize(
    "wrong", [{"n_neighbors": 0}, {"scaling": "pca"}, {"max_references": 0}, {"metric": "cosine"}]
)
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate({"method": "local_density", **wrong})

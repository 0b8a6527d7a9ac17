import numpy as np
import pytest
from pydantic import ValidationError

from pygoodvibes.detection.fit import detect, detect_clips
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors.fusion import Fusion, Settings, find_views, named_blocks, stepped_blocks
from pygoodvibes.detectors.local_density import LocalDensity
from pygoodvibes.embeddings.held_out import Groups, fold_clips
from pygoodvibes.embeddings.projection import project_vectors
from pygoodvibes.embeddings.vectors import from_records
from pygoodvibes.evaluation.metrics import auc

BANDS = 16


def clips(n, rng):
    """Return spectra with a mean, a standard deviation and a maximum over time, as of a machine."""
    bands = np.arange(BANDS)
    noise = rng.normal(0, 3, size=(n, 1)) * np.exp(-bands / 8)
    mean = -40 - bands + noise + rng.normal(0, 0.5, size=(n, BANDS))
    std = 3 + 0.05 * bands + rng.normal(0, 0.2, size=(n, BANDS))
    return np.hstack([mean, std, mean + 3 * std + rng.normal(0, 1, size=(n, BANDS))])


COLUMNS = [f"{name}_{band:03d}" for name in ("mean", "std", "max") for band in range(BANDS)]
TRAIN = clips(80, np.random.default_rng(1))
NORMAL = clips(60, np.random.default_rng(2))


def faulty(view):
    bad = clips(60, np.random.default_rng(3))
    start = {"mean": 0, "std": BANDS, "max": 2 * BANDS}[view]
    bad[:, start + 9 : start + 12] += {"mean": 2.5, "std": 1.0, "max": 6.0}[view]
    return bad


def test_blocks_by_name():
    blocks = named_blocks(["clip", *COLUMNS, "kurtosis_0"])
    assert list(blocks) == ["mean", "std", "max"]
    assert np.array_equal(blocks["std"], np.arange(BANDS) + BANDS + 1)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_blocks_by_their_values(count):
    parts = stepped_blocks(TRAIN[:, : count * BANDS])
    assert [len(part) for part in parts] == [BANDS] * count
    assert np.array_equal(np.concatenate(parts), np.arange(count * BANDS))


def test_a_cloud_without_order_is_one_block():
    rng = np.random.default_rng(0)
    assert len(stepped_blocks(rng.normal(size=(50, 256)))) == 1
    assert len(stepped_blocks(rng.normal(size=(50, 256)) + 20 * rng.normal(size=256))) == 1
    assert len(stepped_blocks(np.zeros((5, 64)))) == 1
    assert len(stepped_blocks(np.zeros((5, 1)))) == 1


def test_views_are_the_blocks_and_the_whole():
    assert list(find_views(TRAIN, COLUMNS)) == ["mean", "std", "max", "all"]
    anonymous = [f"value_{number:03d}" for number in range(3 * BANDS)]
    for columns in (None, anonymous):
        views = find_views(TRAIN, columns)
        assert list(views) == ["part 1", "part 2", "part 3", "all"]
        assert np.array_equal(views["part 2"], np.arange(BANDS) + BANDS)
    assert list(find_views(TRAIN[:, :BANDS], COLUMNS[:BANDS])) == ["all"]
    assert list(find_views(TRAIN[:, :3], ["PC1", "PC2", "PC3"])) == ["all"]


def test_sub_bands_are_neighbouring_bands_of_each_block():
    wide = [f"{name}_{band:03d}" for name in ("mean", "std") for band in range(20)]
    views = find_views(np.zeros((3, 40)), wide, sub_bands=2)
    assert list(views) == ["mean", "std", "mean 1/2", "mean 2/2", "std 1/2", "std 2/2", "all"]
    assert views["std 1/2"].tolist() == list(range(20, 30))
    # too narrow for three parts
    assert list(find_views(np.zeros((3, 40)), wide, sub_bands=3)) == ["mean", "std", "all"]
    fitted = Fusion(sub_bands=2).fit(np.random.default_rng(0).normal(size=(30, 40)), columns=wide)
    assert len(fitted.member_names) == 14


@pytest.mark.parametrize("n_clips", [28, 80])
@pytest.mark.parametrize("view", ["mean", "std", "max"])
def test_a_fault_in_any_one_view_is_found(view, n_clips):
    fitted = Fusion().fit(TRAIN[:n_clips], columns=COLUMNS)
    scores = anomaly_score(fitted, np.concatenate([NORMAL, faulty(view)]))
    assert auc(np.arange(120) >= 60, scores) > 0.85


def test_members_are_in_units_of_their_own_scatter():
    fitted = Fusion().fit(TRAIN, columns=COLUMNS)
    normal = fitted.member_scores(NORMAL)
    assert normal.shape == (60, 8)
    assert fitted.member_names == [
        f"{view}, {scaling}"
        for view in ("mean", "std", "max", "all")
        for scaling in ("standardize", "whiten")
    ]
    assert np.all(np.abs(np.median(normal, axis=0)) < 1)
    spread = np.quantile(normal, 0.75, axis=0) - np.quantile(normal, 0.25, axis=0)
    assert np.all((spread > 0.5) & (spread < 3))
    # the view with the fault speaks up, the others don't
    loud = np.median(fitted.member_scores(faulty("std")), axis=0)
    assert loud[2:4].min() > 2
    assert np.abs(loud[:2]).max() < 1.5


def test_the_soft_maximum_lies_between_mean_and_maximum():
    fitted = {tau: Fusion(temperature=tau).fit(TRAIN, columns=COLUMNS) for tau in (0.01, 2, 1000)}
    members = fitted[2].member_scores(NORMAL)
    soft = anomaly_score(fitted[2], NORMAL)
    assert (soft <= members.max(axis=1)).all()
    assert (soft >= members.mean(axis=1)).all()
    assert np.allclose(anomaly_score(fitted[0.01], NORMAL), members.max(axis=1), atol=0.05)
    assert np.allclose(anomaly_score(fitted[1000], NORMAL), members.mean(axis=1), atol=0.05)
    # far beyond what an exponential can hold
    assert np.isfinite(anomaly_score(fitted[0.01], NORMAL + 1e4)).all()


def test_scores_do_not_depend_on_units():
    units = np.repeat([0.1, 7.0, 30.0], BANDS)
    one = anomaly_score(Fusion().fit(TRAIN, columns=COLUMNS), NORMAL)
    other = anomaly_score(Fusion().fit(TRAIN * units, columns=COLUMNS), NORMAL * units)
    assert np.allclose(one, other, rtol=1e-4, atol=1e-4)


def test_in_few_dimensions_nothing_is_divided_by_density():
    low = Fusion().fit(TRAIN[:, :3])
    assert all(
        np.array_equal(fit.spacing_, np.ones(64))
        for _, member in low.members_
        for fit in member.fits
    )
    high = Fusion().fit(TRAIN)
    assert not any(
        np.array_equal(member.fits[0].spacing_, np.ones(64)) for _, member in high.members_
    )


def test_each_member_is_fitted_without_each_fold_and_scores_by_the_mean():
    fitted = Fusion().fit(TRAIN, columns=COLUMNS)
    for number, (name, member) in enumerate(fitted.members_):
        assert [len(fit.references_) for fit in member.fits] == [64] * 5
        view = fitted.views_[name.partition(",")[0]]
        scores = np.mean([-fit.score_samples(NORMAL[:, view]) for fit in member.fits], axis=0)
        expected = (scores - fitted.centre_[number]) / fitted.scatter_[number]
        assert np.allclose(fitted.member_scores(NORMAL)[:, number], expected)
    # most fits have seen a training clip, none a new one
    assert np.median(anomaly_score(fitted, NORMAL)) > np.median(anomaly_score(fitted, TRAIN))


def test_new_clips_score_as_held_out_ones():
    """Else a threshold on held-out scores would not hold for new clips."""
    above = []
    for seed in range(40):
        values = np.random.default_rng(seed).normal(size=(45, len(COLUMNS)))
        fitted = Fusion().fit(values[:20], COLUMNS)
        held_out = fitted.join_members(fitted.held_out_)
        above.append(np.mean(anomaly_score(fitted, values[20:])[:, None] > held_out))
    assert np.mean(above) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("n_clips", [3, 4, 6])
def test_very_few_training_clips(n_clips):
    settings = Settings(method="fusion")
    folds = Groups.of_folds(np.arange(n_clips))
    result = detect(TRAIN[:n_clips], NORMAL, folds, settings, seed=0, columns=COLUMNS)
    assert np.isfinite(result.test_scores).all()
    assert np.isfinite(result.train_scores).all()
    same = Fusion().fit(np.tile(TRAIN[:1], (6, 1)))
    assert np.isfinite(anomaly_score(same, NORMAL)).all()


def test_names_of_columns_reach_the_estimator():
    settings = Settings(method="fusion")
    folds = Groups.of_folds(np.arange(80) % 2)
    result = detect(TRAIN, NORMAL, folds, settings, seed=3, columns=COLUMNS)
    assert list(result.estimator.views_) == ["mean", "std", "max", "all"]
    assert result.estimator.random_state == 3
    again = detect(TRAIN, NORMAL, folds, settings, seed=3, columns=COLUMNS)
    assert np.array_equal(result.test_scores, again.test_scores)
    assert np.array_equal(result.train_scores, again.train_scores)


@pytest.mark.parametrize("wrong", [{"temperature": 0.0}, {"folds": 1}, {"n_neighbors": 0}])
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate({"method": "fusion", **wrong})


def test_a_detector_may_see_the_first_components_only():
    embedded = from_records(
        [{"clip": f"{n}.wav", "split": "train" if n < 80 else "test", "label": "normal"}
         for n in range(140)],
        np.concatenate([TRAIN, NORMAL]).astype(np.float32), COLUMNS,
    )  # fmt: skip
    projected = project_vectors(
        embedded,
        fold_clips(80, folds=4, seed=0),
        n_components=10,
        standardize=True,
        whiten=False,
        residual=True,
    )
    detectors = {
        "three": {"method": "knn", "components": 3},
        "all": {"method": "knn"},
        "fusion": {"method": "fusion"},
    }
    results = detect_clips(embedded, projected, detectors, seed=0)
    # with the residual
    for name, columns in (("three", 3), ("all", 11)):
        for fit in results[name].estimator.fits:
            assert fit.neighbors_.n_features_in_ == columns
    assert list(results["fusion"].estimator.views_) == ["mean", "std", "max", "all"]
    assert all(np.isfinite(result.train_scores).all() for result in results.values())
    with pytest.raises(ValidationError, match="components: only with input 'projection'"):
        Settings.model_validate({"method": "fusion", "components": 3})


def test_members_keep_their_held_out_scores_and_join_to_the_score():
    fitted = Fusion(folds=4, random_state=3).fit(TRAIN, COLUMNS)
    assert fitted.member_names[:3] == ["mean, standardize", "mean, whiten", "std, standardize"]
    assert fitted.held_out_.shape == (80, len(fitted.member_names)) == (80, 8)
    assert np.allclose(np.median(fitted.held_out_, axis=0), 0)
    # an own clip among the references would be at distance 0, the lowest score there is
    seen = fitted.member_scores(TRAIN)
    assert (seen < fitted.held_out_).all()
    fold = np.random.default_rng(3).permutation(np.arange(80) % 4)
    part = LocalDensity(scaling="standardize").fit(TRAIN[fold != 0][:, :BANDS])
    expected = -part.score_samples(TRAIN[fold == 0][:, :BANDS])
    expected = (expected - fitted.centre_[0]) / fitted.scatter_[0]
    assert np.allclose(fitted.held_out_[fold == 0, 0], expected)
    joined = fitted.join_members(fitted.member_scores(NORMAL))
    assert np.allclose(joined, -fitted.score_samples(NORMAL))

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import multivariate_normal
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import LocalOutlierFactor

from pygoodvibes.audio import mel_cache
from pygoodvibes.audio.mel_cache import ClipFrames
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detectors.frames import (
    AGGREGATES,
    FrameDetector,
    FrameModel,
    Settings,
    aggregate,
    draw_vectors,
    log_density,
    stack_frames,
)
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.projection import Projected
from pygoodvibes.embeddings.vectors import from_records
from pygoodvibes.evaluation.metrics import auc
from pygoodvibes.util.errors import UserError

BANDS = 8
FOLDS = Groups.of_folds(np.arange(24) % 3)


def frames_of(number, *, fault=""):
    rng = np.random.default_rng(number)
    shared = rng.normal(0, 2, size=(60, 1)) * np.linspace(1, 0.2, BANDS)
    frames = -40 + shared + rng.normal(0, 1, size=(60, BANDS))
    if fault == "steady":
        frames[:, 6] += 2
    if fault == "burst":
        frames[20:26, 5:] += 6
    return frames.astype(np.float32)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    kinds = [""] * 24 + [""] * 15 + ["steady"] * 10 + ["burst"] * 10
    clips = [
        (
            {
                "clip": f"{number}.wav",
                "path": f"{number}.wav",
                "split": "train" if number < 24 else "test",
                "label": "anomaly" if kind else "normal",
            },
            frames_of(number, fault=kind),
        )
        for number, kind in enumerate(kinds)
    ]
    mel_cache.write(folder / "a.npy", folder / "a.csv", clips)
    return mel_cache.open_cache(folder / "a.npy", folder / "a.csv")


def run(cache, **settings):
    embedded = from_records(cache.clips, np.zeros((59, 1), np.float32), ["nothing"])
    detectors = {"f": {"method": "frames", "n_components": 6, **settings}}
    return detect_clips(
        embedded, Projected(embedded, None, FOLDS, []), detectors, seed=0, cache=cache
    )["f"]


def test_stacked_frames_lie_side_by_side():
    frames = np.arange(12.0).reshape(4, 3)
    assert np.array_equal(stack_frames(frames, 1), frames)
    stacked = stack_frames(frames, 3)
    assert stacked.shape == (2, 9)
    assert np.array_equal(stacked[1], frames[1:4].ravel())
    # a clip too short for one vector
    assert np.array_equal(stack_frames(frames[:2], 3), [[0, 1, 2, 3, 4, 5, 3, 4, 5]])


def test_aggregates_of_frame_scores():
    scores = np.random.default_rng(0).normal(size=101)
    expected = [scores.mean(), np.median(scores), scores.std(), np.sort(scores)[95]]
    assert np.allclose(aggregate(scores), expected)


def test_one_gaussian_is_probabilistic_pca():
    clips = [frames_of(number) for number in range(5)]
    model = FrameModel(stack=1, n_components=3).fit(clips)
    z = (np.concatenate(clips) - model.mean_) / model.scale_
    basis = model.components_
    outside = np.eye(BANDS) - basis.T @ basis
    covariance = basis.T @ np.diag(model.variance_) @ basis + model.rest_ * outside
    density = multivariate_normal(np.zeros(BANDS), covariance).logpdf(z)
    scores = np.concatenate(list(model.score_frames(clips)))
    assert np.allclose(scores - scores[0], density[0] - density, atol=1e-6)


@pytest.mark.parametrize("stack", [1, 3, 70])
def test_frames_score_as_if_they_were_stacked_first(stack):
    # far from 0 dB, with a band that never varies in training clips: nothing is lost by rounding
    clips = [frames_of(number) - 60 for number in range(5)]
    for frames in clips:
        frames[:, 2] = -100
    other = clips[0].copy()
    other[:30, 2] += 1
    model = FrameModel(model="gmm", stack=stack, n_components=6).fit(clips)
    for frames, scores in zip([*clips, other], model.score_frames([*clips, other]), strict=True):
        z = (stack_frames(frames.astype(float), stack) - model.mean_) / model.scale_
        inside = z @ model.components_.T
        outside = np.maximum((z**2).sum(axis=1) - (inside**2).sum(axis=1), 0)
        likely = model.mixture_.score_samples(inside / np.sqrt(model.variance_))
        assert scores == pytest.approx(outside / model.rest_ / 2 - likely, rel=1e-9, abs=1e-9)


@given(seed=st.integers(0, 2**32 - 1), far=st.sampled_from([0.0, 5.0, 1e3]))
@settings(max_examples=30, deadline=None)
def test_the_density_of_a_mixture_is_that_of_scikit_learn(seed, far):
    rng = np.random.default_rng(seed)
    values = rng.normal(rng.integers(3, size=(60, 1)), 1, size=(60, 4))
    mixture = GaussianMixture(3, covariance_type="diag", random_state=0).fit(values)
    asked = values + far
    found = log_density(asked, mixture.weights_, mixture.means_, mixture.precisions_cholesky_**2)
    assert found == pytest.approx(mixture.score_samples(asked), rel=1e-9, abs=1e-9)


def test_a_band_that_never_varies_does_not_outweigh_the_others():
    rng = np.random.default_rng(0)
    clips = rng.normal(-40, 3, size=(14, 40, 16))
    # the floor of the logarithm, and a breath more in one frame of the second clip
    clips[:, :, :4] = -100
    hardly, faulty = clips[0].copy(), clips[0].copy()
    hardly[7, 1] += 0.1
    faulty[:, 8:12] += 9
    fitted = FrameDetector(model=FrameModel(model="gmm", n_components=6)).fit(clips[1:])
    usual, louder, wrong = -fitted.score_samples([clips[0], hardly, faulty])
    assert louder == pytest.approx(usual, abs=0.1)
    assert wrong > louder + 3


def test_lof_is_scikit_learns_on_whitened_components():
    clips = [frames_of(number) for number in range(3)]
    model = FrameModel(model="lof", stack=1, n_components=3).fit(clips)
    z = (np.concatenate(clips) - model.mean_) / model.scale_
    whitened = z @ model.components_.T / np.sqrt(model.variance_)
    reference = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(whitened)
    [scores] = model.score_frames(clips[1:2])
    assert np.allclose(scores, -reference.score_samples(whitened[60:120]))


@pytest.mark.parametrize(("model", "least"), [("mahalanobis", 0.9), ("gmm", 0.9), ("lof", 0.6)])
def test_faults_of_both_kinds_are_found(cache, model, least):
    scores = run(cache, model=model).test_scores
    steady, burst = np.r_[scores[:15], scores[15:25]], np.r_[scores[:15], scores[25:]]
    truth = np.arange(25) >= 15
    assert auc(truth, steady) > least
    assert auc(truth, burst) > least


def test_steady_faults_show_in_the_mean_bursts_in_the_high_quantile(cache):
    truth = np.arange(25) >= 15
    score = {name: run(cache, aggregate=name).test_scores for name in AGGREGATES}
    steady = {name: auc(truth, each[:25]) for name, each in score.items()}
    burst = {name: auc(truth, np.r_[each[:15], each[25:]]) for name, each in score.items()}
    assert steady["median"] > 0.95
    assert burst["median"] < 0.9 < burst["high"]


def test_training_clips_have_held_out_scores_like_normal_test_clips(cache):
    result = run(cache)
    assert result.train_scores.shape == (24,)
    assert np.isfinite(result.train_scores).all()
    normal = result.test_scores[:15]
    assert abs(np.median(normal) - np.median(result.train_scores)) < 1.5 * normal.std()


def test_same_seed_same_scores_and_a_model_file_that_scores_alike(cache, tmp_path):
    one, other = run(cache), run(cache)
    assert np.array_equal(one.test_scores, other.test_scores)
    serialization.save(tmp_path / "m.fitted", {"one": one.estimator})
    loaded = serialization.load(tmp_path / "m.fitted")["one"]
    test = ClipFrames(cache)[np.arange(59) >= 24]
    assert np.array_equal(-loaded.score_samples(test), one.test_scores)


def test_frames_drawn_are_limited_and_short_clips_do():
    clips = [frames_of(number) for number in range(4)]
    drawn = draw_vectors(clips, 3, 40, np.random.default_rng(0))
    assert drawn.shape == (40, 3 * BANDS)
    every = np.concatenate([stack_frames(frames, 3) for frames in clips])
    assert {row.tobytes() for row in drawn} <= {row.astype(float).tobytes() for row in every}
    # those that the generator names, clip by clip, in the order of time
    rng = np.random.default_rng(0)
    named = [58 * clip + np.sort(rng.choice(58, 10, replace=False)) for clip in range(4)]
    assert np.array_equal(drawn, every[np.concatenate(named)])
    few = draw_vectors([clips[0][:2], clips[1][:4]], 3, 40, np.random.default_rng(0))
    assert np.array_equal(few, [*stack_frames(clips[0][:2], 3), *stack_frames(clips[1][:4], 3)])
    short = FrameDetector(model=FrameModel(stack=5), folds=2)
    cut = np.empty(4, dtype=object)
    cut[:] = [frames[:3] for frames in clips]
    assert np.isfinite(short.fit(cut).score_samples(cut)).all()


def test_clips_of_a_cache_are_indexed_like_an_array(cache):
    clips = ClipFrames(cache)
    assert len(clips) == 59
    some = clips[np.arange(59) % 2 == 1]
    assert len(some) == 29
    assert np.array_equal(some[0], frames_of(1))
    assert len(list(some)) == 29


def test_without_frames_it_says_why_there_are_no_scores(cache):
    embedded = from_records(cache.clips, np.zeros((59, 1), np.float32), ["nothing"])
    result = detect_clips(
        embedded, Projected(embedded, None, FOLDS, []), {"f": {"method": "frames"}}, seed=0
    )["f"]
    assert result.estimator is None
    assert np.isnan(result.test_scores).all()
    assert "enters as vectors" in result.notes[0]


def test_a_cache_of_other_clips_is_refused(cache):
    rows = [{**row, "clip": f"x{row['clip']}"} for row in cache.clips]
    embedded = from_records(rows, np.zeros((59, 1), np.float32), ["nothing"])
    with pytest.raises(UserError, match="different clips"):
        detect_clips(
            embedded,
            Projected(embedded, None, FOLDS, []),
            {"f": {"method": "frames"}},
            seed=0,
            cache=cache,
        )


@pytest.mark.parametrize("wrong", [{"stack": 0}, {"aggregate": "max"}, {"input": "embedding"}])
def test_settings_out_of_bounds_are_refused(wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate({"method": "frames", **wrong})


@pytest.mark.parametrize("kind", ["soft", "mean", "high"])
def test_members_are_the_aggregates_and_join_to_the_score(cache, kind):
    clips = ClipFrames(cache)
    train, test = clips[np.arange(24)], clips[np.arange(24, 59)]
    fitted = FrameDetector(model=FrameModel(n_components=4), aggregate=kind).fit(train)
    assert fitted.member_names == list(AGGREGATES)
    scores = fitted.member_scores(test)
    assert scores.shape == (35, 4)
    assert np.allclose(fitted.join_members(scores), -fitted.score_samples(test))
    assert fitted.member_scores(clips[np.zeros(0, int)]).shape == (0, 4)
    if kind == "soft":
        assert np.allclose(np.median(fitted.held_out_, axis=0), 0)
        # clips that the model has not seen scatter around others than those that it has
        assert fitted.held_out_.shape == (24, 4)
        assert not np.allclose(fitted.held_out_, fitted.member_scores(train))
    else:
        assert len(fitted.held_out_) == 0

import numpy as np
import pytest
from pydantic import ValidationError

from frame_networks import BANDS, MODULES, NORMAL, SMALL, STACK, TRAIN, build, forward, frames_of
from pygoodvibes.audio import mel_cache
from pygoodvibes.config.validate import validate
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detectors import autoencoder
from pygoodvibes.detectors.frames import stack_frames
from pygoodvibes.embeddings.held_out import Groups
from pygoodvibes.embeddings.projection import Projected
from pygoodvibes.embeddings.vectors import from_records
from pygoodvibes.evaluation.metrics import auc

ANOMALOUS = [frames_of(number, fault=True) for number in range(100, 112)]


@pytest.mark.parametrize("method", MODULES)
def test_a_pattern_of_few_dimensions_is_learnt_and_what_breaks_it_scores_higher(networks, method):
    normal = -networks[method].score_samples(NORMAL)
    anomalous = -networks[method].score_samples(ANOMALOUS)
    assert normal.min() >= 0
    spread = np.var(np.concatenate(NORMAL), axis=0).mean()
    assert normal.mean() < 0.1 * spread, "no better than the mean frame"
    assert auc(np.arange(24) >= 12, np.r_[normal, anomalous]) == 1


def test_the_score_is_the_mean_squared_error_in_decibels(networks):
    network = networks["autoencoder"]
    vectors = stack_frames(NORMAL[0], STACK).astype(np.float64)
    given_back = forward(network, (vectors - network.mean_) / network.scale_)
    error = vectors - (given_back * network.scale_ + network.mean_)
    assert -network.score_samples(NORMAL[:1])[0] == pytest.approx((error**2).mean(), rel=1e-4)


@pytest.mark.parametrize("method", MODULES)
def test_the_network_has_the_layers_of_the_settings(networks, method):
    seen, wanted = (18, 18) if method == "autoencoder" else (12, 6)
    shapes = [weights.shape for weights in networks[method].weights_]
    assert shapes == [(seen, 16), (16, 4), (4, 16), (16, wanted)]


def test_the_defaults_are_the_organisers():
    settings = validate(
        {"dataset": {"name": "x", "source": "synthetic"}, "detectors": dict.fromkeys(MODULES)}
    ).detectors
    for method in MODULES:
        network = settings[method].build(n_clips=3, seed=0)
        assert network.hidden == [128] * 4
        assert (network.bottleneck, network.stack) == (8, 5)
        assert (network.epochs, network.batch_size, network.learning_rate) == (100, 512, 1e-3)
    # the organisers' number, less the four values that normalise each unit of a hidden layer
    wide = autoencoder.FrameNetwork(epochs=1).fit([np.random.default_rng(0).normal(size=(9, 128))])
    count = sum(each.size for each in [*wide.weights_, *wide.biases_])
    assert count == 269992 - 4 * (8 * 128 + 8)


@pytest.mark.parametrize("method", MODULES)
def test_same_seed_same_bytes_and_a_file_that_scores_alike(networks, method, tmp_path):
    again = build(method).fit(TRAIN)
    other = build(method, seed=1).fit(TRAIN)
    for name, estimator in {"a": networks[method], "b": again, "c": other}.items():
        serialization.save(tmp_path / name, {"one": estimator})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes() != (tmp_path / "c").read_bytes()
    back = serialization.load(tmp_path / "a")["one"]
    assert np.array_equal(back.score_samples(NORMAL), again.score_samples(NORMAL))


@pytest.mark.parametrize("method", MODULES)
def test_more_epochs_fit_better(method):
    error = [-build(method, epochs=n).fit(TRAIN).score_samples(NORMAL).mean() for n in (1, 40)]
    assert error[1] < 0.5 * error[0]


@pytest.mark.parametrize("method", MODULES)
def test_clips_shorter_than_the_stack_and_silent_ones_have_scores(networks, method):
    short, silent = frames_of(7, length=2), np.full((40, BANDS), -100, np.float32)
    scores = -networks[method].score_samples([short, silent])
    assert np.isfinite(scores).all()
    assert scores[1] > -networks[method].score_samples(NORMAL).min()
    constant = build(method).fit([silent] * 4)
    assert np.isfinite(constant.score_samples([silent, *NORMAL])).all()


def test_training_clips_are_held_out_in_three_groups(tmp_path):
    clips = [
        ({"clip": f"{number}", "path": "", "split": split, "label": "normal"}, frames)
        for split, group in (("train", TRAIN), ("test", NORMAL))
        for number, frames in enumerate(group)
    ]
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", clips)
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    embedded = from_records(cache.clips, np.zeros((32, 1), np.float32), ["nothing"])
    projected = Projected(embedded, None, Groups.of_folds(np.arange(20) % 5), [])
    few = {"n_components": 2, "max_frames": 100, "aggregate": "mean"}
    settings = {"a": {"method": "autoencoder", **SMALL}, "f": {"method": "frames", **few}}
    results = detect_clips(embedded, projected, settings, seed=0, cache=cache)
    assert results["a"].cost.fits == 3
    assert results["f"].cost.fits == 5
    groups = np.arange(20) % 5 % 3
    for group in range(3):
        seen = [frames for frames, own in zip(TRAIN, groups, strict=True) if own != group]
        unseen = [frames for frames, own in zip(TRAIN, groups, strict=True) if own == group]
        expected = -build("autoencoder").fit(seen).score_samples(unseen)
        assert np.array_equal(results["a"].train_scores[groups == group], expected)


@pytest.mark.parametrize(
    ("method", "wrong"),
    [
        ("autoencoder", {"input": "embedding"}),
        ("autoencoder", {"hidden": []}),
        ("autoencoder", {"bottleneck": 0}),
        ("autoencoder", {"learning_rate": 0.0}),
        ("idnn", {"stack": 4}),
        ("idnn", {"stack": 1}),
        ("idnn", {"components": 3}),
    ],
)
def test_settings_out_of_bounds_are_refused(method, wrong):
    with pytest.raises(ValidationError):
        MODULES[method].Settings.model_validate({"method": method, **wrong})

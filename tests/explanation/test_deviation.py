import numpy as np
import pytest

from pygoodvibes.explanation import deviation
from pygoodvibes.explanation.deviation import (
    Normal,
    clip_levels,
    deviation_map,
    learn_normal,
    normal_of,
    smoothed,
)
from pygoodvibes.util.errors import UserError


def clip(seed, *, fault=False):
    rng = np.random.default_rng(seed)
    frames = rng.normal(-40, 1, size=(80, 12))
    frames[:, 3] += 15 * (np.arange(80) % 20 < 10)  # a band that works in strokes
    if fault:
        frames[30:50, 8] += 6
    return frames.astype(np.float32)


def test_smoothing_is_a_centred_mean_over_the_frames_that_there_are():
    frames = np.random.default_rng(0).normal(size=(20, 3))
    for smooth in (1, 4, 5, 50):
        before, after = (smooth - 1) // 2, smooth // 2
        expected = [frames[max(0, n - before) : n + after + 1].mean(axis=0) for n in range(20)]
        assert np.allclose(smoothed(frames, smooth), expected)


def test_levels_and_spreads_of_normal_frames():
    rng = np.random.default_rng(0)
    clips = [rng.normal([-40, -60], [1, 5], size=(1000, 2)) for _ in range(20)]
    normal = learn_normal(clips, smooth=1)
    assert np.allclose(normal.level, [-40, -60], atol=0.3)
    assert np.allclose(normal.spread, [1, 5], rtol=0.05)
    assert np.array_equal(learn_normal([np.zeros((5, 2))]).spread, [0.1, 0.1])


@pytest.mark.parametrize(
    "lengths", [[1], [2, 1], [3, 3, 700, 5], [400] * 21, [60] * 70, [250, 40] * 6]
)
def test_clips_are_worked_on_together_as_they_are_one_by_one(lengths):
    rng = np.random.default_rng(0)
    clips = [rng.normal(-40, 9, size=(length, 5)).astype(np.float32) for length in lengths]
    chosen = [
        smoothed(frames, 9)[np.unique(np.linspace(0, len(frames) - 1, 200).astype(int))]
        for frames in clips
    ]
    levels = np.concatenate(chosen).astype(np.float32).astype(np.float64)
    low, middle, high = np.quantile(levels, (0.25, 0.5, 0.75), axis=0)
    normal = learn_normal(iter(clips))
    assert np.array_equal(normal.level, middle)
    assert np.array_equal(normal.spread, np.maximum((high - low) / 1.349, 0.1))


def test_the_fault_lights_up_and_the_stroke_does_not():
    normal = learn_normal([clip(seed) for seed in range(30)])
    heard = np.abs(deviation_map(clip(99, fault=True), normal))
    assert np.unravel_index(heard.argmax(), heard.shape)[1] == 8
    assert heard[35:45, 8].min() > 5
    assert heard[:, 3].max() < 3
    assert np.abs(deviation_map(clip(99), normal)).max() < 6


def test_louder_is_above_zero_and_quieter_below():
    normal = Normal(np.array([-40.0]), np.array([2.0]), 1)
    assert np.array_equal(deviation_map(np.array([[-36.0], [-46.0]]), normal), [[2], [-3]])


def test_what_does_not_fit_is_refused():
    with pytest.raises(UserError, match="no normal training clip"):
        learn_normal([])
    normal = learn_normal([clip(0)])
    with pytest.raises(UserError, match="12 mel bands"):
        deviation_map(np.zeros((5, 13)), normal)
    assert deviation.FRAMES_A_CLIP > 1


def test_a_few_levels_of_each_clip_tell_nearly_what_all_frames_tell():
    clips = [clip(seed) for seed in range(12)]
    exact, near = learn_normal(clips), normal_of(np.stack([clip_levels(each) for each in clips]))
    assert (np.abs(near.level - exact.level) / exact.spread).max() < 0.1
    assert np.abs(near.spread / exact.spread - 1).max() < 0.15
    assert clip_levels(clips[0]).dtype == np.float32
    # a clip of a single frame has levels, too
    assert np.ptp(clip_levels(np.full((1, 3), -40.0))) == 0

import numpy as np
from pygoodvibes.embeddings.statistics import Settings, columns, embed

FRAMES = np.random.default_rng(0).normal(-40, 10, size=(50, 6)).astype(np.float32)
DELTA = Settings(method="statistics", mean=False, std=False, max=False, delta=True)


def test_delta_is_the_mean_step_between_frames():
    expected = np.abs(FRAMES[1:].astype(float) - FRAMES[:-1]).mean(axis=0)
    assert np.allclose(embed(FRAMES, DELTA), expected, rtol=1e-5)
    assert columns(6, DELTA) == [f"delta_{band:03d}" for band in range(6)]


def test_delta_does_not_see_the_level_but_sees_restlessness():
    assert np.allclose(embed(FRAMES + 25, DELTA), embed(FRAMES, DELTA), rtol=1e-5)
    assert (embed(np.sort(FRAMES, axis=0), DELTA) < embed(FRAMES, DELTA)).all()


def test_delta_of_one_frame_is_zero():
    assert np.array_equal(embed(FRAMES[:1], DELTA), np.zeros(6))


def test_delta_stands_between_max_and_the_sorted_statistics():
    both = Settings(method="statistics", delta=True, gwrp=[0.9])
    names = [name.partition("_")[0] for name in columns(1, both)]
    assert names == ["mean", "std", "max", "delta", "gwrp0.9"]
    assert np.array_equal(embed(FRAMES, both)[18:24], embed(FRAMES, DELTA))

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from pygoodvibes.embeddings.statistics import Settings, columns, embed, modulation_spread

NOTHING = {
    "method": "statistics",
    "mean": False,
    "std": False,
    "max": False,
    "delta": False,
    "gwrp": [],
    "modulation": 0,
}
FRAMES = np.random.default_rng(0).normal(-40, 10, size=(50, 6)).astype(np.float32)

matrices = arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.integers(1, 4)),
    elements=st.floats(-100, 50, width=32),
)


def only(**switched_on):
    return Settings.model_validate({**NOTHING, **switched_on})


def test_mean_std_and_max_over_time():
    expected = [FRAMES.mean(0), FRAMES.std(0), FRAMES.max(0)]
    values = embed(FRAMES, only(mean=True, std=True, max=True))
    assert values.dtype == np.float32
    assert np.allclose(values, np.concatenate(expected), rtol=1e-5)


@pytest.mark.parametrize("name", ["mean", "std", "max"])
def test_each_statistic_on_its_own(name):
    expected = getattr(FRAMES.astype(np.float64), name)(axis=0)
    assert np.allclose(embed(FRAMES, only(**{name: True})), expected, rtol=1e-6)


@given(matrices, st.integers(1, 8))
def test_modulation_splits_the_variance_over_time(values, octaves):
    parts = modulation_spread(values, octaves)
    assert parts.shape == (octaves, values.shape[1])
    assert np.allclose((parts**2).sum(axis=0), values.var(axis=0), atol=1e-6)


@pytest.mark.parametrize(("period", "octave"), [(2, 0), (3, 0), (4, 0), (5, 1), (8, 1), (100, 3)])
def test_modulation_by_how_fast_the_level_changes(period, octave):
    frames = 10 * np.cos(2 * np.pi * np.arange(800) / period)[:, None]
    parts = embed(frames, only(modulation=4))
    assert parts.argmax() == octave
    assert np.isclose(parts[octave], frames.std(), rtol=0.02)
    assert columns(1, only(modulation=4)) == ["mod4_000", "mod8_000", "mod16_000", "mod32_000"]


def test_one_frame_is_enough():
    settings = only(mean=True, std=True, max=True, quantiles=[0.25], gwrp=[0.5])
    values = embed(FRAMES[:1], settings).reshape(5, 6)
    assert np.array_equal(values[[0, 2, 3, 4]], np.repeat(FRAMES[:1], 4, axis=0))
    assert (values[1] == 0).all()


def test_columns_name_the_values_in_their_order():
    settings = only(mean=True, std=True, max=True, quantiles=[0.5, 0.95], gwrp=[0.9])
    names = columns(6, settings)
    assert len(names) == len(embed(FRAMES, settings)) == len(set(names))
    starts = ["mean_000", "std_000", "max_000", "q0.5_000", "q0.95_000", "gwrp0.9_000"]
    assert names[::6] == starts
    value = dict(zip(names, embed(FRAMES, settings), strict=True))
    assert value["max_003"] == FRAMES[:, 3].max()
    assert value["q0.5_005"] == pytest.approx(np.median(FRAMES[:, 5]), rel=1e-6)


@pytest.mark.parametrize(
    "wrong", [{}, {"quantiles": [1.1]}, {"gwrp": [-0.1]}, {"mean": "yes"}, {"median": True}]
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        only(**wrong)


DELTA = only(delta=True)


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
    both = Settings(method="statistics")
    names = [name.partition("_")[0] for name in columns(1, both)]
    assert names == ["mean", "std", "max", "delta", "gwrp0.9"]
    assert np.array_equal(embed(FRAMES, both)[18:24], embed(FRAMES, DELTA))

import dataclasses

import numpy as np
import pytest

import learnable_clips
from pygoodvibes.encoders.networks import SPECTRUM_OFFSET


def test_machine_ids_are_numbered_by_type_and_id():
    clips = learnable_clips.clips(per_id=2, ids=(("valve", "00"), ("fan", "00"), ("fan", "02")))
    assert clips.keys == [("fan", "00"), ("fan", "02"), ("valve", "00")]
    assert clips.ids.tolist() == [2, 2, 0, 0, 1, 1]
    assert clips.types.tolist() == [1, 1, 0, 0, 0, 0]
    assert len(clips) == 6


def test_clips_are_cut_at_random_or_repeated_to_one_length():
    frames = [np.arange(20.0).reshape(10, 2), np.arange(6.0).reshape(3, 2)]
    clips = learnable_clips.clips(per_id=2, ids=(("fan", "00"),))
    clips = dataclasses.replace(clips, frames=frames, n_frames=5)
    first = clips.windows(np.array([1, 0]))
    assert first.shape == (2, 5, 2) and first.dtype == np.float32
    assert first[0, :, 0].tolist() == [0, 2, 4, 0, 2] and first[1, :, 0].tolist() == [0, 2, 4, 6, 8]
    rng = np.random.default_rng(0)
    begins = {clips.windows(np.array([0]), rng)[0, 0, 0] for _ in range(100)}
    assert begins == {0, 2, 4, 6, 8, 10}


def test_scales_are_those_of_the_bands_and_of_logarithms():
    clips = learnable_clips.clips(n_bins=50)
    index = np.arange(0, 30, 2)
    scales = clips.scales(index)
    values = np.concatenate([clips.frames[number] for number in index])
    assert np.allclose(scales.mean, values.mean(0), atol=1e-3)
    assert np.allclose(scales.scale, values.std(0), rtol=1e-3)
    logs = np.log(clips.spectra[index] + SPECTRUM_OFFSET)
    assert scales.spectrum_mean == pytest.approx(logs.mean(), abs=1e-4)
    assert scales.spectrum_scale == pytest.approx(logs.std(), rel=1e-4)


def test_a_band_that_does_not_change_has_a_scale():
    clips = learnable_clips.clips(per_id=2, ids=(("fan", "00"),))
    still = dataclasses.replace(clips, frames=[np.full((4, 3), -100.0)] * 2)
    scales = still.scales(np.arange(2))
    assert scales.mean == (-100,) * 3 and min(scales.scale) > 0
    assert scales.spectrum_mean == 0 and scales.spectrum_scale == 1

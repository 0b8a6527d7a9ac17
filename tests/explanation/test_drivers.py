import numpy as np
import pytest

from pygoodvibes.audio import mel_cache
from pygoodvibes.explanation.deviation import Normal, deviation_map
from pygoodvibes.explanation.drivers import find_drivers, tamed
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.score_clip import of_model, score_clip

NORMAL = Normal(level=np.full(24, -30.0), spread=np.full(24, 2.0), smooth=1)


def loud(frames=slice(20, 30), bands=slice(8, 10), by=12.0):
    clip = np.full((100, 24), -30.0, dtype=np.float32)
    clip[frames, bands] += by
    return clip


def excess(clips):
    """Score clips by all that lies more than one spread above normal, dB."""
    return np.array([np.maximum(clip - (-28.0), 0.0).sum() for clip in clips])


def test_only_what_lies_beyond_a_spread_is_tamed():
    clip = loud()
    clip[0, 0] -= 9.0
    clip[1, 1] += 1.5
    calm = tamed(clip, NORMAL, deviation_map(clip, NORMAL))
    assert calm[25, 9] == pytest.approx(-28.0)
    assert calm[0, 0] == pytest.approx(-32.0)
    assert calm[1, 1] == clip[1, 1]


def test_the_loud_band_and_moment_drive_the_score():
    found = find_drivers(loud(), NORMAL, excess, bands=12, moments=10)
    assert found.score == pytest.approx(10 * 2 * 10.0)
    assert found.bands.argmax() == 4  # bands 8 and 9
    assert found.moments.argmax() == 2  # frames 20 to 29
    # all of the score is there, and nothing elsewhere
    assert found.bands.max() == pytest.approx(found.score)
    assert np.delete(found.bands, 4) == pytest.approx(np.zeros(11))
    assert np.delete(found.moments, 2) == pytest.approx(np.zeros(9))


def test_parts_cover_the_clip_once():
    found = find_drivers(loud()[:7], NORMAL, excess, bands=100, moments=10)
    assert found.band_limits.tolist() == list(range(25))
    assert found.moment_limits.tolist() == list(range(8))


def test_a_part_that_calms_the_score_counts_against_it():
    found = find_drivers(loud(), NORMAL, lambda clips: -excess(clips))
    assert found.bands.min() == pytest.approx(found.score)
    assert found.bands.max() == pytest.approx(0)


def test_a_model_says_what_drives_its_score(small):
    model = machine_model.load(small / "results/small/models/fan_id_00.pgv")
    folder = small / "resources/small/mel/fan"
    cache = mel_cache.open_cache(folder / "00.npy", folder / "00.clips.csv")
    clip = next(clip for clip in cache.clips if clip["label"] == "anomaly")
    result = score_clip(model, small / "data/small" / clip["path"])
    found = of_model(model, result.frames, result.detector)
    assert found.score == pytest.approx(result.score)
    assert found.bands.max() > 0

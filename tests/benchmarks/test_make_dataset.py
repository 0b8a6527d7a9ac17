import fractions
import importlib.util

import numpy as np
import pytest
import soundfile

from pygoodvibes.audio.read import inspect_audio
from pygoodvibes.data.find_clips import find_clips


@pytest.fixture(scope="module")
def make_dataset(root):
    """The script that makes the benchmark's data set."""
    path = root / "benchmarks/make_dataset.py"
    spec = importlib.util.spec_from_file_location("make_dataset", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_there_are_as_many_clips_as_in_the_development_set(make_dataset):
    assert sum(map(sum, make_dataset.COUNTS.values())) == 30987
    assert len(make_dataset.COUNTS) == 23


def test_a_machine_id_is_written_as_the_challenge_writes_it(make_dataset, tmp_path):
    scale = fractions.Fraction(1, 64)
    assert make_dataset.write_machine_id(tmp_path, "pump", "04", scale) == 9 + 4 + 4
    clips = find_clips(tmp_path, layout="dcase")
    found = [(clip.machine, clip.id, clip.split, clip.label) for clip in clips]
    assert found.count(("pump", "04", "train", "normal")) == 9
    assert found.count(("pump", "04", "test", "normal")) == 4
    assert found.count(("pump", "04", "test", "anomaly")) == 4
    hashes = set()
    for clip in clips:
        info = inspect_audio(tmp_path / clip.path)
        assert (info.samples, info.sample_rate, info.channels) == (160000, 16000, 1)
        hashes.add(info.xxh3_128)
        samples, _ = soundfile.read(tmp_path / clip.path)
        assert 0.001 < np.sqrt(np.mean(samples**2)) < 0.2
    assert len(hashes) == len(clips), "two clips are equal"

import numpy as np
import pytest

import learnable_clips
from pygoodvibes.audio.mel import clip_frames
from pygoodvibes.audio.mel_cache import MelCache
from pygoodvibes.encoders.gather import RowsOnDisk, gather, training_rows
from pygoodvibes.encoders.needs import needs_of
from pygoodvibes.util.errors import UserError

RATE, MEL = learnable_clips.RATE, learnable_clips.MEL
RNG = np.random.default_rng(0)
SIGNALS = {
    name: RNG.normal(size=samples).astype(np.float32)
    for name, samples in {"a": 8000, "b": 8000, "c": 9000, "odd": 8000, "test": 8000}.items()
}


def cache(*names):
    frames, clips, offset = [], [], 0
    for name in names:
        values = clip_frames(SIGNALS[name], sample_rate=RATE, **MEL).astype(np.float32)
        split, label = ("test", "normal") if name == "test" else ("train", "normal")
        label = "anomaly" if name == "odd" else label
        row = {"clip": name, "split": split, "label": label}
        clips.append({**row, "offset": offset, "frames": len(values)})
        frames.append(values)
        offset += len(values)
    return MelCache(np.concatenate(frames), clips)


CACHES = {("fan", "00"): cache("test", "a", "odd", "b"), ("fan", "02"): cache("c", "test")}


def needs(seconds):
    settings = learnable_clips.id_classifier(spectrum_seconds=seconds)
    return needs_of(settings, sample_rate=RATE, mel=MEL)


def gathered(tmp_path, seconds, **more):
    return gather(CACHES, needs(seconds), sample_rate=RATE, folder=tmp_path, **more)


def signals():
    for each in CACHES.values():
        yield from (SIGNALS[row["clip"]] for row in training_rows(each))


def test_attributes_come_by_the_names_of_clips(tmp_path):
    told = {("fan", "00"): {"b": "spd=1", "odd": "spd=2"}, ("fan", "02"): {"a": "spd=3"}}
    assert gathered(tmp_path, 0.0, attributes=told).attributes.tolist() == ["", "spd=1", ""]
    assert gathered(tmp_path, 0.0).attributes.tolist() == [""] * 3


def test_normal_training_clips_alone_are_learnt_from(tmp_path):
    clips = gathered(tmp_path, 0.0)
    assert clips.clip.tolist() == ["a", "b", "c"] and clips.spectra is None
    assert list(zip(clips.machine, clips.machine_id, strict=True)) == [
        ("fan", "00"),
        ("fan", "00"),
        ("fan", "02"),
    ]
    # 8000 samples are the usual length
    assert clips.n_frames == 1 + 8000 // 128
    assert np.array_equal(clips.frames[1], CACHES["fan", "00"].of(CACHES["fan", "00"].clips[3]))


def test_spectra_are_those_of_the_first_piece(tmp_path):
    clips = gathered(tmp_path, 1.0, signals=signals())
    assert clips.n_frames == 1 + 4000 // 128
    expected = np.abs(np.fft.rfft(SIGNALS["c"][:4000]))
    assert np.allclose(clips.spectra[2], expected, rtol=1e-3, atol=1e-3)
    # a short clip is repeated until it fills a piece
    longer = gathered(tmp_path, 3.0, signals=signals())
    assert np.allclose(
        longer.spectra[0], np.abs(np.fft.rfft(np.resize(SIGNALS["a"], 12000))), atol=1e-2
    )
    assert longer.n_frames == 1 + 8000 // 128


def test_rows_on_disk_are_those_that_were_written(tmp_path):
    values = np.random.default_rng(0).normal(size=(5, 70_000)).astype(np.float32)
    rows = RowsOnDisk(tmp_path / "rows", iter(values))
    assert rows.shape == values.shape
    assert np.array_equal(rows[3], values[3])
    index = np.array([4, 0, 0, 2])
    assert np.array_equal(rows[index], values[index])
    assert rows[index].dtype == np.float32


def test_what_can_not_be_learnt_from(tmp_path):
    with pytest.raises(UserError, match="no samples"):
        gathered(tmp_path, 1.0)
    with pytest.raises(UserError, match="no normal training clip"):
        gather({("fan", "00"): cache("test")}, needs(0.0), sample_rate=RATE, folder=tmp_path)

import numpy as np
import pytest
from pydantic import ValidationError

import made_encoders
from pygoodvibes.audio import mel_cache
from pygoodvibes.embeddings import librosa, statistics
from pygoodvibes.embeddings.embed import (
    columns_of,
    embed_clip,
    embed_clips,
    encoder_in,
    open_encoder,
)
from pygoodvibes.util.errors import UserError

FRAMES = np.random.default_rng(0).normal(-40, 10, size=(30, 6)).astype(np.float32)
SETTINGS = {"method": "statistics"}


@pytest.mark.parametrize("more", [{}, {"mean": False, "quantiles": [0.5]}])
def test_a_clip_is_embedded_by_the_method_that_the_settings_name(more):
    settings = {**SETTINGS, **more}
    checked = statistics.Settings.model_validate(settings)
    vector = embed_clip(FRAMES, settings)
    assert np.array_equal(vector, statistics.embed(FRAMES, checked))
    assert columns_of(6, settings) == statistics.columns(6, checked)
    assert len(vector) == len(columns_of(6, settings))


def test_settings_are_checked():
    with pytest.raises(ValidationError):
        embed_clip(FRAMES, {**SETTINGS, "nonsense": 1})


def test_settings_are_checked_once_for_many_clips(monkeypatch):
    checked = []
    before = statistics.Settings.model_validate
    monkeypatch.setattr(
        statistics.Settings, "model_validate", lambda given: checked.append(1) or before(given)
    )
    settings = {**SETTINGS, "gwrp": [0.123]}  # of no other test
    for _ in range(3):
        embed_clip(FRAMES, settings)
    assert len(checked) == 1


def test_clips_of_a_cache_become_rows(tmp_path):
    rows = [
        {"clip": f"c{n}.wav", "path": f"c{n}.wav", "split": split, "label": label}
        for n, (split, label) in enumerate(
            [("train", "normal"), ("test", "anomaly"), ("test", "unknown")]
        )
    ]
    parts = [FRAMES[:10], FRAMES[10:17], FRAMES[17:]]
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", zip(rows, parts, strict=True))
    vectors = embed_clips(mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv"), SETTINGS)
    assert list(vectors.clip) == ["c0.wav", "c1.wav", "c2.wav"]
    assert list(vectors.label) == ["normal", "anomaly", "unknown"]
    assert list(vectors.train) == [True, False, False]
    assert vectors.values.shape == (3, 30)
    for part, value in zip(parts, vectors.values, strict=True):
        assert np.array_equal(value, embed_clip(part, SETTINGS))


def test_an_embedding_of_samples_gets_the_samples_of_each_clip(tmp_path):
    settings = {"method": "librosa", "mfcc": 4}
    checked = librosa.Settings.model_validate(settings)
    rng = np.random.default_rng(0)
    signals = [rng.normal(scale=0.1, size=4000).astype(np.float32) for _ in range(3)]
    rows = [
        {"clip": f"c{n}.wav", "path": f"c{n}.wav", "split": "train", "label": "normal"}
        for n in range(3)
    ]
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [(row, FRAMES) for row in rows])
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    found = embed_clips(cache, settings, signals=iter(signals), sample_rate=16000)
    assert list(found.columns) == columns_of(cache.n_mels, settings)
    for signal, value in zip(signals, found.values, strict=True):
        expected = librosa.embed_signal(signal, checked, sample_rate=16000)
        assert np.array_equal(value, expected)
        one = embed_clip(FRAMES, settings, signal=signal, sample_rate=16000)
        assert np.array_equal(one, expected)


def test_an_embedding_by_an_encoder_takes_the_file_that_it_names(tmp_path):
    path = tmp_path / "small.onnx"
    path.write_bytes(made_encoders.small())
    settings = {"method": "onnx", "file": str(path)}
    encoder = open_encoder(settings)
    assert encoder_in(encoder.content, settings, "m.pgv").needs == encoder.needs
    rng = np.random.default_rng(0)
    signals = [rng.normal(scale=0.1, size=4000).astype(np.float32) for _ in range(2)]
    rows = [
        {"clip": f"c{n}.wav", "path": f"c{n}.wav", "split": "train", "label": "normal"}
        for n in range(2)
    ]
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [(row, FRAMES) for row in rows])
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    found = embed_clips(cache, settings, signals=iter(signals), sample_rate=16000, encoder=encoder)
    assert found.columns[0] == "encoded_0000" and found.values.shape == (2, 32)
    for signal, value in zip(signals, found.values, strict=True):
        one = embed_clip(FRAMES, settings, signal=signal, sample_rate=16000, encoder=encoder)
        assert np.array_equal(one, value)
    told = made_encoders.needs(axes="bdcf")
    other = encoder_in(encoder.content, {**settings, "needs": told.model_dump(mode="json")}, "m")
    signals[1] = signals[1][:2000]
    with pytest.raises(UserError, match=r"m: vectors of 64 to 128 values .*needs\.axes"):
        embed_clips(cache, settings, signals=iter(signals), sample_rate=16000, encoder=other)


def test_another_embedding_may_stand_beside_the_encoder(tmp_path):
    path = tmp_path / "small.onnx"
    path.write_bytes(made_encoders.small())
    settings = {"method": "onnx", "file": str(path), "beside": SETTINGS}
    encoder = open_encoder(settings)
    signal = np.random.default_rng(0).normal(scale=0.1, size=4000).astype(np.float32)
    row = {"clip": "c.wav", "path": "c.wav", "split": "train", "label": "normal"}
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [(row, FRAMES)])
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    found = embed_clips(cache, settings, signals=[signal], sample_rate=16000, encoder=encoder)
    names = columns_of(6, SETTINGS)
    assert list(found.columns) == [*names, *(f"encoded_{number:04d}" for number in range(32))]
    expected = embed_clip(FRAMES, SETTINGS), encoder.vector(signal, sample_rate=16000)
    assert np.array_equal(found.values[0], np.concatenate(expected))
    mel_cache.write(tmp_path / "b.npy", tmp_path / "b.csv", [])
    none = mel_cache.open_cache(tmp_path / "b.npy", tmp_path / "b.csv")
    found = embed_clips(none, settings, signals=[], sample_rate=16000, encoder=encoder)
    assert found.values.shape == (0, 0)


def test_what_runs_no_encoder_opens_none():
    assert open_encoder(SETTINGS) is None


def test_a_cache_without_clips_makes_no_vectors(tmp_path):
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [])
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    assert embed_clips(cache, SETTINGS).values.shape == (0, 0)

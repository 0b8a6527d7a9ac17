import numpy as np

from pygoodvibes.audio import mel_cache
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.embeddings.statistics import (
    Settings,
    embed,
)

FRAMES = np.random.default_rng(0).normal(-40, 10, size=(50, 6)).astype(np.float32)


def test_clips_of_a_cache_become_rows(tmp_path):
    rows = [
        {"clip": f"c{n}.wav", "path": f"c{n}.wav", "split": split, "label": label}
        for n, (split, label) in enumerate(
            [("train", "normal"), ("test", "anomaly"), ("test", "unknown")]
        )
    ]
    parts = [FRAMES[:10], FRAMES[10:17], FRAMES[17:]]
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", zip(rows, parts, strict=True))
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    vectors = embed_clips(cache, {"method": "statistics"})
    assert list(vectors.clip) == ["c0.wav", "c1.wav", "c2.wav"]
    assert list(vectors.label) == ["normal", "anomaly", "unknown"]
    assert list(vectors.train) == [True, False, False]
    assert vectors.values.shape == (3, 30)
    for part, value in zip(parts, vectors.values, strict=True):
        assert np.array_equal(value, embed(part, Settings(method="statistics")))


def test_a_cache_without_clips_makes_no_vectors(tmp_path):
    mel_cache.write(tmp_path / "a.npy", tmp_path / "a.csv", [])
    cache = mel_cache.open_cache(tmp_path / "a.npy", tmp_path / "a.csv")
    assert embed_clips(cache, {"method": "statistics"}).values.shape == (0, 0)

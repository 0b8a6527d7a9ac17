"""Vectors of supplemental recordings: those that the same samples have as clips."""

import numpy as np
import pytest
import soundfile

from pygoodvibes.audio import mel_cache
from pygoodvibes.config.validate import validate
from pygoodvibes.data.find_clips import find_clips
from pygoodvibes.data.manifest import inspect_clips
from pygoodvibes.data.supplemental_vectors import embed_supplemental, load, to_embed
from pygoodvibes.embeddings import vectors
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.util.csv_files import read_records
from pygoodvibes.util.errors import UserError

AUDIO = {"sample_rate": 16000, "resample": False, "channel": 0}
CONFIG = validate({"dataset": {"name": "x", "source": "synthetic"}, "detectors": {"knn": {}}})
MEL = CONFIG.mel.model_dump(mode="json")
EMBEDDING = CONFIG.embedding.model_dump(mode="json")
NAMES = ("section_00_machine_0001_", "section_00_noise_0001_", "section_00_noise_0002_")


@pytest.fixture
def rows(tmp_path):
    """Return the manifest of a section whose recordings are also its training clips."""
    rng = np.random.default_rng(0)
    for number, name in enumerate((*NAMES, "section_00_0001")):
        samples = rng.normal(scale=0.1, size=16000)
        for place in (f"supplemental/{name}", f"train/section_00_source_train_normal_000{number}"):
            path = tmp_path / "fan" / f"{place}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, 16000)
    silence = tmp_path / "fan/supplemental/section_00_noise_0003_.wav"
    soundfile.write(silence, np.zeros(16000), 16000)
    return inspect_clips(find_clips(tmp_path), tmp_path, **AUDIO)


def made(rows, folder, **more):
    paths = {"vectors_path": folder / "x.npz", "clips_path": folder / "x.clips.csv"}
    settings = {"audio": AUDIO, "mel": MEL, "embedding": EMBEDDING, **more}
    embed_supplemental(rows, folder, **settings, **paths)
    return paths["vectors_path"], read_records(paths["clips_path"])


def test_the_vectors_are_those_of_the_same_samples_as_clips(rows, tmp_path):
    path, _ = made(rows, tmp_path)
    embedded, arrays = vectors.load(path)
    assert embedded.clip.tolist() == [f"{name}.wav" for name in NAMES]
    assert set(embedded.split) == {"supplemental"}
    assert arrays["kind"].tolist() == ["clean", "noise", "noise"]

    frames = mel_cache.compute(rows, tmp_path, audio_settings=AUDIO, mel_settings=MEL)
    files = tmp_path / "mel.npy", tmp_path / "mel.csv"
    mel_cache.write(*files, frames)
    clips = embed_clips(mel_cache.open_cache(*files), EMBEDDING)
    assert clips.columns.tolist() == embedded.columns.tolist()
    assert np.array_equal(clips.values[:3], embedded.values)

    by_kind = load(path)
    assert np.array_equal(by_kind["clean"], embedded.values[:1])
    assert np.array_equal(by_kind["noise"], embedded.values[1:])


def test_an_embedding_of_samples_gets_the_samples(rows, tmp_path):
    settings = validate(
        {
            "dataset": {"name": "x", "source": "synthetic"},
            "embedding": {"method": "librosa"},
            "detectors": {"knn": {}},
        }
    ).embedding.model_dump(mode="json")
    path, _ = made(rows, tmp_path, embedding=settings)
    assert [len(values) for values in load(path).values()] == [1, 2]


def test_a_broken_recording_has_its_reason_and_the_rest_goes_on(rows, tmp_path):
    (tmp_path / "fan/supplemental" / f"{NAMES[1]}.wav").write_bytes(b"RIFF")
    path, table = made(rows, tmp_path)
    status = {row["clip"]: row["status"] for row in table}
    assert list(status) == [f"{name}.wav" for name in NAMES] + ["section_00_noise_0003_.wav"]
    assert [status[f"{name}.wav"] == "ok" for name in NAMES] == [True, False, True]
    assert "silence" in status["section_00_noise_0003_.wav"]
    assert [len(values) for values in load(path).values()] == [1, 1]


def test_only_recordings_of_a_known_kind_are_embedded(rows):
    assert [row["clip"] for row in to_embed(rows)] == [
        *(f"{name}.wav" for name in NAMES),
        "section_00_noise_0003_.wav",
    ]
    assert to_embed([row for row in rows if row["status"] == "ok"]) == []


def test_where_none_can_be_used_there_is_no_kind(rows, tmp_path):
    silent = [row for row in rows if "0003_" in row["clip"]]
    path, table = made(silent, tmp_path)
    assert len(table) == 1
    assert load(path) == {}


def test_a_file_that_does_not_tell_the_kinds_is_refused(rows, tmp_path):
    path, _ = made(rows, tmp_path)
    embedded, _ = vectors.load(path)
    vectors.save(path, embedded)
    with pytest.raises(UserError, match=r"lacks the array\(s\) kind"):
        load(path)

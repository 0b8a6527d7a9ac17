import json

import numpy as np
import pytest

import own_machine
from pygoodvibes import detection, machine_model, manifest, models, packing, scoring, vectors
from pygoodvibes.config import validate
from pygoodvibes.records import read_records, write_records

PARTS = ("clips", "mel_arrays", "mel_clips", "projections", "detectors", "scores", "notes")


def test_a_packed_model_scores_as_the_one_it_was_packed_from(tmp_path):
    from pygoodvibes import embeddings, layouts, mel_cache, projection

    for number in range(12):
        name = f"pump/train/normal_id_00_{number:08d}.wav"
        own_machine.write(tmp_path / "data" / name, number)
    for number in range(5):
        name = f"pump/test/anomaly_id_00_{number:08d}.wav"
        own_machine.write(tmp_path / "data" / name, 90 + number, whistle=0.02)
    config = validate(
        {
            "dataset": {"name": "x", "source": "folder", "path": "x"},
            "audio": {"sample_rate": own_machine.RATE},
            "detectors": {"fusion": {}, "lof": {}, "frames": {}},
            **own_machine.SMALL,
        }
    )
    audio, mel = (getattr(config, name).model_dump(mode="json") for name in ("audio", "mel"))
    rows = manifest.inspect_clips(layouts.find_clips(tmp_path / "data"), tmp_path / "data", **audio)
    paths = {name: str(tmp_path / name) for name in PARTS}
    write_records(paths["clips"], rows, manifest.COLUMNS)
    frames = mel_cache.compute(rows, tmp_path / "data", audio_settings=audio, mel_settings=mel)
    mel_cache.write(paths["mel_arrays"], paths["mel_clips"], frames)
    cache = mel_cache.open_cache(paths["mel_arrays"], paths["mel_clips"])
    embedded = embeddings.embed_clips(cache, config.embedding.model_dump(mode="json"))
    settings = config.projection.model_dump(mode="json")
    projected, more = projection.project_vectors(embedded, folds=5, seed=config.seed, **settings)
    vectors.save(paths["projections"], projected, **more)
    chosen = {name: each.model_dump(mode="json") for name, each in config.detectors.items()}
    results = detection.detect_clips(
        embedded, projected, more, chosen, seed=config.seed, cache=cache
    )
    detection.write_scores(paths["scores"], embedded, results)
    models.save(paths["detectors"], {name: each.estimator for name, each in results.items()})
    (tmp_path / "notes").write_text(json.dumps({name: r.notes for name, r in results.items()}))

    packing.pack_models(
        config,
        [("pump", "00")],
        **{name: [path] for name, path in paths.items()},
        folder=tmp_path / "models",
    )
    [entry] = read_records(tmp_path / "models" / "models.csv")
    assert entry["file"] == "pump_id_00.pgv" and entry["detectors"] == "fusion lof frames"
    model = machine_model.load(tmp_path / "models" / entry["file"])
    assert model.training["clips"] == 12
    for name, result in results.items():
        assert np.array_equal(model.held_out[name], result.train_scores)
        for clip, score in zip(cache.clips[:5], result.test_scores, strict=True):
            assert clip["split"] == "test"
            found = scoring.score_file(model, tmp_path / "data" / clip["path"], detector=name)
            assert found.score == pytest.approx(score, rel=1e-12)


@pytest.mark.parametrize("source", ["mel", "embedding"])
def test_without_audio_there_is_no_model_but_a_reason(tmp_path, source):
    dataset = {"name": "x", "source": source, "path": "x.csv"}
    config = validate({"dataset": dataset, "detectors": {"knn": {}}})
    nothing = {name: [] for name in PARTS}
    packing.pack_models(config, [("fan", "00")], **nothing, folder=tmp_path / "models")
    [entry] = read_records(tmp_path / "models" / "models.csv")
    assert entry["file"] == "" and entry["reason"].startswith(f"source {source}")


def test_what_could_not_be_fitted_has_a_reason(tmp_path):
    (tmp_path / "notes.json").write_text(json.dumps({"knn": ["not fitted: 2 clips"]}))
    models.save(tmp_path / "a.skops", {"knn": None})
    dataset = {"name": "x", "source": "folder", "path": "x"}
    places = {name: ["unused"] for name in PARTS}
    places |= {"detectors": [tmp_path / "a.skops"], "notes": [str(tmp_path / "notes.json")]}
    packing.pack_models(
        validate({"dataset": dataset, "detectors": {"knn": {}}}),
        [("fan", "00")],
        **places,
        folder=tmp_path / "models",
    )
    [entry] = read_records(tmp_path / "models" / "models.csv")
    assert (entry["file"], entry["reason"]) == ("", "not fitted: 2 clips")

import json
import pathlib

import numpy as np
import pytest

import own_machine
from pygoodvibes.choice.choose import write_choice
from pygoodvibes.choice.result import COLUMNS, read_choice
from pygoodvibes.config.validate import validate
from pygoodvibes.data import manifest
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.result import read_scores, write_scores
from pygoodvibes.detection.threshold import threshold
from pygoodvibes.embeddings import vectors
from pygoodvibes.models import machine_model, packing
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.util.csv_files import read_records, write_records

PARTS = ("clips", "mel_arrays", "mel_clips", "projections", "detectors", "scores", "notes")
CHOICE = ("choices", "choice_scores")


def config_of(**more):
    return validate(
        {
            "dataset": {"name": "x", "source": "folder", "path": "x"},
            "audio": {"sample_rate": own_machine.RATE},
            "detectors": {"fusion": {}, "lof": {}, "frames": {}},
            **own_machine.SMALL,
            **more,
        }
    )


def files_of(folder, config, machine_id, *, first=0, **sound):
    """Make clips of a machine ID and all files that its model is packed from."""
    from pygoodvibes.audio import mel_cache
    from pygoodvibes.data.find_clips import find_clips
    from pygoodvibes.embeddings import projection
    from pygoodvibes.embeddings.embed import embed_clips
    from pygoodvibes.embeddings.held_out import fold_clips

    for number in range(12):
        name = f"pump/train/normal_id_{machine_id}_{number:08d}.wav"
        own_machine.write(folder / "data" / name, first + number, **sound)
    for number in range(5):
        name = f"pump/test/anomaly_id_{machine_id}_{number:08d}.wav"
        own_machine.write(folder / "data" / name, first + 90 + number, whistle=0.02)
    audio, mel = (getattr(config, name).model_dump(mode="json") for name in ("audio", "mel"))
    rows = manifest.inspect_clips(find_clips(folder / "data"), folder / "data", **audio)
    paths = {name: str(folder / name) for name in (*PARTS, "embedding")}
    write_records(paths["clips"], rows, manifest.COLUMNS)
    frames = mel_cache.compute(rows, folder / "data", audio_settings=audio, mel_settings=mel)
    mel_cache.write(paths["mel_arrays"], paths["mel_clips"], frames)
    cache = mel_cache.open_cache(paths["mel_arrays"], paths["mel_clips"])
    embedded = embed_clips(cache, config.embedding.model_dump(mode="json"))
    vectors.save(paths["embedding"], embedded)
    settings = config.projection.model_dump(mode="json")
    folds = fold_clips(embedded.train.sum(), folds=5, seed=config.seed)
    projected = projection.project_vectors(embedded, folds, **settings)
    projection.save(paths["projections"], projected)
    detectors = {name: each.model_dump(mode="json") for name, each in config.detectors.items()}
    results = detect_clips(embedded, projected, detectors, seed=config.seed, cache=cache)
    write_scores(paths["scores"], embedded, results)
    estimators = {name: each.estimator for name, each in results.items()}
    notes = {name: list(each.notes) for name, each in results.items()}
    for name, reason in serialization.save(paths["detectors"], estimators).items():
        notes[name].append(reason)
    pathlib.Path(paths["notes"]).write_text(json.dumps(notes))
    return paths, cache, results


def test_a_packed_model_scores_as_the_one_it_was_packed_from(tmp_path):
    config = config_of()
    paths, cache, results = files_of(tmp_path, config, "00")
    packing.pack_models(
        config,
        [("pump", "00")],
        **{name: [paths[name]] for name in PARTS},
        **{name: [] for name in CHOICE},
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
            found = score_clip(model, tmp_path / "data" / clip["path"], detector=name)
            assert found.score == pytest.approx(score, rel=1e-12)


def test_a_model_holds_what_was_chosen_and_scores_bit_by_bit_as_the_workflow(tmp_path):
    config = config_of(default_detector="choice", choice={"top": 30})
    ids = {"00": {}, "02": {"first": 200, "whistle": 0.01}}
    made = {
        name: files_of(tmp_path / name, config, name, **options) for name, options in ids.items()
    }
    kinds = {
        "embedding": "embedding",
        "projection": "projections",
        "models": "detectors",
        "scores": "scores",
        "mel": "mel_arrays",
        "mel_clips": "mel_clips",
    }
    files = {
        name: {kind: paths[part] for kind, part in kinds.items()}
        for name, (paths, _, _) in made.items()
    }
    write_choice(
        "pump",
        files,
        {name: each.model_dump(mode="json") for name, each in config.detectors.items()},
        settings=config.choice.model_dump(exclude={"fixed"}),
        max_fpr=0.1,
        seed=config.seed,
        choice=tmp_path / "pump.json",
        scores=tmp_path / "pump.csv",
        final=tmp_path / "pump.final.csv",
    )
    packing.pack_models(
        config,
        [("pump", name) for name in made],
        **{part: [paths[part] for paths, _, _ in made.values()] for part in PARTS},
        choices=[tmp_path / "pump.json"] * 2,
        choice_scores=[tmp_path / "pump.final.csv"] * 2,
        folder=tmp_path / "models",
    )
    for name, (_, cache, _) in made.items():
        model = machine_model.load(tmp_path / "models" / f"pump_id_{name}.pgv")
        assert machine_model.dumps(model) == (tmp_path / f"models/pump_id_{name}.pgv").read_bytes()
        assert list(model.estimators) == ["choice", "fusion", "lof", "frames"]
        # whole detectors, members of several views, and members that see frames
        parts = {(part.detector, bool(part.member)) for part in model.estimators["choice"].parts}
        whole = {(detector, False) for detector in ("fusion", "lof", "frames")}
        assert parts == whole | {("fusion", True), ("frames", True)}
        known = read_choice(tmp_path / "pump.json", tmp_path / "pump.final.csv", name)
        held_out = [score for (split, _), score in known.scores.items() if split == "train"]
        assert sorted(model.held_out["choice"]) == sorted(held_out)
        assert model.provenance["notes"]["choice"] == known.notes
        judging = judge(model)
        assert judging.detector == "choice"
        assert judging.threshold == threshold(
            np.array(held_out), false_alarm_rate=0.1, method="quantile"
        )
        for clip in cache.clips[:5]:
            assert clip["split"] == "test"
            found = score_clip(model, tmp_path / name / "data" / clip["path"])
            assert found.score == known.scores["test", clip["clip"]]


@pytest.mark.parametrize("source", ["mel", "embedding"])
def test_without_audio_there_is_no_model_but_a_reason(tmp_path, source):
    dataset = {"name": "x", "source": source, "path": "x.csv"}
    config = validate({"dataset": dataset, "detectors": {"knn": {}}})
    nothing = {name: [] for name in (*PARTS, *CHOICE)}
    packing.pack_models(config, [("fan", "00")], **nothing, folder=tmp_path / "models")
    [entry] = read_records(tmp_path / "models" / "models.csv")
    assert entry["file"] == "" and entry["reason"].startswith(f"source {source}")


def test_what_could_not_be_fitted_has_a_reason(tmp_path):
    (tmp_path / "notes.json").write_text(json.dumps({"knn": ["not fitted: 2 clips"]}))
    serialization.save(tmp_path / "a.fitted", {"knn": None})
    dataset = {"name": "x", "source": "folder", "path": "x"}
    places = {name: ["unused"] for name in PARTS}
    places |= {name: [] for name in CHOICE}
    places |= {"detectors": [tmp_path / "a.fitted"], "notes": [str(tmp_path / "notes.json")]}
    packing.pack_models(
        validate({"dataset": dataset, "detectors": {"knn": {}}}),
        [("fan", "00")],
        **places,
        folder=tmp_path / "models",
    )
    [entry] = read_records(tmp_path / "models" / "models.csv")
    assert (entry["file"], entry["reason"]) == ("", "not fitted: 2 clips")


def test_what_a_file_cannot_hold_is_left_out_with_the_reason(tmp_path):
    density = {"method": "sklearn.neighbors.KernelDensity"}
    config = config_of(
        detectors={"density": density, "knn": {}}, default_detector="choice", choice={"top": 1}
    )
    paths, _, _ = files_of(tmp_path, config, "00")
    document = {
        "id": "00",
        "chosen": ["density"],
        "reason": "the only ID",
        "parts": [{"detector": "density", "member": "", "centre": 0.0, "scatter": 1.0}],
    }
    (tmp_path / "choice.json").write_text(json.dumps([document]))
    rows = [
        {"id": "00", "split": split, "clip": clip, "score": "1.0"}
        for split, clip in read_scores(paths["scores"])["density"]
    ]
    write_records(tmp_path / "choice.csv", rows, COLUMNS)
    packing.pack_models(
        config,
        [("pump", "00")],
        **{name: [paths[name]] for name in PARTS},
        choices=[tmp_path / "choice.json"],
        choice_scores=[tmp_path / "choice.csv"],
        folder=tmp_path / "models",
    )
    [entry] = read_records(tmp_path / "models" / "models.csv")
    assert (entry["file"], entry["detectors"]) == ("pump_id_00.pgv", "knn")
    assert "choice: not in this file, because density is not" in entry["reason"]
    assert "density: scored, but its model can't be kept in a file: " in entry["reason"]
    model = machine_model.load(tmp_path / "models" / entry["file"])
    assert list(model.estimators) == ["knn"]
    assert np.isfinite(model.held_out["density"]).all()
    assert "KernelDensity" in model.provenance["notes"]["density"][-1]

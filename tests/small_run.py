"""A run of a small data set, made by the library without Snakemake, in seconds."""

import json
import pathlib
import shutil
import tempfile

import threadpoolctl

from pygoodvibes.audio import mel_cache
from pygoodvibes.config.validate import validate
from pygoodvibes.data import final_manifest
from pygoodvibes.data.list_clips import found_rows, write_manifests
from pygoodvibes.data.sources.registry import settings_of
from pygoodvibes.data.synthesis.generate import write_machine
from pygoodvibes.detection import serialization
from pygoodvibes.detection.machine_id import detect_machine_id
from pygoodvibes.detection.result import read_scores, write_scores
from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.evaluation.evaluate import SCORE_COLUMNS, evaluate_machine_id
from pygoodvibes.evaluation.gather_metrics import write_metrics
from pygoodvibes.evaluation.representation import COLUMNS, CONFUSION_COLUMNS, check_representation
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.fit_clips import fit_clips
from pygoodvibes.report import representation_tables
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.workflow.provenance import describe

NAME = "small"
IDS = (("fan", "00"), ("fan", "02"), ("valve", "00"))
DETECTORS = ("fusion", "lof", "ocsvm")
CUT = "fan/test/normal_id_00_00000000.wav"
"""A clip that is cut short, so that it is left out."""

SETTINGS = {
    "dataset": {
        "name": NAME,
        "source": "synthetic",
        "machines": {"fan": ["00", "02"], "valve": ["00"]},
        "train_clips": 12,
        "test_normal_clips": 6,
        "test_anomaly_clips": 6,
        "seconds": 2.0,
    },
    "detectors": {"fusion": {}, "lof": {"n_neighbors": 4}, "ocsvm": {}},
    "evaluation": {"bootstrap": 50},
}


def make(root: pathlib.Path, *, with_models: bool = True) -> None:
    """Make clips, resources and results below an empty folder, as the workflow leaves them."""
    # one thread, as in the workflow: on a busy machine several wait for each other
    with threadpoolctl.threadpool_limits(1):
        _make(root, with_models=with_models)


def _make(root: pathlib.Path, *, with_models: bool) -> None:
    config = validate(SETTINGS)
    content = config.model_dump(mode="json")
    data, resources, results = (root / kind / NAME for kind in ("data", "resources", "results"))
    for folder in (data, resources / "final", results / "models"):
        folder.mkdir(parents=True)
    for machine in ("fan", "valve"):
        keys = ("train_clips", "test_normal_clips", "test_anomaly_clips", "seconds", "snr_db")
        write_machine(
            machine,
            content["dataset"]["machines"][machine],
            data / machine,
            **{key: content["dataset"][key] for key in (*keys, "seed")},
            sample_rate=content["audio"]["sample_rate"],
        )
    cut = data / CUT
    cut.write_bytes(cut.read_bytes()[:5000])
    # the generator's clips, found where they are here
    found = {"name": NAME, "source": "folder", "path": str(data), "layout": "dcase"}
    write_manifests(
        found_rows(settings_of("folder").model_validate(found)),
        found,
        content["audio"],
        manifest_path=resources / "manifest.csv",
        coverage_path=resources / "coverage.csv",
        ids_folder=resources / "manifests",
    )
    evaluations = [_run_id(config, content, resources, data, *key) for key in IDS]
    final_manifest.complete(
        resources / "manifest.csv",
        [resources / f"mel/{machine}/{each}.clips.csv" for machine, each in IDS],
        machine_ids=IDS,
        sample_rate=content["audio"]["sample_rate"],
        completed_path=resources / "final/manifest.csv",
        coverage_path=resources / "final/coverage.csv",
    )
    embedded = {
        (machine, each): vectors.load(resources / f"embedding/{machine}/{each}.npz")[0]
        for machine, each in IDS
    }
    projected, more = projection.project_overview(embedded)
    vectors.save(resources / "overview.npz", projected, **more)
    _check_representation(config, embedded, resources / "representation", results / "tables")
    outputs = {
        name: results / f"{name}.csv" for name in ("metrics", "averages", "sweep", "roc")
    } | {"metrics_json": results / "metrics.json", "scores": resources / "scores.csv"}
    write_metrics(
        coverage_path=str(resources / "final/coverage.csv"),
        evaluations=[str(path) for path, _ in evaluations],
        scores=[str(path) for _, path in evaluations],
        detectors=list(DETECTORS),
        outputs=outputs,
    )
    shutil.copy(resources / "final/manifest.csv", results / "manifest.csv")
    record = describe(content, read_records(results / "manifest.csv"), root / "logs")
    (results / "provenance.json").write_text(json.dumps(record))
    for machine, each in IDS if with_models else ():
        _pack(config, content, resources, data, results, machine, each)


def _run_id(config, content, resources, data, machine, machine_id):
    """Compute all of a machine ID; returns the files of its evaluation."""
    path = {
        kind: resources / kind / machine
        for kind in ("mel", "embedding", "projection", "detection", "evaluation")
    }
    for folder in path.values():
        folder.mkdir(parents=True, exist_ok=True)
    rows = read_records(resources / f"manifests/{machine}/{machine_id}.csv")
    mel = path["mel"] / f"{machine_id}.npy", path["mel"] / f"{machine_id}.clips.csv"
    settings = {"audio_settings": content["audio"], "mel_settings": content["mel"]}
    mel_cache.write(*mel, mel_cache.compute(rows, data, **settings))
    cache = mel_cache.open_cache(*mel)
    found = detect_machine_id(cache, content)
    vectors.save(path["embedding"] / f"{machine_id}.npz", found.embedded)
    projection.save(path["projection"] / f"{machine_id}.npz", found.projected)
    scores = path["detection"] / f"{machine_id}.scores.csv"
    write_scores(scores, found.embedded, found.results)
    serialization.save(
        path["detection"] / f"{machine_id}.fitted",
        {name: each.estimator for name, each in found.results.items()},
    )
    document, table = evaluate_machine_id(
        rows,
        scores=read_scores(scores),
        notes={name: each.notes for name, each in found.results.items()},
        explained_variance=found.projected.explained_variance_ratio,
        false_alarm_rates=dict.fromkeys(DETECTORS, config.threshold.false_alarm_rate),
        threshold_method=config.threshold.method,
        seed=config.seed,
        **content["evaluation"],
    )
    files = [path["evaluation"] / f"{machine_id}{end}" for end in (".json", ".scores.csv")]
    files[0].write_text(json.dumps(document))
    write_records(files[1], table, SCORE_COLUMNS)
    return files


def _check_representation(config, embedded, folder, tables):
    """Write which machines can be told apart."""
    folder.mkdir()
    tables.mkdir()
    confidence = config.evaluation.confidence
    numbers = check_representation(embedded, confidence=confidence, seed=config.seed)
    columns = COLUMNS, CONFUSION_COLUMNS
    files = [folder / f"{name}.csv" for name in ("accuracies", "confusion")]
    for path, rows, names in zip(files, numbers, columns, strict=True):
        write_records(path, rows, names)
    representation_tables.write_representation(
        accuracies=files[0],
        confusion=files[1],
        outputs={
            "table": tables / "representation.md",
            "csv": tables / "representation.csv",
            "confusion": tables / "representation_confusion.csv",
        },
        confidence=confidence,
        data="synthetic data",
    )


def _pack(config, content, resources, data, results, machine, machine_id):
    """Write the model of a machine ID."""
    rows = read_records(resources / f"manifests/{machine}/{machine_id}.csv")
    rows = [row for row in rows if row["split"] == "train"]
    settings = {"audio_settings": content["audio"], "mel_settings": content["mel"]}
    with tempfile.TemporaryDirectory() as folder:
        model, _ = fit_clips(
            config,
            rows,
            mel_cache.compute(rows, data, **settings),
            name=f"{machine} ID {machine_id}",
            folder=pathlib.Path(folder),
        )
    machine_model.save(results / f"models/{machine}_id_{machine_id}.pgv", model)

import json
import math

import numpy as np
import pytest
import soundfile

from pygoodvibes.audio import mel_cache
from pygoodvibes.config.config import Audio, Mel
from pygoodvibes.data import final_manifest, manifest
from pygoodvibes.data.list_clips import found_rows, write_manifests
from pygoodvibes.data.sources.folder import Settings as FolderDataset
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.result import read_scores, write_scores
from pygoodvibes.embeddings import projection
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.evaluation.averages import AVERAGE_COLUMNS
from pygoodvibes.evaluation.evaluate import COLUMNS, SCORE_COLUMNS, evaluate_machine_id
from pygoodvibes.evaluation.gather_metrics import gather_metrics, write_metrics
from pygoodvibes.util.csv_files import read_records, write_records

DETECTORS = {
    "knn": {"method": "knn", "input": "projection"},
    "lof": {"method": "lof", "input": "embedding", "n_neighbors": 3},
}


def coverage_entry(machine_id, train=5, note=""):
    entry = dict.fromkeys(manifest.COVERAGE_COLUMNS, 1)
    return {**entry, "machine": "fan", "id": machine_id, "train": train, "note": note}


def document_of(machine_id, auc, note=""):
    rows = [
        {
            **dict.fromkeys(COLUMNS, auc),
            "machine": "fan",
            "id": machine_id,
            "detector": name,
            "note": note,
        }
        for name in DETECTORS
    ]
    return {"metrics": rows, "sweep": [{"id": machine_id}]}


def test_ids_without_training_clips_are_listed_and_not_averaged():
    coverage = [coverage_entry("00"), coverage_entry("02", 1, "no detector can be fitted")]
    tables = gather_metrics([document_of("00", 0.75)], coverage, list(DETECTORS))
    assert [(row["id"], row["detector"], row["auc"]) for row in tables["metrics"]] == [
        ("00", "knn", 0.75),
        ("00", "lof", 0.75),
        ("02", "knn", ""),
        ("02", "lof", ""),
    ]
    assert tables["metrics"][2]["note"] == "no detector can be fitted"
    assert tables["headline"]["auc"] == {"knn": 0.75, "lof": 0.75}
    assert tables["sweep"] == [{"id": "00"}]


def test_a_caution_stands_in_its_row_and_not_among_the_averages():
    document = document_of("00", 0.75)
    for row in document["metrics"]:
        row["caution"] = "few" if row["detector"] == "lof" else ""
    tables = gather_metrics([document], [coverage_entry("00")], list(DETECTORS))
    assert {row["detector"]: row["caution"] for row in tables["metrics"]} == {
        "knn": "",
        "lof": "few",
    }
    assert "few" not in str(tables["headline"])


def test_notes_of_the_clips_and_of_the_fit_stand_together():
    coverage = [coverage_entry("00", note="no AUC: no normal test clip")]
    tables = gather_metrics([document_of("00", None, "lowered")], coverage, list(DETECTORS))
    assert tables["metrics"][0]["note"] == "no AUC: no normal test clip; lowered"
    assert tables["headline"]["auc"] == {"knn": None, "lof": None}


def test_an_id_is_listed_once_though_its_clips_turned_out_bad_after_the_evaluation():
    coverage = [coverage_entry("00", train=2, note="no detector can be fitted")]
    tables = gather_metrics([document_of("00", None, "not fitted")], coverage, list(DETECTORS))
    assert [row["detector"] for row in tables["metrics"]] == ["knn", "lof"]
    assert tables["metrics"][0]["note"] == "no detector can be fitted"
    assert tables["metrics"][0]["n_train"] == 2
    assert tables["metrics"][0]["n_test_normal"] == 1


def test_detectors_stand_in_the_order_of_the_config():
    tables = gather_metrics(
        [document_of("02", 0.5), document_of("00", 0.5)],
        [coverage_entry("00"), coverage_entry("02")],
        ["lof", "knn"],
    )
    order = [(row["id"], row["detector"]) for row in tables["metrics"]]
    assert order == [("00", "lof"), ("00", "knn"), ("02", "lof"), ("02", "knn")]


# --- the whole way of the clips of a small data set, with what may be wrong with them


def sound(rng, anomaly=False):
    return rng.normal(scale=0.5 if anomaly else 0.05, size=8000)


def make_clips(folder, machine_id, train=6, bad_train=0, normal=4, anomaly=4, test_content=None):
    rng = np.random.default_rng(int(machine_id))
    for split, label, count in [
        ("train", "normal", train + bad_train),
        ("test", "normal", normal),
        ("test", "anomaly", anomaly),
    ]:
        for number in range(count):
            samples = sound(rng, label == "anomaly")
            if number >= train if split == "train" else test_content == "silent":
                samples = np.zeros(8000)
            path = folder / "fan" / split / f"{label}_id_{machine_id}_{number:08d}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, 16000)


def run_all(folder, out):
    """Do what the rules do, from the audio to the tables."""
    audio, mel = Audio().model_dump(mode="json"), Mel().model_dump(mode="json")
    dataset = {"name": "t", "source": "folder", "path": str(folder)}
    write_manifests(
        found_rows(FolderDataset.model_validate(dataset)),
        dataset,
        audio,
        manifest_path=out / "manifest.csv",
        coverage_path=out / "coverage.csv",
        ids_folder=out / "ids",
    )
    files = {"mel_clips": [], "evaluations": [], "scores": []}
    embedded_of = {}
    for entry in read_records(out / "coverage.csv"):
        name = entry["id"]
        rows = read_records(out / "ids/fan" / f"{name}.csv")
        clips = out / f"{name}.clips.csv"
        frames = mel_cache.compute(rows, folder, audio_settings=audio, mel_settings=mel)
        mel_cache.write(out / f"{name}.npy", clips, frames)
        files["mel_clips"].append(str(clips))
        cache = mel_cache.open_cache(out / f"{name}.npy", clips)
        embedded = embed_clips(cache, {"method": "statistics"})
        embedded_of["fan", name] = embedded
        if not manifest.trainable(entry):
            continue
        folds = fold_clips(embedded.train.sum(), folds=3, seed=0)
        projected = projection.project_vectors(
            embedded, folds, n_components=0.9, standardize=True, whiten=False, residual=True
        )
        results = detect_clips(embedded, projected, DETECTORS, seed=0)
        write_scores(out / f"{name}.scores.csv", embedded, results)
        document, table = evaluate_machine_id(
            rows,
            scores=read_scores(out / f"{name}.scores.csv"),
            notes={key: each.notes for key, each in results.items()},
            explained_variance=projected.explained_variance_ratio,
            false_alarm_rates=dict.fromkeys(DETECTORS, 0.2),
            threshold_method="quantile",
            seed=0,
            max_fpr=0.1,
            sweep_settings=5,
            sweep_low=0.1,
            sweep_high=0.5,
            bootstrap=20,
            confidence=0.9,
        )
        assert list(document["test"]) == list(DETECTORS)
        (out / f"{name}.json").write_text(json.dumps(document, allow_nan=False))
        write_records(out / f"{name}.s.csv", table, SCORE_COLUMNS)
        files["evaluations"].append(str(out / f"{name}.json"))
        files["scores"].append(str(out / f"{name}.s.csv"))
    overview, _ = projection.project_overview(embedded_of)
    assert len(overview.clip) == sum(len(each.clip) for each in embedded_of.values())
    names = ("manifest", "coverage", "metrics", "averages", "sweep", "roc", "scores")
    outputs = {name: out / f"final_{name}.csv" for name in names}
    outputs["metrics_json"] = out / "metrics.json"
    final_manifest.complete(
        str(out / "manifest.csv"),
        files.pop("mel_clips"),
        machine_ids=[
            (entry["machine"], entry["id"]) for entry in read_records(out / "coverage.csv")
        ],
        sample_rate=16000,
        completed_path=outputs["manifest"],
        coverage_path=outputs["coverage"],
    )
    write_metrics(
        coverage_path=str(outputs["coverage"]), detectors=list(DETECTORS), outputs=outputs, **files
    )
    return {name: read_records(outputs[name]) for name in names} | {
        "headline": json.loads(outputs["metrics_json"].read_text())
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder, out = tmp_path_factory.mktemp("clips"), tmp_path_factory.mktemp("out")
    make_clips(folder, "00", train=0, bad_train=4, test_content="silent")  # nothing is left
    make_clips(folder, "01", train=1, bad_train=3)
    make_clips(folder, "02", train=2, bad_train=3)
    make_clips(folder, "03", bad_train=1)  # one training clip is lost
    make_clips(folder, "04")
    make_clips(folder, "05", anomaly=0)
    make_clips(folder, "06", normal=0)
    make_clips(folder, "07", test_content="silent")
    make_clips(folder, "08", train=2)
    make_clips(folder, "09", train=0)
    return run_all(folder, out)


def test_every_id_has_one_row_a_detector(results):
    found = [(row["id"], row["detector"]) for row in results["metrics"]]
    assert found == [(f"{number:02d}", name) for number in range(10) for name in DETECTORS]


@pytest.mark.parametrize(
    ("machine_id", "auc", "note"),
    [
        ("00", "", "no detector can be fitted: 0 usable training clip(s)"),
        ("01", "", "no detector can be fitted: 1 usable training clip(s)"),
        ("02", "", "no detector can be fitted: 2 usable training clip(s)"),
        ("03", "1", ""),
        ("04", "1", ""),
        ("05", "", "no AUC: no anomalous test clip"),
        ("06", "", "no AUC: no normal test clip"),
        ("07", "", "nothing to score: no usable test clip"),
        ("08", "", "no detector can be fitted: 2 usable training clip(s)"),
        ("09", "", "no detector can be fitted: 0 usable training clip(s)"),
    ],
)
def test_an_id_that_can_not_be_evaluated_says_why_and_the_rest_goes_on(
    results, machine_id, auc, note
):
    for row in results["metrics"]:
        if row["id"] == machine_id:
            assert row["auc"] == auc
            assert row["note"].startswith(note)
            assert bool(row["note"]) == bool(note)
            assert bool(row["threshold"]) == ("fitted" not in note)


def test_averages_are_over_the_ids_that_have_a_value(results):
    assert results["headline"]["auc"] == {"knn": 1.0, "lof": 1.0}
    counts = {row["n"] for row in results["averages"] if row["over"] == "IDs"}
    assert counts == {"2"}
    assert all(tuple(row) == AVERAGE_COLUMNS for row in results["averages"])


def test_the_manifest_has_every_clip_with_its_final_status(results):
    statuses = [row["status"] for row in results["manifest"]]
    assert len(statuses) == sum([12, 12, 13, 15, 14, 10, 10, 14, 10, 8])
    assert statuses.count("digital silence: all samples are equal") == 12 + 3 + 3 + 1 + 8
    assert set(statuses) == {"ok", "digital silence: all samples are equal"}
    left_out = {entry["id"]: entry["left_out"] for entry in results["coverage"]}
    assert left_out["00"] == "12"
    assert left_out["04"] == "0"


def test_scores_of_all_ids_stand_in_one_file(results):
    assert tuple(results["scores"][0]) == SCORE_COLUMNS
    by_id = {row["id"] for row in results["scores"]}
    assert by_id == {"01", "02", "03", "04", "05", "06", "07"}
    own = [row for row in results["scores"] if row["id"] == "04"]
    assert len(own) == 14 * len(DETECTORS)
    assert all(math.isfinite(float(row["score"])) for row in own)
    assert all(row["score"] == "" for row in results["scores"] if row["id"] == "02")

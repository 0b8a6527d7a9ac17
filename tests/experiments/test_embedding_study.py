import csv
import io

import numpy as np
import pytest

from made_studies import CONFIG, planned
from pygoodvibes.config.validate import validate
from pygoodvibes.experiments.embedding_cost import EmbeddingCost
from pygoodvibes.experiments.embedding_study import (
    compares_embeddings,
    control_of,
    csv_rows,
    embedding_rows,
    embeddings_table,
    names_of,
)
from pygoodvibes.report.table import NOTHING

EMBEDDINGS = [
    {"method": "statistics"},
    {"method": "triplet", "epochs": 5},
    {"method": "triplet", "epochs": 5, "beside": {"method": "statistics"}},
    {"method": "triplet", "epochs": 0},
    {"method": "onnx", "file": "a.onnx"},
    {"method": "onnx", "file": "a.onnx", "control": "random", "control_seed": 3},
    {"method": "onnx", "file": "b.onnx", "control": "random"},
]
IDS = [("fan", "00"), ("fan", "02"), ("valve", "00")]
BOOTSTRAP = {"max_fpr": 0.1, "resamples": 200, "confidence": 0.95, "seed": 1}


def runs_of(*embeddings):
    return planned(grid={"embedding": list(embeddings)}, detectors=["lof"])


def scores_of(run, apart, *, ids=IDS):
    """Make scores of test clips: anomalies lie `apart` higher; the same noise for every run."""
    rng = np.random.default_rng(7)
    rows = []
    for machine, machine_id in ids:
        for number, noise in enumerate(rng.normal(size=60)):
            bad = number % 2
            rows.append(
                {
                    "machine": machine,
                    "id": machine_id,
                    "detector": "lof",
                    "clip": f"{number}.wav",
                    "split": "test",
                    "label": "anomaly" if bad else "normal",
                    "score": str(noise + apart * bad),
                }
            )
    return rows


def compared(embeddings, apart, **changed):
    runs = runs_of(*embeddings)
    scores = {run.name: scores_of(run, by) for run, by in zip(runs, apart, strict=True)}
    costs = {run.name: EmbeddingCost(6, 2_500_000, 41.5, 0.0034) for run in runs}
    costs[runs[0].name] = EmbeddingCost(640, None, None, 0.0002)
    return embedding_rows(runs, scores, costs, **{**BOOTSTRAP, **changed})


def test_embeddings_have_the_names_that_the_study_gives_them():
    assert list(names_of(runs_of(*EMBEDDINGS)).values()) == [
        "statistics",
        "triplet, epochs 5",
        "triplet, epochs 5, beside statistics",
        "triplet, epochs 0",
        "onnx, file a.onnx",
        "onnx, file a.onnx, control random, control_seed 3",
        "onnx, file b.onnx, control random",
    ]
    both = planned(grid={"embedding": [{"method": "triplet"}], "mel.n_mels": [32, 64]})
    assert list(names_of(both).values()) == ["triplet, mel.n_mels 32", "triplet, mel.n_mels 64"]


def test_what_a_network_needs_is_in_its_name_only_where_that_tells_it_apart():
    network = {"method": "onnx", "file": "folder/a.onnx", "sha256": "0" * 64}
    needs = [
        {"sample_rate": rate, "inputs": [{"kind": "signal", "name": "x"}], "output": "y"}
        for rate in (16000, 32000)
    ]
    one, *_ = each = [{**network, "needs": need} for need in needs]
    random = {**one, "control": "random", "control_keeps": ["mel"]}
    assert list(names_of(runs_of(one, random)).values()) == [
        "onnx, file a.onnx",
        "onnx, file a.onnx, control random",
    ]
    told = list(names_of(runs_of(*each)).values())
    assert "sample_rate 16000" in told[0] and "folder/a.onnx" in told[1] and len(set(told)) == 2


def test_only_a_study_of_several_embeddings_compares_them():
    assert compares_embeddings(runs_of(*EMBEDDINGS[:2]))
    assert not compares_embeddings(planned(grid={"mel.n_mels": [32, 64]}))


def test_a_control_differs_in_nothing_but_what_was_learnt():
    runs = runs_of(*EMBEDDINGS)
    controls = [control_of(run, runs) for run in runs]
    assert controls == [None, runs[3], None, None, runs[5], None, None]


def test_a_control_has_the_same_mel_frames():
    config = validate(
        {**CONFIG.model_dump(mode="json"), "embedding": {"method": "triplet", "epochs": 5}}
    )
    runs = planned(config, grid={"embedding.epochs": [5, 0], "mel.n_mels": [32, 64]})
    assert [control_of(run, runs) for run in runs] == [runs[2], runs[3], None, None]


def test_differences_are_paired_and_have_a_sign():
    rows = compared([*EMBEDDINGS[:2], EMBEDDINGS[3]], [1.0, 2.0, 1.0])
    first, trained, untrained = rows
    assert first["auc_first"] is None and first["auc_control"] is None
    assert first["auc_low"] < first["auc"] < first["auc_high"]
    assert trained["control"] == "triplet, epochs 0" and untrained["control"] == ""
    difference = trained["auc"] - first["auc"]
    assert trained["auc_first"] == pytest.approx(difference) and difference > 0.1
    assert 0 < trained["auc_first_low"] < difference < trained["auc_first_high"]
    assert trained["auc_control"] == pytest.approx(difference)
    # the same clips with the same scores: no resample can tell them apart
    assert untrained["auc_first"] == untrained["auc_first_low"] == untrained["auc_first_high"] == 0
    assert trained["pauc_first"] == pytest.approx(trained["pauc"] - first["pauc"])


def test_only_machine_ids_count_that_every_row_has_scores_of():
    runs = runs_of(*EMBEDDINGS[:2])
    scores = {
        runs[0].name: scores_of(runs[0], 1.0),
        runs[1].name: scores_of(runs[1], 1.0, ids=IDS[:1]),
    }
    costs = dict.fromkeys(scores, EmbeddingCost(6, None, None, 0.001))
    rows = embedding_rows(runs, scores, costs, **BOOTSTRAP)
    assert rows[0]["auc"] == rows[1]["auc"] and rows[1]["auc_first"] == 0


def test_table_and_csv():
    rows = compared([*EMBEDDINGS[:2], EMBEDDINGS[3]], [1.0, 2.0, 1.0])
    table = embeddings_table(rows, title="Learnt", data="made", confidence=0.95, resamples=200)
    assert table.title == "Learnt: embeddings compared (made)"
    assert list(table.columns) == [
        "Embedding",
        "Detector",
        "AUC",
        "pAUC",
        "AUC to the first",
        "pAUC to the first",
        "AUC to its control",
        "pAUC to its control",
        "Values a clip",
        "Encoder, MB",
        "Training, s",
        "A clip, ms",
    ]
    assert table.rows[0][4:] == [NOTHING, NOTHING, NOTHING, NOTHING, "640", NOTHING, NOTHING, "0.2"]
    assert table.rows[1][8:] == ["6", "2.5", "42", "3.4"]
    assert table.rows[1][4].startswith("+") and "[" in table.rows[1][4]
    text = table.markdown()
    assert "The first: statistics." in text and "oracle" in text and "200 resamples" in text

    file = io.StringIO()
    written, columns = csv_rows(rows)
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    writer.writerows(written)
    back = list(csv.DictReader(io.StringIO(file.getvalue())))
    assert float(back[1]["auc_control"]) == pytest.approx(rows[1]["auc_control"], abs=1e-6)
    assert (back[0]["auc_first"], back[0]["training_seconds"], back[0]["values"]) == ("", "", "640")
    assert back[1]["encoder_bytes"] == "2500000"


def test_without_resamples_there_are_values_alone():
    rows = compared(EMBEDDINGS[:2], [1.0, 2.0], resamples=0)
    assert rows[1]["auc_first"] > 0.1 and rows[1]["auc_first_low"] is None
    text = embeddings_table(rows, title="x", data="", confidence=0.95, resamples=0).markdown()
    assert "No intervals: evaluation.bootstrap is 0." in text and "[" not in text

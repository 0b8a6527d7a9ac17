"""Metrics per domain within a run are those that the year's files give."""

import json
import math

import numpy as np
import pytest

from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.domains import (
    DOMAIN_COLUMNS,
    domain_metrics,
    official_interval,
    protocol_of,
)
from pygoodvibes.evaluation.evaluate import (
    COLUMNS,
    SCORE_COLUMNS,
    evaluate_machine_id,
    score_columns,
)
from pygoodvibes.evaluation.gather_metrics import gather_metrics, write_metrics
from pygoodvibes.evaluation.official_scores import write_official
from pygoodvibes.evaluation.year_score import SectionClips, score_folder
from pygoodvibes.util.csv_files import read_columns, read_records, write_records

SETTINGS = {
    "threshold_method": "quantile",
    "max_fpr": 0.1,
    "sweep_settings": 5,
    "sweep_low": 0.01,
    "sweep_high": 0.5,
    "bootstrap": 60,
    "confidence": 0.9,
    "seed": 3,
}


def manifest_rows(section="00", attribute="_spd_1", test_domains=True, machine="fan"):
    rows = []
    for domain, trained in (("source", 30), ("target", 4)):
        for split, label, count in (
            ("train", "normal", trained),
            ("test", "normal", 12),
            ("test", "anomaly", 10),
        ):
            for number in range(count):
                clip = f"section_{section}_{domain}_{split}_{label}_{number:04d}{attribute}.wav"
                known = domain if split == "train" or test_domains else ""
                given = {"machine": machine, "id": section, "split": split, "label": label}
                rows.append({**given, "clip": clip, "domain": known, "status": "ok"})
    return rows


def scores_of(rows, seed=0):
    rng = np.random.default_rng(seed)
    return {
        (row["split"], row["clip"]): float(
            rng.normal() + (row["label"] == "anomaly") + 0.7 * ("_target_" in row["clip"])
        )
        for row in rows
    }


def evaluated(rows, seed=0, detectors=("knn",), **changes):
    return evaluate_machine_id(
        rows,
        scores={name: scores_of(rows, seed + n) for n, name in enumerate(detectors)},
        notes=dict.fromkeys(detectors, ()),
        explained_variance=np.array([0.9]),
        false_alarm_rates=dict.fromkeys(detectors, 0.1),
        **{**SETTINGS, **changes},
    )


def arrays(rows, scores):
    test = [row for row in rows if row["split"] == "test"]
    return (
        np.array([scores["test", row["clip"]] for row in test]),
        np.array([row["label"] == "anomaly" for row in test]),
        np.array([row["domain"] for row in test]),
    )


def test_a_domain_has_its_own_normal_clips_and_the_anomalies_of_both():
    rows = manifest_rows()
    document, _ = evaluated(rows)
    [found] = document["metrics"]
    scores, anomalous, domain = arrays(rows, scores_of(rows))
    for name in ("source", "target"):
        mask = (domain == name) | anomalous
        wanted = metrics.auc(anomalous[mask], scores[mask])
        assert found[f"auc_{name}"] == pytest.approx(wanted, abs=1e-9)
        assert found[f"auc_{name}_low"] < found[f"auc_{name}"] < found[f"auc_{name}_high"]
        own = domain == name
        rates = metrics.confusion(anomalous[own], scores[own] > found["threshold"])
        for rate in ("sensitivity", "specificity", "precision", "f1"):
            assert found[f"{rate}_{name}"] == pytest.approx(rates[rate], abs=1e-9, nan_ok=True)
    parts = [found["auc_source"], found["auc_target"], found["pauc"]]
    assert found["official"] == pytest.approx(metrics.harmonic_mean(parts), abs=1e-6)
    assert found["official_low"] < found["official"] < found["official_high"]


def test_a_year_of_the_config_counts_whatever_the_names_say():
    for attribute, year in (("", 2023), ("_spd_1", 2021)):
        rows = manifest_rows(attribute=attribute)
        by_name, of_year = evaluated(rows)[0], evaluated(rows, year=year)[0]
        assert of_year["metrics"][0]["auc_target"] != by_name["metrics"][0]["auc_target"]
        same = evaluated(rows, year=2023 if attribute else 2021)[0]
        assert json.dumps(same) == json.dumps(by_name)


@pytest.mark.parametrize(("attribute", "year"), [("", None), ("_spd_1", 2021)])
def test_in_2021_a_domain_counts_its_own_anomalies(attribute, year):
    # without a year the names tell: they have no attribute
    rows = manifest_rows(attribute=attribute)
    [found] = evaluated(rows, year=year)[0]["metrics"]
    scores, anomalous, domain = arrays(rows, scores_of(rows))
    own = domain == "target"
    assert found["auc_target"] == pytest.approx(metrics.auc(anomalous[own], scores[own]), abs=1e-9)
    parts = [found[f"{name}_{d}"] for name in ("auc", "pauc") for d in ("source", "target")]
    assert found["official"] == pytest.approx(metrics.harmonic_mean(parts), abs=1e-6)


@pytest.mark.parametrize(("year", "attribute"), [(2021, ""), (2023, "_spd_1")])
def test_the_official_score_is_that_of_the_files_that_leave_the_run(tmp_path, year, attribute):
    documents, coverage = [], []
    sections = ("00", "01", "02") if year == 2021 else ("00",)
    for number, machine in enumerate(("fan", "gearbox")):
        for section in sections:
            document, _ = evaluated(manifest_rows(section, attribute, machine=machine), seed=number)
            path = tmp_path / f"{machine}_{section}.json"
            path.write_text(json.dumps(document))
            write_official([str(path)], tmp_path / "official")
            documents.append(document)
            coverage.append({"machine": machine, "id": section, "train": 34, "note": ""})
    tables = gather_metrics(documents, coverage, ["knn"])
    [of_files] = score_folder(tmp_path / "official" / "knn", year, resamples=0)
    by_section = {(row["machine"], row["section"]): row for row in of_files.sections}
    assert len(by_section) == len(documents)
    for row in tables["metrics"]:
        wanted = by_section[row["machine"], row["id"]]
        for name in ("auc_source", "auc_target"):
            assert row[name] == pytest.approx(wanted[name], abs=1e-9)
    parts = [row[name] for row in of_files.sections for name in of_files.protocol.metrics]
    assert tables["headline"]["official"]["knn"] == pytest.approx(
        metrics.harmonic_mean(parts), abs=1e-6
    )
    low, high = (tables["headline"][f"official_{end}"]["knn"] for end in ("low", "high"))
    assert low < tables["headline"]["official"]["knn"] < high


def test_without_domains_nothing_is_added():
    rows = [{**row, "domain": ""} for row in manifest_rows()]
    document, table = evaluated(rows)
    assert "draws" not in document
    assert set(document["metrics"][0]) == set(COLUMNS)
    assert score_columns(table) == SCORE_COLUMNS
    assert set(table[0]) == set(SCORE_COLUMNS)
    coverage = [{"machine": "fan", "id": "00", "train": 34, "note": ""}]
    assert set(gather_metrics([document], coverage, ["knn"])["headline"]) == {
        "auc",
        "pauc",
        "auc_by_type",
    }


def test_hidden_domains_of_test_clips_leave_only_those_of_training_clips():
    rows = manifest_rows(test_domains=False)
    document, table = evaluated(rows)
    assert "draws" not in document
    assert {row["domain"] for row in table if row["split"] == "train"} == {"source", "target"}
    assert {row["domain"] for row in table if row["split"] == "test"} == {""}


def test_a_domain_without_normal_clips_has_no_value():
    scores = np.array([0.1, 0.2, 0.9])
    clips = SectionClips(
        scores, np.array([False, False, True]), np.array(["source", "source", "target"]), scores > 0
    )
    row, draws = domain_metrics(
        clips, protocol_of(["section_00_test_0000.wav"]), bootstrap=10, confidence=0.9, seed=0
    )
    assert draws == {}
    assert set(row) == set(DOMAIN_COLUMNS)
    assert row["auc_source"] == 1
    assert math.isnan(row["auc_target"])
    assert math.isnan(row["official"])


def test_the_interval_of_the_set_is_that_of_the_harmonic_mean_of_all_draws():
    rng = np.random.default_rng(0)
    draws = [{name: rng.uniform(0.4, 0.9, 200) for name in "abc"} for _ in range(4)]
    every = np.array([values for section in draws for values in section.values()])
    harmonic = [metrics.harmonic_mean(column) for column in every.T]
    assert official_interval(draws, 0.8) == pytest.approx(tuple(np.quantile(harmonic, [0.1, 0.9])))


def test_files_have_the_columns_of_domains_only_where_clips_have_some(tmp_path):
    outputs = {
        name: tmp_path / name
        for name in ("metrics_json", "metrics", "averages", "sweep", "roc", "scores")
    }
    known = evaluated(manifest_rows("00"))
    hidden = evaluated([{**row, "domain": ""} for row in manifest_rows("01")])
    coverage, files = [], {"evaluations": [], "scores": []}
    for section, (document, table) in (("00", known), ("01", hidden)):
        coverage.append({"machine": "fan", "id": section, "train": 34, "note": ""})
        (tmp_path / f"{section}.json").write_text(json.dumps(document))
        write_records(tmp_path / f"{section}.csv", table, score_columns(table))
        files["evaluations"].append(str(tmp_path / f"{section}.json"))
        files["scores"].append(str(tmp_path / f"{section}.csv"))
    write_records(tmp_path / "coverage.csv", coverage, list(coverage[0]))
    write_metrics(
        coverage_path=str(tmp_path / "coverage.csv"), detectors=["knn"], outputs=outputs, **files
    )
    first, second = read_records(outputs["metrics"])
    assert read_columns(outputs["metrics"])[-1] == "note"
    assert float(first["official"]) == pytest.approx(known[0]["metrics"][0]["official"], rel=1e-5)
    assert second["official"] == second["auc_source"] == ""
    rows = read_records(outputs["scores"])
    assert {(row["id"], row["domain"]) for row in rows} == {
        ("00", "source"),
        ("00", "target"),
        ("01", ""),
    }
    assert len(rows) == len(known[1]) + len(hidden[1])

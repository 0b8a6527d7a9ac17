"""A data set with a source and a target domain, through the workflow."""

import csv
import json
import re

import pytest
import yaml

import tiny_project
from pygoodvibes.models import machine_model
from tiny_project import METRICS, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_small_set_with_domains_runs_to_its_tables_and_official_files(root, tmp_path):
    folder = tiny_project.make(root, tmp_path / "here")
    settings = yaml.safe_load((root / "config" / "first_shot.yaml").read_text())
    settings["dataset"] |= {"machines": {"fan": ["04"]}, "name": "tiny", "seconds": 1.0}
    settings["dataset"] |= {"train_clips": 12, "test_normal_clips": 3, "test_anomaly_clips": 3}
    settings["detectors"] = {
        name: settings["detectors"][name] for name in ("domain_knn", "shuffled", "knn")
    }
    settings["evaluation"] = {"bootstrap": 20}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    results = folder / "results/tiny"
    snakemake(
        folder, "-j2", "--", METRICS, "results/tiny/tables/tables.html", "results/tiny/models"
    )

    kinds = {(row["split"], row["domain"]) for row in rows(folder / "resources/tiny/scores.csv")}
    assert kinds == {(split, name) for split in ("train", "test") for name in ("source", "target")}
    of_test = {}
    for row in rows(folder / "resources/tiny/scores.csv"):
        of_test.setdefault(row["detector"], {})[row["split"], row["clip"]] = float(row["score"])
    assert of_test["domain_knn"] != of_test["shuffled"] != of_test["knn"]

    headline = json.loads((results / "metrics.json").read_text())
    metrics = {row["detector"]: row for row in rows(results / "metrics.csv")}
    assert set(headline["official"]) == set(metrics) == {"domain_knn", "shuffled", "knn"}
    for name, row in metrics.items():
        assert float(row["official"]) == pytest.approx(headline["official"][name], abs=1e-5)
    for name, word in (
        ("averages", "Official score"),
        ("machine_ids", "AUC per domain"),
        ("thresholds", "Decisions per domain"),
        ("clips", "Clips per domain"),
    ):
        text = (results / f"tables/{name}.md").read_text()
        assert f"## {word}" in text
        assert "Section" in text or name == "averages"
    for path in sorted((results / "tables").glob("*.md")):
        assert not re.search(r"\bIDs?\b", path.read_text()), path.name

    # banks of both domains come back from the model file
    model = machine_model.load(results / "models/fan_id_04.pgv")
    [fit, *_] = model.estimators["domain_knn"].fits
    assert len(fit.banks_) == 2

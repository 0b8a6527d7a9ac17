"""An encoder that the workflow trains: what it has learnt from, and when it is trained again."""

import csv
import math
import shutil

import pytest
import yaml

import tiny_project
from pygoodvibes.embeddings import vectors
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.score_clip import score_clip
from tiny_project import METRICS, snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

SETTINGS = {
    **tiny_project.TINY,
    "embedding": {
        "method": "triplet",
        "epochs": 1,
        "channels": [4, 4],
        "hidden": 8,
        "dimensions": 6,
        "calibration": 0.5,
    },
    "detectors": {"lof": {"n_neighbors": 3}},
    "choice": None,
}
MODELS = "results/tiny/models"
FOR_TYPE = {"trained_for": "machine_type"}
ENCODER = "resources/tiny/encoder/encoder.onnx"


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(folder, **changed):
    (folder / "tiny.yaml").write_text(yaml.safe_dump({**SETTINGS, **changed}))


def test_a_trained_encoder_embeds_and_is_kept_as_long_as_its_clips_and_settings_are_the_same(
    root, tmp_path
):
    folder = tiny_project.make(root, tmp_path / "here")
    write(folder)
    snakemake(folder, "-j2", "--", METRICS, MODELS)

    # thresholds come from clips that the encoder has not seen
    kept = {
        (row["machine"], row["id"], row["clip"])
        for row in rows(folder / "resources/tiny/encoder/clips.csv")
        if row["role"] == "calibration"
    }
    assert len(kept) == 8
    for machine_id in ("00", "02"):
        scores = rows(folder / f"resources/tiny/detection/fan/{machine_id}.scores.csv")
        held_out = {
            ("fan", machine_id, row["clip"])
            for row in scores
            if row["split"] == "train" and row["lof"]
        }
        assert held_out == {key for key in kept if key[1] == machine_id}
        assert all(row["lof"] for row in scores if row["split"] == "test")
        embedded, more = vectors.load(folder / f"resources/tiny/embedding/fan/{machine_id}.npz")
        assert embedded.values.shape == (16, 6)
        assert vectors.unseen(embedded, more).sum() == 4 + 8

    # a model carries the encoder, and scores as the workflow does
    model = machine_model.load(folder / MODELS / "fan_id_00.pgv")
    content = (folder / ENCODER).read_bytes()
    assert model.encoder.content == content
    [expected] = [
        float(row["lof"])
        for row in rows(folder / "resources/tiny/detection/fan/00.scores.csv")
        if row["clip"] == "anomaly_id_00_00000000.wav"
    ]
    clip = folder / "data/tiny/fan/test/anomaly_id_00_00000000.wav"
    assert math.isclose(score_clip(model, clip).score, expected, rel_tol=1e-6)

    # another detector trains nothing again
    trace = folder / "trace"
    write(folder, detectors={"knn": {}})
    snakemake(folder, "-j2", "--", METRICS, PYGOODVIBES_TRACE=str(trace))
    ran = {line.split("/")[2].partition(".")[0] for line in trace.read_text().splitlines()}
    assert "detect" in ran and not ran & {"train_encoder", "embed_signal", "mel"}

    # even if its files are gone it is taken from where trainings are kept
    shutil.rmtree(folder / "resources/tiny/encoder")
    snakemake(folder, "-j2", "--", ENCODER)
    assert (folder / ENCODER).read_bytes() == content
    assert "epoch 1 of" not in (folder / "logs/tiny/train_encoder.log").read_text()

    # one for each machine type: that of the fans has learnt from the same clips as before
    machines = {"fan": ["00", "02"], "pump": ["00", "02"]}
    dataset = {**SETTINGS["dataset"], "machines": machines}
    write(folder, dataset=dataset, embedding={**SETTINGS["embedding"], **FOR_TYPE})
    snakemake(folder, "-j2", "--", METRICS, MODELS)
    of_type = {
        machine: (folder / f"resources/tiny/encoder/{machine}/encoder.onnx").read_bytes()
        for machine in machines
    }
    assert of_type["fan"] == content != of_type["pump"]
    for machine, expected in of_type.items():
        assert {row["machine"] for row in rows(trained_on(folder, machine))} == {machine}
        model = machine_model.load(folder / MODELS / f"{machine}_id_02.pgv")
        assert model.encoder.content == expected


def trained_on(folder, machine):
    return folder / f"resources/tiny/encoder/{machine}/clips.csv"

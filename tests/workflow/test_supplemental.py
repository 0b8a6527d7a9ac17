"""A data set with supplemental recordings, through the workflow."""

import csv
import json

import numpy as np
import pytest
import soundfile
import yaml

import tiny_project
from pygoodvibes.detection.result import read_scores
from pygoodvibes.embeddings import vectors
from pygoodvibes.models import machine_model
from tiny_project import snakemake

pytestmark = [pytest.mark.workflow, pytest.mark.xdist_group("workflow")]

VECTORS = "resources/tiny/supplemental/fan/04.npz"
WANTED = (
    "resources/tiny/detection/fan/04.scores.csv",
    "resources/tiny/final/manifest.csv",
    "results/tiny/models",
)


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def folder(root, tmp_path_factory):
    """Return a project with the clips of a section, without recordings of the machine or noise."""
    folder = tiny_project.make(root, tmp_path_factory.mktemp("supplemental") / "here")
    settings = yaml.safe_load((root / "config" / "first_shot.yaml").read_text())
    settings["dataset"] |= {"machines": {"fan": ["04"]}, "name": "tiny", "seconds": 1.0}
    settings["dataset"] |= {"train_clips": 12, "test_normal_clips": 3, "test_anomaly_clips": 3}
    settings["detectors"] = {
        "nuisance_knn": {"n_neighbors": 1},
        "control": {"method": "nuisance_knn", "shuffle_supplemental": True},
        "knn": {"n_neighbors": 1},
    }
    settings["default_detector"] = "knn"
    configure(folder, settings)
    return folder


def configure(folder, settings, **domains):
    settings["dataset"]["domains"] |= domains
    (folder / "tiny.yaml").write_text(yaml.safe_dump(settings))


def scores(folder):
    return read_scores(folder / WANTED[0])


def notes(folder):
    return json.loads((folder / "resources/tiny/detection/fan/04.notes.json").read_text())


def test_they_are_embedded_where_a_detector_sees_them_and_its_model_keeps_what_they_tell(folder):
    settings = yaml.safe_load((folder / "tiny.yaml").read_text())
    said = snakemake(folder, "-j2", "--", *WANTED)
    assert "embed_supplemental" not in said
    assert not (folder / VECTORS).exists()
    without = scores(folder)
    assert without["nuisance_knn"] == without["control"]
    assert "no supplemental recordings" in " ".join(notes(folder)["nuisance_knn"])

    configure(folder, settings, supplemental="noise", supplemental_clips=6)
    snakemake(folder, "-j2", "--", "data/tiny/fan")
    silent = folder / "data/tiny/fan/supplemental/section_04_noise_0006_.wav"
    samples, rate = soundfile.read(silent)
    soundfile.write(silent, np.zeros(len(samples)), rate)
    # known to be changed by somebody, as a set of recordings would be
    settings["dataset"] = {
        "name": "tiny",
        "source": "folder",
        "path": "data/tiny",
        "layout": "dcase",
    }
    (folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    snakemake(folder, "-j2", "--", *WANTED)

    embedded, arrays = vectors.load(folder / VECTORS)
    assert embedded.clip.tolist() == [f"section_04_noise_000{n}_.wav" for n in range(1, 6)]
    assert arrays["kind"].tolist() == ["noise"] * 5
    clips, _ = vectors.load(folder / "resources/tiny/embedding/fan/04.npz")
    assert set(clips.split) == {"train", "test"}
    status = {
        row["clip"]: row["status"]
        for row in rows(folder / WANTED[1])
        if "/supplemental/" in row["path"]
    }
    assert "silence" in status.pop(silent.name)
    assert set(status.values()) == {
        "supplemental recording of noise: neither a training nor a test clip"
    }
    assert len(status) == 5

    found = scores(folder)
    assert found.keys() == without.keys()
    assert found["knn"] == without["knn"]
    assert found["nuisance_knn"].keys() == without["nuisance_knn"].keys()
    values = [tuple(found[name].values()) for name in ("nuisance_knn", "control")]
    assert len({*values, tuple(without["nuisance_knn"].values())}) == 3
    assert notes(folder)["nuisance_knn"] == []

    model = machine_model.load(folder / "results/tiny/models/fan_id_04.pgv")
    fits = model.estimators["nuisance_knn"].fits
    assert [fit.removed_.shape[0] for fit in fits] == [2] * len(fits)

    # without a detector that sees them they are left where they are
    (folder / VECTORS).unlink()
    settings["detectors"] = {"knn": {"n_neighbors": 1}}
    (folder / "tiny.yaml").write_text(yaml.safe_dump(settings))
    assert "embed_supplemental" not in snakemake(folder, "-j2", "--", *WANTED)
    assert not (folder / VECTORS).exists()
    assert scores(folder)["knn"] == found["knn"]

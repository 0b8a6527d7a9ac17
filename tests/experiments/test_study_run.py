import csv
import json
import os
import shutil
import subprocess
import sys

import pytest
import yaml

from pygoodvibes.cli.main import main


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--jobs", "0"], "--jobs: 0 is not allowed; it must be a whole number of at least 1"),
        (
            ["--config", "missing.yaml"],
            "missing.yaml: No such file or directory; name a config file, or go to the folder of "
            "the project first",
        ),
        ([], "no-study.yaml: No such file or directory"),
    ],
)
def test_command_says_what_is_wrong(arguments, message, root, monkeypatch, capsys):
    monkeypatch.chdir(root)
    assert main(["study", "no-study.yaml", *arguments]) == 1
    assert capsys.readouterr().err == f"Error: {message}\n"


def test_command_outside_a_project(tmp_path, monkeypatch, capsys, root):
    monkeypatch.chdir(tmp_path)
    assert main(["study", "x.yaml", "--config", str(root / "config/config.yaml")]) == 1
    assert "no Snakefile here" in capsys.readouterr().err


@pytest.mark.workflow
@pytest.mark.xdist_group("workflow")
def test_a_study_from_clips_to_figure(tmp_path, root):
    for part in ("Snakefile", "rules", "scripts", "config", "profiles", "report", "envs"):
        source = root / part
        copy = shutil.copytree if source.is_dir() else shutil.copyfile
        copy(source, tmp_path / part)
    tiny = {
        "dataset": {
            "name": "tiny",
            "source": "synthetic",
            "machines": {"fan": ["00", "02"], "valve": ["00"]},
            "train_clips": 8,
            "test_normal_clips": 4,
            "test_anomaly_clips": 4,
            "seconds": 1.0,
        },
        "detectors": {"lof": {"n_neighbors": 4}, "knn": None},
        "evaluation": {"bootstrap": 50},
    }
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(tiny))
    settings = {"embedding.delta": [True, False], "detectors.lof.n_neighbors": [2, 3]}
    content = {"title": "Both", "grid": settings, "detectors": ["lof", "knn"]}
    (tmp_path / "both.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DVC_ROOT", "SNAKEMAKE_OUTPUT_CACHE", "SNAKEMAKE_PROFILE")
    }
    environment["PYTHONPATH"] = str(tmp_path / "scripts")
    words = ["-m", "pygoodvibes", "study", "both.yaml", "--config", "tiny.yaml", "--jobs", "2"]

    def run():
        done = subprocess.run(
            [sys.executable, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    assert "run 2 of 2: embedding.delta-false" in run()
    results = tmp_path / "results" / "tiny" / "studies"
    with (results / "both.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [
        (row["embedding.delta"], row["detector"], row["detectors.lof.n_neighbors"]) for row in rows
    ] == [
        (delta, *detector)
        for delta in ("true", "false")
        for detector in (("lof", "2"), ("lof", "3"), ("knn", ""))
    ]
    assert all(row["auc"] and row["auc_low"] for row in rows)
    assert (results / "both.png").stat().st_size > 5000
    # embeddings are set side by side, the second against the first
    with (results / "both.embeddings.csv").open() as file:
        compared = list(csv.DictReader(file))
    assert [row["auc_first"] != "" for row in compared] == [False] * 3 + [True] * 3
    assert int(compared[0]["values"]) > int(compared[3]["values"])
    assert all(float(row["clip_seconds"]) > 0 for row in compared)
    assert (results / "both.embeddings.png").stat().st_size > 5000
    # what differs from run to run is only what a clip costs
    names = ("both.md", "both.csv", "both.png", "both.embeddings.png")
    first = {name: (results / name).read_bytes() for name in names}
    for row in compared:
        del row["clip_seconds"]

    # the clips and their mel frames are shared, and lie in the project's own cache
    runs = tmp_path / "resources" / "tiny" / "studies" / "both"
    frames = [
        (runs / name / "resources/tiny/mel/fan/00.npy").resolve()
        for name in ("embedding.delta-true", "embedding.delta-false")
    ]
    assert frames[0] == frames[1]
    assert tmp_path / "resources" / ".cache" in frames[0].parents
    assert len(list((tmp_path / "data" / "tiny").glob("*/*/*.wav"))) == 3 * 16
    document = json.loads((runs / "embedding.delta-true/results/tiny/metrics.json").read_text())
    assert "lof.n_neighbors-2" in json.dumps(document)

    # nothing to do the second time, and the same bytes
    assert "run 2 of 2" in run()
    said = (runs / "embedding.delta-true" / "snakemake.log").read_text()
    assert "Finished jobid" not in said
    assert {name: (results / name).read_bytes() for name in names} == first
    with (results / "both.embeddings.csv").open() as file:
        again = list(csv.DictReader(file))
    assert [
        {**row, "clip_seconds": seconds}
        for row, seconds in zip(compared, (each["clip_seconds"] for each in again), strict=True)
    ] == again

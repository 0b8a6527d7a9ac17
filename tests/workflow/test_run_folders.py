import dataclasses
import json
import os

import pytest

from pygoodvibes.util.errors import UserError
from pygoodvibes.workflow import run_folders


def finish(root, name, *, at, source="synthetic", path=None):
    folder = root / "results" / name
    folder.mkdir(parents=True)
    for file in run_folders.NEEDED:
        (folder / file).write_text("")
    dataset = {"name": name, "source": source, "path": path}
    config = {"dataset": dataset, "detectors": {"lof": {}, "knn": {}}}
    (folder / "provenance.json").write_text(json.dumps({"config": config}))
    os.utime(folder / "provenance.json", (at, at))


def test_runs_are_found_latest_first_and_incomplete_ones_apart(tmp_path):
    finish(tmp_path, "older", at=1000)
    finish(tmp_path, "newer", at=2000)
    finish(tmp_path, "broken", at=3000)
    (tmp_path / "results/broken/sweep.csv").unlink()
    (tmp_path / "results/notes.txt").write_text("no run")
    assert run_folders.find_runs(tmp_path) == (["newer", "older"], {"broken": ["sweep.csv"]})


def test_there_may_be_no_results(tmp_path):
    assert run_folders.find_runs(tmp_path) == ([], {})


def test_an_opened_run_knows_its_files(tmp_path):
    finish(tmp_path, "plant", at=1, source="folder", path="/recordings")
    run = run_folders.open_run(tmp_path, "plant")
    assert run.detectors == ["lof", "knn"]
    chosen = {**run.config, "default_detector": "choice"}
    assert dataclasses.replace(run, config=chosen).detectors == ["choice", "lof", "knn"]
    assert run.clip_path("fan/a.wav").as_posix() == "/recordings/fan/a.wav"
    assert run.of_id("mel", "fan", "00", ".npy") == tmp_path / "resources/plant/mel/fan/00.npy"


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"config": {"detectors": {}}}'])
def test_a_run_without_readable_provenance_is_refused(tmp_path, content):
    finish(tmp_path, "plant", at=1)
    (tmp_path / "results/plant/provenance.json").write_text(content)
    with pytest.raises(UserError, match=r"plant/provenance\.json: no readable provenance"):
        run_folders.open_run(tmp_path, "plant")

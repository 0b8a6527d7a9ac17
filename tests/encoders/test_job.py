import os
import pathlib
import pickle
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile

import learnable_clips
from pygoodvibes.audio import mel_cache
from pygoodvibes.embeddings import encoder
from pygoodvibes.encoders import job
from pygoodvibes.util.errors import UserError

AUDIO = {"sample_rate": learnable_clips.RATE, "resample": False, "channel": 0}
SETTINGS = {
    "audio": AUDIO,
    "mel": learnable_clips.MEL,
    "seed": 0,
    "embedding": learnable_clips.triplet(epochs=40, patience=40).model_dump(mode="json"),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return a folder of clips, and their mel caches."""
    folder = tmp_path_factory.mktemp("clips")
    caches = {}
    for place, (machine, machine_id) in enumerate(learnable_clips.IDS):
        rows = []
        for number in range(6):
            name = f"{machine}_{machine_id}_{number}.wav"
            rng = np.random.default_rng([place, number])
            time_ = np.arange(4000) / learnable_clips.RATE
            tone = 0.3 * np.sin(2 * np.pi * 300 * (place + 1) * time_)
            soundfile.write(folder / name, tone + rng.normal(0, 0.01, 4000), AUDIO["sample_rate"])
            row = {"clip": name, "path": name, "split": "train", "label": "normal"}
            rows.append({**row, "status": "ok", "sample_rate": str(AUDIO["sample_rate"])})
        computed = mel_cache.compute(
            rows, folder, audio_settings=AUDIO, mel_settings=learnable_clips.MEL
        )
        files = folder / f"{place}.npy", folder / f"{place}.clips.csv"
        mel_cache.write(*files, computed)
        caches[machine, machine_id] = files
    return folder, caches


def trained(project, folder, settings=SETTINGS, **more):
    data, files = project
    folder.mkdir(exist_ok=True)
    caches = {key: mel_cache.open_cache(*paths) for key, paths in files.items()}
    return job.train(
        caches,
        settings,
        data_folder=data,
        **{"code": "as it is", "checkpoints": folder, "work_folder": folder, **more},
    )


def test_files_say_what_was_learnt_from_and_how_the_loss_fell(project, tmp_path, monkeypatch):
    monkeypatch.setattr("pygoodvibes.encoders.classes.LEAST_CLIPS", 3)
    embedding = learnable_clips.id_classifier(epochs=1, spectrum_seconds=1.0)
    settings = {**SETTINGS, "embedding": embedding.model_dump(mode="json")}
    speeds = {f"fan_02_{number}.wav": "spd=1" for number in range(6)}
    found = trained(project, tmp_path, settings, attributes={("fan", "02"): speeds})
    assert encoder.loads(found.content, "made here").needs.length == 4000
    assert [tuple(row) for row in found.history] == [job.HISTORY_COLUMNS] * 2
    assert found.history[0]["loss"] == "" and float(found.history[1]["held_out_accuracy"]) >= 0
    assert [tuple(row) for row in found.clips] == [job.CLIP_COLUMNS] * 18
    assert {row["role"] for row in found.clips} == {"training", "held_out", "calibration"}
    assert found.clips[7]["clip"] == "fan_02_1.wav"
    assert [row["clip"] for row in found.clips if row["attributes"] == "spd=1"] == list(speeds)
    assert tuple(found.cost) == job.COST_COLUMNS
    assert (found.cost["clips"], found.cost["epochs"]) == ("18", "1")
    assert float(found.cost["processor_seconds"]) > 0
    assert found.cost["encoder_bytes"] == str(len(found.content))
    assert found.cost["device"] == "cpu"


def test_other_clips_settings_or_code_begin_anew(project, tmp_path):
    settings = {**SETTINGS, "embedding": {**SETTINGS["embedding"], "epochs": 1}}
    trained(project, tmp_path, settings)
    data, files = project
    fewer = data, dict(list(files.items())[:2])

    def epochs(clips, settings, **more):
        told = []
        trained(clips, tmp_path, settings, tell=told.append, **more)
        return {each.epoch for each in told}

    assert not epochs(project, settings)
    assert epochs(project, settings, code="changed") == {1}
    told = {("fan", "02"): {"fan_02_1.wav": "spd=1"}}  # too few for a class
    assert epochs(project, settings, attributes=told) == {1}
    assert epochs(project, {**settings, "seed": 1}) == {1}
    assert epochs(fewer, settings) == {1}


KILLED = """
import pathlib, pickle, sys
sys.path[:0] = {paths!r}
import encoders.test_job as here
project, folder = pickle.loads({content!r})
here.trained(project, folder, tell=lambda progress: print(progress.epoch, flush=True))
"""


def test_a_training_that_was_killed_goes_on_to_the_same_bytes(project, tmp_path):
    whole = trained(project, tmp_path / "whole")
    folder = tmp_path / "killed"
    tests = pathlib.Path(__file__).resolve().parents[1]
    content = pickle.dumps((project, folder))
    code = KILLED.format(paths=[str(tests), str(tests.parent / "scripts")], content=content)
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            if int(line) >= 3:
                os.kill(child.pid, signal.SIGKILL)
                break
    assert child.returncode == -signal.SIGKILL
    told = []
    done = trained(project, folder, tell=told.append)
    assert told[0].epoch >= 3
    assert done.content == whole.content and done.history == whole.history


def test_what_is_missing_is_named(project, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(UserError, match=r"needs jax: run 'make \.venv/installed-train'"):
        trained(project, tmp_path)

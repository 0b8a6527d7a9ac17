import shutil

import numpy as np
import pytest
import soundfile

import made_encoders
from pygoodvibes.audio import mel_cache
from pygoodvibes.config.validate import validate
from pygoodvibes.encoders import job
from pygoodvibes.experiments.embedding_cost import MOST_CLIPS, cost_of_run
from pygoodvibes.util.csv_files import write_records

RATE = 8000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a run with the mel cache of one machine ID."""
    folder = tmp_path_factory.mktemp("run")
    config = config_of({"method": "statistics"})
    data = folder / config.dataset.folder
    data.mkdir(parents=True)
    rows = []
    for number in range(MOST_CLIPS + 1):
        noise = np.random.default_rng(number).normal(0, 0.1, RATE)
        soundfile.write(data / f"{number}.wav", noise, RATE)
        row = {"clip": f"{number}.wav", "path": f"{number}.wav", "split": "train"}
        rows.append({**row, "label": "normal", "status": "ok", "sample_rate": str(RATE)})
    computed = mel_cache.compute(
        rows,
        data,
        audio_settings=config.audio.model_dump(mode="json"),
        mel_settings=config.mel.model_dump(mode="json"),
    )
    files = folder / "resources/tiny/mel/fan/00.npy", folder / "resources/tiny/mel/fan/00.clips.csv"
    files[0].parent.mkdir(parents=True)
    mel_cache.write(*files, computed)
    return folder


def config_of(embedding):
    return validate(
        {
            "dataset": {"name": "tiny", "source": "synthetic"},
            "audio": {"sample_rate": RATE},
            "embedding": embedding,
            "detectors": {"lof": None},
        }
    )


def test_statistics_have_no_encoder_and_no_training(folder):
    cost = cost_of_run(folder, config_of({"method": "statistics"}))
    assert cost.values > 100 and cost.clip_seconds > 0
    assert cost.encoder_bytes is None and cost.training_seconds is None


def test_an_embedding_of_samples_gets_them(folder):
    assert cost_of_run(folder, config_of({"method": "librosa", "contrast": 4})).values > 20


def test_an_encoder_has_a_size_and_what_its_training_took(folder):
    content = made_encoders.small(told=made_encoders.needs(sample_rate=RATE))
    trained = folder / "resources/tiny/encoder"
    trained.mkdir()
    (trained / "encoder.onnx").write_bytes(content)
    row = {"clips": "9", "epochs": "3", "processor_seconds": "12.5"}
    write_records(
        trained / "cost.csv", [{**row, "encoder_bytes": str(len(content))}], job.COST_COLUMNS
    )
    cost = cost_of_run(folder, config_of({"method": "triplet", "epochs": 3}))
    assert cost.training_seconds == 12.5 and cost.encoder_bytes == len(content)
    assert cost.values % made_encoders.WIDTH == 0 and cost.clip_seconds > 0
    # a control isn't trained, whatever its job took
    untrained = cost_of_run(folder, config_of({"method": "triplet", "epochs": 0}))
    assert untrained.training_seconds is None and untrained.encoder_bytes == len(content)


def test_encoders_of_machine_types_cost_what_they_cost_together(folder):
    trained = folder / "resources/tiny/encoder"
    shutil.rmtree(trained, ignore_errors=True)
    sizes = []
    for machine, seconds in (("ToyCar", "1.5"), ("fan", "2"), ("valve", "4")):
        (trained / machine).mkdir(parents=True)
        # with another one than its own, clips of a fan would have other vectors
        width = made_encoders.WIDTH + (machine != "fan")
        content = made_encoders.small(told=made_encoders.needs(sample_rate=RATE), channels=width)
        (trained / machine / "encoder.onnx").write_bytes(content)
        sizes.append(len(content))
        row = dict.fromkeys(job.COST_COLUMNS, "1") | {"processor_seconds": seconds}
        write_records(trained / machine / "cost.csv", [row], job.COST_COLUMNS)
    cost = cost_of_run(folder, config_of({"method": "triplet", "epochs": 3}))
    assert cost.training_seconds == 7.5 and cost.encoder_bytes == sum(sizes)
    assert cost.values % made_encoders.WIDTH == 0

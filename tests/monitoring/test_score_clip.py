import dataclasses
import re
import types

import numpy as np
import pytest
import soundfile
import soxr

import own_machine
from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import knn
from pygoodvibes.detectors.fold_fits import FoldFits
from pygoodvibes.embeddings import projection
from pygoodvibes.explanation import deviation
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.score_clip import score_clip, score_features
from pygoodvibes.util.errors import UserError


def test_detectors_see_what_their_settings_say():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(20, 6)), rng.normal(size=(5, 6))
    pca = projection.fit_pca(train)
    one = knn.Settings(method="knn").build(n_clips=20, seed=0)
    values = {"embedding": (train, test)}
    values["projection"] = (pca.transform(train), pca.transform(test))
    values["two"] = tuple(each[:, :2] for each in values["projection"])
    settings = {
        "embedding": {"input": "embedding", "components": None},
        "projection": {"input": "projection", "components": None},
        "two": {"input": "projection", "components": 2},
        "frames": {"input": "mel", "components": None},
    }
    fitted = {name: FoldFits([type(one)().fit(own)], [0]) for name, (own, _) in values.items()}

    class Loudest:
        def score_samples(self, clips):
            return np.array([-clip.max() for clip in clips])

    model = types.SimpleNamespace(
        estimators={**fitted, "frames": Loudest()}, settings={"detectors": settings}, pcas=[pca]
    )
    for name, (_, own) in values.items():
        found = score_features(model, name, test)
        assert np.array_equal(found, anomaly_score(fitted[name], own)), name
    frames = [rng.normal(size=(number + 3, 4)) for number in range(5)]
    found = score_features(model, "frames", test, frames)
    assert found.tolist() == [each.max() for each in frames]


def test_a_whistle_is_anomalous_and_the_map_shows_where(model):
    normal = score_clip(model, own_machine.sound(100))
    odd = score_clip(model, own_machine.sound(101, whistle=0.05))
    assert odd.score > 3 * normal.score and odd.verdict == "anomalous"
    assert odd.threshold == normal.threshold and odd.p_value == 1 / 21 < normal.p_value
    assert odd.frames.shape == odd.deviation.shape and odd.signal.shape == (8000,)
    loudest = np.abs(odd.deviation).mean(axis=0).argmax()
    assert loudest in (12, 13)  # 2500 Hz lies between the centres of these two of 16 bands
    expected = deviation.deviation_map(odd.frames, model.normal)
    assert np.array_equal(odd.deviation, expected)


def test_a_file_and_its_samples_score_the_same(model, tmp_path):
    path = own_machine.write(tmp_path / "a.wav", 5, whistle=0.01)
    by_path = score_clip(model, path)
    assert score_clip(model, by_path.signal).score == by_path.score
    assert score_clip(model, str(path), detector="knn").detector == "knn"


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        (np.zeros(8000), "digital silence"),
        (np.full(8000, np.nan), "not finite"),
        (np.zeros(0), "no samples"),
        (own_machine.sound(1) * 1e36, "far above full scale"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_samples_that_are_no_sound_are_refused(model, signal, said):
    with pytest.raises(UserError, match=said):
        score_clip(model, signal)


def test_files_that_cannot_be_used_say_why(model, tmp_path):
    good = own_machine.write(tmp_path / "good.wav", 1)
    (tmp_path / "cut.wav").write_bytes(good.read_bytes()[:5000])
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "empty.wav").write_bytes(b"")
    own_machine.write(tmp_path / "rate.wav", 1, rate=16000)
    said = {
        "cut.wav": "truncated",
        "text.wav": "no readable audio",
        "empty.wav": "empty file",
        "rate.wav": "sample rate 16000 Hz, but audio.sample_rate is 8000 Hz: record",
        "no.wav": "No such file",
    }
    for name, text in said.items():
        with pytest.raises(UserError, match=text):
            score_clip(model, tmp_path / name)


@pytest.mark.parametrize(
    ("rate", "config"),
    [
        (16000, {"resample": True}),
        (4000, {"resample": True, "sample_rate": 4000}),
    ],
)
def test_another_sample_rate_names_its_remedy_and_the_remedy_works(model, tmp_path, rate, config):
    recording = tmp_path / "rate.wav"
    soundfile.write(recording, soxr.resample(own_machine.sound(100), own_machine.RATE, rate), rate)
    with pytest.raises(UserError, match=r"record at 8000 Hz or fit with .* config") as raised:
        score_clip(model, recording)
    said = re.findall(r"audio\.(\w+): (\w+)", str(raised.value))
    assert dict(said) == {key: str(value).lower() for key, value in config.items()}
    mel = own_machine.SMALL["mel"] | {"n_mels": 8}
    fit = own_machine.fit(tmp_path / "pump", {"mel": mel, "audio": config}, false_alarm_rate=0.01)
    found = score_clip(fit.model, recording)
    assert found.score <= found.threshold and found.verdict == "undecided"  # of 20 clips


def test_a_channel_that_is_not_there_is_said(model, tmp_path):
    audio = {**model.settings["audio"], "channel": 1}
    other = dataclasses.replace(model, settings={**model.settings, "audio": audio})
    path = own_machine.write(tmp_path / "a.wav", 1)
    with pytest.raises(UserError, match=r"1 channel\(s\), but audio\.channel is 1"):
        score_clip(other, path)


def test_the_model_of_an_unfitted_detector_is_left_out(tmp_path):
    own_machine.healthy(tmp_path / "pump", 8)
    wrong = {"method": "sklearn.mixture.GaussianMixture", "n_components": 50}
    fit = own_machine.fit(
        tmp_path / "pump", {"detectors": {"wrong": wrong, "knn": {}}}, detectors="all"
    )
    assert list(fit.model.estimators) == ["knn"]
    assert score_clip(fit.model, own_machine.sound(3)).detector == "knn"
    machine_model.save(tmp_path / "m.pgv", fit.model)
    assert list(machine_model.load(tmp_path / "m.pgv").estimators) == ["knn"]


def test_numbers_without_measure_in_a_model_are_an_error_in_a_sentence(model):
    huge = dataclasses.replace(
        model, pcas=[dataclasses.replace(pca, mean=pca.mean + 1e300) for pca in model.pcas]
    )
    with (
        np.errstate(over="ignore"),
        pytest.raises(UserError, match=r"^model pump: knn can't score this \(Input .*\)$"),
    ):
        score_clip(huge, own_machine.sound(3), detector="knn")

import dataclasses
import datetime
import shutil

import numpy as np
import pytest
import soundfile

import made_encoders
import own_machine
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.refit import KNOWN, refit
from pygoodvibes.util.errors import UserError

NOON = datetime.datetime(2026, 5, 4, 12, 0, 0, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return folders with all of twenty recordings, with thirteen, and with the other seven."""
    place = tmp_path_factory.mktemp("refit")
    whole, old, new = (place / name / "pump" for name in ("whole", "old", "new"))
    own_machine.healthy(whole)
    for folder in (old, new):
        folder.mkdir(parents=True)
    for number, path in enumerate(sorted(whole.iterdir())):
        shutil.copy(path, old if number % 3 else new)
    return whole, old, new


@pytest.fixture(scope="module")
def old(folders):
    return own_machine.fit(folders[1], detectors="fusion,knn").model


def without_history(model):
    """Return a model without its history, and without signs, which stay those of the first fit."""
    training = {key: value for key, value in model.training.items() if key != "signs"}
    kept = dataclasses.replace(model.kept, history=[])
    return dataclasses.replace(model, training=training, kept=kept)


def test_a_model_with_more_clips_is_byte_for_byte_that_of_a_fit_to_all(folders, old, tmp_path):
    whole, _, new = folders
    machine_model.save(tmp_path / "old.pgv", old)
    read = machine_model.load(tmp_path / "old.pgv")
    again = refit(read, add=new, now=NOON)
    at_once = own_machine.fit(whole, detectors="fusion,knn").model
    assert machine_model.dumps(without_history(again.model)) == machine_model.dumps(
        without_history(at_once)
    )
    [entry] = again.model.kept.history
    assert entry["when"] == "2026-05-04T12:00:00Z" and entry["clips"] == [13, 20]
    assert entry["added"] == sorted(path.name for path in new.iterdir())
    assert entry["excluded"] == []
    assert again.model.training.get("signs") == old.training.get("signs")
    moved = again.moved["knn"]
    assert entry["thresholds"]["knn"] == [moved.before, moved.after]
    assert moved.new == 7 and moved.before != moved.after
    # and back again
    back = refit(again.model, exclude=entry["added"], now=NOON)
    assert machine_model.dumps(without_history(back.model)) == machine_model.dumps(
        without_history(old)
    )
    assert back.excluded == entry["added"] and len(back.model.kept.history) == 2
    # the history comes back from a file
    machine_model.save(tmp_path / "back.pgv", back.model)
    assert machine_model.load(tmp_path / "back.pgv").kept.history == back.model.kept.history


def test_so_it_is_with_windows_of_recordings(tmp_path):
    whole, some, more = (tmp_path / name / "pump" for name in ("whole", "some", "more"))
    for number in range(6):
        own_machine.write(whole / f"{number}.wav", number, seconds=4.0)
    for folder, numbers in ((some, range(4)), (more, (4, 5))):
        folder.mkdir(parents=True)
        for number in numbers:
            shutil.copy(whole / f"{number}.wav", folder)
    model = own_machine.fit(some, window=1.0, hop=0.5).model
    again = refit(model, add=more)
    at_once = own_machine.fit(whole, window=1.0, hop=0.5).model
    assert machine_model.dumps(without_history(again.model)) == machine_model.dumps(
        without_history(at_once)
    )
    # the same recording under the same name is no new one
    with pytest.raises(UserError, match="nothing to add; most often: the model has learned it"):
        refit(again.model, add=more)
    # a file of another name, with the samples of one
    shutil.copy(whole / "5.wav", tmp_path / "other.wav")
    less = refit(again.model, exclude=[str(tmp_path / "other.wav"), "4.wav"])
    assert machine_model.dumps(without_history(less.model)) == machine_model.dumps(
        without_history(model)
    )


def test_so_it_is_with_an_encoder_whose_file_is_gone(tmp_path, folders):
    whole, some, new = folders
    file = tmp_path / "encoder.onnx"
    file.write_bytes(made_encoders.small())
    section = {"method": "onnx", "file": str(file), "beside": {"method": "statistics"}}
    content = {"embedding": section}
    model = own_machine.fit(some, content, detectors="knn").model
    at_once = own_machine.fit(whole, content, detectors="knn").model
    file.unlink()
    again = refit(model, add=new)
    assert machine_model.dumps(without_history(again.model)) == machine_model.dumps(
        without_history(at_once)
    )


def test_what_is_known_is_passed_over_and_names_that_are_taken_get_their_folder(
    folders, old, tmp_path
):
    _, some, new = folders
    more = tmp_path / "june"
    more.mkdir()
    shutil.copy(some / "001.wav", more / "copy.wav")
    shutil.copy(new / "000.wav", more / "002.wav")
    shutil.copy(new / "000.wav", more / "twin.wav")
    again = refit(old, add=more)
    status = {row["path"]: row["status"] for row in again.rows}
    assert status == {
        "002.wav": "ok",
        "copy.wav": KNOWN,
        "twin.wav": "the same recording as 002.wav",
    }
    assert again.model.kept.history[0]["added"] == ["june/002.wav"]
    assert again.model.training["clips"] == 14
    # another of that name may be meant by either
    with pytest.raises(UserError, match=r"--exclude nix: no recording that model pump was fitted"):
        refit(again.model, exclude=["nix"])
    assert refit(again.model, exclude=["june/002.wav"]).model.training["clips"] == 13
    assert refit(again.model, exclude=["002.wav"]).excluded == ["002.wav"]
    less = refit(again.model, exclude=["002.wav"]).model
    assert refit(less, exclude=["002.wav"]).excluded == ["june/002.wav"]


def test_clips_that_are_odd_are_named_and_asked_about(old, tmp_path):
    asked = []
    for number in range(2):
        own_machine.write(tmp_path / f"new/odd{number}.wav", 50 + number, whistle=0.1)
        own_machine.write(tmp_path / f"new/{number}.wav", 80 + number)
    again = refit(old, add=tmp_path / "new", doubt=asked.append)
    [[told]] = asked
    assert told.startswith("2 of 4 new clips are anomalous to the model (fusion, threshold ")
    assert told.endswith("were to be expected): odd0.wav, odd1.wav")
    assert list(again.notes) == [told]
    assert again.moved["fusion"].new_above_before == 2

    def refuse(sentences):
        raise UserError("no")

    with pytest.raises(UserError, match="no"):
        refit(old, add=tmp_path / "new", doubt=refuse)


def test_names_of_faults_and_clusters_are_asked_about_as_in_a_first_fit(old, tmp_path):
    asked = []
    for number in range(6):
        own_machine.save(tmp_path / f"broken/{number}.wav", 4 * own_machine.sound(60 + number))
    refit(old, add=tmp_path / "broken", doubt=asked.append)
    said = [text for sentences in asked for text in sentences]
    assert [" speaks of a fault" in said[0], " anomalous to the model " in said[1]] == [True, True]
    assert said[2].startswith("6 of 19 recordings lie far apart")
    # what was let pass once is not asked again
    mixed = refit(old, add=tmp_path / "broken").model
    own_machine.write(tmp_path / "more/a.wav", 80)
    asked.clear()
    refit(mixed, add=tmp_path / "more", doubt=asked.append)
    assert asked == []


def test_too_few_clips_are_no_model(old):
    names = [row["path"] for row in old.kept.recordings]
    with pytest.raises(UserError, match=r"2 of 2 clip\(s\) can be used, 3 are the least"):
        refit(old, exclude=names[2:])
    with pytest.raises(UserError, match=r"0 of 0 clip\(s\) can be used"):
        refit(old, exclude=names)


def test_a_model_that_keeps_nothing_says_so_in_one_sentence(old, tmp_path):
    with pytest.raises(UserError, match="model pump: it keeps nothing of its training clips"):
        refit(dataclasses.replace(old, kept=None), exclude=["001.wav"])


def test_detectors_on_frames_and_by_dotted_paths_take_all_recordings_again(folders, monkeypatch):
    _, some, new = folders
    content = {"detectors": {"frames": {"n_components": 2}}}
    model = own_machine.fit(some, content).model
    with pytest.raises(UserError, match="frames sees log-mel frames, and these are not kept"):
        refit(model, add=new)
    content = {"detectors": {"trees": {"method": "sklearn.ensemble.IsolationForest"}}}
    model = own_machine.fit(some, content).model
    monkeypatch.setattr("importlib.import_module", pytest.fail)
    with pytest.raises(UserError, match="trees is named by a dotted path"):
        refit(model, add=new)


@pytest.mark.parametrize(
    "alter",
    [
        lambda config: config.update(seed=-1),
        lambda config: config["mel"].update(n_mels=32),
        lambda config: config["detectors"].update(trees={"method": "os.system"}),
        lambda config: config.clear(),
        lambda config: config["threshold"].update(method="gamma"),
    ],
)
def test_a_config_that_is_not_that_of_the_model_is_refused(old, folders, alter):
    config = {
        key: dict(value) if isinstance(value, dict) else value
        for key, value in old.provenance["config"].items()
    }
    alter(config)
    altered = dataclasses.replace(old, provenance={**old.provenance, "config": config})
    with pytest.raises(UserError, match="model pump"):
        refit(altered, add=folders[2])


def test_another_machine_id_or_sample_rate_is_refused(tmp_path):
    for number in range(6):
        own_machine.write(tmp_path / f"pump/normal_id_00_{number:08d}.wav", number)
        own_machine.write(tmp_path / f"new/normal_id_02_{number:08d}.wav", 20 + number)
    model = own_machine.fit(tmp_path / "pump").model
    with pytest.raises(UserError, match="recordings of machine ID 02, and model pump_id_00 is one"):
        refit(model, add=tmp_path / "new")
    soundfile.write(tmp_path / "fast.wav", np.zeros(16000), 16000)
    with pytest.raises(UserError, match="none of its 1 recordings can be used"):
        refit(model, add=tmp_path / "fast.wav")


def test_another_false_alarm_rate_is_taken(old, folders):
    again = refit(old, add=folders[2], false_alarm_rate=0.3).model
    assert set(again.settings["threshold"]["false_alarm_rates"].values()) == {0.3}
    kept = refit(again, exclude=["000.wav"]).model
    assert set(kept.settings["threshold"]["false_alarm_rates"].values()) == {0.3}

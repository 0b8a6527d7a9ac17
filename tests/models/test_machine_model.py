import dataclasses
import hashlib
import io
import json
import pickle
import subprocess
import sys
import zipfile

import numpy as np
import pytest

import own_machine
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.util.errors import UserError


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fit") / "pump"
    return own_machine.fit(folder, detectors="fusion,lof,frames").model


@pytest.fixture
def path(model, tmp_path):
    machine_model.save(tmp_path / "pump.pgv", model)
    return tmp_path / "pump.pgv"


def test_a_model_comes_back_with_all_that_it_holds(model, path):
    back = machine_model.load(path)
    for name in ("name", "machine", "id", "settings", "training", "provenance"):
        assert getattr(back, name) == getattr(model, name), name
    assert back.training["condition"]["spectrum"]["level"] > 0
    assert list(back.settings["detectors"]) == list(back.estimators) == ["fusion", "lof", "frames"]
    for one, two in zip(model.pcas, back.pcas, strict=True):
        for name, array in vars(one).items():
            assert np.array_equal(getattr(two, name), array)
    assert np.array_equal(back.normal.level, model.normal.level)
    assert np.array_equal(back.normal.spread, model.normal.spread)
    assert back.normal.smooth == model.normal.smooth
    for name in model.held_out:
        assert np.array_equal(back.held_out[name], model.held_out[name])
    clip = own_machine.sound(99)
    for name in back.estimators:
        before, after = (score_clip(each, clip, detector=name) for each in (model, back))
        assert before.score == after.score, name
    assert back.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (back.sample_rate, back.window_seconds) == (own_machine.RATE, 1.0)


def test_the_same_fit_gives_the_same_bytes_and_reading_and_writing_changes_none(
    model, path, tmp_path
):
    again = own_machine.fit(tmp_path / "pump", detectors="fusion,lof,frames").model
    assert machine_model.dumps(again) == path.read_bytes()
    assert machine_model.dumps(machine_model.load(path)) == path.read_bytes()
    other = own_machine.fit(tmp_path / "pump", {"seed": 7}, detectors="fusion,lof,frames").model
    assert machine_model.dumps(other) != path.read_bytes()


def test_nothing_in_it_tells_of_the_place_where_it_was_made(path):
    with zipfile.ZipFile(path) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {1980}
        text = archive.read("model.json").decode()
    assert str(path.parent.parent) not in text and "/tmp" not in text
    provenance = json.loads(text)["provenance"]
    assert provenance["data"]["usable"] == 20 and len(provenance["data"]["sha256"]) == 64
    assert {"numpy", "scikit-learn", "python"} <= set(provenance["packages"])
    assert provenance["config"]["mel"]["n_mels"] == 16


def test_every_changed_byte_is_noticed(path):
    content = path.read_bytes()
    spread = np.linspace(0, len(content) - 1, 60).astype(int)
    for place in [*spread, 1, 10, len(content) - 70, len(content) - 1]:
        altered = bytearray(content)
        altered[place] ^= 1
        path.write_bytes(altered)
        with pytest.raises(UserError, match=r"damaged or altered|no model"):
            machine_model.load(path)


def test_a_model_is_read_from_bytes_as_from_its_file(path):
    content = path.read_bytes()
    found = machine_model.loads(content, "upload.pgv")
    assert (found.name, found.sha256) == (
        machine_model.load(path).name,
        hashlib.sha256(content).hexdigest(),
    )
    with pytest.raises(UserError, match=r"^upload.pgv: damaged or altered"):
        machine_model.loads(content[:-1], "upload.pgv")


@pytest.mark.parametrize("kept", [0, 3, 100, -1, -100])
def test_a_file_that_was_cut_off_is_refused(path, kept):
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"pump.pgv: (damaged or altered|no model)"):
        machine_model.load(path)


def rewritten(path, change):
    """Alter model.json and make the checksum right again, as somebody who means it would."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "model.json":
                head = json.loads(content)
                change(head)
                content = json.dumps(head).encode()
            target.writestr(zipfile.ZipInfo(name), content)
        target.comment = b"0" * 64
    body = buffer.getvalue()[:-64]
    path.write_bytes(body + hashlib.sha256(body).hexdigest().encode())


def test_another_format_and_foreign_objects_are_refused(path):
    # 1 had detectors with other fields
    rewritten(path, lambda head: head.update(format=1))
    with pytest.raises(UserError, match=r"format 1 of models, .* fit it again"):
        machine_model.load(path)
    rewritten(path, lambda head: head.update(format=99))
    with pytest.raises(UserError, match="format 99"):
        machine_model.load(path)

    def foreign(head):
        head.update(format=machine_model.FORMAT)
        head["detectors"]["fusion"] = {"object": "os.system", "state": {}}

    rewritten(path, foreign)
    with pytest.raises(UserError, match=r"readable model \(fusion: an object is expected"):
        machine_model.load(path).estimators["fusion"]
    rewritten(path, lambda head: head.pop("settings"))
    with pytest.raises(UserError, match="no readable model"):
        machine_model.load(path)


def test_what_is_no_model_is_refused(tmp_path, model):
    (tmp_path / "a.pgv").write_text("hello")
    with pytest.raises(UserError, match="no model"):
        machine_model.load(tmp_path / "a.pgv")
    with pytest.raises(UserError, match=r"b.pgv: can't be read \(No such file"):
        machine_model.load(tmp_path / "b.pgv")
    with pytest.raises(UserError, match="can't be written"):
        machine_model.save(tmp_path / "no" / "c.pgv", model)


def test_a_file_that_cannot_be_finished_leaves_the_old_one(path, model, monkeypatch):
    before = path.read_bytes()
    monkeypatch.setattr(
        "pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
    )
    with pytest.raises(UserError, match="full"):
        machine_model.save(path, dataclasses.replace(model, name="other"))
    assert path.read_bytes() == before and list(path.parent.glob(".*")) == []


def test_a_model_can_be_sent_to_another_process(path):
    model = machine_model.load(path)
    model.estimators["lof"]
    back = pickle.loads(pickle.dumps(model))
    clip = own_machine.sound(98)
    assert score_clip(back, clip).score == score_clip(model, clip).score


def test_scoring_by_the_default_detector_loads_no_scikit_learn(path):
    own_machine.write(path.parent / "clip.wav", 97)
    code = (
        "import sys; from pygoodvibes.cli.main import main;"
        f"main(['score', {str(path)!r}, {str(path.parent / 'clip.wav')!r}]);"
        "print([name for name in ('sklearn', 'scipy.stats', 'pandas', 'librosa')"
        " if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"

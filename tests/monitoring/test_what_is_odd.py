import dataclasses
import math

import numpy as np
import pytest

import own_machine
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.judge import judge
from pygoodvibes.monitoring.score_files import Panel
from pygoodvibes.monitoring.what_is_odd import what_is_odd
from pygoodvibes.util.errors import UserError


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place") / "pump"
    return own_machine.fit(own_machine.healthy(folder, 20, seconds=2)).model


def beaten(seed):
    """Return a clip whose level goes up and down 12 times a second."""
    time = np.arange(2 * own_machine.RATE) / own_machine.RATE
    return own_machine.sound(seed, seconds=2) * (1 + 0.9 * np.sin(2 * np.pi * 12 * time))


def test_a_model_says_what_is_odd_about_a_clip(model):
    assert "modulated at 12 Hz" in what_is_odd(model, beaten(300))
    assert "a new tone at 2500 Hz" in what_is_odd(
        model, own_machine.sound(300, seconds=2, whistle=0.1)
    )
    assert what_is_odd(model, own_machine.sound(301, seconds=2)) == ""


def test_signs_go_through_a_model_file_and_others_are_refused(model, tmp_path):
    machine_model.save(tmp_path / "a.pgv", model)
    back = machine_model.load(tmp_path / "a.pgv")
    assert back.training["signs"] == model.training["signs"]
    assert what_is_odd(back, beaten(300)) == what_is_odd(model, beaten(300))
    signs = model.training["signs"]
    for wrong in (
        {**signs, "more": 1},
        {**signs, "limit": "1"},
        {**signs, "scale": {**signs["scale"], "tone": 0.0}},
        {**signs, "level": {**signs["level"], "tone": signs["level"]["tone"][1:]}},
    ):
        other = dataclasses.replace(model, training={**model.training, "signs": wrong})
        with pytest.raises(UserError, match="no readable model"):
            machine_model.loads(machine_model.dumps(other), "a.pgv")


def test_a_record_names_what_is_odd_about_a_clip_that_is_not_normal(model, tmp_path):
    odd = str(own_machine.save(tmp_path / "odd.wav", beaten(300)))
    [[found]] = Panel([model], [judge(model)]).judge_clips([odd])
    assert found.verdict == "anomalous" and "modulated at 12 Hz" in found.odd
    [[passed]] = Panel([model], [judge(model, limit=math.floor(found.score) + 1.0)]).judge_clips(
        [odd]
    )
    assert (passed.verdict, passed.odd) == ("normal", "")


def test_a_model_from_before_and_one_of_short_clips_say_nothing(model, tmp_path):
    training = {key: value for key, value in model.training.items() if key != "signs"}
    assert what_is_odd(dataclasses.replace(model, training=training), beaten(300)) == ""
    short = own_machine.fit(own_machine.healthy(tmp_path / "short")).model
    assert "signs" not in short.training


def test_windows_know_signs_too(tmp_path):
    path = own_machine.write(tmp_path / "long.wav", 0, seconds=42)
    model = own_machine.fit_file(path, window=2.0).model
    assert model.training["signs"]["clips"] == 21
    assert "modulated at 12 Hz" in what_is_odd(model, beaten(300))

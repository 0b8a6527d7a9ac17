import shutil

import pytest

import own_machine
from pygoodvibes.__main__ import main
from pygoodvibes.models import machine_model


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a folder with a model of fifteen clips and five new ones."""
    place = tmp_path_factory.mktemp("refit")
    own_machine.healthy(place / "pump", 15)
    for number in range(15, 20):
        own_machine.write(place / f"june/{number:03d}.wav", number)
    model = own_machine.fit(place / "pump", detectors="fusion,knn").model
    machine_model.save(place / "pump.pgv", model)
    return place


@pytest.fixture
def place(made, tmp_path, monkeypatch):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_was_added_and_how_the_threshold_moved_is_said(place, capsys):
    assert main(["fit", "pump.pgv", "--add", "june", "--yes", "--jobs", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "pump: 15 clips, 5 added, 0 excluded: 20"
    model = machine_model.load("pump.pgv")
    assert model.training["clips"] == 20
    [entry] = model.kept.history
    for name in ("fusion", "knn"):
        before, after = entry["thresholds"][name]
        assert (
            f"{name}: threshold {before:.4g} -> {after:.4g} for a false-alarm rate of 0.1" in said
        )
        assert any(
            line.startswith(f"Note: {name}: threshold from 20 clips: between ") for line in said
        )
        assert any(line.startswith(f"{name}: of the 5 new clips the earlier fit") for line in said)
    assert said[-3:-1] == ["History:", f"  {entry['when']}: 15 -> 20 (5 recording(s) added)"]
    assert said[-1].startswith("Model: pump.pgv (")


def test_what_was_excluded_is_named_and_the_old_model_may_stay(place, capsys):
    options = ["--exclude", "003.wav", str(place / "pump/004.wav"), "-o", "less.pgv"]
    assert main(["fit", "pump.pgv", *options, "--jobs", "1"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[:3] == [
        "pump: 15 clips, 0 added, 2 excluded: 13",
        "  excluded 003.wav",
        "  excluded 004.wav",
    ]
    assert machine_model.load("pump.pgv").training["clips"] == 15
    assert machine_model.load("less.pgv").training["clips"] == 13


def test_an_odd_clip_stops_it_and_a_signature_of_before_is_told(place, capsys):
    own_machine.write(place / "june/odd.wav", 40, whistle=0.2)
    (place / "pump.pgv.sig").write_text("old\n")
    assert main(["fit", "pump.pgv", "--add", "june", "--jobs", "1"]) == 1
    said = capsys.readouterr().err
    assert "odd.wav" in said and "new clips are anomalous to the model" in said
    assert "--yes if all are normal" in said
    assert machine_model.load("pump.pgv").training["clips"] == 15
    assert main(["fit", "pump.pgv", "--add", "june", "--jobs", "1", "--yes"]) == 0
    said = capsys.readouterr().out
    assert "Note: pump.pgv.sig is of the earlier model: sign again" in said
    # a second time there is nothing new
    assert main(["fit", "pump.pgv", "--add", "june", "--jobs", "1"]) == 1
    assert "june: nothing to add; most often: the model has learned it already" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["pump", "--add", "june"], "pump: a folder; --add and --exclude fit a model"),
        (["pump.pgv", "--add", "june", "--window", "2"], "--window goes with a new fit"),
        (["pump.pgv", "--exclude", "9.wav", "-o", "x.txt"], "-o x.txt: the name of a model ends"),
    ],
)
def test_what_does_not_go_with_it_is_refused(place, arguments, said, capsys):
    assert main(["fit", *arguments]) == 1
    assert said in capsys.readouterr().err

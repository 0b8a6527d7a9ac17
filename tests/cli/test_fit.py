import csv
import io
import os

import pytest
import soundfile

import own_machine
from pygoodvibes.cli.main import main
from pygoodvibes.models import machine_model


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_fit_overwrites_no_recording(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 4)
    keep = own_machine.write(tmp_path / "keep.wav", 1)
    before = keep.read_bytes()
    for path in ("keep.wav", "model.dat", "no/model.pgv"):
        assert main(["fit", "pump", "-o", path]) == 1
        shown = capsys.readouterr().err
        assert shown.startswith(f"Error: -o {path}: ") and shown.count("\n") == 1
    assert keep.read_bytes() == before and not (tmp_path / "model.dat").exists()


def test_a_model_of_other_recordings_is_replaced_only_by_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "first" / "good", 10)
    for number in range(10):
        own_machine.write(tmp_path / "second" / "good" / f"{number}.wav", 100 + number)
    model = tmp_path / "good.pgv"
    assert main(["fit", "first/good"]) == 0
    before = model.read_bytes()
    # the same recordings, and more of them, learn again
    own_machine.write(tmp_path / "first" / "good" / "more.wav", 50)
    assert main(["fit", "first/good"]) == 0
    again = model.read_bytes()
    assert again != before
    capsys.readouterr()
    assert main(["fit", "second/good"]) == 1
    said = capsys.readouterr().err
    assert "good.pgv is there already" in said and "-o good.pgv" in said
    assert model.read_bytes() == again
    assert main(["fit", "second/good", "-o", "good.pgv"]) == 0
    assert model.read_bytes() != again
    model.write_text("no model")
    assert main(["fit", "second/good"]) == 1
    assert model.read_text() == "no model"


def test_two_folders_and_a_model_are_refused_with_a_remedy(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for words, remedy in (
        (["may", "june"], "june is another: put its recordings into may"),
        (["pump.pgv"], "--add FOLDER"),
    ):
        assert main(["fit", *words]) == 1
        assert remedy in capsys.readouterr().err


@pytest.mark.parametrize("output", [None, "x.pgv"])
def test_a_folder_that_takes_no_model_is_told_before_the_fit(tmp_path, monkeypatch, capsys, output):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 4)
    # root may write everywhere but on what is mounted to be read only
    monkeypatch.setattr("os.access", lambda place, mode: mode != os.W_OK)
    monkeypatch.setattr(
        "pygoodvibes.monitoring.fit_folder.fit_folder", lambda *_, **__: pytest.fail("fitted")
    )
    assert main(["fit", "pump", *(["-o", output] if output else [])]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and "written to" in said and said.count("\n") == 1


def test_names_do_not_steer_the_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 6)
    own_machine.write(tmp_path / "new" / "\x1b[31mred\r\n.wav", 50)
    for folder in ("pump", "new"):
        (tmp_path / folder / "\x1b]0;title\x07\n.wav").write_text("hello")
    assert main(["fit", "pump", "--config", "\x1b.yaml"]) == 1
    assert main(["fit", "pump"]) == 0
    assert main(["score", "pump.pgv", "new"]) == 4
    assert main(["score", "pump.pgv", "new", "--window", "0.5"]) in (3, 4)
    assert main(["score", "\x1b.pgv", "new"]) == 1
    assert main(["check", "\x1b.yaml"]) == 1
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert "\\x1b" in text
        assert all(line.isprintable() for line in text.split("\n"))
    assert "new/\\x1b[31mred\\r\\n.wav " in shown.out


def test_fit_leaves_out_a_name_that_is_not_utf8(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / os.fsdecode(b"pompe \xe9")
    own_machine.healthy(tmp_path / "drafts", 7).rename(folder)
    (folder / "000.wav").rename(folder / os.fsdecode(b"caf\xe9.wav"))
    assert main(["fit", str(folder), "-o", "x.pgv"]) == 0
    assert "caf\\udce9.wav: its name is not UTF-8 text" in capsys.readouterr().out
    assert machine_model.load("x.pgv").training["clips"] == 6
    soundfile.write(tmp_path / "a.flac", own_machine.sound(1), own_machine.RATE)
    (tmp_path / "a.flac").rename(folder / "a.flac")
    assert main(["fit", str(folder)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and "a.flac: its name is not UTF-8 text; rename" in said


def test_fit_prints_what_it_learnt_and_its_model_scores(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "my pump", 8)
    (tmp_path / "my pump" / "text.wav").write_text("hello")
    assert main(["fit", "my pump", "--false-alarm-rate", "0.25"]) == 0
    out = capsys.readouterr().out
    assert "my_pump: 8 recordings, 8 s at 8000 Hz; 1 left out:" in out
    assert "text.wav: no readable audio" in out and "1 of 8 held-out recordings lie above" in out
    assert "pygoodvibes score my_pump.pgv" in out
    own_machine.write(tmp_path / "odd.wav", 200, whistle=0.2)
    assert main(["score", "my_pump.pgv", "odd.wav"]) == 3
    assert main(["fit", "my pump", "-o", "x.pgv", "--machine", "pump-3", "--jobs", "1"]) == 0
    assert machine_model.load("x.pgv").name == "pump-3"
    assert "can't tell false-alarm rates below 1 in 9" in capsys.readouterr().out
    assert main(["fit", "nowhere"]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_fit_in_windows_and_score_in_the_same(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.write(tmp_path / "night.wav", 1, seconds=30)
    assert main(["fit", "night.wav"]) == 1
    assert "--window SECONDS" in capsys.readouterr().err
    assert main(["fit", "night.wav", "--window", "2", "--hop", "1"]) == 0
    out = capsys.readouterr().out
    assert "night: 29 windows of 2 s from 1 recording(s), 58 s at 8000 Hz" in out
    assert "threshold from 14 windows" in out  # half of each was heard before
    assert main(["score", "night.pgv", "night.wav", "--hop", "2", "--csv", "-"]) == 4
    rows = rows_of(capsys.readouterr().out)
    assert [row["start"] for row in rows[:3]] == ["0.0", "2.0", "4.0"]
    assert {row["seconds"] for row in rows} == {"2.0"}
    assert {row["verdict"] for row in rows} == {"undecided"}  # by 14 windows
    # told once a recording
    reasons = [row["reason"] for row in rows]
    assert reasons == ["one of the training clips of night: no fair score"] + 14 * [""]
    with pytest.raises(SystemExit) as stopped:
        main(["fit", "night.wav", "--window", "long"])
    assert stopped.value.code == 2
    assert "long is no number of seconds above 0" in capsys.readouterr().err


@pytest.mark.parametrize("count", [3, 4])
def test_a_fit_that_means_nothing_does_not_end_as_if_it_did(tmp_path, monkeypatch, capsys, count):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", count)
    assert main(["fit", "pump"]) == 4
    shown = capsys.readouterr()
    assert shown.err.startswith("Warning: fusion: this model's verdicts mean nothing")
    assert f"comes from {count} normal clips" in shown.err and "Model: pump.pgv" in shown.out
    own_machine.write(tmp_path / "odd.wav", 200, whistle=0.05)
    main(["score", "pump.pgv", "odd.wav"])
    assert "verdicts mean nothing" in capsys.readouterr().err
    main(["score", "pump.pgv", "odd.wav", "--threshold", "3"])
    assert capsys.readouterr().err == ""


@pytest.mark.shared
def test_a_dozen_real_clips_rank_but_do_not_decide(shared, tmp_path, capsys):
    folder = shared / "data" / "mimii_fan_0db" / "fan"
    model = str(tmp_path / "fan.pgv")
    assert main(["fit", str(folder / "train"), "-o", model]) == 0
    told = "threshold from 12 clips: between 0.4 and 22 % of normal clips will lie above it"
    assert told in capsys.readouterr().out
    main(["score", model, str(folder / "test")])
    assert f"Caution: fan_id_00, fusion: {told}" in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["", "n", "non", "oui", "--yes"])
def test_what_speaks_of_a_fault_is_asked_before_it_is_learned(
    tmp_path, monkeypatch, capsys, answer
):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump" / "bon", 8)
    for number in range(3):
        own_machine.write(tmp_path / "pump" / "défaut roulement" / f"{number}.wav", 50 + number)
    asked = answer not in ("", "--yes")
    typed = io.StringIO(f"{answer}\n")
    typed.isatty = lambda: asked
    monkeypatch.setattr("sys.stdin", typed)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    learned = answer in ("oui", "--yes")
    code = main(["fit", "pump", *(["--yes"] if answer == "--yes" else [])])
    shown = capsys.readouterr()
    assert code == (0 if learned else 1)
    assert (tmp_path / "pump.pgv").exists() == learned
    assert ("Are all of them normal?" in shown.err) == asked
    suspicious = "3 of 11 recordings have a name that speaks of a fault ('defaut')"
    assert suspicious in (shown.out if answer == "--yes" else shown.err)
    if answer == "":
        assert "--yes" in shown.err and shown.err.count("\n") == 1
    if learned:
        assert "learned from bon/: 8 recording(s), 8 s\n" in shown.out
        assert "learned from défaut roulement/: 3 recording(s), 3 s\n" in shown.out


def test_a_clip_that_was_learned_is_told_when_it_is_scored(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 8)
    own_machine.write(tmp_path / "new.wav", 99)
    assert main(["fit", "pump"]) == 0
    capsys.readouterr()
    main(["score", "pump.pgv", "pump/003.wav", "new.wav", "--csv", "-", "--order", "name"])
    known, new = rows_of(capsys.readouterr().out)
    assert known["reason"] == "one of the training clips of pump: no fair score"
    assert new["reason"] == ""


def test_the_clip_that_sets_the_threshold_is_named_and_all_scores_are_written(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 12)
    own_machine.write(tmp_path / "pump" / "007.wav", 7, whistle=0.05)
    assert main(["fit", "pump", "--held-out", "held-out.csv", "--jobs", "1"]) in (0, 4)
    said = capsys.readouterr().out
    assert "Note: fusion: the threshold comes from 007.wav: a held-out score of " in said
    assert said.splitlines()[-2:] == [
        "Held-out scores: held-out.csv",
        "Now: pygoodvibes score pump.pgv FILES_OR_FOLDERS...",
    ]
    rows = rows_of((tmp_path / "held-out.csv").read_text())
    assert len(rows) == 12 and rows[0]["clip"] == "007.wav" and rows[0]["above"] == "0"
    assert main(["fit", "pump.pgv", "--exclude", "007.wav", "--held-out", "held-out.csv"]) == 0
    said = capsys.readouterr().out
    assert "comes from" not in said and said.endswith("\nHeld-out scores: held-out.csv\n")
    rows = rows_of((tmp_path / "held-out.csv").read_text())
    assert len(rows) == 11 and "007.wav" not in {row["clip"] for row in rows}


def test_a_fit_again_names_the_clip_that_sets_the_threshold(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 12)
    own_machine.write(tmp_path / "june" / "odd.wav", 50, whistle=0.05)
    assert main(["fit", "pump"]) == 0
    capsys.readouterr()
    main(["fit", "pump.pgv", "--add", "june", "--yes"])
    assert "Note: fusion: the threshold comes from odd.wav: " in capsys.readouterr().out


@pytest.mark.parametrize("file", ["-", "x.wav", "x.pgv", "no/x.csv", "pump", "bytes.csv"])
def test_a_file_that_takes_no_scores_is_told_before_the_fit(tmp_path, monkeypatch, capsys, file):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 4)
    (tmp_path / "bytes.csv").write_bytes(b"a\0b")
    assert main(["fit", "pump", "--held-out", file]) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ") and file in said and said.count("\n") == 1
    assert not (tmp_path / "pump.pgv").exists()


@pytest.mark.shared
def test_the_real_clip_that_sets_the_threshold_is_named(shared, tmp_path, capsys):
    folder = shared / "data" / "mimii_fan_0db" / "fan" / "train"
    assert main(["fit", str(folder), "-o", str(tmp_path / "fan.pgv")]) == 0
    assert "the threshold comes from normal_id_00_00000004.wav: " in capsys.readouterr().out

import csv
import dataclasses
import errno
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading

import numpy as np
import pytest
import soundfile

import own_machine
from pygoodvibes.cli.main import main
from pygoodvibes.cli.score import ENDING
from pygoodvibes.models import machine_model
from pygoodvibes.monitoring.alarm import Alarm
from pygoodvibes.monitoring.output import COLUMNS, Csv
from pygoodvibes.monitoring.score_clip import score_clip
from pygoodvibes.monitoring.watch import Watch

LOW = ("--false-alarm-rate", "0.01")  # lower than its 20 clips can tell
BY_HAND = ("--threshold", "2")  # none of the three good ones lies above


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("clips", "code"),
    [
        (["new"], 0),
        (["new", "odd.wav"], 3),
        (["new", "text.wav"], 4),
        (["odd.wav", "text.wav"], 3),
        (["no.wav"], 4),
    ],
)
def test_the_exit_code_tells_the_verdict(run, clips, code):
    assert run("pump.pgv", *clips, "--threshold", "6")[0] == code


def test_a_table_for_people(run):
    code, out, err = run("pump.pgv", "odd.wav", "text.wav")
    head, odd, text = out.splitlines()
    assert " ".join(head.split()) == "clip score threshold verdict normal clips as high"
    assert odd.startswith("odd.wav") and "anomalous" in odd and "1 in 21" in odd
    assert "not scored" in text and "no readable audio" in text
    caution, summary = err.splitlines()
    assert caution.startswith("Caution: pump, fusion: threshold from 20 clips: between 2 and 22 %")
    assert "fit to 39 more normal clips" in caution
    assert summary == "2 clip(s): 1 anomalous, 0 normal, 1 not scored" and code == 3


def test_where_clips_are_too_few_nothing_is_called_normal(run):
    code, out, err = run("pump.pgv", "new/good0.wav", "new/good1.wav")
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["undecided", "undecided"]
    assert err.endswith("2 clip(s): 0 anomalous, 2 undecided, 0 normal, 0 not scored\n")
    assert code == 4 and "fit to 39 more normal clips" in err
    # at so low a rate not even what lies far above can be told from normal clips
    code, out, err = run("pump.pgv", "odd.wav", *LOW)
    assert "undecided" in out and code == 4 and "fit to 579 more normal clips" in err
    # whoever sets the threshold decides
    code, out, err = run("pump.pgv", "new/good0.wav", "odd.wav", *BY_HAND)
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["anomalous", "normal"]
    assert code == 3 and "undecided" not in err
    code, out, _ = run("pump.pgv", "new/good0.wav", "--json", "-")
    assert json.loads(out)["models"][0]["needed_clips"] == 39 and code == 4


def test_csv_and_json_hold_all_digits(run, place):
    code, out, _ = run("pump.pgv", "odd.wav", "text.wav", "--csv", "-", "--json", "all.json")
    odd, text = rows_of(out)
    assert tuple(odd) == COLUMNS
    model = machine_model.load(place / "pump.pgv")
    expected = score_clip(model, place / "odd.wav")
    assert float(odd["score"]) == expected.score and float(odd["threshold"]) == expected.threshold
    assert (odd["seconds"], odd["start"], odd["alarm"]) == ("1.0", "", "")
    assert text["verdict"] == "not scored" and text["score"] == "" and text["reason"]
    document = json.loads((place / "all.json").read_text())
    assert document["clips"][0]["score"] == expected.score and len(document["clips"]) == 2
    [described] = document["models"]
    low, high = described["false_alarm_interval"]
    assert low < 0.1 < high and "threshold from 20 clips" in described["caution"]
    assert described["sha256"] == model.sha256 and described["threshold"] == expected.threshold
    assert code == 3


def test_several_models_and_detectors(run, place):
    shutil.copy(place / "pump.pgv", place / "copy.dat")
    _, out, _ = run("pump.pgv", "--model", "copy.dat", "odd.wav", "--csv", "-", "--detector", "knn")
    first, second = rows_of(out)
    # both are called pump, so they go by their files
    assert {first["model"], second["model"]} == {"copy.dat", "pump.pgv"}
    assert first["score"] == second["score"] and first["detector"] == "knn"
    _, out, _ = run("pump.pgv", "--model", "copy.dat", "odd.wav")
    assert "model" in out.splitlines()[0] and "copy.dat" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["odd.wav"], "no model"),
        (["pump.pgv"], "nothing to score"),
        (["text.wav.pgv", "odd.wav"], "can't be read"),
        (["pump.pgv", "-", "odd.wav"], "the stream"),
        (["pump.pgv", "odd.wav", "--detector", "lof"], "no detector 'lof'"),
        (["pump.pgv", "odd.wav", "--csv", "-", "--json", "-"], "not both"),
        (["pump.pgv", "odd.wav", "--csv", "no/x.csv"], "can't be written"),
        (["pump.pgv", "odd.wav", "--window", "1", "--hop", "2"], "--hop 2: longer"),
        (["pump.pgv", "-", "--stream-rate", "44100"], "the model is for 8000 Hz"),
        (["pump.pgv", "--watch", "nowhere"], "no such folder"),
        (["pump.pgv", "odd.wav", "--csv", "x", "--json", "./x"], "not both"),
        (["pump.pgv", "--csv", "odd.wav", "new"], "odd.wav: a recording by its name"),
        (["pump.pgv", "--json", "odd.FLAC", "new"], "odd.FLAC: a recording by its name"),
        (["pump.pgv", "--json", "pump.pgv", "new"], "pump.pgv: a model by its name"),
        (["pump.pgv", "--csv", "copy.m4a", "new"], "copy.m4a: no text file"),
    ],
)
def test_errors_are_one_sentence_and_exit_code_1(run, place, arguments, said):
    shutil.copy(place / "odd.wav", place / "copy.m4a")
    before = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    code, _, err = run(*arguments)
    assert code == 1 and err.startswith("Error: ") and said in err and err.count("\n") == 1
    assert before == {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}


def night(place):
    """Write a recording with a whistle from 10 s to 20 s."""
    parts = [own_machine.sound(n, whistle=0.05 * (10 <= n < 20)) for n in range(30)]
    soundfile.write(place / "night.wav", np.concatenate(parts), own_machine.RATE, subtype="PCM_16")
    return place / "night.wav"


def test_windows_score_as_the_cut_out_clips_and_the_alarm_goes_on_and_off(run, place):
    path = night(place)
    code, out, _ = run(
        "pump.pgv", path, "--window", 1, "--hop", 0.5, "--csv", "-", "--alarm", "3/5"
    )
    rows = rows_of(out)
    assert code == 3 and [float(row["start"]) for row in rows] == [n / 2 for n in range(59)]
    samples, _ = soundfile.read(path, dtype="float32")
    model = machine_model.load(place / "pump.pgv")
    for row in rows[::7]:
        start = round(float(row["start"]) * own_machine.RATE)
        cut = score_clip(model, samples[start : start + own_machine.RATE])
        assert float(row["score"]) == cut.score and row["verdict"] == cut.verdict
    bell = Alarm(3, 5)
    expected = [str(int(bell.update(row["verdict"] == "anomalous"))) for row in rows]
    assert [row["alarm"] for row in rows] == expected
    on = [float(row["start"]) for row in rows if row["alarm"] == "1"]
    assert any(10 <= start < 20 for start in on) and rows[-1]["alarm"] == "0"


@pytest.mark.parametrize(
    ("whistles", "alarm", "code", "words"),
    [
        # fewer windows than the alarm asks for: all of them must be anomalous
        ("1", [1], 3, "1 with an alarm, 0 without, 0 not scored in full; 1 of 1 window(s)"),
        ("11", [0, 1], 3, "1 with an alarm, 0 without, 0 not scored in full; 2 of 2 window(s)"),
        ("01", [0, 0], 0, "0 with an alarm, 1 without, 0 not scored in full; 1 of 2 window(s)"),
        ("10", [0, 0], 0, "0 with an alarm, 1 without, 0 not scored in full; 1 of 2 window(s)"),
        # enough: three of the last five
        ("1011", [0, 0, 0, 1], 3, "1 with an alarm, 0 without"),
        ("1001", [0, 0, 0, 0], 0, "0 with an alarm, 1 without"),
        # of what could be scored
        ("1s", [0, 1], 3, "1 with an alarm, 0 without, 0 not scored in full; 1 of 2 window(s)"),
        ("0s", [0, 0], 4, "0 with an alarm, 0 without, 1 not scored in full; 0 of 2 window(s)"),
    ],
)
@pytest.mark.parametrize("source", ["file", "stream"])
def test_a_short_recording_can_ring_the_alarm(
    run, place, monkeypatch, source, whistles, alarm, code, words
):
    parts = [
        own_machine.sound(100, whistle=0.05 * (kind == "1")) * (kind != "s") for kind in whistles
    ]
    soundfile.write(place / "some.wav", np.concatenate(parts), own_machine.RATE, subtype="PCM_16")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper((place / "some.wav").open("rb")))
    clip = "some.wav" if source == "file" else "-"
    found, out, err = run(
        "pump.pgv", clip, "--window", 1, "--hop", 1, "--threshold", 6, "--csv", "-"
    )
    rows = rows_of(out)
    verdicts = {"0": "normal", "1": "anomalous", "s": "not scored"}
    assert [row["verdict"] for row in rows] == [verdicts[kind] for kind in whistles]
    assert [int(row["alarm"]) for row in rows] == alarm
    assert found == code
    if source == "stream" or len(whistles) > 1:
        assert err.startswith("1 recording(s): ") and words in err and err.count("\n") == 1


def test_the_summary_of_windows_agrees_with_their_lines(run):
    code, out, err = run("pump.pgv", "new", "odd.wav", "--window", 1, "--threshold", -99)
    assert out.count("anomalous") == out.count("ALARM") == 4 and code == 3
    assert err == (
        "4 recording(s): 4 with an alarm, 0 without, 0 not scored in full; "
        "4 of 4 window(s) anomalous\n"
    )


def test_by_default_a_window_is_as_long_as_the_training_clips(run, place):
    _, out, _ = run("pump.pgv", night(place), "--alarm", "2/4", "--csv", "-")
    rows = rows_of(out)
    assert {row["seconds"] for row in rows} == {"1.0"}
    assert [row["start"] for row in rows[:3]] == ["0.0", "0.5", "1.0"]


def test_a_silent_window_and_a_recording_that_is_too_short(run, place):
    noise = own_machine.sound(1)
    soundfile.write(place / "gap.wav", np.concatenate([noise, 0 * noise, noise]), 8000)
    own_machine.write(place / "short.wav", 1, seconds=0.5)
    code, out, _ = run("pump.pgv", "gap.wav", "--hop", 1, "--csv", "-", "--threshold", 99)
    assert [row["verdict"] for row in rows_of(out)] == ["normal", "not scored", "normal"]
    assert "digital silence" in rows_of(out)[1]["reason"] and code == 4
    code, out, _ = run("pump.pgv", "short.wav", "--hop", 1)
    assert code == 4 and "shorter than a window (1 s)" in out


def test_a_stream_scores_as_the_file(run, place):
    path = night(place)
    raw, _ = soundfile.read(path, dtype="int16")
    command = [sys.executable, "-m", "pygoodvibes", "score", str(place / "pump.pgv"), "-"]
    done = subprocess.run(
        [*command, "--csv", "-"], input=raw.astype("<i2").tobytes(), capture_output=True
    )
    assert done.returncode == 3, done.stderr
    _, out, _ = run("pump.pgv", path, "--hop", 0.5, "--csv", "-")
    numbers = [(row["start"], row["score"], row["alarm"]) for row in rows_of(out)]
    streamed = rows_of(done.stdout.decode())
    assert [(row["start"], row["score"], row["alarm"]) for row in streamed] == numbers


def test_a_watched_folder_is_scored_as_recordings_arrive(place, tmp_path, monkeypatch, capsys):
    incoming = tmp_path / "incoming"
    own_machine.write(incoming / "old.wav", 1)
    real = Watch.run

    def run_until_interrupted(self, **options):
        for number, path in enumerate(real(self, interval=0.02)):
            yield path
            if number == 1:
                raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "run", run_until_interrupted)

    def record():
        own_machine.write(tmp_path / "drafts" / "good.wav", 100)
        own_machine.write(tmp_path / "drafts" / "odd.wav", 200, whistle=0.05)
        for name in ("good.wav", "odd.wav"):
            (tmp_path / "drafts" / name).rename(incoming / name)

    # started late enough that the watch has begun: what is there before is passed over
    recorder = threading.Timer(1.0, record)
    recorder.start()
    options = ["--settle", "0.05", "--json", "-", *BY_HAND]
    code = main(["score", str(place / "pump.pgv"), "--watch", str(incoming), *options])
    recorder.join()
    shown = capsys.readouterr()
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [(line["clip"].rpartition("/")[2], line["verdict"]) for line in lines] == [
        ("good.wav", "normal"),
        ("odd.wav", "anomalous"),
    ]
    assert code == 3 and shown.err.startswith(f"Watching {incoming} ")
    assert shown.err.endswith("2 clip(s): 1 anomalous, 1 normal, 0 not scored\n")


@pytest.fixture
def watched(place, monkeypatch, capsys):
    """Return a function that scores recordings as if they had arrived one by one, then Ctrl-C."""

    def call(paths, *options):
        def arrive(self, **settings):
            yield from paths
            raise KeyboardInterrupt

        monkeypatch.setattr(Watch, "run", arrive)
        monkeypatch.chdir(place)
        code = main(["score", "pump.pgv", "--watch", "new", *map(str, options)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_the_alarm_of_a_watched_folder_goes_on_from_file_to_file(watched):
    good, odd = "new/good0.wav", "odd.wav"
    paths = [odd, good, odd, "text.wav", good, odd, good, good, good, good]
    options = ("--alarm", "3/5", "--threshold", 6, "--csv", "-")
    code, out, err = watched(paths, *options)
    rows = [row for row in rows_of(out) if row["clip"] != "text.wav"]
    assert [row["alarm"] for row in rows] == [*"000011100"] and code == 3
    assert err.endswith(
        "3 recording(s): 2 with an alarm, 0 without, 1 not scored in full; "
        "3 of 9 window(s) anomalous\n"
    )
    # a file alone has too few windows for it
    code, out, err = watched([odd], *options)
    assert [row["alarm"] for row in rows_of(out)] == ["0"] and code == 0
    assert "0 with an alarm, 1 without" in err and "1 of 1 window(s) anomalous" in err


def test_a_watch_adds_to_the_files_that_are_there(watched, run, tmp_path):
    table, lines = tmp_path / "log.csv", tmp_path / "log.jsonl"
    options = ("--csv", table, "--json", lines, *BY_HAND)
    assert watched(["new/good0.wav"], *options)[0] == 0
    first = table.read_text()
    # whoever wrote last was stopped in a line
    table.write_text(first + "odd.wav,pu")
    assert watched(["odd.wav"], *options)[0] == 3
    header, *rows = table.read_text().splitlines()
    assert header == ",".join(COLUMNS) and table.read_text().startswith(first)
    assert [row.split(",")[0] for row in rows] == ["new/good0.wav", "odd.wav", "odd.wav"]
    clips = [json.loads(line)["clip"] for line in lines.read_text().splitlines()]
    assert clips == ["new/good0.wav", "odd.wav"]
    # a single run writes anew
    run("pump.pgv", "odd.wav", "--csv", table)
    assert len(table.read_text().splitlines()) == 2


@pytest.mark.parametrize("option", ["--csv", "--json"])
@pytest.mark.parametrize("content", ["a,b\n1,2\n", '{"clip": 1}\n', "{\n", "\udcff"])
def test_a_watch_adds_to_no_other_file(watched, tmp_path, option, content):
    path = tmp_path / "log.txt"
    path.write_text(content, errors="surrogateescape")
    before = path.read_bytes()
    code, _, err = watched(["odd.wav"], option, path)
    assert code == 1 and "begins otherwise" in err.splitlines()[-1]
    assert path.read_bytes() == before


FULL = pathlib.Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("option", ["--csv", "--json"])
def test_a_full_disk_is_one_sentence(run, watched, option):
    code, _, err = run("pump.pgv", "odd.wav", option, FULL)
    said = "Error: /dev/full: can't be written (No space left on device)"
    assert code == 1 and err.splitlines()[-1] == said and "Traceback" not in err
    code, _, err = watched(["odd.wav"], option, FULL)
    assert code == 1 and err.splitlines()[-1] == said


def test_a_disk_that_fills_up_ends_a_watch_with_what_it_has_found(watched, monkeypatch, tmp_path):
    real, written = Csv.write, []

    def write(self, record):
        if written:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(record)
        real(self, record)

    monkeypatch.setattr(Csv, "write", write)
    code, _, err = watched(["odd.wav", "new/good0.wav"], "--csv", tmp_path / "log.csv", *BY_HAND)
    *_, summary, error = err.splitlines()
    assert code == 1 and error.endswith("log.csv: can't be written (No space left on device)")
    assert summary == "2 clip(s): 1 anomalous, 1 normal, 0 not scored"


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("options", [[], ["--csv", "-"], ["--json", "-"]])
def test_a_full_disk_behind_standard_output_is_one_sentence(place, options):
    command = [sys.executable, "-m", "pygoodvibes", "score", "pump.pgv", "odd.wav", *options]
    command += ["--threshold", "6"]
    with FULL.open("wb") as full:
        done = subprocess.run(command, cwd=place, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    *_, last = done.stderr.splitlines()
    assert last == "Error: standard output: can't be written (No space left on device)"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("option", ["--csv", "--json", "table"])
def test_names_that_are_not_utf8_are_scored_and_shown(place, tmp_path, option, encoding):
    """In a process of its own: what its standard output takes is set when it starts."""
    for name in (b"caf\xe9.wav", "ü.wav".encode()):
        shutil.copy(place / "odd.wav", tmp_path / os.fsdecode(name))
    options = [] if option == "table" else [option, "-"]
    command = [sys.executable, "-m", "pygoodvibes", "score", place / "pump.pgv", ".", *options]
    strict = {**os.environ, "PYTHONIOENCODING": f"{encoding}:strict", "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=strict, capture_output=True, check=False)
    assert done.returncode == 3, done.stderr
    # what is for programs is always UTF-8
    encoding = encoding if option == "table" else "utf-8"
    shown = done.stdout.decode(encoding)
    second = "ü.wav" if encoding == "utf-8" else "\\xfc.wav"
    if option == "--json":
        names = [clip["clip"] for clip in json.loads(shown)["clips"]]
        assert names == ["caf\\udce9.wav", second]
    else:
        _, *lines = shown.splitlines()
        assert [line.partition(".wav")[0] + ".wav" for line in lines] == [
            "caf\\udce9.wav",
            second,
        ]
        if encoding == "utf-8" and option == "table":
            assert lines[0].index("anomalous") == lines[1].index("anomalous")


def test_a_compressed_file_whose_name_is_not_utf8_says_so(run, tmp_path):
    soundfile.write(tmp_path / "a.flac", own_machine.sound(1), own_machine.RATE)
    (tmp_path / "a.flac").rename(tmp_path / os.fsdecode(b"caf\xe9.flac"))
    code, out, _ = run("pump.pgv", tmp_path)
    assert code == 4 and "its name is not UTF-8 text; rename the file" in out


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
def test_json_holds_no_number_that_is_none(run, place):
    loud = (own_machine.sound(1) * 1e36).astype(np.float32)
    soundfile.write(place / "loud.wav", loud, own_machine.RATE, subtype="FLOAT")
    code, out, _ = run("pump.pgv", "loud.wav", "--json", "-")
    [clip] = json.loads(out, parse_constant=pytest.fail)["clips"]
    assert (clip["score"], clip["verdict"]) == (None, "not scored") and code == 4
    assert "far above full scale" in clip["reason"]


def test_the_ending_is_that_of_models():
    assert ENDING == machine_model.ENDING


def test_a_threshold_by_hand_or_from_many_clips_needs_no_caution(run, place):
    assert "Caution" not in run("pump.pgv", "odd.wav", "--threshold", 5)[2]
    model = own_machine.fit(own_machine.healthy(place / "many", 60)).model
    machine_model.save(place / "many.pgv", model)
    assert run("many.pgv", "odd.wav", "--json", "many.json")[2] == ""
    [described] = json.loads((place / "many.json").read_text())["models"]
    assert described["caution"] == ""
    assert described["false_alarm_interval"] == pytest.approx([0.044, 0.167], abs=1e-3)


def test_clips_of_another_length_are_told_once_a_file(run, place):
    own_machine.write(place / "long.wav", 301, seconds=5)
    own_machine.write(place / "alike.wav", 302, seconds=1.15)
    hand = ("--threshold", 99)
    _, out, err = run("pump.pgv", "long.wav", "alike.wav", "text.wav", "--csv", "-", *hand)
    long, alike, text = rows_of(out)
    assert long["reason"] == "5 s long, but pump was fitted on 1 s: no fair score"
    assert long["verdict"] == "normal" and alike["reason"] == "" and "audio" in text["reason"]
    [caution, _] = err.splitlines()
    assert caution.startswith("Caution: long.wav: 5 s long") and "--window" in caution
    _, out, err = run("pump.pgv", "long.wav", "--window", 0.5, "--hop", 0.5, "--csv", "-", *hand)
    reasons = [row["reason"] for row in rows_of(out)]
    assert reasons == ["0.5 s long, but pump was fitted on 1 s: no fair score"] + 9 * [""]
    assert err.count("fitted on 1 s") == 1
    _, out, err = run("pump.pgv", "long.wav", "--hop", 1, "--csv", "-", *hand)
    assert {row["reason"] for row in rows_of(out)} == {""} and "Caution" not in err


BY_NAME = ("--order", "name", "--json", "-")


def test_the_most_anomalous_clip_comes_first_in_all_outputs(run):
    clips = ("new/good0.wav", "text.wav", "odd.wav", "new/good1.wav")
    _, out, _ = run("pump.pgv", *clips, "--csv", "scores.csv", "--threshold", 6)
    shown = [line.split()[0] for line in out.splitlines()[1:]]
    _, out, _ = run("pump.pgv", *clips, "--csv", "-", "--threshold", 6)
    rows = rows_of(out)
    assert [row["clip"] for row in rows] == shown
    assert shown[0] == "odd.wav" and shown[-1] == "text.wav"
    scores = [float(row["score"]) for row in rows[:-1]]
    assert scores == sorted(scores, reverse=True)
    _, out, _ = run("pump.pgv", *clips, *BY_NAME)
    assert [record["clip"] for record in json.loads(out)["clips"]] == list(clips)


def test_a_training_clip_is_told_in_any_container(run, place):
    known = place / "pump" / "003.wav"
    samples, rate = soundfile.read(known, dtype="int16")
    soundfile.write(place / "again.flac", samples, rate)
    own_machine.write(place / "longer.wav", 303, seconds=5)
    _, out, err = run("pump.pgv", known, "again.flac", "new/good0.wav", "longer.wav", *BY_NAME)
    told = "one of the training clips of pump: no fair score"
    found = [record["reason"] for record in json.loads(out)["clips"]]
    assert found[:3] == [told, told, ""] and "fitted on 1 s" in found[3]
    assert f"Caution: {known}: {told} (so it is with 2 clips)\n" in err
    assert err.count("in windows as long as") == 1 and "Caution: longer.wav: 5 s long" in err
    assert run("pump.pgv", "again.flac")[1].rstrip().endswith(told)


def test_clips_that_are_recorded_or_stored_otherwise_are_told_in_all_outputs(run, place):
    sound = own_machine.sound(304)
    soundfile.write(place / "phone.mp3", sound, own_machine.RATE)
    soundfile.write(place / "other.mp3", sound, own_machine.RATE)
    own_machine.save(place / "quiet.wav", sound / 4)
    soundfile.write(place / "two.flac", np.stack([sound, sound], axis=1), own_machine.RATE)
    clips = ("phone.mp3", "other.mp3", "quiet.wav", "two.flac", "new/good0.wav", "odd.wav")
    options = ("--csv", "-", "--json", "all.json", "--threshold", 99, "--order", "name")
    _, out, err = run("pump.pgv", *clips, *options)
    reasons = [row["reason"] for row in rows_of(out)]
    assert [each["reason"] for each in json.loads((place / "all.json").read_text())["clips"]] == (
        reasons
    )
    assert "clips: MP3 instead of PCM. The score may" in reasons[0]
    assert "12 dB quieter at all frequencies" in reasons[2]
    assert "clips: 2 channel(s) instead of 1. The score may" in reasons[3]
    assert reasons[4:] == ["", ""]
    cautions = [line for line in err.splitlines() if line.startswith("Caution")]
    assert len(cautions) == 3 and cautions[0].startswith("Caution: phone.mp3: recorded or stored")
    assert cautions[0].endswith("(so it is with 2 clips)")
    text = run("pump.pgv", "quiet.wav")[1].splitlines()[1]
    assert text.endswith(reasons[2])


def test_of_windows_what_is_recorded_or_stored_otherwise_is_told_once(run, place):
    sound = own_machine.sound(305, seconds=6)
    soundfile.write(place / "night.mp3", sound, own_machine.RATE)
    options = ("--window", 1, "--hop", 1, "--csv", "-", "--threshold", 99)
    _, out, err = run("pump.pgv", "night.mp3", *options)
    reasons = [row["reason"] for row in rows_of(out)]
    assert "MP3 instead of PCM" in reasons[0] and not any(reasons[1:])
    assert err.count("MP3 instead of PCM") == 1


def test_a_stream_is_compared_by_its_sound(run, place, monkeypatch):
    loud = np.round(own_machine.sound(306, seconds=3) * 4 * 32768).astype("<i2").tobytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(loud)))
    _, out, _ = run("pump.pgv", "-", "--csv", "-", "--threshold", 99)
    reasons = [row["reason"] for row in rows_of(out)]
    assert "12 dB louder" in reasons[0] and not any(reasons[1:])


# languages


def test_people_read_their_language_and_programs_english(run, place, monkeypatch):
    monkeypatch.setenv("LANGUAGE", "")
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    code, out, err = run("pump.pgv", "odd.wav", "new", "text.wav", "--lang", "de")
    heading, first, *_ = out.splitlines()
    assert heading.split()[:4] == ["Aufnahme", "Score", "Schwelle", "Urteil"]
    assert first.startswith("odd.wav") and "auffällig" in first and re.search(r"\d,\d", first)
    assert "5 Aufnahme(n): 1 auffällig" in err and "nicht beurteilt" in out
    assert (code, out, err) != run("pump.pgv", "odd.wav", "new", "text.wav")
    # without the option, the locale
    assert "seuil" in run("pump.pgv", "odd.wav")[1]
    code, _, err = run("none.pgv", "odd.wav")
    assert code == 1 and err.startswith("Erreur\N{NO-BREAK SPACE}: ")
    document = json.loads(run("pump.pgv", "odd.wav", "--json", "-", "--lang", "fr")[1])
    assert document["clips"][0]["verdict"] == "anomalous"
    monkeypatch.setenv("LC_ALL", "C")
    assert "threshold" in run("pump.pgv", "odd.wav")[1]


def test_recordings_of_another_machine_by_their_names_are_told_in_three_languages(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    fit = own_machine.fit(tmp_path / "mine", detectors="knn")
    model = dataclasses.replace(fit.model, name="fan_id_00", machine="fan", id="00")
    machine_model.save(tmp_path / "fan.pgv", model)
    for number in (0, 4):
        own_machine.write(tmp_path / f"new/normal_id_{number:02d}_00000001.wav", 100 + number)
    said = {}
    for language, first in (
        ("en", "Note: "),
        ("fr", "Note\N{NO-BREAK SPACE}: "),
        ("de", "Hinweis: "),
    ):
        main(["score", "fan.pgv", "new", "--lang", language, "--jobs", "1"])
        shown = capsys.readouterr()
        [said[language]] = [line for line in shown.err.splitlines() if line.startswith(first)]
        assert "new/normal_id_04_00000001.wav" in said[language] and "fan_id_00" in said[language]
        assert shown.out.count("\n") == 3  # the verdicts stay
    assert "recordings of machine ID 04, and model fan_id_00 is one of 00" in said["en"]
    assert len(set(said.values())) == 3
    # once for windows of a recording, and not at all for the machine's own
    main(["score", "fan.pgv", "new/normal_id_04_00000001.wav", "--window", "0.5"])
    assert capsys.readouterr().err.count("machine ID 04") == 1
    main(["score", "fan.pgv", "new/normal_id_00_00000001.wav"])
    assert "machine ID" not in capsys.readouterr().err


def test_a_watch_tells_of_another_machine_once(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    fit = own_machine.fit(tmp_path / "mine", detectors="knn")
    model = dataclasses.replace(fit.model, name="fan_id_00", machine="fan", id="00")
    machine_model.save(tmp_path / "fan.pgv", model)
    names = ["normal_id_00_00000001.wav", "normal_id_04_00000001.wav", "normal_id_04_00000002.wav"]
    paths = [own_machine.write(tmp_path / name, 100 + len(name)) for name in names]

    def arrive(self, **settings):
        yield from paths
        raise KeyboardInterrupt

    monkeypatch.setattr(Watch, "run", arrive)
    main(["score", "fan.pgv", "--watch", "mine", "--csv", "-", *BY_HAND])
    shown = capsys.readouterr()
    assert shown.err.count("recordings of machine ID 04") == 1 and names[1] in shown.err
    assert len(rows_of(shown.out)) == 3


@pytest.mark.parametrize("language", ["en", "fr", "de"])
def test_on_a_terminal_the_caution_about_few_clips_is_one_line(run, monkeypatch, language):
    monkeypatch.setenv("COLUMNS", "80")
    full = run("pump.pgv", "new", "--lang", language)[2].splitlines()
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    code, out, err = run("pump.pgv", "new", *LOW, "--json", "-", "--lang", language)
    caution, count = err.splitlines()
    assert len(caution) <= 80 and "20" in caution and "--json" in caution
    assert count.startswith("3 ")
    [described] = json.loads(out)["models"]
    assert described["caution"].startswith("threshold from 20 clips: between ") and code == 4
    assert caution != full[0]


def test_a_model_whose_verdicts_mean_nothing_says_so_in_full_everywhere(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    own_machine.healthy(tmp_path / "pump", 4)
    assert main(["fit", "pump"]) == 4
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    capsys.readouterr()
    main(["score", "pump.pgv", own_machine.write(tmp_path / "new.wav", 9).name])
    said = " ".join(capsys.readouterr().err.split())
    assert "Caution: pump, fusion: this model's verdicts mean nothing" in said
    assert "fit it to more normal clips" in said


def test_an_empty_recording_in_a_watched_folder_has_a_line_with_the_reason(watched, tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    code, out, _ = watched([tmp_path / "empty.wav"], "--csv", "-", *BY_HAND)
    [row] = rows_of(out)
    assert row["verdict"] == "not scored" and row["reason"] and code == 4

import csv
import os
import re
import shutil

import numpy as np
import pytest

import own_machine
from pygoodvibes.cli.drift import MOVED, UNMOVED, UNTOLD
from pygoodvibes.cli.main import main
from pygoodvibes.models import machine_model

BEGINS = 1777615200
"""Seconds since 1970 of 2026-05-01 06:00 UTC."""


@pytest.fixture(scope="module")
def watched(place):
    """Return a folder of recordings, a minute apart, in the order of time and not of names."""
    for number in range(40):
        path = place / "june" / f"{39 - number}.wav"
        whistle = 0.05 * (number in (10, *range(30, 40)))
        own_machine.write(path, 700 + number, whistle=whistle)
        os.utime(path, (BEGINS + 60 * number,) * 2)
    return place


@pytest.fixture
def drift(watched, monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.chdir(watched)
        code = main(["drift", *map(str, arguments)])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def rows_of(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_a_folder_is_charted_in_the_order_of_time(drift, watched):
    code, out, err = drift("pump.pgv", "june", "--csv", "chart.csv", "--figure", "chart.png")
    first, *news = out.splitlines()
    assert (
        first == "pump: 40 clip(s) in order (when their files were last changed), 40 on the chart"
    )
    [said] = news
    # the estimate of when may be a clip off
    assert re.match(
        r"  june/\d\.wav: the scores have risen since about june/(9|10)\.wav \(2026-", said
    )
    assert "UTC): the machine has changed" in said and (code, err) == (MOVED, "")
    rows = rows_of(watched / "chart.csv")
    assert [row["clip"] for row in rows] == [f"june/{39 - number}.wav" for number in range(40)]
    assert rows[0]["time"] == "2026-05-01T06:00:00Z" and rows[10]["verdict"] == "anomalous"
    assert [row["drift"] for row in rows if row["drift"]] == [said.partition(".wav: ")[2]]
    assert (watched / "chart.png").read_bytes().startswith(b"\x89PNG")


def test_fewer_false_alarms_take_more_clips(drift):
    def clips(out):
        return int(re.search(r"june/(\d+)\.wav: the scores have risen", out)[1])

    _, rare, _ = drift("pump.pgv", "june", "--run-length", 10000)
    assert clips(rare) < clips(drift("pump.pgv", "june")[1])  # later: names count down
    code, _, err = drift("pump.pgv", "june", "--run-length", 3)
    assert code == 1 and "a run length of 3 clips: charts have 50 to 10000" in err


def test_a_log_gives_the_chart_of_the_recordings(drift, watched, run):
    """In the order of the column `time`: that of the scores is another."""
    run("pump.pgv", "june", "--csv", "log.csv")
    run("pump.pgv", "june", "--json", "log.json")
    code, whole, _ = drift("pump.pgv", "june")
    for log in ("log.csv", "log.json"):
        assert drift("pump.pgv", log) == (code, whole, "")
    # scored twice, they count once
    assert drift("pump.pgv", "june", "log.csv")[1] == whole


def test_what_another_model_has_scored_is_passed_over(drift, watched, run):
    run("pump.pgv", "june", "--csv", "log.csv", "--detector", "knn")
    with pytest.raises(SystemExit):
        drift("pump.pgv")
    code, _, err = drift("pump.pgv", "log.csv")
    assert code == 1 and "no clip in it was scored by pump.pgv as it is now" in err
    code, out, _ = drift("pump.pgv", "log.csv", "new", "--order", "given")
    assert "3 clip(s)" in out and "40 line(s) passed over: scored by another model or fit" in out
    assert drift("pump.pgv", "log.csv", "--detector", "knn")[0] == MOVED


def test_copies_have_no_times_and_the_order_is_asked_for(drift, watched, tmp_path):
    for number in range(10):
        shutil.copyfile(watched / "june" / f"{39 - number}.wav", tmp_path / f"{number}.wav")
    code, _, err = drift("pump.pgv", tmp_path)
    assert code == 1 and "copied" in err and "--order name" in err
    code, out, _ = drift("pump.pgv", tmp_path, "--order", "name")
    assert code == UNMOVED and "10 clip(s) in order (by name), 10 on the chart" in out
    assert out.endswith("nothing has changed at the end: scores are as those of normal clips\n")


def test_with_too_few_clips_nothing_is_told(drift, watched):
    few = own_machine.fit(own_machine.healthy(watched / "few", 12)).model
    machine_model.save(watched / "few.pgv", few)
    code, out, _ = drift("few.pgv", "new", "--order", "name")
    assert code == UNTOLD and "has 12 held-out scores; the chart begins 5 clip(s) later" in out
    code, out, _ = drift("pump.pgv", "pump", "--order", "name")
    assert code == UNTOLD and "no clip can be compared" in out


def test_a_watch_tells_drift_and_goes_on_from_its_log(place, run, monkeypatch, capsys):
    from pygoodvibes.monitoring.watch import Watch

    def watch(paths, *options):
        def arrive(self, **settings):
            yield from paths
            raise KeyboardInterrupt

        monkeypatch.setattr(Watch, "run", arrive)
        run("pump.pgv", "--watch", "new", "--csv", "watch.csv", *options)
        return rows_of(place / "watch.csv")

    odd = [own_machine.write(place / "b" / f"{n}.wav", 800 + n, whistle=0.05) for n in range(8)]
    rows = watch(odd[:3])
    before = float(rows[-1]["ewma"])
    assert np.sign(before) == 1 and not any(row["drift"] for row in rows)
    rows = watch(odd[3:])
    assert [bool(row["drift"]) for row in rows].count(True) == 1
    assert float(rows[3]["ewma"]) > before
    assert rows[-1]["time"] and float(rows[-1]["level"]) == pytest.approx(0, abs=3)
    # with windows there is no chart
    monkeypatch.setattr(Watch, "run", lambda self, **settings: iter(odd))
    _, out, err = run("pump.pgv", "--watch", "new", "--window", "1")
    assert "Drift" not in out + err and "chart" not in err


def test_a_watch_shows_drift_below_the_clip(place, run, monkeypatch):
    from pygoodvibes.monitoring.watch import Watch

    odd = [own_machine.write(place / "c" / f"{n}.wav", 900 + n, whistle=0.05) for n in range(8)]
    monkeypatch.setattr(Watch, "run", lambda self, **settings: iter(odd))
    _, out, _ = run("pump.pgv", "--watch", "new")
    [place_of] = [n for n, line in enumerate(out.splitlines()) if line.startswith("Drift: ")]
    assert "the scores have risen since about " in out.splitlines()[place_of]
    assert "anomalous" in out.splitlines()[place_of - 1]

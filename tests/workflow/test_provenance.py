import html.parser
import platform
import subprocess

import pytest

from pygoodvibes.workflow import provenance
from pygoodvibes.workflow.provenance import data_of, describe, revision, steps

ROW = {"path": "a.wav", "offset": "", "xxh3_128": "1", "status": "ok"}


def test_the_hash_of_the_data_is_that_of_its_usable_clips_in_any_order():
    rows = [ROW, {**ROW, "path": "b.wav", "xxh3_128": "2"}]
    first = data_of(rows)
    assert first == data_of(rows[::-1])
    assert first["clips"] == first["usable"] == 2
    left_out = data_of([*rows, {**ROW, "path": "c.wav", "status": "truncated"}])
    assert left_out == {**first, "clips": 3}
    for change in ({"xxh3_128": "3"}, {"path": "d.wav"}):
        assert data_of([{**ROW, **change}, rows[1]])["sha256"] != first["sha256"]


def test_seconds_and_memory_are_added_up_by_rule(tmp_path):
    (tmp_path / "mel" / "fan").mkdir(parents=True)
    line = "2026-01-01 INFO pygoodvibes.workflow.job: finished: {} s, {} MiB\n"
    (tmp_path / "mel" / "fan" / "00.log").write_text("begin\n" + line.format("1.25", 80))
    (tmp_path / "mel" / "fan" / "02.log").write_text(line.format("2.50", 90))
    (tmp_path / "mel" / "fan" / "04.log").write_text("killed before its end\n")
    (tmp_path / "gather_metrics.log").write_text(line.format("0.30", 40))
    assert steps(tmp_path) == {
        "mel": {"jobs": 2, "seconds": 3.8, "peak_mib": 90},
        "gather_metrics": {"jobs": 1, "seconds": 0.3, "peak_mib": 40},
    }


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def git(*arguments):
        names = ("-c", "user.name=A", "-c", "user.email=a@example.org")
        subprocess.run(["git", *names, *arguments], check=True, capture_output=True)

    return tmp_path, git


def test_the_revision_says_whether_code_was_changed(repository):
    folder, git = repository
    assert revision() == {"revision": None, "dirty": None}
    git("init", "-q", ".")
    (folder / "scripts").mkdir()
    (folder / "scripts" / "a.py").write_text("1\n")
    git("add", "-A")
    git("commit", "-qm", "first")
    clean = revision()
    assert len(clean["revision"]) == 40 and clean["dirty"] is False
    (folder / "notes.txt").write_text("no code\n")
    assert revision() == clean
    (folder / "scripts" / "a.py").write_text("2\n")
    assert revision() == {**clean, "dirty": True}


def test_the_page_shows_all_of_it_and_escapes(repository):
    record = describe({"dataset": {"name": "<pump>"}}, [ROW], repository[0])
    assert record["packages"]["snakemake"] and record["machine"]["cores"] >= 1
    record["steps"] = {"mel": {"jobs": 2, "seconds": 3.8, "peak_mib": 90}}
    page = provenance.html(record)
    texts = []
    parser = html.parser.HTMLParser()
    parser.handle_data = texts.append
    parser.feed(page)
    shown = " ".join(texts)
    assert "<pump>" not in page and "name: <pump>" in shown
    assert "3.8" in shown and record["data"]["sha256"] in shown and "snakemake" in shown


def test_the_processor_has_its_name_where_linux_tells_it(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text("processor\t: 0\nmodel name\t: A Processor (R) 9 \nflags\t: x\n")
    assert provenance.processor(info) == "A Processor (R) 9"
    info.write_text("processor\t: 0\n")
    kind = platform.processor() or platform.machine()
    assert provenance.processor(info) == provenance.processor(tmp_path / "nothing") == kind

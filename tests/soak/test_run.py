import csv

import pytest

from soak import run
from soak.found import Found


@pytest.fixture
def parts():
    fine, bad = Found("kills"), Found("disks")
    fine.add("same bytes", 3)
    fine.check(1 + 1 == 2, "arithmetic")
    bad.add("same bytes")
    bad.check(False, "other bytes")
    return fine, bad


def test_the_table_holds_all_parts_and_the_exit_code_says_whether_all_held(parts, tmp_path, capsys):
    path = tmp_path / "soak/soak.tsv"
    assert run.write(run.timed(parts), path) == 1
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [(row["what"], row["count"], row["wrong"]) for row in rows] == [
        ("kills", "3", "0"),
        ("disks", "1", "1"),
    ]
    assert rows[0]["outcome"] == "3 same bytes"
    assert "  wrong: other bytes" in capsys.readouterr().out
    assert run.write(parts[:1], path) == 0

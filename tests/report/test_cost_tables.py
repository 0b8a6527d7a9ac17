import dataclasses
import json

import pytest

from pygoodvibes.detection.cost import Cost, write_cost
from pygoodvibes.detectors.combined import Part
from pygoodvibes.report.cost_tables import cost_of_choice, gather_metrics, write_costs
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.csv_files import read_records


@pytest.fixture
def files(tmp_path):
    of_ids = [
        {"lof": Cost(6, 1.2, 110, 0.55, 12), "net": Cost(3, 30.0, 110, 1.1, 250)},
        {"lof": Cost(6, 0.6, 90, 0.45, 20), "net": Cost(0, 2.0, 0, 0.0, 300)},
    ]
    paths = [tmp_path / f"{number}.cost.csv" for number in range(2)]
    for path, of_id in zip(paths, of_ids, strict=True):
        write_cost(path, of_id)
    return paths


def test_seconds_add_up_and_memory_is_the_largest(files):
    rows = [row for path in files for row in read_records(path)]
    lof, net, absent = gather_metrics(rows, ["lof", "net", "absent"])
    assert (lof["machine_ids"], lof["fits"], lof["clips"]) == (2, 12, 200)
    assert lof["fit_seconds"] == pytest.approx(1.8)
    assert lof["score_seconds"] == pytest.approx(1.0)
    assert lof["memory_mib"] == 20
    # where it could not be fitted, it has no cost
    assert (net["machine_ids"], net["fit_seconds"], net["memory_mib"]) == (1, 30.0, 250)
    assert (absent["machine_ids"], absent["fits"]) == (0, 0)


def test_the_table_has_seconds_a_fit_and_milliseconds_a_clip(files, tmp_path):
    write_costs(
        costs=files,
        table=tmp_path / "costs.md",
        numbers=tmp_path / "costs.csv",
        detectors=["net", "lof", "absent"],
        data="test data",
    )
    lines = (tmp_path / "costs.md").read_text().splitlines()
    assert lines[0] == "## Cost of the detectors (test data)"
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    assert found[2:] == [
        ["net", "1", "3", "10", "30.0", "10", "250"],
        ["lof", "2", "12", "0.15", "1.8", "5", "20"],
        ["absent", "0", "0", *[NOTHING] * 4],
    ]
    numbers = read_records(tmp_path / "costs.csv")
    assert [row["detector"] for row in numbers] == ["net", "lof", "absent"]
    assert float(numbers[0]["fit_seconds"]) == 30.0


def part(candidate):
    return Part.of(candidate, 0.0, 1.0)


def test_the_choice_costs_what_it_takes(files, tmp_path):
    rows = read_records(files[0])
    both = cost_of_choice(rows, [part("net: a"), part("lof"), part("net: b")])
    assert both == {
        "detector": "choice",
        "fits": 9,
        "fit_seconds": pytest.approx(31.2),
        "clips": 110,
        "score_seconds": pytest.approx(1.65),
        "memory_mib": 250,
    }
    assert cost_of_choice(rows, [part("lof")])["fit_seconds"] == pytest.approx(1.2)
    # a cost that isn't known is not made up
    assert cost_of_choice(rows, [part("lof"), part("absent")]) is None
    assert cost_of_choice(rows, []) is None


def test_the_choice_has_a_row_of_what_it_takes_for_each_machine_id(files, tmp_path):
    documents = [
        {"id": "00", "parts": [dataclasses.asdict(part("net: a"))]},
        {"id": "02", "parts": [dataclasses.asdict(part("lof"))]},
    ]
    (tmp_path / "fan.json").write_text(json.dumps(documents))
    write_costs(
        costs=files,
        table=tmp_path / "costs.md",
        numbers=tmp_path / "costs.csv",
        detectors=["choice", "net", "lof"],
        data="test data",
        choices=[tmp_path / "fan.json"] * 2,
        ids=["00", "02"],
    )
    first, *_ = read_records(tmp_path / "costs.csv")
    assert (first["detector"], first["machine_ids"], first["fits"]) == ("choice", "2", "9")
    assert float(first["fit_seconds"]) == pytest.approx(30.6)
    assert float(first["memory_mib"]) == 250
    assert "the sum over the detectors that it takes" in (tmp_path / "costs.md").read_text()

import pytest

from published_references import REFERENCES, published
from pygoodvibes.report.published import published_cells, read_references
from pygoodvibes.report.table import NOTHING, by
from pygoodvibes.util.csv_files import read_records


def test_references_of_a_benchmark():
    assert read_references("none") == []
    rows = read_references("dcase2020")
    assert {"name", "machine", "id", "auc", "pauc", "source"} <= set(rows[0])
    per_name = {}
    for row in rows:
        per_name.setdefault(row["name"], []).append((row["machine"], row["id"]))
        assert row["source"]
        assert 0 <= float(row["auc"]) <= 1
    for pairs in per_name.values():
        # machine IDs, machine types, or all together
        assert len(pairs) == len(set(pairs))
        assert len(pairs) in (23, 6, 1)


TYPES = ("fan", "pump", "slider", "valve", "ToyCar", "ToyConveyor")


def test_published_means_are_those_of_the_ids_asked_for():
    cells = published_cells(REFERENCES, {"fan": ["00"], "pump": None})
    assert cells == {
        "fan": "54.0 / 49.0",
        "pump": f"30.0 / {NOTHING}",
        "": f"42.0 / {NOTHING}",
    }
    assert published_cells(REFERENCES, {}) == {"": f"{NOTHING} / {NOTHING}"}


def test_results_published_per_type_or_for_all_types_need_no_ids():
    of_types = [published("net", machine, "", "0.8") for machine in TYPES]
    cells = published_cells(of_types, {"fan": ["00"], "pump": ["02"]})
    assert cells == {"fan": "80.0 / 80.0", "pump": "80.0 / 80.0", "": "80.0 / 80.0"}
    alone = [published("one", "", "", "0.9")]
    assert published_cells(alone, dict.fromkeys(TYPES))[""] == "90.0 / 90.0"
    # the mean of six types is not that of some of them
    nothing = f"{NOTHING} / {NOTHING}"
    assert published_cells(alone, {"fan": None}) == {"fan": nothing, "": nothing}


def test_the_strongest_system_without_a_network_is_among_the_references():
    [row] = [row for row in read_references("dcase2020") if row["name"] == "SECOM"]
    assert (row["machine"], row["id"]) == ("", "")
    assert (float(row["auc"]), float(row["pauc"])) == (0.8706, 0.7403)
    [baseline] = [
        published_cells(group, dict.fromkeys(TYPES))
        for name, group in by(read_references("dcase2020"), "name").items()
        if "baseline" in name
    ]
    assert baseline[""] == "73.7 / 59.7"


@pytest.mark.shared
def test_the_organisers_baseline_is_as_published(shared):
    published = read_records(shared / "golden/dcase2020_baseline.csv")
    ours = [row for row in read_references("dcase2020") if "baseline" in row["name"]]
    assert len(published) == 23

    def values(rows):
        return [(row["machine"], row["id"], float(row["auc"]), float(row["pauc"])) for row in rows]

    assert values(ours) == values(published)

import pytest

from made_studies import found, metrics, planned
from pygoodvibes.experiments.study_table import axes_of, csv_rows, rows_of, study_table


def cells_of(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [dict(zip(head, row, strict=True)) for row in rows]


def test_rows_have_means_and_intervals_over_machine_ids():
    rows = found(grid={"detectors.lof.n_neighbors": [2, 5]})
    assert [row["settings"] for row in rows] == [
        {"detectors.lof.n_neighbors": 2},
        {"detectors.lof.n_neighbors": 5},
    ]
    assert rows[1]["means"]["auc"] == pytest.approx((0.51 + 0.6 + 0.7 + 0.8) / 4)
    assert rows[1]["types"]["auc"] == pytest.approx({"fan": 0.555, "valve": 0.75})
    low, high = rows[1]["bounds"]["auc"]
    assert 0.5 < low < rows[1]["means"]["auc"] < high < 0.8


def test_table_marks_the_best_and_says_oracle():
    rows = found(grid={"detectors.lof.n_neighbors": [2, 5]})
    table = study_table(rows, title="Neighbours", data="made", confidence=0.95)
    cells = cells_of(table.markdown())
    assert table.title == "Neighbours (made)"
    assert cells[1]["AUC"].startswith("**65.2 [")
    assert cells[0]["AUC"].startswith("65.0 [")
    assert (cells[0]["fan"], cells[1]["fan"]) == ("55.0", "**55.5**")
    assert (cells[0]["Sensitivity"], cells[0]["Specificity"], cells[0]["F1"]) == (
        "50.0",
        "90.0",
        "60.0",
    )
    assert "oracle" in table.markdown()
    assert "No interval" not in table.markdown()


def test_table_says_why_there_is_no_interval():
    [run] = planned(grid={"detectors.lof.n_neighbors": [2]})
    made = metrics(run, {"lof.n_neighbors-2": [0.5, 0.6, 0.7, 0.8]})
    rows = rows_of(run, made, resamples=0, confidence=0.95, seed=1)
    table = study_table(rows, title="x", data="made", confidence=0.95)
    assert "No interval: it takes 3 machine IDs" in table.markdown()
    assert cells_of(table.markdown())[0]["AUC"] == "65.0"


def test_csv():
    written, columns = csv_rows(found(grid={"projection.n_components": [2, "all"]}))
    assert [row["projection.n_components"] for row in written] == ["2"] * 3 + ["all"] * 3
    assert all(list(row) == columns for row in written)
    assert written[0]["auc"] == "0.65"
    assert float(written[0]["auc_low"]) < 0.65 < float(written[0]["auc_high"])


def test_what_follows_from_another_key_is_no_axis():
    rows = found(
        grid={"mel.n_mels": [32, 64], "mel.power": [2.0]},
        combinations=[
            {"mel.n_fft": 512, "mel.hop_length": 256},
            {"mel.n_fft": 1024, "mel.hop_length": 512},
        ],
    )
    assert axes_of(rows) == {"mel.n_mels": ["32", "64"], "mel.n_fft": ["512", "1024"]}

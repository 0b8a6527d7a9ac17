import re

import numpy as np
import pytest

from pygoodvibes.detection.score import anomaly_score
from pygoodvibes.detectors import random_projection
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.compare_detectors import average, group_scores, resample
from pygoodvibes.report.detector_comparison import compare_detectors, comparison_tables, fault_table
from pygoodvibes.util.csv_files import write_records

OPTIONS = {"max_fpr": 0.1, "resamples": 200, "confidence": 0.95, "seed": 1, "data": "made up"}
SHIFT = {"good": 3.0, "fair": 1.0, "blind": 0.0}


def rows(machines=(("fan", "00"), ("fan", "02"), ("pump", "00")), n=40):
    result = []
    for machine, machine_id in machines:
        rng = np.random.default_rng([len(machine), int(machine_id)])
        common = rng.normal(size=2 * n)
        for name, shift in SHIFT.items():
            own = common + 0.3 * rng.normal(size=2 * n) + shift * (np.arange(2 * n) >= n)
            result += [
                {
                    "machine": machine,
                    "id": machine_id,
                    "detector": name,
                    "clip": f"{number:03d}.wav",
                    "split": "test",
                    "label": "anomaly" if number >= n else "normal",
                    "score": repr(float(own[number])),
                }
                for number in range(2 * n)
            ]
    return result


def cells(table, name, column):
    row = next(row for row in table.rows if row[0] == name)
    return [float(part) for part in re.findall(r"-?\d+\.\d", row[table.columns.index(column)])]


def test_scores_are_grouped_by_machine_id_and_detector_in_the_order_of_clips():
    mixed = rows()
    np.random.default_rng(0).shuffle(mixed)
    train = {**mixed[0], "split": "train", "clip": "t.wav"}
    unknown = {**mixed[0], "label": "unknown", "clip": "u.wav"}
    grouped = group_scores([*mixed, train, unknown])
    assert set(grouped) == {("fan", "00"), ("fan", "02"), ("pump", "00")}
    anomalous, scores = grouped["fan", "02"]["fair"]
    assert np.array_equal(anomalous, np.arange(80) >= 40)
    wanted = [r for r in rows() if (r["machine"], r["id"], r["detector"]) == ("fan", "02", "fair")]
    assert np.array_equal(scores, [float(row["score"]) for row in wanted])


def test_a_detector_without_a_score_is_left_out_for_that_machine_id():
    some = rows()
    some[0]["score"] = ""
    grouped = group_scores(some)
    assert set(grouped["fan", "00"]) == {"fair", "blind"}
    assert set(grouped["fan", "02"]) == {"good", "fair", "blind"}


def test_the_first_value_is_that_of_the_clips_as_they_are():
    grouped = group_scores(rows())
    resampled = resample(grouped, max_fpr=0.1, resamples=50, seed=0)
    anomalous, scores = grouped["pump", "00"]["fair"]
    values = resampled["pump", "00"]["fair"]
    assert values.shape == (2, 51)
    assert values[0, 0] == metrics.auc(anomalous, scores)
    assert values[1, 0] == metrics.partial_auc(anomalous, scores)
    assert values[0, 1:].std() > 0


def test_resamples_are_the_same_for_all_detectors_and_differ_between_machine_ids():
    grouped = group_scores(rows())
    twins = {key: {"a": each["fair"], "b": each["fair"]} for key, each in grouped.items()}
    resampled = resample(twins, max_fpr=0.1, resamples=50, seed=0)
    assert np.array_equal(resampled["fan", "00"]["a"], resampled["fan", "00"]["b"])
    same = {("fan", "00"): grouped["fan", "00"], ("fan", "02"): grouped["fan", "00"]}
    resampled = resample(same, max_fpr=0.1, resamples=50, seed=0)
    one, other = (each["fair"] for each in resampled.values())
    assert one[0, 0] == other[0, 0]
    assert not np.array_equal(one[0, 1:], other[0, 1:])


def test_types_are_averaged_over_ids_and_the_mean_over_types():
    value = {"fan": {"00": 0.5, "02": 0.7}, "pump": {"00": 0.9}}
    resampled = {
        (machine, machine_id): {"a": np.full((2, 3), auc)}
        for machine, ids in value.items()
        for machine_id, auc in ids.items()
    }
    resampled["pump", "02"] = {"other": np.full((2, 3), 0.1)}
    averaged = average(resampled, ["a"])["a"]
    assert averaged["fan"][0, 0] == pytest.approx(0.6)
    assert averaged["mean of types"][0, 0] == pytest.approx(0.75)


def test_intervals_hold_the_value_and_a_clear_difference_is_above_zero():
    auc, pauc, paired = comparison_tables(group_scores(rows()), list(SHIFT), **OPTIONS)
    for table in (auc, pauc):
        for name in SHIFT:
            value, low, high = cells(table, name, "mean of types")
            assert low <= value <= high
    gain, low, high = cells(paired, "blind", "fan")
    assert 0 < low < gain < high
    direct = cells(auc, "good", "fan")[0] - cells(auc, "blind", "fan")[0]
    assert gain == pytest.approx(direct, abs=0.11)


def test_paired_intervals_are_narrower_than_unpaired_ones():
    auc, _, paired = comparison_tables(group_scores(rows()), ["fair", "blind"], **OPTIONS)
    _, low, high = cells(paired, "blind", "fan")
    widths = [cells(auc, name, "fan") for name in ("fair", "blind")]
    assert high - low < np.hypot(*(each[2] - each[1] for each in widths))


def test_the_oracle_takes_the_best_by_the_labels_and_says_so():
    auc, *_ = comparison_tables(group_scores(rows()), ["blind", "fair", "good"], **OPTIONS)
    assert cells(auc, "oracle (by test labels)", "pump") == cells(auc, "good", "pump")
    assert any("is no method" in note and "pump: good" in note for note in auc.notes)


def test_the_oracle_is_one_of_the_detectors_and_not_what_was_made_of_them():
    renamed = [
        {**row, "detector": {"good": "choice"}.get(row["detector"], row["detector"])}
        for row in rows()
    ]
    names = ["choice", "blind", "fair"]
    auc, *_, paired = comparison_tables(group_scores(renamed), names, **OPTIONS)
    assert cells(auc, "oracle (by test labels)", "pump") == cells(auc, "fair", "pump")
    assert cells(auc, "choice", "pump")[0] > cells(auc, "fair", "pump")[0]
    assert any("pump: fair" in note for note in auc.notes)
    assert any("may lie above it" in note for note in auc.notes)
    assert paired.title.startswith("choice against the others")


def test_detectors_without_any_score_are_named():
    auc, *_ = comparison_tables(group_scores(rows()), ["good", "absent"], **OPTIONS)
    assert [row[0] for row in auc.rows] == ["good", "oracle (by test labels)"]
    assert any("absent" in note for note in auc.notes)
    [nothing] = comparison_tables({}, ["good"], **OPTIONS)
    assert not nothing.rows
    assert "No machine ID" in nothing.notes[0]


def test_published_results_stand_in_columns_of_their_own():
    references = [
        {"name": name, "machine": machine, "id": machine_id, "auc": auc, "pauc": auc, "source": "s"}
        for name, machine, machine_id, auc in (
            ("paper", "fan", "00", "0.5"),
            ("paper", "fan", "02", "0.7"),
            ("paper", "fan", "04", "0.9"),
            ("paper", "pump", "00", "0.8"),
            ("other", "pump", "", "0.3"),
        )
    ]
    grouped = group_scores(rows())
    auc, _, _, beside = comparison_tables(grouped, list(SHIFT), references=references, **OPTIONS)
    found = {row[0]: dict(zip(beside.columns, row, strict=True)) for row in beside.rows}
    assert list(found) == ["fan", "pump", "mean of types"]
    # fan 04 was published too, but our mean is that of 00 and 02
    assert found["fan"]["published: paper"] == "60.0 / 60.0"
    assert found["mean of types"]["published: paper"] == "70.0 / 70.0"
    assert found["pump"]["published: other"] == "30.0 / 30.0"
    assert [row["IDs"] for row in found.values()] == ["2", "1", "3"]
    for machine, row in found.items():
        for name in SHIFT:
            assert float(row[name].split(" / ")[0]) == cells(auc, name, machine)[0]
    assert "Published, paper: s." in beside.notes


def truth():
    return [
        {
            "machine": machine,
            "id": machine_id,
            "split": "test",
            "clip": f"{number:03d}.wav",
            "fault": "" if number < 40 else ("knock" if number % 2 else "hum"),
            "severity": "0.0" if number < 40 else "0.5",
        }
        for machine, machine_id in (("fan", "00"), ("fan", "02"), ("pump", "00"))
        for number in range(80)
    ]


def test_faults_are_measured_against_the_normal_clips_of_their_machine_id():
    table = fault_table(rows(), truth(), list(SHIFT), data="made up")
    assert [row[:4] for row in table.rows] == [
        ["fan", "hum", "0.5", "40"],
        ["fan", "knock", "0.5", "40"],
        ["pump", "hum", "0.5", "20"],
        ["pump", "knock", "0.5", "20"],
    ]
    anomalous, scores = group_scores(rows())["pump", "00"]["fair"]
    kept = np.flatnonzero(~anomalous | (np.arange(80) % 2 == 1))
    expected = metrics.auc(anomalous[kept], scores[kept])
    assert table.rows[3][5] == f"{100 * expected:.1f}"


def test_the_comparison_is_written_and_the_same_again(tmp_path):
    write_records(tmp_path / "scores.csv", rows(), list(rows()[0]))
    write_records(tmp_path / "faults.csv", truth(), list(truth()[0]))
    (tmp_path / "lead.md").write_text("## Three numbers\n\n- A note.\n")
    for name in ("a.md", "b.md"):
        compare_detectors(
            scores=tmp_path / "scores.csv",
            faults=[tmp_path / "faults.csv"],
            lead=tmp_path / "lead.md",
            output=tmp_path / name,
            detectors=list(SHIFT),
            **OPTIONS,
        )
    text = (tmp_path / "a.md").read_text()
    assert text == (tmp_path / "b.md").read_text()
    assert re.findall("^## (.*)", text, flags=re.MULTILINE) == [
        "Three numbers",
        "AUC in % with intervals (made up)",
        "pAUC in % with intervals (made up)",
        "good against the others, paired (made up)",
        "AUC by fault and severity (made up)",
    ]


def test_the_control_is_the_distance_after_a_random_projection():
    rng = np.random.default_rng(0)
    train, test = rng.normal(size=(30, 50)), rng.normal(size=(8, 50))
    fitted = random_projection.Settings(method="random_projection", dimensions=6).build(
        n_clips=30, seed=4
    )
    scores = anomaly_score(fitted.fit(train), test)
    assert fitted.weights_.shape == (50, 6)
    scaled = (test[:, None] - train[None]) / train.std(axis=0)
    between = np.linalg.norm(scaled @ fitted.weights_, axis=2)
    assert np.allclose(scores, between.min(axis=1))
    assert fitted.random_state == 4

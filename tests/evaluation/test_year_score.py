import csv
import json
import re

import numpy as np
import pytest
from scipy.stats import hmean
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score

from made_submissions import make_submission, write_rows
from pygoodvibes.evaluation.check_submission import check_submission
from pygoodvibes.evaluation.official_scores import read, write_official
from pygoodvibes.evaluation.truth import read_truth
from pygoodvibes.evaluation.year_score import (
    SectionClips,
    official_score,
    score_folder,
    section_metrics,
)
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError


def clips_by_chance(n=60, seed=0, decisions=True):
    rng = np.random.default_rng(seed)
    scores = np.round(rng.normal(size=n), 1)  # with ties
    return SectionClips(
        scores,
        rng.random(n) < 0.4,
        rng.choice(["source", "target"], n),
        scores > 0.3 if decisions else None,
    )


def test_2021_takes_the_clips_of_a_domain():
    clips = clips_by_chance()
    row = section_metrics(clips, protocol_of(2021))
    for domain in ("source", "target"):
        own = clips.domain == domain
        truth, scores = clips.anomalous[own], clips.scores[own]
        assert row[f"auc_{domain}"] == pytest.approx(roc_auc_score(truth, scores), abs=1e-12)
        partial = roc_auc_score(truth, scores, max_fpr=0.1)
        assert row[f"pauc_{domain}"] == pytest.approx(partial, abs=1e-12)
    assert "pauc" not in row


@pytest.mark.parametrize("year", [2022, 2026])
def test_since_2022_the_anomalies_of_both_domains_count(year):
    clips = clips_by_chance()
    row = section_metrics(clips, protocol_of(year))
    for domain in ("source", "target"):
        mask = (clips.domain == domain) | clips.anomalous
        wanted = roc_auc_score(clips.anomalous[mask], clips.scores[mask])
        assert row[f"auc_{domain}"] == pytest.approx(wanted, abs=1e-12)
    wanted = roc_auc_score(clips.anomalous, clips.scores, max_fpr=0.1)
    assert row["pauc"] == pytest.approx(wanted, abs=1e-12)


def test_decisions_count_a_domain():
    clips = clips_by_chance()
    row = section_metrics(clips, protocol_of(2023))
    own = clips.domain == "target"
    for name, score in (("precision", precision_score), ("recall", recall_score), ("f1", f1_score)):
        wanted = score(clips.anomalous[own], clips.decisions[own])
        assert row[f"{name}_target"] == pytest.approx(wanted, abs=1e-12)
    none = SectionClips(
        clips.scores, clips.anomalous, clips.domain, np.zeros(len(clips.scores), bool)
    )
    row = section_metrics(none, protocol_of(2023))
    assert row["precision_source"] == row["recall_source"] == row["f1_source"] == 0
    assert "f1_source" not in section_metrics(clips_by_chance(decisions=False), protocol_of(2023))


def test_the_official_score_is_a_harmonic_mean_with_a_floor():
    rows = [{"auc_source": 0.5, "auc_target": 1.0, "pauc": 0.5}]
    assert official_score(rows, protocol_of(2023)) == pytest.approx(0.6, abs=1e-15)
    rows[0]["pauc"] = 0.0
    assert 0 < official_score(rows, protocol_of(2023)) < 1e-15
    with pytest.raises(ValueError, match="2020 has no official score"):
        official_score(rows, protocol_of(2020))


@pytest.mark.parametrize(("year", "values"), [(2021, 84), (2023, 21), (2026, 15)])
def test_a_whole_year(tmp_path, year, values):
    submission, truth = make_submission(tmp_path, year)
    [result] = score_folder(submission, year, truth=truth, resamples=20)
    assert (result.part, result.missing) == ("evaluation", ())
    names = result.protocol.metrics
    single = [row[name] for row in result.sections for name in names]
    assert len(single) == values
    assert result.official == pytest.approx(values / sum(1 / each for each in single), abs=1e-14)
    low, high = result.interval
    assert low < result.official < high and high - low < 0.1
    for row in result.sections:
        assert all(row[f"{name}_low"] < row[name] < row[f"{name}_high"] for name in names)
    again = score_folder(submission, year, truth=truth, resamples=20)
    assert again[0].interval == result.interval
    assert score_folder(submission, year, truth=truth, resamples=0)[0].interval is None


def test_rows_are_joined_by_name_in_any_order(tmp_path):
    submission, truth = make_submission(tmp_path, 2023)
    [before] = score_folder(submission, 2023, truth=truth, resamples=0)
    path = submission / "anomaly_score_shaker_section_00_test.csv"
    rows = path.read_text().splitlines()[::-1]
    path.write_text("\r\n".join(row.replace("_00_0", "_00_test_0") for row in rows))
    [after] = score_folder(submission, 2023, truth=truth, resamples=0)
    assert after.official == before.official
    # what the organisers' evaluators would make of it
    path.write_text("\n".join(row.replace("_00_00", "_00_99") for row in rows))
    with pytest.raises(UserError, match="is not in the ground truth"):
        score_folder(submission, 2023, truth=truth, resamples=0)
    [wrong] = score_folder(submission, 2023, truth=truth, resamples=0, join="position")
    assert wrong.official != before.official


def test_missing_sections_leave_no_official_score(tmp_path):
    submission, truth = make_submission(tmp_path, 2023)
    (submission / "anomaly_score_Vacuum_section_00_test.csv").unlink()
    [result] = score_folder(submission, 2023, truth=truth, resamples=2)
    assert (result.official, result.interval) == (None, None)
    assert result.missing == ("anomaly_score_Vacuum_section_00_test.csv",)
    assert len(result.sections) == 6 and 0 < result.means["auc_source"] < 1


def test_machine_ids_of_2020_have_means_of_types(tmp_path):
    for machine_id, values in (("00", [0, 1, 1, 2]), ("02", [0, 1, 2, 3])):
        names = [
            f"{kind}_id_{machine_id}_{i:08}.wav" for kind in ("normal", "anomaly") for i in (0, 1)
        ]
        write_rows(
            tmp_path / f"anomaly_score_fan_id_{machine_id}.csv", zip(names, values, strict=True)
        )
    names = ["normal_id_00_00000000.wav", "anomaly_id_00_00000000.wav"]
    write_rows(tmp_path / "anomaly_score_pump_id_00.csv", zip(names, (1, 0), strict=True))
    [result] = score_folder(tmp_path, 2020, resamples=2)
    assert [row["auc"] for row in result.sections] == [0.875, 1.0, 0.0]
    assert result.means["auc"] == pytest.approx((0.9375 + 0) / 2)
    assert result.official is None and len(result.missing) == 20


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("anomaly_score_shaker_section_00_test.csv", "", "holds no score"),
        ("anomaly_score_shaker_section_00_test.csv", "section_00_0000.wav,inf\n", "is infinite"),
        ("anomaly_score_shaker_section_00_test.csv", "section_00_0000.wav,1\n", "no row for 199"),
        ("decision_result_shaker_section_00_test.csv", "section_00_0000.wav,2\n", "is 2, not 0"),
        ("decision_result_shaker_section_00_test.csv", "section_00_0000.wav,1\n", "must name the"),
        ("anomaly_score_pump_section_00_test.csv", "a,1\n", "pump has no section 00 in 2023"),
    ],
)
def test_files_that_can_not_be(tmp_path, name, text, reason):
    submission, truth = make_submission(tmp_path, 2023)
    (submission / name).write_text(text)
    with pytest.raises(UserError, match=reason):
        score_folder(submission, 2023, truth=truth, resamples=0)


def test_a_section_of_one_label_is_refused(tmp_path):
    submission, truth = make_submission(tmp_path, 2023)
    path = truth / "ground_truth_data/ground_truth_shaker_section_00_test.csv"
    path.write_text(path.read_text().replace(",1", ",0"))
    with pytest.raises(UserError, match=r"shaker.*auc_source is not defined"):
        score_folder(submission, 2023, truth=truth, resamples=0)


def as_the_evaluator_reads(folder, truth, machines):
    """Return the official score by the organisers' rules: rows in sorted order, by position."""

    def column(place, name):
        rows = sorted(csv.reader((place / name).read_text().splitlines()))
        return np.array([float(row[1]) for row in rows])

    values = []
    for machine in machines:
        name = f"{machine}_section_00_test.csv"
        scores = column(folder, f"anomaly_score_{name}")
        label = column(truth / "ground_truth_data", f"ground_truth_{name}")
        domain = column(truth / "ground_truth_domain", f"ground_truth_{name}")
        for number in (0, 1):
            counted = (domain == number) | (label != 0)
            values.append(roc_auc_score(label[counted], scores[counted]))
        values.append(roc_auc_score(label, scores, max_fpr=0.1))
    return hmean(np.maximum(values, np.finfo(float).eps))


@pytest.mark.parametrize("year", [2023, 2025])
def test_files_that_we_write_mean_the_same_to_the_evaluators(tmp_path, year):
    submission, truth = make_submission(tmp_path, year)
    machines = list(protocol_of(year).parts["evaluation"].sections)
    documents = []
    for machine in machines:
        name = f"{machine}_section_00_test.csv"
        scores = read(submission / f"anomaly_score_{name}")
        decided = {
            clip: bool(v) for clip, v in read(submission / f"decision_result_{name}").items()
        }
        test = {"knn": {"scores": scores, "decisions": decided}}
        documents.append(tmp_path / f"{machine}.json")
        documents[-1].write_text(json.dumps({"machine": machine, "id": "00", "test": test}))
    write_official([str(path) for path in documents], tmp_path / "official")
    folder = tmp_path / "official/knn"
    wanted = as_the_evaluator_reads(folder, truth, machines)
    for join in ("name", "position"):
        [result] = score_folder(folder, year, truth=truth, resamples=0, join=join)
        assert result.official == pytest.approx(wanted, abs=1e-12)
    assert check_submission(folder, year, truth=truth).wrong == []


GOLDEN = [
    ("dcase2021_yokaji_baseline_ae", 2021, None, 0.5738507008099665),
    ("dcase2022_returncode13_baseline_ae", 2022, None, 0.529074577037339),
    ("dcase2022_eval_xiao_1", 2022, "dcase2022_ground_truth", 0.6639461929735759),
    ("dcase2023dev_anas_MSE", 2023, None, 0.5526191006214356),
    ("dcase2023eval_maged_MSE", 2023, "evaluator_2023_ground_truth", 0.5988161137636059),
    ("dcase2023eval_maged_MSE", 2023, "eval_data_list_2023.csv", 0.5988161137636059),
    ("dcase2023eval_maged_MSE", 2023, None, 0.5988161137636059),
]


@pytest.mark.shared
@pytest.mark.parametrize(("folder", "year", "truth", "official"), GOLDEN)
def test_official_scores_of_public_runs(shared, folder, year, truth, official):
    place = shared / "golden/dcase"
    [result] = score_folder(place / folder, year, truth=truth and place / truth, resamples=0)
    assert result.official == pytest.approx(official, abs=1e-12)


def printed(folder):
    """Return what a run printed for itself, by machine, section (and domain in 2021)."""
    found = {}
    for path in [*folder.glob("result*.csv")]:
        match = re.search(r"DCASE20..T2(\w+?)_test", path.name)
        machine, header = match[1] if match else "", []
        for row in csv.reader(path.read_text().splitlines()):
            if len(row) == 1:
                machine = row[0]
            elif row[:1] == ["section"]:
                header = row
            elif row and row[0].isdigit():
                values = dict(zip(header, row, strict=True))
                domain = values.pop("domain", "")
                for name, value in values.items():
                    name = f"{name} ({domain})" if domain else name
                    found.setdefault((machine, row[0]), {})[name] = value
    return found


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "year", "sections"),
    [
        ("dcase2021_yokaji_baseline_ae", 2021, 21),
        ("dcase2022_returncode13_baseline_ae", 2022, 21),
        ("dcase2023dev_anas_MSE", 2023, 7),
        ("dcase2023eval_maged_MSE", 2023, 7),
    ],
)
def test_values_of_sections_are_those_that_the_runs_printed(shared, folder, year, sections):
    place = shared / "golden/dcase" / folder
    [result] = score_folder(place, year, resamples=0)
    theirs = printed(place)
    assert len(theirs) == len(result.sections) == sections
    compared = 0
    for row in result.sections:
        for name, text in theirs[row["machine"], row["section"]].items():
            ours = name.lower().replace(" score", "").replace(" (", "_").rstrip(")")
            if ours != "section" and ours in row:
                assert row[ours] == pytest.approx(float(text), abs=1e-9), (row, name)
                compared += 1
    # 2022's folder has no decisions
    assert compared == sections * {2021: 10, 2022: 3, 2023: 11}[year]


@pytest.mark.shared
def test_position_and_name_agree_on_complete_files(shared):
    place = shared / "golden/dcase"
    truth = place / "dcase2022_ground_truth"
    [result] = score_folder(
        place / "dcase2022_eval_xiao_1", 2022, truth=truth, resamples=0, join="position"
    )
    assert result.official == pytest.approx(0.6639461929735759, abs=1e-12)
    assert len(read_truth(truth, protocol_of(2022))) == 21

import json
import math

import numpy as np
import pytest

from pygoodvibes.detection import certainty
from pygoodvibes.detection.threshold import threshold
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.evaluate import (
    COLUMNS,
    SCORE_COLUMNS,
    SWEEP_COLUMNS,
    Truth,
    evaluate,
    evaluate_machine_id,
)
from pygoodvibes.util.errors import UserError

SETTINGS = {
    "max_fpr": 0.1,
    "sweep_settings": 25,
    "sweep_low": 0.0001,
    "sweep_high": 0.5,
    "bootstrap": 50,
    "confidence": 0.9,
}


def manifest_rows(train=40, normal=30, anomaly=20, unknown=0):
    rows = []
    for split, label, count in [
        ("train", "normal", train),
        ("test", "normal", normal),
        ("test", "anomaly", anomaly),
        ("test", "unknown", unknown),
    ]:
        for number in range(count):
            clip = f"{label}_id_00_{number:08d}.wav"
            given = {"machine": "fan", "id": "00", "split": split, "label": label, "clip": clip}
            rows.append({**given, "path": f"fan/{split}/{clip}", "status": "ok"})
    return rows


def scores_of(rows, seed=0, shift=1.5):
    rng = np.random.default_rng(seed)
    return {
        (row["split"], row["clip"]): float(rng.normal() + shift * (row["label"] == "anomaly"))
        for row in rows
    }


def run(rows, scores, method="quantile", rate=0.1, **more):
    options = {**SETTINGS, "seed": 0, **more}
    truth = Truth.from_manifest(rows)
    return evaluate(truth, scores, false_alarm_rate=rate, threshold_method=method, **options)


def arrays(rows, scores, split="test"):
    own = [row for row in rows if row["split"] == split]
    values = np.array([scores[split, row["clip"]] for row in own])
    return np.array([row["label"] == "anomaly" for row in own]), values


# --- truth


def test_labels_are_joined_by_split_and_name():
    rows = manifest_rows(2, 2, 1)
    truth = Truth.from_manifest(rows)
    names = ["anomaly_id_00_00000000.wav", "normal_id_00_00000001.wav"]
    assert list(truth.of("test", names)) == ["anomaly", "normal"]
    assert truth.of("test", []).shape == (0,)
    with pytest.raises(UserError, match=r"no test clip 'other\.wav' in the manifest"):
        truth.of("test", ["other.wav"])


def test_two_clips_of_one_name_are_refused_unless_one_is_left_out():
    rows = manifest_rows(2, 2, 1)
    double = {**rows[-1], "path": "fan/more/x.wav"}
    with pytest.raises(UserError, match="fan ID 00: two test clips are named anomaly_id_00"):
        Truth.from_manifest([*rows, double])
    Truth.from_manifest([*rows, {**double, "status": "truncated"}])


# --- one detector


@pytest.mark.parametrize("method", ["quantile", "gamma"])
def test_metrics_are_those_of_the_test_clips_at_the_training_clips_threshold(method):
    rows = manifest_rows()
    scores = scores_of(rows)
    result, _, decisions = run(rows, scores, method)
    anomalous, values = arrays(rows, scores)
    held_out = arrays(rows, scores, "train")[1]
    limit = threshold(held_out, false_alarm_rate=0.1, method=method)
    assert result["auc"] == metrics.auc(anomalous, values)
    assert result["pauc"] == metrics.partial_auc(anomalous, values, max_fpr=0.1)
    assert result["threshold"] == limit
    for name, value in metrics.confusion(anomalous, values > limit).items():
        assert result[name] == value
    assert (result["n_train"], result["n_test_normal"], result["n_test_anomaly"]) == (40, 30, 20)
    names = [row["clip"] for row in rows if row["split"] == "test"]
    assert decisions == dict(zip(names, (values > limit).tolist(), strict=True))
    assert result["auc_low"] <= result["auc"] <= result["auc_high"]
    assert result["pauc_low"] <= result["pauc"] <= result["pauc_high"]
    wider, _, _ = run(rows, scores, method, confidence=0.99)
    assert wider["auc_low"] < result["auc_low"]
    assert wider["auc_high"] > result["auc_high"]


@pytest.mark.parametrize(
    ("train", "rate", "said"),
    [(60, 0.1, ""), (40, 0.1, "fit to 19 more"), (60, 0.02, "so low a false-alarm rate")],
)
def test_the_rates_come_with_the_caution_that_a_model_gives(train, rate, said):
    rows = manifest_rows(train)
    scores = scores_of(rows)
    result, _, _ = run(rows, scores, rate=rate)
    _, held_out = arrays(rows, scores, "train")
    sure = certainty.of_threshold(held_out, result["threshold"], false_alarm_rate=rate)
    assert result["caution"] == sure.caution
    assert said in result["caution"] and bool(said) == bool(result["caution"])


def test_without_a_score_there_is_no_caution():
    rows = manifest_rows(train=12)
    result, _, _ = run(rows, dict.fromkeys(scores_of(rows), math.nan))
    assert result["caution"] == ""


def test_the_order_of_scores_and_rows_does_not_matter():
    rows = manifest_rows()
    scores = scores_of(rows)
    turned = dict(reversed(scores.items()))
    assert run(rows, scores) == run(rows[::-1], turned)


def test_test_clips_do_not_move_the_threshold():
    rows = manifest_rows()
    scores = scores_of(rows)
    changed = {key: value * 9 if key[0] == "test" else value for key, value in scores.items()}
    first, first_sweep, _ = run(rows, scores)
    second, second_sweep, _ = run(rows, changed)
    assert first["threshold"] == second["threshold"]
    thresholds = [[entry["threshold"] for entry in sweep] for sweep in (first_sweep, second_sweep)]
    assert thresholds[0] == thresholds[1]


def test_the_sweep_goes_from_few_alarms_to_many():
    rows = manifest_rows(train=400, normal=400)
    _, sweep, _ = run(rows, scores_of(rows))
    assert [entry["setting"] for entry in sweep] == list(range(25))
    assert sweep[0]["false_alarm_rate"] == 0.0001
    assert sweep[-1]["false_alarm_rate"] == 0.5
    for key, direction in (("threshold", -1), ("sensitivity", 1), ("specificity", -1)):
        assert (direction * np.diff([entry[key] for entry in sweep]) >= 0).all()
    assert sweep[-1]["specificity"] == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize(
    ("counts", "undefined", "defined"),
    [
        (
            {"anomaly": 0},
            {"auc", "pauc", "auc_low", "sensitivity", "f1"},
            {"threshold", "specificity"},
        ),
        ({"normal": 0}, {"auc", "pauc", "pauc_high", "specificity"}, {"threshold", "sensitivity"}),
        ({"normal": 0, "anomaly": 0}, {"auc", "pauc", "sensitivity"}, {"threshold"}),
        ({"train": 0}, {"threshold", "sensitivity", "specificity"}, {"auc", "pauc", "auc_low"}),
    ],
)
def test_what_the_clips_do_not_define_is_nan(counts, undefined, defined):
    rows = manifest_rows(**counts)
    result, sweep, decisions = run(rows, scores_of(rows))
    assert all(math.isnan(result[key]) for key in undefined)
    assert all(math.isfinite(result[key]) for key in defined)
    assert len(sweep) == 25
    assert bool(decisions) == (counts.get("train") != 0 and len(rows) > 40)


def test_clips_of_unknown_label_are_decided_but_not_counted():
    rows = manifest_rows(unknown=10)
    scores = scores_of(rows)
    result, _, decisions = run(rows, scores)
    known = [row for row in rows if row["label"] != "unknown"]
    expected, _, _ = run(
        known, {(r["split"], r["clip"]): scores[r["split"], r["clip"]] for r in known}
    )
    assert result == expected
    assert len(decisions) == 60
    only_unknown = manifest_rows(normal=0, anomaly=0, unknown=10)
    result, _, decisions = run(only_unknown, scores_of(only_unknown))
    assert math.isnan(result["auc"])
    assert len(decisions) == 10


def test_clips_without_a_score_do_not_count_as_normal():
    rows = manifest_rows()
    scores = scores_of(rows)
    gone = ("test", "anomaly_id_00_00000003.wav")
    result, _, decisions = run(rows, {**scores, gone: math.nan})
    kept = [row for row in rows if (row["split"], row["clip"]) != gone]
    expected, _, _ = run(kept, {key: value for key, value in scores.items() if key != gone})
    assert result == expected
    assert result["n_test_anomaly"] == 19
    assert gone[1] not in decisions


def test_no_score_at_all_is_nan_and_no_decision():
    rows = manifest_rows()
    result, sweep, decisions = run(rows, dict.fromkeys(scores_of(rows), math.nan))
    assert decisions == {}
    assert math.isnan(result["auc"])
    assert math.isnan(result["threshold"])
    assert all(math.isnan(entry["sensitivity"]) for entry in sweep)
    assert result["n_train"] == result["n_test_normal"] == 0
    assert run(rows, {})[2] == {}


def test_intervals_can_be_left_out():
    rows = manifest_rows()
    result, _, _ = run(rows, scores_of(rows), bootstrap=0)
    assert math.isnan(result["auc_low"])
    assert math.isfinite(result["auc"])


def evaluated(rows, scores, notes=None):
    return evaluate_machine_id(
        rows,
        scores=scores,
        notes=notes or {key: [] for key in scores},
        explained_variance=np.array([0.5, 0.25]),
        false_alarm_rates={"one": 0.1, "two": 0.3},
        threshold_method="quantile",
        seed=0,
        **SETTINGS,
    )


# --- all detectors


def test_a_machine_id_is_a_document_that_json_can_hold():
    rows = manifest_rows()
    scores = {"one": scores_of(rows), "two": dict.fromkeys(scores_of(rows), math.nan)}
    document, table = evaluated(rows, scores, {"one": ["a", "b"], "two": ["not fitted: x"]})
    document = json.loads(json.dumps(document, allow_nan=False))
    assert (document["machine"], document["id"]) == ("fan", "00")
    one, two = document["metrics"]
    assert set(one) == set(COLUMNS)
    assert (one["machine"], one["id"], one["detector"]) == ("fan", "00", "one")
    assert (one["n_components"], one["explained_variance"]) == (2, 0.75)
    assert one["note"] == "a; b"
    assert two["auc"] is None
    assert two["note"] == "not fitted: x"
    assert len(document["sweep"]) == 50
    assert tuple(document["sweep"][0]) == SWEEP_COLUMNS
    assert len(table) == 2 * 90
    assert tuple(table[0]) == SCORE_COLUMNS
    assert {row["score"] for row in table if row["detector"] == "two"} == {""}
    assert {row["clip"] for row in table if row["label"] == "anomaly"} == {
        f"anomaly_id_00_{number:08d}.wav" for number in range(20)
    }
    assert document["test"]["two"] == {"scores": {}, "decisions": {}}
    expected = {clip: value for (split, clip), value in scores["one"].items() if split == "test"}
    assert document["test"]["one"]["scores"] == expected
    assert document["test"]["one"]["decisions"] == {
        clip: value > one["threshold"] for clip, value in expected.items()
    }


def test_each_detector_has_its_own_false_alarm_rate():
    rows = manifest_rows()
    scores = scores_of(rows)
    document, _ = evaluated(rows, {"one": scores, "two": scores})
    one, two = document["metrics"]
    assert one["threshold"] > two["threshold"]
    held_out = arrays(rows, scores, "train")[1]
    assert two["threshold"] == pytest.approx(threshold(held_out, false_alarm_rate=0.3))


# --- averages


def test_a_score_equal_to_the_threshold_is_no_alarm():
    rows = manifest_rows(train=10, normal=2, anomaly=1)
    scores = dict.fromkeys(scores_of(rows), 1.0)
    result, _, decisions = run(rows, scores)
    assert result["threshold"] == 1.0
    assert not any(decisions.values())
    assert (result["sensitivity"], result["specificity"]) == (0.0, 1.0)

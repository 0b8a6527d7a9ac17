import numpy as np
import pytest

from made_scores import rows
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.compare_detectors import average, group_scores, resample


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

import json
import re

import numpy as np
import pytest

from made_choices import IDS, SHIFT, N, document_of, outcome, scores_of
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.choice_value import Outcome, three_scores
from pygoodvibes.report import choice_tables
from pygoodvibes.report.table import NOTHING
from pygoodvibes.util.csv_files import read_records, write_records

OPTIONS = {"resamples": 200, "confidence": 0.95, "seed": 1, "data": "made up"}


def every(**keys):
    return [outcome(key, **keys) for key in IDS]


def three(known, **changes):
    return choice_tables.three_table(known, "fixed", **{**OPTIONS, **changes})


def predict(known, **changes):
    keys = {"indicator": "stand_in_separation", "top": 1, "keep_fixed": False}
    keys |= {**OPTIONS, **changes}
    return choice_tables.predict_table(known, "fixed", **keys)


def numbers(cell):
    return [float(part) for part in re.findall(r"[-+]?\d+\.\d+", cell)]


def row_of(table, name):
    [row] = [row for row in table.rows if row[0].startswith(name)]
    return dict(zip(table.columns, row, strict=True))


def test_the_three_numbers_stand_side_by_side():
    table = three(every(chosen=["fair"]))
    assert table.columns[1:4] == ["fixed default", "label-free choice", "oracle (by test labels)"]
    assert [row[0] for row in table.rows] == ["fan", "pump", "mean of types"]
    last = row_of(table, "mean of types")
    default, chosen, oracle = (numbers(last[name]) for name in table.columns[1:4])
    expected = np.mean([metrics.auc(a, s["fair"]) for a, s in map(scores_of, IDS)])
    assert chosen[0] == pytest.approx(100 * expected, abs=0.051)
    assert default[0] < chosen[0] < oracle[0]
    for value, low, high in (default[:3], chosen[:3], oracle[:3], default[3:], chosen[3:]):
        assert low <= value <= high
    gain = numbers(last["choice - default"])
    assert gain[0] == pytest.approx(chosen[0] - default[0], abs=0.11)
    assert numbers(last["oracle - choice"])[0] == pytest.approx(oracle[0] - chosen[0], abs=0.11)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("good", "better than the default by +"),
        ("blind", "worse than the default, by -"),
        ("fixed", "no difference that holds"),
    ],
)
def test_the_words_follow_from_the_numbers(chosen, words):
    assert words in three(every(chosen=[chosen])).notes[-1]


def test_without_resamples_there_are_no_intervals_and_no_verdict():
    table = three(every(), resamples=0)
    assert "[" not in "".join(table.rows[0])
    assert "no difference that holds" in table.notes[-1]


def test_ids_without_the_default_are_left_out_of_the_comparison():
    _, scores = scores_of(IDS[0])
    lacking = outcome(IDS[0], scores={name: scores[name] for name in ("good", "fair")})
    assert IDS[0] not in three_scores([lacking], "fixed")
    assert IDS[0] not in three_scores([outcome(IDS[0], chosen=["gone"])], "fixed")
    assert not three([lacking]).rows
    assert not three([]).rows


def test_what_ranks_candidates_as_the_labels_do_predicts():
    table = predict(every())
    row = row_of(table, "stand_in_separation (decides)")
    assert numbers(row["Rank correlation with test AUC"])[0] == 1.0
    assert numbers(row["Points below oracle"])[0] == 0.0
    assert row["Best alone"] == row_of(table, "oracle")["Best alone"]
    assert "stand_in_separation predicts" in table.notes[0]


def test_what_ranks_them_the_other_way_round_misleads():
    table = predict(every(sign=-1.0))
    row = row_of(table, "stand_in_separation")
    assert numbers(row["Rank correlation with test AUC"])[0] == -1.0
    assert numbers(row["Points over default"])[0] < 0
    assert "misleads" in table.notes[0]


def test_what_is_right_as_often_as_wrong_is_not_shown_to_predict():
    signs = [1.0, -1.0] * 3
    known = [outcome(key, sign=sign) for key, sign in zip(IDS, signs, strict=True)]
    assert "not shown to predict" in predict(known).notes[0]
    assert "too few machine IDs" in predict(known[:2]).notes[0]


def test_an_indicator_that_can_not_be_told_leaves_the_default():
    table = predict(every())
    row = row_of(table, "burstiness")
    assert row["Rank correlation with test AUC"] == NOTHING
    assert row["Best alone"] == row_of(table, "fixed default")["Best alone"]
    assert numbers(row["Points over default"])[0] == 0.0


def test_the_default_is_fused_with_the_best_of_the_others_where_it_is_kept():
    table = predict(every(), top=2, keep_fixed=True)
    assert "Default and best 1 other fused" in table.columns
    row = row_of(table, "stand_in_separation")
    joined = [metrics.auc(a, s["fixed"] + s["good"]) for a, s in map(scores_of, IDS)]
    fused = numbers(row["Default and best 1 other fused"])[0]
    assert fused == pytest.approx(100 * np.mean(joined), abs=0.051)
    # of itself the indicator would take another
    assert row["Best alone"] == row_of(table, "oracle")["Best alone"]


def test_choice_is_compared_with_chance_and_with_no_choice():
    table = predict(every(), top=2)
    measured = [
        np.mean([metrics.auc(anomalous, values) for values in scores.values()])
        for anomalous, scores in map(scores_of, IDS)
    ]
    chance = row_of(table, "a candidate at random")
    assert numbers(chance["Best alone"])[0] == pytest.approx(100 * np.mean(measured), abs=0.051)
    joined = [metrics.auc(a, sum(s.values())) for a, s in map(scores_of, IDS)]
    fused = numbers(row_of(table, "all candidates")["Best 2 fused"])[0]
    assert fused == pytest.approx(100 * np.mean(joined), abs=0.051)
    two = numbers(row_of(table, "stand_in_separation")["Best 2 fused"])[0]
    assert numbers(table.notes[1])[0] == pytest.approx(two - fused, abs=0.11)


def written(folder, known, name="a", shuffle=False):
    choices, scores, manifest = [], [], []
    for machine in ("fan", "pump"):
        own = [each for each in known if each.key[0] == machine]
        path = folder / f"{machine}.json"
        path.write_text(json.dumps([document_of(each) for each in own]))
        rows = []
        for each in own:
            for number, bad in enumerate(each.anomalous):
                clip = {"machine": machine, "id": each.key[1], "clip": f"{number}.wav"}
                label = "anomaly" if bad else "normal"
                manifest.append({**clip, "split": "test", "label": label, "status": "ok"})
                found = {of: repr(float(values[number])) for of, values in each.scores.items()}
                rows.append({"id": clip["id"], "clip": clip["clip"], **found})
        if shuffle:
            np.random.default_rng(0).shuffle(rows)
        write_records(folder / f"{machine}.csv", rows, ["id", "clip", *SHIFT])
        choices.append(path)
        scores.append(folder / f"{machine}.csv")
    write_records(folder / "manifest.csv", manifest, list(manifest[0]))
    outputs = {kind: folder / f"{name}.{kind}" for kind in ("table", "csv", "three")}
    choice_tables.write_choice(
        choices=choices,
        scores=scores,
        manifest=folder / "manifest.csv",
        outputs=outputs,
        default="fixed",
        indicator="stand_in_separation",
        top=1,
        keep_fixed=False,
        max_fpr=0.1,
        **OPTIONS,
    )
    return outputs


def test_files_are_joined_by_the_names_of_clips_and_are_the_same_again(tmp_path):
    first = written(tmp_path, every())
    again = written(tmp_path, every(), "b", shuffle=True)
    for kind, path in first.items():
        assert path.read_bytes() == again[kind].read_bytes(), kind
    text = first["table"].read_text()
    assert re.findall("^## (.*)", text, flags=re.MULTILINE) == [
        "Fixed default, label-free choice and oracle (made up)",
        "Does it predict? (made up)",
        "What was chosen (made up)",
    ]
    assert text.startswith(first["three"].read_text())
    rows = read_records(first["csv"])
    assert len(rows) == len(IDS) * len(SHIFT)
    for row in rows:
        anomalous, scores = scores_of((row["machine"], row["id"]))
        assert float(row["auc"]) == pytest.approx(
            metrics.auc(anomalous, scores[row["candidate"]]), abs=1e-5
        )
        assert row["chosen"] == str(int(row["candidate"] == "good"))
        assert row["burstiness"] == ""


def test_an_id_without_labels_or_candidates_is_shown_with_its_reason(tmp_path):
    known = every()
    _, scores = scores_of(IDS[0])
    blind = Outcome(known[0].document, np.zeros(2 * N, bool), scores, 0.1)
    empty = {**known[1].document, "chosen": [], "indicators": {}, "reason": "nothing fitted"}
    nothing = Outcome(empty, np.zeros(0, bool), {}, 0.1)
    assert not blind.known and not nothing.known
    table = choice_tables.decisions_table([blind, nothing, *known[2:]], "fixed", data="made up")
    assert table.rows[0][2:4] == ["good", "because"] and table.rows[0][-4:] == [NOTHING] * 4
    assert table.rows[1][2:4] == [NOTHING, "nothing fitted"]
    assert table.rows[2][-1] == "good"
    rows = choice_tables.rows_of([blind, nothing])
    assert [row["auc"] for row in rows] == [""] * len(SHIFT)

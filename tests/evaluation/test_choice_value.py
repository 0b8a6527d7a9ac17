import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from made_choices import IDS, SHIFT, document_of, outcome, scores_of
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.choice_value import outcomes, three_scores


def test_several_chosen_ones_are_averaged():
    known = [outcome(IDS[0], chosen=["good", "fair"])]
    _, scores = scores_of(IDS[0])
    found = three_scores(known, "fixed")[IDS[0]]
    joined = (scores["good"] + scores["fair"]) / 2
    assert np.allclose(found["label-free choice"][1], joined)
    assert np.array_equal(found["fixed default"][1], scores["fixed"])


@settings(deadline=None)
@given(st.integers(0, 1000), st.sampled_from(IDS))
def test_no_candidate_is_better_than_the_oracle(seed, key):
    anomalous, scores = scores_of(key, seed)
    each = outcome(key, scores=scores)
    best = each.measure(scores[each.oracle()])[0]
    assert best == max(metrics.auc(anomalous, values) for values in scores.values())


def test_unknown_labels_do_not_count():
    document = document_of(outcome(IDS[0]))
    clips = ["a.wav", "b.wav", "c.wav"]
    manifest = [
        {
            "machine": "fan",
            "id": "00",
            "clip": clip,
            "split": "test",
            "label": label,
            "status": "ok",
        }
        for clip, label in zip(clips, ("normal", "unknown", "anomaly"), strict=True)
    ]
    rows = [{"id": "00", "clip": clip, **dict.fromkeys(SHIFT, "1.5")} for clip in clips]
    rows[0]["fair"] = ""
    [found] = outcomes([document], {IDS[0]: rows}, manifest, max_fpr=0.1)
    assert found.anomalous.tolist() == [False, True]
    assert set(found.scores) == {"fixed", "good", "blind"}
    assert math.isnan(found.indicators["good"]["burstiness"])

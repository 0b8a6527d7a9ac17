"""Choices among candidates of known strength, with what they were worth."""

import math

import numpy as np

from pygoodvibes.choice.indicators import INDICATORS
from pygoodvibes.evaluation import metrics
from pygoodvibes.evaluation.choice_value import Outcome

IDS = [(machine, machine_id) for machine in ("fan", "pump") for machine_id in ("00", "02", "04")]
SHIFT = {"fixed": 0.7, "good": 2.5, "fair": 1.2, "blind": 0.0}

N = 40


def scores_of(key, seed=0):
    rng = np.random.default_rng([seed, IDS.index(key)])
    anomalous = np.arange(2 * N) >= N
    common = rng.normal(size=2 * N)
    return anomalous, {
        name: common + 0.3 * rng.normal(size=2 * N) + shift * anomalous
        for name, shift in SHIFT.items()
    }


def outcome(key, *, chosen=("good",), sign=1.0, scores=None):
    anomalous, made = scores_of(key)
    scores = made if scores is None else scores
    document = {
        "machine": key[0],
        "id": key[1],
        "chosen": list(chosen),
        "reason": "because",
        "burstiness_db": None,
        "stand_ins": 12,
        "stand_ins_are": "machine IDs",
        "indicators": {
            name: dict.fromkeys(INDICATORS, math.nan)
            | {"stand_in_separation": sign * metrics.auc(anomalous, values)}
            for name, values in scores.items()
        },
    }
    return Outcome(document, anomalous, scores, 0.1)


def document_of(each):
    def plain(values):
        return {key: None if math.isnan(value) else value for key, value in values.items()}

    return {
        **each.document,
        "indicators": {name: plain(values) for name, values in each.indicators.items()},
    }

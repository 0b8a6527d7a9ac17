import math

import numpy as np
import pytest

from pygoodvibes.choice.evidence import steadiness
from pygoodvibes.choice.stand_ins import StandIns

OPTIONS = {"default": "fixed", "burstiness": math.nan, "max_fpr": 0.1, "seed": 0}


def scores(shifts, *, n_own=20, n_other=30, seed=0):
    """Held-out scores by candidate, and those of two other IDs that lie higher by a shift."""
    rng = np.random.default_rng(seed)
    held_out = {name: rng.normal(size=n_own) for name in shifts}
    others = {
        name: [rng.normal(shift, 1, size=n_other) for _ in range(2)]
        for name, shift in shifts.items()
    }
    return held_out, StandIns(others)


@pytest.mark.parametrize("indicator", ["stand_in_auc", "stand_in_pauc", "stand_in_separation"])
def test_what_is_far_ahead_stays_ahead(indicator):
    held_out, others = scores({"fixed": 9.0, "good": 3.0, "poor": 0.5, "worse": 0.2})
    assert steadiness(held_out, others, indicator, ["good"], **OPTIONS) == 1.0
    # of two that are chosen, the first may come second
    held_out, others = scores({"fixed": 9.0, "good": 3.0, "alike": 2.9, "worse": 0.2})
    alone = steadiness(held_out, others, indicator, ["good"], **OPTIONS)
    both = steadiness(held_out, others, indicator, ["good", "alike"], **OPTIONS)
    assert alone <= both == 1


@pytest.mark.parametrize("indicator", ["stand_in_auc", "stand_in_separation", "agreement"])
def test_where_nothing_tells_stand_ins_apart_chance_ranks_candidates(indicator):
    acted = 0
    for seed in range(20):
        held_out, others = scores({f"c{number}": 0.0 for number in range(20)}, seed=seed)
        means = {name: np.mean([each.mean() for each in of]) for name, of in others.others.items()}
        best = sorted(means, key=means.get)[-2:][::-1]
        acted += steadiness(held_out, others, indicator, best, **OPTIONS) >= 0.9
    assert acted <= 1


def test_the_same_seed_gives_the_same_and_names_don_t_change():
    held_out, others = scores({"fixed": 0.0, "a": 0.4, "b": 0.3})
    one, two = (steadiness(held_out, others, "stand_in_auc", ["a"], **OPTIONS) for _ in range(2))
    assert one == two < 1
    assert steadiness(held_out, others, "burstiness", ["a"], **OPTIONS) == 1


def test_the_fixed_default_is_no_rival():
    held_out, others = scores({"fixed": 9.0, "a": 3.0, "b": 0.0})
    assert steadiness(held_out, others, "stand_in_separation", ["a"], **OPTIONS) == 1
    rival = {**OPTIONS, "default": "b"}
    assert steadiness(held_out, others, "stand_in_separation", ["a"], **rival) == 0

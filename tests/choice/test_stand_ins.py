import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from made_machine_ids import DETECTORS, clips, machine_id
from pygoodvibes.choice.choose import choose
from pygoodvibes.choice.stand_ins import draw, of_pseudo_classes, pseudo_classes, without
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.workflow.fit_store import FitStore

PROJECTION = {"n_components": "all", "standardize": True, "whiten": False, "residual": True}
FITS = {"projection": PROJECTION, "scored_by": "folds", "seed": 0}
WHICH = {"leave_out": ["original_*"], "members": True}
DRAWN = {"sample": 30, "key": ("fan", "00")}
CHOICE = {
    "indicator": "stand_in_separation",
    "default": "knn",
    "top": 1,
    "keep_fixed": False,
    "steadiness": 0.0,
    "max_fpr": 0.1,
    "seed": 0,
}

# draws


@given(st.dictionaries(st.sampled_from("abcde"), st.integers(0, 20)), st.integers(1, 40))
def test_stand_ins_are_drawn_evenly_and_none_twice(counts, sample):
    drawn = draw(counts, sample=sample, seed=1, key=("fan", "00"))
    taken = {name: len(numbers) for name, numbers in drawn.items()}
    assert sum(taken.values()) == min(sample, sum(counts.values()))
    for name, numbers in drawn.items():
        assert len(set(numbers)) == len(numbers)
        assert set(numbers) <= set(range(counts[name]))
        # whoever has fewer than another has no more to give
        assert taken[name] == counts[name] or taken[name] >= max(taken.values()) - 1
    again = draw(counts, sample=sample, seed=1, key=("fan", "00"))
    assert all(np.array_equal(again[name], drawn[name]) for name in drawn)


def test_each_id_has_a_draw_of_its_own():
    draws = {
        tuple(draw({"a": 100}, sample=5, seed=seed, key=key)["a"])
        for seed, key in ((0, ("fan", "00")), (0, ("fan", "02")), (1, ("fan", "00")))
    }
    assert len(draws) == 3


# pseudo-classes


def test_a_pseudo_class_is_one_combination_of_attributes():
    attributes = ["a"] * 6 + ["b"] * 6 + ["c"] * 4 + [""] * 4
    groups = pseudo_classes(attributes, [""] * 20, most=4, seed=0)
    texts = [{attributes[place] for place in np.flatnonzero(group)} for group in groups]
    assert sorted(map(sorted, texts)) == [["a"], ["b"]]


def test_many_pseudo_classes_are_left_out_in_few_groups():
    attributes = [text for text in "abcdefgh" for _ in range(5)]
    groups = pseudo_classes(attributes, ["source"] * 40, most=4, seed=0)
    assert [group.sum() for group in groups] == [10] * 4
    assert (np.sum(groups, axis=0) == 1).all()
    again, other = (
        pseudo_classes(attributes, ["source"] * 40, most=4, seed=seed) for seed in (0, 1)
    )
    assert np.array_equal(groups, again)
    assert not np.array_equal(groups, other)


def test_clips_of_the_target_domain_are_never_left_out():
    attributes = [text for text in "abcd" for _ in range(10)]
    domains = ["target" if text == "d" else "source" for text in attributes]
    groups = pseudo_classes(attributes, domains, most=4, seed=0)
    assert len(groups) == 3
    assert not np.any(groups, axis=0)[30:].any()


@pytest.mark.parametrize(
    "attributes",
    [[""] * 20, ["a"] * 20, ["a"] * 16 + ["b"] * 4],
    ids=["no attributes", "one class", "the other too small"],
)
def test_without_two_classes_nothing_is_left_out(attributes):
    assert pseudo_classes(attributes, [""] * 20, most=4, seed=0) == []


def test_a_class_that_leaves_too_few_is_no_group():
    groups = pseudo_classes(["a"] * 15 + ["b"] * 5, [""] * 20, most=4, seed=0)
    assert [group.tolist() for group in groups] == [[False] * 15 + [True] * 5]


# fits


def an_id(view="mean", shift=4.0, n_train=30):
    """Return a machine ID whose last third of training clips differs in a view, and its clips."""
    plain = clips(0, n_train=n_train)
    shifted = clips(0, view=view, shift=shift, n_train=n_train)
    values = plain.values.copy()
    values[20:30] = shifted.values[20:30]
    embedded = dataclasses.replace(plain, values=values)
    own = machine_id(embedded)
    own = dataclasses.replace(own, groups=fold_clips(n_train, folds=5, seed=0))
    manifest = [
        {
            "split": split,
            "clip": clip,
            "domain": "",
            "attributes": "" if split == "test" else f"spd={number // 10}",
        }
        for number, (split, clip) in enumerate(
            zip(embedded.split.tolist(), embedded.clip.tolist(), strict=True)
        )
    ]
    return own, manifest


def stand_ins_of(own, manifest, **changes):
    options = {"most": 4, **FITS, **WHICH, **DRAWN, **changes}
    return of_pseudo_classes(own, manifest, DETECTORS, **options)


def test_nothing_of_a_group_is_in_the_fits_without_it():
    own, _ = an_id()
    left_out = np.arange(30) >= 20
    values = own.embedded.values.copy()
    values[20:30] += 1000
    moved = dataclasses.replace(own, embedded=dataclasses.replace(own.embedded, values=values))
    one, two = (
        without(each, left_out, DETECTORS, domains=[""] * 30, **FITS) for each in (own, moved)
    )
    for name in DETECTORS:
        assert np.array_equal(one.scores_of("train")[name], two.scores_of("train")[name])
        assert len(one.scores_of("train")[name]) == 20
        assert np.isfinite(one.scores_of("test")[name]).all()
    assert one.scores_of("test")["knn"].mean() < two.scores_of("test")["knn"].mean()
    # no clip that is for testing comes in
    assert len(one.embedded.clip) == 30


@pytest.mark.parametrize("view", ["mean", "max"])
def test_what_hears_where_clips_of_other_attributes_differ_is_chosen(view):
    own, manifest = an_id(view)
    # speeds 0 and 1 sound alike, and no detector tells them apart: one class for both
    manifest = [
        {**row, "attributes": row["attributes"].replace("spd=1", "spd=0")} for row in manifest
    ]
    found = stand_ins_of(own, manifest)
    assert found.sizes == [10]
    done = choose(
        "fan", {"00": own}, "00", DETECTORS, **CHOICE, **WHICH, sample=30, apart=lambda: found
    )
    other = {"mean": "max", "max": "mean"}[view]
    values = {name: each["stand_in_separation"] for name, each in done["indicators"].items()}
    assert done["chosen"] == [max(values, key=values.get)]
    for metric in ("standardize", "whiten"):
        assert values[f"fusion: {view}, {metric}"] > 1 + values[f"fusion: {other}, {metric}"]
    assert (done["stand_ins"], done["stand_ins_are"]) == (10, "attributes")


def test_other_ids_come_before_attributes():
    own, manifest = an_id()
    ids = {"00": own, "02": machine_id(clips(1, shift=4.0))}
    options = {**CHOICE, **WHICH, "sample": 30}
    done = choose("fan", ids, "00", DETECTORS, **options, apart=lambda: stand_ins_of(own, manifest))
    assert done["stand_ins_are"] == "machine IDs"
    assert repr(done) == repr(choose("fan", ids, "00", DETECTORS, **options))


def test_without_attributes_the_default_is_taken_and_the_reason_said():
    own, manifest = an_id()
    bare = [{**row, "attributes": ""} for row in manifest]
    found = stand_ins_of(own, bare)
    assert found.sizes == []
    done = choose(
        "fan", {"00": own}, "00", DETECTORS, **CHOICE, **WHICH, sample=30, apart=lambda: found
    )
    assert done["chosen"] == ["knn"]
    assert "nothing stands in" in done["reason"]


def test_groups_are_drawn_from_evenly_and_are_the_same_again():
    own, manifest = an_id()
    one, two = (stand_ins_of(own, manifest, sample=9) for _ in range(2))
    assert one.sizes == [3, 3, 3]
    assert json.dumps([scores.tolist() for scores in one.others["knn"]]) == json.dumps(
        [scores.tolist() for scores in two.others["knn"]]
    )
    # each group has own scores of the clips left, by the same fits
    assert [len(scores) for scores in one.own["knn"]] == [20, 20, 20]


def test_supplemental_recordings_are_seen_by_the_fits_without_a_group():
    own, manifest = an_id()
    detectors = {"nuisance_knn": {"method": "nuisance_knn", "input": "embedding", "directions": 2}}
    noise = {"noise": np.random.default_rng(0).normal(size=(20, own.embedded.values.shape[1]))}
    options = {"most": 4, **FITS, **WHICH, **DRAWN}
    plain, seeing = (
        of_pseudo_classes(own, manifest, detectors, supplemental=recordings, **options)
        for recordings in (None, noise)
    )
    assert not np.array_equal(plain.others["nuisance_knn"][0], seeing.others["nuisance_knn"][0])


def test_kept_fits_give_the_same(tmp_path):
    own, manifest = an_id()
    fresh = stand_ins_of(own, manifest)
    code = {"knn": "code", "fusion": "code"}
    for _ in range(2):
        kept = FitStore(tmp_path, code)
        found = stand_ins_of(own, manifest, detect_with=kept.detect)
        for name, groups in fresh.others.items():
            assert all(map(np.array_equal, groups, found.others[name]))
    assert len(list(tmp_path.rglob("*.fit"))) == 6  # two detectors, three groups


def test_a_draw_anew_keeps_candidates_together():
    own, manifest = an_id()
    found = stand_ins_of(own, manifest)
    drawn = found.drawn_anew(np.random.default_rng(0))
    assert drawn.sizes == found.sizes
    for name in ("knn", "fusion"):
        for before, after in zip(found.others[name], drawn.others[name], strict=True):
            assert set(after) <= set(before) and len(set(after)) < len(before)
    places = [
        np.searchsorted(np.sort(found.own[name][0]), drawn.own[name][0])
        for name in ("knn", "fusion")
    ]
    ranks = [np.argsort(np.argsort(found.own[name][0])) for name in ("knn", "fusion")]
    clips_drawn = [
        [int(np.flatnonzero(rank == place)[0]) for place in of]
        for rank, of in zip(ranks, places, strict=True)
    ]
    assert clips_drawn[0] == clips_drawn[1]

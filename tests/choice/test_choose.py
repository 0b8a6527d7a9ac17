import dataclasses
import json
import math

import numpy as np
import pytest

from made_machine_ids import DETECTORS, a_type, clips, machine_id, model_of, parts_of
from pygoodvibes.audio import mel_cache
from pygoodvibes.choice import choose as choice_choose
from pygoodvibes.choice import indicators
from pygoodvibes.choice.candidates import Candidates, in_units, load
from pygoodvibes.choice.choose import (
    final_scores,
    scores_of_test_clips,
    write_choice,
)
from pygoodvibes.choice.indicators import (
    BURSTY_DB,
)
from pygoodvibes.choice.result import read_choice
from pygoodvibes.choice.stand_ins import StandIns
from pygoodvibes.detection import serialization
from pygoodvibes.detection.result import write_scores
from pygoodvibes.detectors.combined import Chosen, Part
from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.embeddings.held_out import fold_clips
from pygoodvibes.embeddings.vectors import from_records
from pygoodvibes.monitoring.score_clip import score_features
from pygoodvibes.util.csv_files import read_records

SETTINGS = {
    "indicator": "stand_in_separation",
    "top": 1,
    "keep_fixed": False,
    "steadiness": 0.0,
    "leave_out": ["original_*"],
    "members": True,
    "sample": 30,
}
OPTIONS = {**SETTINGS, "default": "knn", "max_fpr": 0.1, "seed": 0}


def choose(ids, **changes):
    return choice_choose.choose("fan", ids, "00", DETECTORS, **{**OPTIONS, **changes})


# the choice


@pytest.mark.parametrize("view", ["mean", "max"])
@pytest.mark.parametrize("indicator", ["stand_in_auc", "stand_in_separation"])
def test_what_hears_where_other_ids_differ_is_chosen(view, indicator):
    other = {"mean": "max", "max": "mean"}[view]
    done = choose(a_type(view), indicator=indicator, default="absent")
    deaf = [
        done["indicators"][f"fusion: {other}, {metric}"] for metric in ("standardize", "whiten")
    ]
    best = done["indicators"][done["chosen"][0]]
    assert best["stand_in_auc"] > 0.99
    assert all(0.2 < each["stand_in_auc"] < 0.8 for each in deaf)
    assert all(best["stand_in_separation"] > 1 + each["stand_in_separation"] for each in deaf)
    assert f"fusion: {other}" not in done["chosen"][0]
    assert done["stand_ins"] == 30
    assert indicator in done["reason"]


def test_controls_and_what_is_left_out_are_no_candidates():
    ids = a_type()
    members = {
        f"fusion: {view}, {metric}"
        for view in ("mean", "max", "all")
        for metric in ("standardize", "whiten")
    }
    assert set(choose(ids)["indicators"]) == {"fusion", "knn"} | members
    assert set(choose(ids, members=False)["indicators"]) == {"fusion", "knn"}
    assert set(choose(ids, leave_out=["knn"], members=False)["indicators"]) == {
        "fusion",
        "original_knn",
    }


def test_several_are_chosen_where_asked_for():
    ids = a_type()
    three, one = choose(ids, top=3), choose(ids)
    assert len(set(three["chosen"])) == 3
    assert three["chosen"][:1] == one["chosen"]
    values = [three["indicators"][name]["stand_in_separation"] for name in three["chosen"]]
    assert values == sorted(values, reverse=True)
    assert min(values) >= max(
        each["stand_in_separation"]
        for name, each in three["indicators"].items()
        if name not in three["chosen"]
    )


def test_an_id_that_all_candidates_tell_has_no_say():
    ids = a_type()
    done = choose(ids, top=3, sample=90)
    # one of these differs from '00' by far, in every column: whoever is bounded gains by it
    far = clips(7)
    far = dataclasses.replace(far, values=far.values + np.float32(30))
    loud = choose({**ids, "far": machine_id(far)}, top=3, sample=90)
    assert loud["stand_ins"] == 90 and done["stand_ins"] == 60
    assert loud["chosen"] == done["chosen"]
    held_out = {"a": np.array([0.0, 2.0])}
    near, away = np.array([3.0, 5.0]), np.array([90.0, 110.0])
    table = {
        name: indicators.indicators(held_out, StandIns({"a": others}), burstiness=0.0, max_fpr=0.1)[
            "a"
        ]
        for name, others in {"near": [near], "both": [away, near]}.items()
    }
    assert table["both"] == table["near"]
    assert table["near"]["stand_in_separation"] == pytest.approx(3.0)


def test_the_fixed_default_is_kept_beside_the_best():
    ids = a_type()
    free = choose(ids, top=3, default="fusion")
    kept = choose(ids, top=3, default="knn", keep_fixed=True)
    assert kept["chosen"] == ["knn", *(name for name in free["chosen"] if name != "knn")][:3]
    assert kept["reason"].endswith(
        f"knn has {kept['indicators']['knn']['stand_in_separation']:.2f}"
    )


def test_where_chance_ranks_candidates_the_fixed_default_stands():
    """Other IDs with the same sound: nothing tells their clips apart from own ones."""
    ids = {name: machine_id(clips(seed)) for name, seed in (("00", 5), ("02", 6), ("04", 7))}
    chance = {"top": 3, "default": "fusion", "keep_fixed": True}
    free = choose(ids, **chance)
    assert len(free["chosen"]) == 3 and free["told"] and free["steadiness"] < 0.9
    done = choose(ids, **chance, steadiness=0.9)
    assert done["chosen"] == ["fusion"] and not done["told"]
    assert done["steadiness"] == free["steadiness"]
    share = f"{100 * done['steadiness']:.0f} of 100"
    assert share in done["reason"] and done["reason"].endswith("(90 are asked for): fusion")
    assert free["chosen"][1] in done["reason"]
    # where they differ, nothing changes
    differ = choose(a_type(), **chance, steadiness=0.9)
    assert differ["told"] and differ["chosen"] == choose(a_type(), **chance)["chosen"]


def with_other_tests(own):
    """Return a machine ID with labels permuted, test clips replaced, and their scores too."""
    embedded = own.embedded
    test = ~embedded.train
    values, label = embedded.values.copy(), embedded.label.copy()
    values[test] = np.random.default_rng(9).normal(100, 50, size=values[test].shape)
    label[test] = label[test][::-1]
    scores = {
        name: {key: 1e6 if key[0] == "test" else value for key, value in each.items()}
        for name, each in own.scores.items()
    }
    other = dataclasses.replace(embedded, values=values, label=label)
    return dataclasses.replace(own, embedded=other, scores=scores)


def test_neither_test_clips_nor_labels_have_a_say():
    ids = a_type()
    changed = {name: with_other_tests(each) for name, each in ids.items()}
    assert repr(choose(changed, top=3)) == repr(choose(ids, top=3))  # NaN is not NaN
    which = {"leave_out": [], "members": True}
    before, after = (
        scores_of_test_clips(each["00"], DETECTORS, **which) for each in (ids, changed)
    )
    assert all((before[name] != after[name]).any() for name in before)


def test_training_clips_do_have_a_say():
    ids = a_type()
    other = {**ids, "02": ids["00"], "04": ids["00"]}
    before, after = choose(ids), choose(other)
    name = before["chosen"][0]
    assert after["indicators"][name]["stand_in_auc"] < before["indicators"][name]["stand_in_auc"]


WHICH = {"leave_out": ["original_*"], "members": True}


def final(ids, name="00", **changes):
    done = choice_choose.choose("fan", ids, name, DETECTORS, **{**OPTIONS, **changes})
    own = ids[name]
    found = scores_of_test_clips(own, DETECTORS, **WHICH)
    return done, *choice_choose.final_scores(done, own, DETECTORS, found, **WHICH)


def test_the_final_score_is_the_mean_of_the_chosen_in_units_of_held_out_scatter():
    ids = a_type()
    done, parts, scores = final(ids, top=3)
    candidates = Candidates.of(ids["00"], DETECTORS, **WHICH)
    train = ids["00"].embedded.train
    held_out = [candidates.held_out[name] for name in done["chosen"]]
    assert np.allclose(scores[train], np.mean([in_units(x, x) for x in held_out], axis=0))
    found = scores_of_test_clips(ids["00"], DETECTORS, **WHICH)
    expected = np.mean([found[name] for name in done["chosen"]], axis=0)
    assert np.allclose(scores[~train], expected)
    assert [f"{part.detector}: {part.member}".removesuffix(": ") for part in parts] == (
        done["chosen"]
    )
    assert all(part.scatter > 0 for part in parts)


def test_no_test_clip_and_no_label_moves_what_was_learnt():
    ids = a_type()
    changed = {name: with_other_tests(each) for name, each in ids.items()}
    (_, parts, scores), (_, others, other) = final(ids, top=3), final(changed, top=3)
    assert parts == others
    train = ids["00"].embedded.train
    assert np.array_equal(scores[train], other[train])
    assert (scores[~train] != other[~train]).all()


def test_where_nothing_can_be_told_the_scores_are_those_of_the_fixed_default():
    own = machine_id(clips(0))
    done, [part], scores = final({"00": own})
    assert not done["told"]
    assert part == Part("knn", "", 0.0, 1.0)
    for split, some in (("train", own.embedded.train), ("test", ~own.embedded.train)):
        assert np.array_equal(scores[some], own.scores_of(split)["knn"])
    few = machine_id(clips(3, n_train=2))
    done, parts, scores = final({"00": few})
    assert parts == [] and np.isnan(scores).all()


@pytest.mark.parametrize("indicator", ["stand_in_auc", "stand_in_pauc", "stand_in_separation"])
def test_an_only_id_gets_the_default_and_a_reason(indicator):
    [own] = [machine_id(clips(0))]
    done = choose({"00": own}, indicator=indicator)
    assert done["chosen"] == ["knn"]
    assert "only machine ID" in done["reason"]
    assert done["stand_ins"] == 0
    done = choose({"00": own}, indicator="agreement")
    assert "agreement" in done["reason"]
    assert math.isfinite(done["indicators"][done["chosen"][0]]["agreement"])


@pytest.mark.parametrize("indicator", ["stand_in_auc", "stand_in_pauc", "stand_in_separation"])
def test_what_tells_nothing_apart_is_not_chosen(indicator):
    # what stands in lies nearer to the middle of the own clips than these themselves
    own, other = machine_id(clips(0)), clips(1)
    other = machine_id(dataclasses.replace(other, values=other.values * np.float32(0.1)))
    done = choose({"00": own, "02": other}, indicator=indicator, default="knn", top=3)
    assert (done["chosen"], done["told"]) == (["knn"], False)
    assert "no candidate tells" in done["reason"]


def test_without_frames_burstiness_decides_nothing():
    done = choose(a_type(), indicator="burstiness")
    assert done["chosen"] == ["knn"]
    assert "can't be told" in done["reason"]


def test_an_id_that_nothing_was_fitted_for_is_told_and_no_stand_in():
    ids = {**a_type(), "06": machine_id(clips(3, n_train=0))}
    assert repr(choose(ids)) == repr(choose(a_type()))
    done = choice_choose.choose("fan", ids, "06", DETECTORS, **OPTIONS)
    assert done["chosen"] == [] and "no candidate" in done["reason"]
    few = {**ids, "06": machine_id(clips(3, n_train=2))}
    done = choice_choose.choose("fan", few, "06", DETECTORS, **OPTIONS)
    assert done["chosen"] == [] and done["indicators"] == {}
    which = {"leave_out": [], "members": True}
    assert scores_of_test_clips(few["06"], DETECTORS, **which) == {}


def test_a_detector_without_all_held_out_scores_is_no_candidate():
    ids = a_type()
    scores = {**ids["00"].scores, "fusion": {**ids["00"].scores["fusion"]}}
    scores["fusion"]["train", "3.wav"] = math.nan
    ids["00"] = dataclasses.replace(ids["00"], scores=scores)
    assert set(choose(ids)["indicators"]) == {"knn"}


def test_clips_of_another_width_are_no_stand_ins():
    ids = a_type()
    other = clips(5)
    narrow = dataclasses.replace(other, values=other.values[:, :20], columns=other.columns[:20])
    more = {**ids, "06": machine_id(narrow)}
    assert repr(choose(more)) == repr(choose(ids))


def test_test_scores_are_those_of_the_detectors_in_units_of_held_out_scatter():
    own = a_type()["00"]
    found = scores_of_test_clips(own, DETECTORS, leave_out=["original_*"], members=True)
    train, test = (own.scores_of(split)["knn"] for split in ("train", "test"))
    assert np.array_equal(found["knn"], in_units(test, train))
    members = own.estimators["fusion"].member_scores(own.embedded.values[~own.embedded.train])
    expected = in_units(members[:, 0], own.estimators["fusion"].held_out_[:, 0])
    assert np.allclose(found["fusion: mean, standardize"], expected)
    assert {len(each) for each in found.values()} == {8}


def mel_clips(tmp_path, name, *, burst, n_mels=8):
    def frames(number):
        rng = np.random.default_rng([number, len(name)])
        values = -40 + rng.normal(0, 1, size=(40, n_mels))
        values[number % 30 : number % 30 + 4] += burst
        return values.astype(np.float32)

    rows = [
        {
            "clip": f"{number}.wav",
            "split": "train" if number < 20 else "test",
            "label": "normal",
            "path": f"{number}.wav",
        }
        for number in range(24)
    ]
    paths = tmp_path / f"{name}.npy", tmp_path / f"{name}.csv"
    mel_cache.write(*paths, ((row, frames(number)) for number, row in enumerate(rows)))
    return mel_cache.open_cache(*paths)


FRAMES = {
    "knn": DETECTORS["knn"],
    "frames": {"method": "frames", "input": "mel", "components": None, "n_components": 4},
}


def of_frames(tmp_path, name, **keys):
    cache = mel_clips(tmp_path, name, **keys)
    values = np.stack([cache.of(clip).mean(axis=0) for clip in cache.clips])
    columns = [f"mean_{band:03d}" for band in range(values.shape[1])]
    embedded = from_records(cache.clips, values, columns)
    return machine_id(embedded, FRAMES, cache)


# frames


@pytest.mark.parametrize(("burst", "best"), [(20.0, "frames: high"), (0.0, "frames: mean")])
def test_bursts_ask_for_maxima_and_steady_power_for_means(tmp_path, burst, best):
    ids = {name: of_frames(tmp_path, name, burst=burst) for name in ("00", "0002")}
    options = {**OPTIONS, "indicator": "burstiness"}
    done = choice_choose.choose("valve", ids, "00", FRAMES, **options)
    assert done["chosen"] == [best]
    assert (done["burstiness_db"] > BURSTY_DB) == (burst > 0)
    assert {"frames: mean", "frames: median", "frames: std", "frames: high"} < set(
        done["indicators"]
    )
    scores = scores_of_test_clips(ids["00"], FRAMES, leave_out=[], members=True)
    assert set(scores) == set(done["indicators"])
    # a member that sees frames, one clip at a time, and none without them
    parts, final_scores = choice_choose.final_scores(
        done, ids["00"], FRAMES, scores, leave_out=[], members=True
    )
    model = model_of(ids["00"], FRAMES, choice=Chosen(parts))
    values, cache = ids["00"].embedded.values, ids["00"].cache
    for number in range(20, 24):
        frames = [cache.of(cache.clips[number])]
        found = score_features(model, "choice", values[number : number + 1], frames)
        assert found == final_scores[number]


def test_frames_with_other_bands_are_no_stand_ins(tmp_path):
    ids = {"00": of_frames(tmp_path, "00", burst=0)}
    other = of_frames(tmp_path, "0002", burst=0, n_mels=9)
    same_width = dataclasses.replace(other, embedded=ids["00"].embedded)
    done = choice_choose.choose("valve", {**ids, "02": same_width}, "00", FRAMES, **OPTIONS)
    assert done["stand_ins"] == 0


# indicators


def files_of(folder, embedded):
    folder.mkdir()
    projected, results = parts_of(embedded)
    names = ("embedding", "projection", "models", "scores")
    paths = {name: str(folder / name) for name in names} | {"mel": None, "mel_clips": None}
    vectors.save(paths["embedding"], embedded)
    projection.save(paths["projection"], projected)
    serialization.save(paths["models"], {name: each.estimator for name, each in results.items()})
    write_scores(paths["scores"], embedded, results)
    return paths


# files


def test_the_files_say_what_was_chosen_and_are_the_same_again(tmp_path):
    files = {
        name: files_of(tmp_path / name, clips(number, shift=4.0 * number, n_train=count))
        for number, (name, count) in enumerate({"00": 30, "02": 25, "04": 0}.items())
    }
    for again in ("a", "b"):
        write_choice(
            "fan",
            files,
            DETECTORS,
            settings={**SETTINGS, "pseudo_classes": None},
            max_fpr=0.1,
            seed=0,
            choice=tmp_path / f"{again}.json",
            scores=tmp_path / f"{again}.csv",
            final=tmp_path / f"{again}.final.csv",
        )
    assert (tmp_path / "a.final.csv").read_bytes() == (tmp_path / "b.final.csv").read_bytes()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    assert "NaN" not in (tmp_path / "a.json").read_text()
    documents = json.loads((tmp_path / "a.json").read_text())
    assert [each["id"] for each in documents] == ["00", "02", "04"]
    assert [bool(each["chosen"]) for each in documents] == [True, True, False]
    ids = {name: load(each) for name, each in files.items()}
    direct = choose(ids, default="fusion")
    assert documents[0]["chosen"] == direct["chosen"]
    rows = read_records(tmp_path / "a.csv")
    assert [row["id"] for row in rows] == ["00"] * 8 + ["02"] * 8 + ["04"] * 8
    assert all(float(row["fusion"]) for row in rows[:16])
    assert {row["fusion"] for row in rows[16:]} == {""}
    assert set(rows[0]) == {"id", "clip", *direct["indicators"]}
    for document, own in zip(documents, ids.values(), strict=True):
        found = read_choice(tmp_path / "a.json", tmp_path / "a.final.csv", document["id"])
        keys = list(zip(own.embedded.split, own.embedded.clip, strict=True))
        assert list(found.scores) == keys
        if not document["chosen"]:
            assert found.chosen is None and np.isnan(list(found.scores.values())).all()
            continue
        # the numbers of the file are exact: they score the clips as the file says
        model = model_of(own, DETECTORS, choice=found.chosen)
        again = score_features(model, "choice", own.embedded.values)
        test = ~own.embedded.train
        assert np.array_equal(again[test], np.array(list(found.scores.values()))[test])


@pytest.mark.shared
def test_real_vectors_of_fans(shared):
    table = read_records(shared / "golden/pygoodvibes/final_encoded_machine_dataset.csv")
    detectors = {
        "lof": {"method": "lof", "input": "embedding", "n_neighbors": 20},
        "knn": {"method": "knn", "input": "embedding", "n_neighbors": 1},
        "ocsvm": {"method": "ocsvm", "input": "embedding"},
    }
    ids = {}
    for name in ("00", "02", "04"):
        rows = [row for row in table if "fan" in row["fichier"] and f"id_{name}_" in row["fichier"]]
        train = [row for row in rows if "train" in row["fichier"]][:200]
        test = [row for row in rows if "train" not in row["fichier"]][:100]
        records = [
            {
                "clip": row["fichier"],
                "split": "train" if number < len(train) else "test",
                "label": "anomaly" if "anomaly" in row["fichier"] else "normal",
            }
            for number, row in enumerate(train + test)
        ]
        values = np.array([[float(row[key]) for key in "xyz"] for row in train + test], np.float32)
        assert (len(train), len(test)) == (200, 100)
        ids[name] = machine_id(from_records(records, values, list("xyz")), detectors)
    for name in ids:
        done = choice_choose.choose("fan", ids, name, detectors, **{**OPTIONS, "default": "lof"})
        assert set(done["indicators"]) == set(detectors)
        assert done["stand_ins"] == 30
        best = max(done["indicators"].values(), key=lambda each: each["stand_in_separation"])
        assert done["indicators"][done["chosen"][0]] == best
        for each in done["indicators"].values():
            assert 0 <= each["stand_in_auc"] <= 1
            assert -1 <= each["agreement"] <= 1


def test_clips_that_an_encoder_has_learnt_from_have_no_say():
    among = np.arange(30) % 2 == 0
    groups = fold_clips(30, folds=5, seed=0, among=among)
    whole = {name: machine_id(clips(seed, shift=2.0)) for seed, name in enumerate(["00", "02"])}
    ids = {name: dataclasses.replace(each, groups=groups) for name, each in whole.items()}
    done = choose(ids)
    assert done["stand_ins"] == 15 and done["indicators"] != choose(whole)["indicators"]
    # whatever the learnt ones sound like
    values = ids["02"].embedded.values.copy()
    values[:30][~among] += 50
    moved = dataclasses.replace(
        ids["02"], embedded=dataclasses.replace(ids["02"].embedded, values=values)
    )
    assert json.dumps(choose({**ids, "02": moved})) == json.dumps(done)
    options = {"leave_out": [], "members": True}
    of_tests = scores_of_test_clips(ids["00"], DETECTORS, **options)
    _, scores = final_scores(done, ids["00"], DETECTORS, of_tests, **options)
    assert np.array_equal(np.isfinite(scores[:30]), among) and np.isfinite(scores[30:]).all()

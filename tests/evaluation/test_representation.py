import csv
import dataclasses
import itertools

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from pygoodvibes.detectors.knn import NearestNeighborDistance
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.evaluation import metrics, representation
from pygoodvibes.evaluation.intervals import share_interval
from pygoodvibes.evaluation.representation import (
    CLASSIFIERS,
    COLUMNS,
    LABELS,
    TARGETS,
    matrix,
    recognise,
    shares,
)

IDS = [("fan", "00"), ("fan", "02"), ("pump", "00"), ("pump", "02")]
D = 6


def clips(values, split, label):
    count = len(values)
    return ClipVectors(
        clip=np.array([f"{label}_{number}.wav" for number in range(count)]),
        split=np.array([split] * count, dtype=str),
        label=np.array([label] * count, dtype=str),
        values=np.asarray(values, dtype=np.float32),
        columns=np.array([f"c{number}" for number in range(np.shape(values)[1])]),
    )


def joined(*parts):
    names = ("clip", "split", "label", "values")
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return ClipVectors(**arrays, columns=parts[0].columns)


def made(*, apart=20.0, moved=None, train=30, normal=12, anomaly=10, d=D, seed=0):
    """Return clips of each ID around a place of its own; anomalies lie around that of `moved`."""
    rng = np.random.default_rng(seed)
    # no column is noise alone: once standardised, it would count like the others
    signs = np.array([[1, 1, 1, 1, 1, 1], [1, -1, -1, 1, -1, 1], [-1, 1, -1, 1, 1, -1], [-1] * 6])
    places = dict(zip(IDS, apart / 2 * np.resize(signs.T, (d, 4)).T, strict=True))
    counts = {"train": train, "normal": normal, "anomaly": anomaly}
    result = {}
    for number, key in enumerate(IDS):
        around = {"anomaly": places[(moved or {}).get(key, key)]}
        parts = []
        for part, count in counts.items():
            each = count[number] if isinstance(count, list) else count
            values = rng.normal(size=(each, d)) + around.get(part, places[key])
            split = "train" if part == "train" else "test"
            parts.append(clips(values, split, "normal" if part == "train" else part))
        result[key] = joined(*parts)
    return result


def check(embedded, **changes):
    return representation.check_representation(
        embedded, **{"confidence": 0.95, "seed": 1, **changes}
    )


def accuracy(rows, target, label, classifier="svm"):
    [row] = [
        row
        for row in rows
        if (row["classifier"], row["target"], row["label"]) == (classifier, target, label)
    ]
    return row


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_machines_that_lie_apart_are_told_apart(classifier):
    rows, confusion = check(made())
    for target, label in itertools.product(TARGETS, LABELS):
        row = accuracy(rows, target, label, classifier)
        assert (row["accuracy"], row["accuracy_high"], row["note"]) == ("1", "1", "")
        assert float(row["chance"]) == {"machine type": 0.5, "machine ID": 0.25}[target]
        assert row["n_train"] == 120
    keys, counts = matrix(confusion, classifier, "normal")
    assert keys == IDS
    assert np.array_equal(counts, 12 * np.eye(4))
    assert np.array_equal(matrix(confusion, classifier, "anomaly")[1], 10 * np.eye(4))


def test_there_is_a_row_for_every_classifier_target_and_label():
    rows, _ = check(made())
    seen = [(row["classifier"], row["target"], row["label"]) for row in rows]
    assert seen == list(itertools.product(CLASSIFIERS, TARGETS, LABELS))
    assert all(tuple(row) and set(row) == set(COLUMNS) for row in rows)


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_machines_that_are_shuffled_are_recognised_by_chance(classifier):
    embedded = made(train=200, normal=150, anomaly=150)
    rng = np.random.default_rng(5)
    every = np.concatenate([part.values for part in embedded.values()])
    rng.shuffle(every)
    split = np.split(every, len(IDS))
    shuffled = {
        key: ClipVectors(part.clip, part.split, part.label, values, part.columns)
        for (key, part), values in zip(embedded.items(), split, strict=True)
    }
    rows, _ = check(shuffled)
    for label in LABELS:
        row = accuracy(rows, "machine ID", label, classifier)
        assert float(row["accuracy"]) == pytest.approx(0.25, abs=0.06)
        assert float(row["accuracy_low"]) < 0.25 < float(row["accuracy_high"])


def test_anomalous_clips_are_counted_where_they_are_recognised():
    moved = {("fan", "00"): ("fan", "02"), ("pump", "02"): ("fan", "00")}
    rows, confusion = check(made(moved=moved))
    assert accuracy(rows, "machine ID", "normal")["accuracy"] == "1"
    assert accuracy(rows, "machine ID", "anomaly")["accuracy"] == "0.5"
    # fan 00 taken for fan 02 is still a fan
    assert accuracy(rows, "machine type", "anomaly")["accuracy"] == "0.75"
    expected = 10 * np.array([[0, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0]])
    for classifier in CLASSIFIERS:
        assert np.array_equal(matrix(confusion, classifier, "anomaly")[1], expected)


def test_every_machine_id_counts_the_same_whatever_its_clips():
    moved = {("fan", "00"): ("fan", "02")}
    rows, confusion = check(made(moved=moved, anomaly=[90, 10, 10, 10]))
    row = accuracy(rows, "machine ID", "anomaly")
    assert row["accuracy"] == "0.75"  # 30 of 120 clips, but 3 of 4 machine IDs
    assert (row["n_ids"], row["n_clips"]) == (4, 120)
    effective = 16 / (1 / 90 + 3 / 10)
    low, high = share_interval(0.75 * effective, effective, confidence=0.95)
    assert float(row["accuracy_low"]) == pytest.approx(low, abs=1e-5)
    assert float(row["accuracy_high"]) == pytest.approx(high, abs=1e-5)
    assert shares(matrix(confusion, "svm", "anomaly")[1])[0].tolist() == [0, 1, 0, 0]


def test_the_interval_holds_the_accuracy_of_many_more_clips():
    few = made(apart=1.5, normal=25, seed=3)
    many = made(apart=1.5, normal=2000, seed=3)
    # the same training clips, other test clips
    many = {
        key: joined(
            clips(few[key].values[few[key].train], "train", "normal"),
            clips(part.values[part.split == "test"], "test", "normal"),
        )
        for key, part in many.items()
    }
    known = float(accuracy(check(many)[0], "machine ID", "normal")["accuracy"])
    row = accuracy(check(few)[0], "machine ID", "normal")
    assert 0.4 < known < 0.9
    assert float(row["accuracy_low"]) < known < float(row["accuracy_high"])
    assert float(row["accuracy_high"]) - float(row["accuracy_low"]) == pytest.approx(0.18, abs=0.03)


@pytest.mark.parametrize("n_ids", [2, 3, 7])
def test_the_classifiers_are_those_of_scikit_learn(n_ids):
    rng = np.random.default_rng(n_ids)
    training = [rng.normal(0.4 * place, 1, (rng.integers(5, 40), 6)) for place in range(n_ids)]
    clips = [rng.normal(0.4 * place, 1, (20 * (place % 3), 6)) for place in range(n_ids)]
    truth = {"machine type": np.arange(n_ids) // 2, "machine ID": np.arange(n_ids)}
    found = dict(recognise(training, {"normal": clips}, truth))
    scaler = StandardScaler()
    scaled = scaler.fit_transform(np.concatenate(training))
    asked = {target: classes for target, classes in truth.items() if len(set(classes)) > 1}
    assert {target for _, target, _ in found} == set(asked)
    for target, classes in asked.items():
        svm = SVC(gamma="auto", class_weight="balanced")
        for name, estimator in (("svm", svm), ("knn", KNeighborsClassifier(5))):
            estimator.fit(scaled, np.repeat(classes, list(map(len, training))))
            for values, named in zip(clips, found[name, target, "normal"], strict=True):
                expected = estimator.predict(scaler.transform(values)) if len(values) else []
                assert np.array_equal(named, expected)


def test_no_test_clip_has_a_say_in_what_another_is_recognised_as():
    embedded = made(apart=1.5, seed=7)
    _, whole = check(embedded)
    far = {
        key: joined(
            part,
            clips(1e6 * np.ones((5, D)), "test", "unknown"),
            clips(-1e6 * np.ones((5, D)), "test", "anomaly"),
        )
        for key, part in embedded.items()
    }
    _, more = check(far)
    for classifier in CLASSIFIERS:
        before, after = (matrix(rows, classifier, "normal")[1] for rows in (whole, more))
        assert np.array_equal(before, after)
        assert matrix(more, classifier, "anomaly")[1].sum() == 4 * 15
    # but a training clip has
    swapped = dict(zip(embedded, [*list(embedded.values())[1:], embedded[IDS[0]]], strict=True))
    trained = {
        key: joined(
            clips(swapped[key].values[swapped[key].train], "train", "normal"),
            clips(part.values[~part.train], "test", "normal"),
        )
        for key, part in embedded.items()
    }
    assert float(accuracy(check(trained)[0], "machine ID", "normal")["accuracy"]) < 0.25


def test_columns_count_the_same_whatever_their_unit():
    embedded = made(apart=2.0, seed=2)
    scaled = {
        key: ClipVectors(
            part.clip, part.split, part.label, part.values * 2.0 ** np.arange(D), part.columns
        )
        for key, part in embedded.items()
    }
    assert check(embedded) == check(scaled)


def test_many_training_clips_are_drawn_evenly_and_always_the_same():
    embedded = made(apart=1.5, train=[60, 20, 60, 60])
    first = check(embedded, most_clips=160)
    assert accuracy(first[0], "machine ID", "normal")["n_train"] == 40 + 20 + 40 + 40
    assert check(embedded, most_clips=160) == first
    assert check(embedded, most_clips=160, seed=2) != first
    assert accuracy(check(embedded)[0], "machine ID", "normal")["n_train"] == 200
    # one clip of each ID is the least there is
    assert accuracy(check(embedded, most_clips=1)[0], "machine ID", "normal")["n_train"] == 4


def test_the_order_of_the_machine_ids_changes_nothing():
    embedded = made(apart=1.5, seed=4)
    assert check(dict(reversed(embedded.items()))) == check(embedded)


# what can't be compared


def test_one_machine_id_has_nothing_to_be_told_apart_from():
    rows, confusion = check({IDS[0]: made()[IDS[0]]})
    assert confusion == []
    for row in rows:
        assert row["accuracy"] == row["accuracy_low"] == row["accuracy_high"] == ""
        assert (
            row["note"] == "there are no two machine IDs with enough training clips to tell apart"
        )


def test_no_machine_id_at_all_is_said():
    rows, confusion = check({})
    assert len(rows) == 8 and confusion == []
    assert {row["chance"] for row in rows} == {""}


def test_of_one_machine_type_the_ids_are_told_apart():
    embedded = {key: part for key, part in made().items() if key[0] == "fan"}
    rows, _ = check(embedded)
    assert accuracy(rows, "machine ID", "normal")["accuracy"] == "1"
    row = accuracy(rows, "machine type", "normal")
    assert (row["accuracy"], row["chance"]) == ("", "")
    assert row["note"] == "all clips are of fan: there is no other machine type"


def test_vectors_of_another_length_are_left_out_and_named():
    embedded = made()
    embedded[IDS[3]] = made(d=D + 2)[IDS[3]]
    rows, confusion = check(embedded)
    assert matrix(confusion, "svm", "normal")[0] == IDS[:3]
    assert {row["note"] for row in rows} == {
        "left out, vectors of another length than 6: pump ID 02"
    }
    assert accuracy(rows, "machine ID", "normal")["accuracy"] == "1"


@pytest.mark.parametrize("few", [0, 4])
def test_machine_ids_with_few_training_clips_are_left_out_and_named(few):
    rows, confusion = check(made(train=[few, 5, 30, 30]))
    assert matrix(confusion, "svm", "normal")[0] == IDS[1:]
    assert {row["note"] for row in rows} == {"left out, fewer than 5 training clips: fan ID 00"}
    assert accuracy(rows, "machine ID", "anomaly")["n_clips"] == 30


def test_kinds_of_test_clips_that_are_missing_are_named():
    rows, confusion = check(made(normal=[12, 0, 12, 12], anomaly=0))
    normal = accuracy(rows, "machine ID", "normal")
    assert (normal["accuracy"], normal["n_ids"]) == ("1", 3)
    assert normal["note"] == "not in the mean, no normal test clips: fan ID 02"
    anomaly = accuracy(rows, "machine ID", "anomaly")
    assert (anomaly["accuracy"], anomaly["note"]) == ("", "no anomalous test clips")
    # machine IDs without clips keep their row of the matrix
    keys, counts = matrix(confusion, "knn", "normal")
    assert keys == IDS and counts.sum(axis=1).tolist() == [12, 0, 12, 12]
    assert np.isnan(shares(counts)[1]).all()
    assert matrix(confusion, "knn", "anomaly")[1].sum() == 0


def test_a_long_list_of_names_is_cut():
    empty = {("fan", f"{number:02d}"): made(train=0)[IDS[0]] for number in range(8)}
    note = check({**made(), **empty})[0][0]["note"]
    assert note.endswith("fan ID 00, fan ID 01, fan ID 02, fan ID 03, fan ID 04 (+ 3)")


# the original's own embedding


@pytest.fixture(scope="module")
def published(shared):
    """Return the three published components of all clips of the development set."""
    with (shared / "golden/pygoodvibes/final_encoded_machine_dataset.csv").open() as file:
        rows = list(csv.DictReader(file))
    result = {}
    for name in dict.fromkeys(row["machine"] for row in rows):
        own = [row for row in rows if row["machine"] == name]
        label = {"non": "normal", "oui": "anomaly"}
        result[tuple(name.rsplit("_", 1))] = ClipVectors(
            clip=np.array([row["fichier"].rpartition("/")[2] for row in own]),
            split=np.array([row["set"] for row in own]),
            label=np.array([label[row["anomalie"]] for row in own]),
            values=np.array([[float(row[axis]) for axis in "xyz"] for row in own], np.float32),
            columns=np.array(["x", "y", "z"]),
        )
    return result


@pytest.mark.shared
def test_the_embedding_of_the_original_tells_machines_apart_as_it_said(published):
    assert len(published) == 23 and sum(len(part.clip) for part in published.values()) == 30987
    rows, _ = check(published)
    assert accuracy(rows, "machine ID", "normal")["n_train"] == 23 * 173
    for classifier in CLASSIFIERS:
        values = {
            (target, label): float(accuracy(rows, target, label, classifier)["accuracy"])
            for target, label in itertools.product(TARGETS, LABELS)
        }
        # 98.5 % and about 90 % of normal clips on 128 components instead of 3
        assert values["machine type", "normal"] > 0.96
        assert 0.86 < values["machine ID", "normal"] < 0.9
        assert values["machine ID", "anomaly"] < values["machine ID", "normal"] - 0.1


def drawn(values):
    order = np.random.default_rng([1]).permutation(len(values))
    return values[np.sort(order[:173])]


@pytest.mark.shared
def test_anomalous_clips_that_are_still_recognised_are_the_hard_ones(published):
    keys = sorted(published)
    parts = [published[key] for key in keys]
    training = [drawn(part.values[part.train]) for part in parts]
    tests = {
        "anomaly": [
            part.values[(part.split == "test") & (part.label == "anomaly")] for part in parts
        ]
    }
    truth = {"machine ID": np.arange(len(keys))}
    found = dict(recognise(training, tests, truth))
    easy, hard = [], []
    for place, named in enumerate(found["svm", "machine ID", "anomaly"]):
        part = parts[place]
        train = part.values[part.train]
        scaled = (part.values - train.mean(axis=0)) / train.std(axis=0)
        detector = NearestNeighborDistance().fit(scaled[part.train])
        normal, anomaly = (
            -detector.score_samples(scaled[(part.split == "test") & (part.label == label)])
            for label in LABELS
        )
        recognised = named == place
        if min(recognised.sum(), (~recognised).sum()) < 10:
            continue
        for group, scores in ((hard, anomaly[recognised]), (easy, anomaly[~recognised])):
            labels = np.arange(len(normal) + len(scores)) >= len(normal)
            group.append(metrics.auc(labels, np.concatenate([normal, scores])))
    assert len(hard) == 15
    assert np.mean(hard) == pytest.approx(0.61, abs=0.005)
    assert np.mean(easy) == pytest.approx(0.86, abs=0.005)


def test_clips_named_after_sections_make_it_a_section_that_is_recognised():
    named = {
        key: dataclasses.replace(vectors, clip=np.array([f"section_00_{c}" for c in vectors.clip]))
        for key, vectors in made().items()
    }
    rows, confusion = check(named)
    assert representation.targets_of(rows) == ("machine type", "section")
    before, same = check(made())
    assert [row | {"target": ""} for row in rows] == [row | {"target": ""} for row in before]
    assert confusion == same

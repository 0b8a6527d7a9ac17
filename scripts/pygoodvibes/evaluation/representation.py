"""Check of the representation: whether machines can be told apart by the vectors of their clips.

A representation in which one machine ID can't be told from another will hardly tell a fault, which
is a smaller difference. So two classifiers learn from normal training clips which machine type, and
which machine ID, a clip is of, and name those of the test clips. Anomalous clips that are still
recognised as their machine have moved less than machines lie apart; to a detector that looks at
coarse differences they are the hard ones.

Nothing of this enters a score: the detectors see one machine ID each and no class at all.

References
----------
Cover and Hart (1967), Nearest neighbor pattern classification.
Cortes and Vapnik (1995), Support-vector networks.
Wilson (1927), Probable inference, the law of succession, and statistical inference.
Kish (1965), Survey Sampling: the effective number of clips.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pygoodvibes.data.clip import name_of, unit_of
from pygoodvibes.embeddings.vectors import ClipVectors
from pygoodvibes.evaluation.intervals import share_interval
from pygoodvibes.util.messages import Message, message

if TYPE_CHECKING:
    from sklearn.svm import SVC

CLASSIFIERS = ("svm", "knn")
"""Support vector machine (radial basis functions), and k nearest neighbours."""

NAMES = {"svm": "SVM", "knn": "kNN"}
"""What people call them."""

TARGETS = ("machine type", "machine ID")
"""What is to be recognised; a machine ID is that of its type: pump 00 is not fan 00. Where the IDs
of a data set are sections, tables name these."""

LABELS = ("normal", "anomaly")
"""The two kinds of test clips."""

NEIGHBORS = 5

LEAST_CLIPS = NEIGHBORS
"""Training clips below which a machine ID is left out: it could hardly win a vote of neighbours."""

MOST_CLIPS = 4000
"""Training clips that the classifiers learn from, drawn evenly from all machine IDs.

The work of a support vector machine grows with the square of their number.
"""

COLUMNS = (
    *("classifier", "target", "label", "accuracy", "accuracy_low", "accuracy_high"),
    *("chance", "n_ids", "n_clips", "n_train", "note"),
)
"""Columns of the accuracies."""

CONFUSION_COLUMNS = (
    *("classifier", "label", "machine", "id", "recognised_machine", "recognised_id", "clips"),
)
"""Columns of the confusion matrices, a row an entry."""

Key = tuple[str, str]


def check_representation(
    embedded: Mapping[Key, ClipVectors],
    *,
    confidence: float,
    seed: int,
    most_clips: int = MOST_CLIPS,
) -> tuple[list[dict], list[dict]]:
    """Let classifiers name machine type and ID of the test clips.

    Columns are brought to mean 0 and standard deviation 1. The support vector machine has C = 1, a
    gamma of 1 / number of columns, and classes weighted by their number of clips. Scaling and
    classifiers are fitted on training clips only, and no setting is chosen.

    Parameters
    ----------
    embedded : mapping of (machine, id) to ClipVectors
        Embeddings. Only machine IDs with `LEAST_CLIPS` training clips, and of the length of vectors
        that most of these have, take part; notes name the others.
    confidence : float
        Coverage of the intervals, between 0 and 1.
    seed : int >= 0
        Of the draw of training clips, where there are more than `most_clips`.
    most_clips : int > 0
        Training clips to learn from: of each machine ID at most `most_clips` / number of IDs.

    Returns
    -------
    accuracies : list of dict
        A row for each of `CLASSIFIERS`, `TARGETS` and `LABELS`, with `COLUMNS`; the second target
        is 'section' where the clips are named so. The accuracy is the
        mean over machine IDs of the share of their clips that is recognised, so that each ID counts
        the same; its interval is Wilson's for the effective number of clips. '' where there is
        none, and the note says why.
    confusion : list of dict
        Clips by their own machine ID and the recognised one, with `CONFUSION_COLUMNS`: each pair
        that occurs, and each machine ID with itself.
    """
    unit = unit_of(str(clip) for vectors in embedded.values() for clip in vectors.clip)
    keys, notes = _comparable(embedded, unit)
    types = list(dict.fromkeys(machine for machine, _ in keys))
    truth = {
        "machine type": np.array([types.index(machine) for machine, _ in keys], dtype=int),
        "machine ID": np.arange(len(keys)),
    }
    clips = [embedded[key] for key in keys]
    n_train, recognised = 0, {}
    if len(keys) > 1:
        training = [
            _sampled(vectors.values[vectors.train], most_clips // len(keys), [seed, place])
            for place, vectors in enumerate(clips)
        ]
        n_train = sum(map(len, training))
        tests = {label: [_tests(vectors, label) for vectors in clips] for label in LABELS}
        recognised = dict(recognise(training, tests, truth))
    called = dict(zip(TARGETS, (TARGETS[0], unit), strict=True))
    accuracies = []
    for classifier in CLASSIFIERS:
        for target in TARGETS:
            for label in LABELS:
                named = recognised.get((classifier, target, label), [[] for _ in keys])
                row = {"classifier": classifier, "target": called[target], "label": label}
                row |= _accuracy(keys, named, truth[target], label, unit, confidence)
                classes = len(set(truth[target]))
                row["chance"] = f"{1 / classes:.6g}" if classes > 1 else ""
                row["n_train"] = n_train
                reason = _nothing_to_tell(keys, types, target) or row["note"]
                row["note"] = "; ".join(filter(None, [reason, *notes]))
                accuracies.append(row)
    confusion = [
        {"classifier": classifier, "label": label, **entry}
        for classifier in CLASSIFIERS
        for label in LABELS
        if (classifier, "machine ID", label) in recognised
        for entry in _entries(keys, recognised[classifier, "machine ID", label])
    ]
    return accuracies, confusion


def targets_of(accuracies: Iterable[Mapping]) -> tuple[str, str]:
    """Return what was to be recognised, by the rows of accuracies: `TARGETS`, or with sections."""
    first, second = dict.fromkeys(row["target"] for row in accuracies)
    return first, second


def matrix(rows: Iterable[Mapping], classifier: str, label: str) -> tuple[list[Key], np.ndarray]:
    """Return a confusion matrix from its rows.

    Parameters
    ----------
    rows : iterable of mapping
        Rows with `CONFUSION_COLUMNS`, of any classifier and label.
    classifier, label : str
        One of `CLASSIFIERS`, and one of `LABELS`.

    Returns
    -------
    keys : list of (machine, id)
        In the order of the rows.
    clips : np.ndarray [shape=(n_ids, n_ids), dtype=int]
        Row: machine ID of the clips; column: the recognised one.
    """
    counted = [row for row in rows if (row["classifier"], row["label"]) == (classifier, label)]
    keys = list(dict.fromkeys((row["machine"], row["id"]) for row in counted))
    clips = np.zeros((len(keys), len(keys)), dtype=int)
    for row in counted:
        place = keys.index((row["machine"], row["id"]))
        named = keys.index((row["recognised_machine"], row["recognised_id"]))
        clips[place, named] = int(row["clips"])
    return keys, clips


def shares(clips: np.ndarray) -> np.ndarray:
    """Divide the rows of a confusion matrix by their sums; NaN in rows without a clip."""
    of_all = clips.sum(axis=1, keepdims=True)
    return np.where(of_all > 0, clips / np.maximum(of_all, 1), np.nan)


def _comparable(embedded: Mapping[Key, ClipVectors], unit: str) -> tuple[list[Key], list[str]]:
    """Return the machine IDs that can be compared, sorted, and why others can't."""
    trained = sorted(key for key, vectors in embedded.items() if vectors.train.sum() >= LEAST_CLIPS)
    widths = Counter(len(embedded[key].columns) for key in trained)
    # of equally many the larger
    width = max(widths, key=lambda n_columns: (widths[n_columns], n_columns), default=0)
    keys = [key for key in trained if len(embedded[key].columns) == width]
    notes = []
    if untrained := sorted(set(embedded) - set(trained)):
        notes.append(
            message(
                "left out, fewer than {least} training clips: {ids}",
                least=LEAST_CLIPS,
                ids=_names(untrained, unit),
            )
        )
    if other := sorted(set(trained) - set(keys)):
        notes.append(
            message(
                "left out, vectors of another length than {width}: {ids}",
                width=width,
                ids=_names(other, unit),
            )
        )
    return keys, notes


def _nothing_to_tell(keys: Sequence[Key], types: Sequence[str], target: str) -> str:
    """Say why nothing can be told apart, '' if something can."""
    if len(keys) < 2:
        return message("there are no two machine IDs with enough training clips to tell apart")
    if target == "machine type" and len(types) < 2:
        return message(
            "all clips are of {machine}: there is no other machine type", machine=types[0]
        )
    return ""


def _without(label: str) -> Message:
    if label == "normal":
        return message("no normal test clips")
    return message("no anomalous test clips")


def _names(keys: Sequence[Key], unit: str, most: int = 5) -> str:
    names = [name_of(*key, unit) for key in keys[:most]]
    return ", ".join(names) + (f" (+ {len(keys) - most})" if len(keys) > most else "")


def _sampled(values: np.ndarray, most: int, seed: Sequence[int]) -> np.ndarray:
    """Draw rows without replacement, at least one; all if there are no more."""
    most = max(most, 1)
    if len(values) <= most:
        return values
    return values[np.sort(np.random.default_rng(seed).permutation(len(values))[:most])]


def _tests(vectors: ClipVectors, label: str) -> np.ndarray:
    return vectors.values[(vectors.split == "test") & (vectors.label == label)]


def recognise(
    training: Sequence[np.ndarray],
    tests: Mapping[str, Sequence[np.ndarray]],
    truth: Mapping[str, np.ndarray],
) -> Iterator[tuple[tuple[str, str, str], list[np.ndarray]]]:
    """Fit each classifier to each target; yield what it takes the test clips of each ID for.

    Parameters
    ----------
    training : sequence of np.ndarray [shape=(n_clips, d)]
        Vectors to learn from, of each machine ID.
    tests : mapping of str to sequence of np.ndarray [shape=(n_clips, d)]
        Vectors to recognise by label, of each machine ID in the same order.
    truth : mapping of str to np.ndarray [shape=(n_ids,), dtype=int]
        Class of each machine ID, by target.

    Yields
    ------
    tuple of (tuple of (classifier, target, label), list of np.ndarray [shape=(n_clips,)])
        The class that each test clip is taken for, of each machine ID. Nothing for a target with
        fewer than two classes.
    """
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    counts = [len(values) for values in training]
    scaler = StandardScaler()
    scaled = scaler.fit_transform(np.concatenate(training).astype(np.float64))
    named = {
        target: np.repeat(classes, counts)
        for target, classes in truth.items()
        if len(set(classes)) > 1
    }
    svms = {
        target: SVC(C=1.0, gamma="auto", class_weight="balanced").fit(scaled, classes)
        for target, classes in named.items()
    }
    found: dict[tuple[str, str, str], list[np.ndarray]] = {
        (classifier, target, label): []
        for target in named
        for classifier in CLASSIFIERS
        for label in tests
    }
    for label, of_ids in tests.items():
        for values in of_ids:
            # scikit-learn would find the distances anew for each classifier and target
            if named and len(values):
                distances = _distances(scaler.transform(values.astype(np.float64)), scaled)
                kernel = np.exp(-distances / scaled.shape[1])
                most = min(NEIGHBORS, len(scaled))
                nearest = np.argpartition(distances, most - 1, axis=1)[:, :most]
            for target, classes in named.items():
                if len(values):
                    by_svm, by_knn = _by_svm(svms[target], kernel), _by_vote(classes[nearest])
                else:
                    by_svm = by_knn = np.zeros(0, dtype=int)
                found["svm", target, label].append(by_svm)
                found["knn", target, label].append(by_knn)
    yield from found.items()


def _distances(clips: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the squared Euclidean distances, shape (n_clips, n_others)."""
    lengths = (clips**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)
    return np.maximum(lengths - 2 * (clips @ others.T), 0)


def _by_vote(classes: np.ndarray) -> np.ndarray:
    """Return the most frequent class of each row, of several the first."""
    votes = [(classes == each).sum(axis=1) for each in range(classes.max() + 1)]
    return np.argmax(votes, axis=0)


def _by_svm(svm: "SVC", kernel: np.ndarray) -> np.ndarray:
    """Return what a support vector machine predicts, given its kernel with all training clips.

    Each pair of classes has a vote (Knerr et al., 1990), of several with the same the first wins.
    """
    classes = svm.classes_
    groups = np.split(np.arange(len(svm.support_)), np.cumsum(svm.n_support_)[:-1])
    # of each class: its part in the decision against each other one
    parts = [kernel[:, svm.support_[group]] @ svm.dual_coef_[:, group].T for group in groups]
    votes = np.zeros((len(kernel), len(classes)), dtype=int)
    pairs = itertools.combinations(range(len(classes)), 2)
    for (first, second), offset in zip(pairs, svm.intercept_, strict=True):
        decision = parts[first][:, second - 1] + parts[second][:, first] + offset
        # of two classes alone scikit-learn turns the sign
        for_first = decision > 0 if len(classes) > 2 else decision < 0
        votes[:, first] += for_first
        votes[:, second] += ~for_first
    return classes[votes.argmax(axis=1)]


def _accuracy(
    keys: Sequence[Key],
    named: Sequence[np.ndarray],
    classes: np.ndarray,
    label: str,
    unit: str,
    confidence: float,
) -> dict:
    """Return the mean over machine IDs of the share that is recognised, with its interval."""
    counts = np.array(list(map(len, named)), dtype=int)
    seen = np.flatnonzero(counts)
    row = {"n_ids": len(seen), "n_clips": int(counts.sum()), "note": ""}
    if not len(seen):
        empty = dict.fromkeys(("accuracy", "accuracy_low", "accuracy_high"), "")
        return row | empty | {"note": _without(label)}
    if missing := [key for key, count in zip(keys, counts, strict=True) if not count]:
        row["note"] = message(
            "not in the mean, {reason}: {ids}", reason=_without(label), ids=_names(missing, unit)
        )
    accuracy = float(np.mean([np.mean(named[place] == classes[place]) for place in seen]))
    # so many clips in one draw would make the mean as uncertain as those of all IDs do
    effective = len(seen) ** 2 / float((1 / counts[seen]).sum())
    low, high = share_interval(accuracy * effective, effective, confidence=confidence)
    values = {"accuracy": accuracy, "accuracy_low": low, "accuracy_high": high}
    return row | {name: f"{value:.6g}" for name, value in values.items()}


def _entries(keys: Sequence[Key], named: Sequence[np.ndarray]) -> Iterator[dict]:
    for place, (machine, machine_id) in enumerate(keys):
        clips = np.bincount(named[place], minlength=len(keys))
        for other, (recognised_machine, recognised_id) in enumerate(keys):
            if clips[other] or other == place:
                yield {
                    "machine": machine,
                    "id": machine_id,
                    "recognised_machine": recognised_machine,
                    "recognised_id": recognised_id,
                    "clips": int(clips[other]),
                }

"""What a competent user would write instead: librosa, joblib, scikit-learn, in one file.

Usage: ``python benchmarks/plain_script.py FOLDER``

The same features, projection and detectors as in `config.yaml`, and the same measures, without
confidence intervals, thresholds, checks of the clips or caches: nothing is kept.
"""

import argparse
import pathlib
import re

import joblib
import librosa
import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import LocalOutlierFactor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import OneClassSVM

NAME = re.compile(r"(normal|anomaly)_id_(\d+)_\d+\.wav")


def features(path):
    """Return mean, standard deviation, maximum, restlessness and ranked mean of each mel band."""
    signal, sample_rate = librosa.load(path, sr=None)
    mel = librosa.feature.melspectrogram(y=signal, sr=sample_rate, n_fft=1024, hop_length=512)
    level = 10 * np.log10(np.maximum(mel, 1e-10))
    weights = 0.9 ** np.arange(level.shape[1])
    ranked = np.sort(level, axis=1)[:, ::-1] @ (weights / weights.sum())
    restless = np.abs(np.diff(level, axis=1)).mean(axis=1)
    parts = [level.mean(axis=1), level.std(axis=1), level.max(axis=1), restless, ranked]
    return np.concatenate(parts)


def evaluate(machine, machine_id, train, test, labels):
    """Return (machine, id, detector, AUC, pAUC) of each detector on one machine ID."""
    rows = []
    for name, detector in {
        "lof": LocalOutlierFactor(n_neighbors=min(20, len(train) - 1), novelty=True),
        "ocsvm": OneClassSVM(gamma="scale", nu=0.1),
    }.items():
        model = make_pipeline(StandardScaler(), PCA(n_components=0.99), detector).fit(train)
        scores = -model.score_samples(test)
        auc, pauc = roc_auc_score(labels, scores), roc_auc_score(labels, scores, max_fpr=0.1)
        rows.append((machine, machine_id, name, auc, pauc))
    return rows


def main():
    """Print a table of AUC and pAUC per machine ID."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    paths = sorted(options.folder.glob("*/*/*.wav"))
    with joblib.Parallel(n_jobs=options.jobs) as parallel:
        vectors = parallel(joblib.delayed(features)(path) for path in paths)
        groups = {}
        for path, vector in zip(paths, vectors, strict=True):
            label, machine_id = NAME.fullmatch(path.name).groups()
            key = path.parent.parent.name, machine_id
            group = groups.setdefault(key, {"train": [], "test": [], "labels": []})
            group[path.parent.name].append(vector)
            if path.parent.name == "test":
                group["labels"].append(label == "anomaly")
        rows = parallel(
            joblib.delayed(evaluate)(*key, *map(np.array, group.values()))
            for key, group in groups.items()
        )
    print("machine,id,detector,auc,pauc")
    for row in (row for group in rows for row in group):
        print("{},{},{},{:.6f},{:.6f}".format(*row))


if __name__ == "__main__":
    main()

import csv
import math

import numpy as np

from made_vectors import DETECTORS, TEST, TRAIN, embedded, run_clips
from pygoodvibes.detection.result import read_scores, write_scores


def test_scores_come_back_from_their_file(tmp_path):
    clips = embedded()
    results = run_clips(clips, {name: DETECTORS[name] for name in ("knn", "gmm")})
    results["knn"].test_scores[0] = np.nan
    write_scores(tmp_path / "s.csv", clips, results)
    back = read_scores(tmp_path / "s.csv")
    assert list(back) == ["knn", "gmm"]
    for name, result in results.items():
        assert len(back[name]) == 52
        for split, values in (("train", result.train_scores), ("test", result.test_scores)):
            names = clips.clip[clips.split == split]
            found = np.array([back[name][split, clip] for clip in names])
            assert np.array_equal(found, values, equal_nan=True)
    assert math.isnan(back["knn"]["test", clips.clip[40]])
    with (tmp_path / "s.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["clip", "split", "knn", "gmm"]
    assert rows[41][2] == ""


def test_a_file_without_scores_still_names_its_detectors(tmp_path):
    nothing = embedded(TRAIN[:0], TEST[:0])
    write_scores(tmp_path / "s.csv", nothing, run_clips(nothing))
    assert read_scores(tmp_path / "s.csv") == {name: {} for name in DETECTORS}

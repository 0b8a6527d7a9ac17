import numpy as np
import pytest

from pygoodvibes.audio import mel_cache
from pygoodvibes.config.validate import validate
from pygoodvibes.detection import serialization
from pygoodvibes.detection.fit import detect_clips
from pygoodvibes.detection.machine_id import detect_machine_id
from pygoodvibes.detection.result import write_scores
from pygoodvibes.embeddings import projection, vectors
from pygoodvibes.embeddings.embed import embed_clips
from pygoodvibes.embeddings.held_out import Groups, fold_clips

CONFIG = validate(
    {
        "dataset": {"name": "x", "source": "synthetic"},
        "detectors": {
            "fusion": {},
            "knn": {"input": "embedding"},
            "mahalanobis": {"components": 3},
            "frames": {"n_components": 4},
        },
        "held_out": {"folds": 4},
        "seed": 7,
    }
)
SETTINGS = CONFIG.model_dump(mode="json")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    rng = np.random.default_rng(0)
    splits = ["train"] * 20 + ["test"] * 9
    clips = [
        ({"clip": f"{number}.wav", "split": split, "label": "normal"}, rng.normal(size=(40, 8)))
        for number, split in enumerate(splits)
    ]
    mel_cache.write(folder / "a.npy", folder / "a.csv", clips)
    return mel_cache.open_cache(folder / "a.npy", folder / "a.csv")


def test_the_whole_gives_the_files_of_the_functions_that_rules_call(cache, tmp_path):
    """Rule by rule, each with what the one before it wrote."""
    vectors.save(tmp_path / "embedding", embed_clips(cache, SETTINGS["embedding"]))
    embedded, _ = vectors.load(tmp_path / "embedding")
    folds = fold_clips(20, folds=4, seed=7)
    projected = projection.project_vectors(embedded, folds, **SETTINGS["projection"])
    projection.save(tmp_path / "projection", projected)
    embedded, _ = vectors.load(tmp_path / "embedding")
    projected = projection.load(tmp_path / "projection")
    # as rules name the settings of detectors
    detectors = {name: each.model_dump(mode="json") for name, each in CONFIG.detectors.items()}
    results = detect_clips(embedded, projected, detectors, seed=7, cache=cache)
    write_scores(tmp_path / "scores", embedded, results)
    serialization.save(
        tmp_path / "fitted", {name: each.estimator for name, each in results.items()}
    )

    whole = detect_machine_id(cache, SETTINGS)
    vectors.save(tmp_path / "embedding_whole", whole.embedded)
    projection.save(tmp_path / "projection_whole", whole.projected)
    write_scores(tmp_path / "scores_whole", whole.embedded, whole.results)
    serialization.save(
        tmp_path / "fitted_whole",
        {name: each.estimator for name, each in whole.results.items()},
    )
    for name in ("embedding", "projection", "scores", "fitted"):
        one, two = (tmp_path / name).read_bytes(), (tmp_path / f"{name}_whole").read_bytes()
        assert one == two, name
    assert all(each.estimator is not None for each in whole.results.values())
    assert {name: each.notes for name, each in whole.results.items()} == {
        name: each.notes for name, each in results.items()
    }


def test_groups_of_its_own_take_the_place_of_folds(cache):
    number = np.arange(20) // 10
    groups = Groups(number, [number == 1, number == 0], at_random=False)
    found = detect_machine_id(cache, SETTINGS, groups=groups)
    assert found.projected.groups is groups
    assert [result.cost.fits for result in found.results.values()] == [2, 2, 2, 2]

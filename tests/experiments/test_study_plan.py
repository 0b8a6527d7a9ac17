import pytest
import yaml

from made_studies import CONFIG, READY_MADE, planned
from pygoodvibes.config.validate import validate
from pygoodvibes.experiments.study import read_study
from pygoodvibes.experiments.study_plan import plan
from pygoodvibes.util.errors import UserError


@pytest.mark.parametrize("path", READY_MADE, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", ["config.yaml", "dcase2020.yaml"])
def test_ready_made_studies_fit_the_configs(path, name, root):
    config = validate(yaml.safe_load((root / "config" / name).read_text()))
    runs = plan(read_study(path), config, name=path.name)
    counts = {
        "ocsvm_gamma_nu": (1, 49),
        "lof": (1, 54),
        "pca_components": (
            7,
            sum(each.input == "projection" for each in config.detectors.values()),
        ),
        "mel": (9, len(config.detectors)),
        "embeddings": (6, len(config.detectors)),
    }
    assert (len(runs), len(runs[0].variants)) == counts[path.stem]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"grid": {"mel.n_mel": [64]}}, "s.yaml: mel.n_mel: there is no such key; did you mean"),
        ({"grid": {"mel.n_mels": [0]}}, "s.yaml: mel.n_mels: 0 is not allowed; it must be a whole"),
        (
            {"grid": {"detectors.lof.n_neighbors": [0]}},
            "s.yaml: detectors.lof.n_neighbors-0.n_neighbors: 0 is not allowed",
        ),
        (
            {"grid": {"mel.n_mels": [64]}, "detectors": ["lov"]},
            "s.yaml: detectors: the config has no detector lov; it has lof, knn, other",
        ),
        (
            {"grid": {"audio.sample_rate": [8000]}},
            "s.yaml: audio.sample_rate: the clips of source synthetic have one sample rate",
        ),
    ],
)
def test_studies_that_do_not_fit_the_config(keys, message):
    with pytest.raises(UserError) as error:
        planned(**keys)
    assert str(error.value).startswith(message)


def test_settings_of_detectors_share_one_run():
    [run] = planned(
        grid={"detectors.lof.n_neighbors": [2, 5], "detectors.lof.contamination": [0.1, 0.2]}
    )
    assert list(run.variants) == [
        "lof.n_neighbors-2.contamination-0.1",
        "lof.n_neighbors-2.contamination-0.2",
        "lof.n_neighbors-5.contamination-0.1",
        "lof.n_neighbors-5.contamination-0.2",
    ]
    settings = run.config.detectors["lof.n_neighbors-5.contamination-0.1"]
    assert (settings.method, settings.n_neighbors, settings.contamination) == ("lof", 5, 0.1)
    assert run.config.evaluation.bootstrap == 0
    assert list(run.config.detectors) == list(run.variants)


def test_detectors_vary_apart_from_each_other():
    [run] = planned(
        grid={"detectors.lof.n_neighbors": [2, 5, 7], "detectors.other.n_components": [1, 2]}
    )
    assert [detector for detector, _ in run.variants.values()] == ["lof"] * 3 + ["other"] * 2
    assert run.config.detectors["other.n_components-2"].method == "gmm"


def test_other_settings_take_a_run_each():
    runs = planned(
        grid={"projection.n_components": [2, 0.95, "all"], "detectors.lof.n_neighbors": [2, 3]},
        detectors=["lof", "knn"],
    )
    assert [run.name for run in runs] == [
        "projection.n_components-2",
        "projection.n_components-0.95",
        "projection.n_components-all",
    ]
    assert [run.config.projection.n_components for run in runs] == [2, 0.95, "all"]
    assert all(
        list(run.variants) == ["lof.n_neighbors-2", "lof.n_neighbors-3", "knn"] for run in runs
    )


def test_all_detectors_take_part_where_none_is_named():
    [run] = planned(grid={"mel.n_mels": [64]})
    assert list(run.variants) == ["lof", "knn", "other"]


def test_detectors_that_do_not_see_the_projection_have_no_part_in_its_study():
    document = CONFIG.model_dump(mode="json")
    document["detectors"]["knn"]["input"] = "embedding"
    config = validate(document)
    [run] = planned(config, grid={"projection.whiten": [True]})
    assert list(run.variants) == ["lof", "other"]
    [run] = planned(config, grid={"projection.whiten": [True], "mel.n_mels": [64]})
    assert list(run.variants) == ["lof", "knn", "other"]


def test_a_detector_that_only_the_study_has():
    [run] = planned(grid={"detectors.ocsvm.nu": [0.1]})
    assert run.config.detectors["ocsvm.nu-0.1"].method == "ocsvm"


def test_numbers_that_python_calls_equal_are_different_settings():
    grid = {"projection.n_components": [1, 0.5], "projection.whiten": [True]}
    assert len(planned(grid=grid)) == 2
    # one column of all, or all of them
    grid = {"detectors.trees.max_features": [1, 1.0], "detectors.lof.n_neighbors": [3, 4]}
    trees = {"method": "sklearn.ensemble.IsolationForest"}
    content = {"dataset": {"name": "tiny", "source": "synthetic"}, "detectors": {"trees": trees}}
    content["detectors"]["lof"] = {"n_neighbors": 4}
    [run] = planned(validate(content), grid=grid)
    assert len(run.variants) == 4

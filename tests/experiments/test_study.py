import re

import pytest
import yaml

from made_studies import READY_MADE, planned, study
from pygoodvibes.config.validate import validate
from pygoodvibes.experiments.study import changed, check_study, free_name, points_of, read_study
from pygoodvibes.experiments.study_plan import plan
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import NAME_PATTERN


def test_a_study_compares_its_variants_and_chooses_none_of_them(root):
    config = validate(yaml.safe_load((root / "config/config.yaml").read_text()))
    assert config.with_choice
    runs = plan(read_study(root / "config/studies/lof.yaml"), config, name="lof")
    assert not any(run.config.with_choice for run in runs)


def test_every_ready_made_study_is_in_the_list(root):
    text = (root / "config" / "studies" / "README.md").read_text()
    assert len(READY_MADE) == 5
    assert set(re.findall(r"^\| `(\w+\.yaml)`", text, re.MULTILINE)) == {
        path.name for path in READY_MADE
    }


def test_a_hop_is_half_the_window(root):
    study = read_study(root / "config" / "studies" / "mel.yaml")
    points = points_of(study)
    assert {(point["mel.n_mels"], point["mel.n_fft"]) for point in points} == {
        (bands, window) for bands in (32, 64, 128) for window in (512, 1024, 2048)
    }
    assert all(point["mel.hop_length"] * 2 == point["mel.n_fft"] for point in points)


NO_KEY = "there is no such key; "
ALLOWED = "allowed here: title, grid, combinations, detectors, measures"
WRONG = [
    ({}, "title: this key is missing; it must be text, not empty"),
    ({"title": 3}, "title: 3 is not allowed; title must be text, not empty"),
    ({"title": "x"}, "nothing to vary; it needs the key grid or combinations"),
    ({"title": "x", "gird": {}}, f"gird: {NO_KEY}did you mean grid? {ALLOWED}"),
    (
        {"title": "x", "grid": {"mel.n_mels": 64}},
        "grid.mel.n_mels: 64 is not allowed; grid must be a table of keys of the config, each with "
        "a list of at least one value",
    ),
    (
        {"title": "x", "grid": {"mel.n_mels": []}},
        "grid.mel.n_mels: [] is not allowed; grid must be a table of keys of the config, each with "
        "a list of at least one value",
    ),
    (
        {"title": "x", "combinations": [{"mel.n_mels": 3}, {"mel.n_fft": 3}]},
        "combinations.1: all combinations must have the same keys in the same order, mel.n_mels",
    ),
    (
        {"title": "x", "grid": {"mel.n_mels": [1]}, "combinations": [{"mel.n_mels": 3}]},
        "mel.n_mels: it is in grid and in combinations; choose one",
    ),
    (
        {"title": "x", "grid": {"dataset.name": ["a"]}},
        "dataset.name: a study is about one data set; write a config file for each data set and "
        "run the study with both",
    ),
    (
        {"title": "x", "grid": {"detectors.lof": [None]}},
        "detectors.lof: must be the path of one value, as in mel.n_mels or "
        "detectors.lof.n_neighbors",
    ),
    (
        {"title": "x", "grid": {"seed": [1]}, "measures": ["aoc"]},
        "measures.0: 'aoc' is not allowed; measures must be a list of some of auc, pauc, "
        "sensitivity, specificity, f1",
    ),
]


@pytest.mark.parametrize(("content", "message"), WRONG)
def test_wrong_studies(content, message):
    with pytest.raises(UserError) as error:
        check_study(content, name="s.yaml")
    assert str(error.value) == f"s.yaml: {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "No such file or directory"),
        ("title: [", "no valid YAML"),
        ("- a", "must be a table of keys: title, grid"),
    ],
)
def test_files_that_are_no_study(tmp_path, text, message):
    path = tmp_path / "s.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=re.escape(f"{path}: {message}")):
        read_study(path)


def test_every_combination_with_the_whole_grid():
    points = points_of(
        study(
            grid={"a": [1, 2], "b": ["x", "y"]},
            combinations=[{"c": 1, "d": 1}, {"c": 2, "d": 3}],
        )
    )
    assert len(points) == 8
    assert points[:3] == [
        {"a": 1, "b": "x", "c": 1, "d": 1},
        {"a": 1, "b": "x", "c": 2, "d": 3},
        {"a": 1, "b": "y", "c": 1, "d": 1},
    ]


def test_a_changed_config_leaves_the_first_as_it_was():
    config = {"mel": {"n_fft": 1024, "n_mels": 128}, "seed": 1}
    other = changed(config, {"mel.n_mels": 64, "new.part": 2, "seed": 3})
    assert other == {"mel": {"n_fft": 1024, "n_mels": 64}, "seed": 3, "new": {"part": 2}}
    assert config == {"mel": {"n_fft": 1024, "n_mels": 128}, "seed": 1}


def test_names_are_valid_and_differ():
    grid = {"embedding.quantiles": [[0.5], [0.5, 0.9], []], "embedding.std": [True, False]}
    names = [run.name for run in planned(grid=grid)]
    assert len(set(names)) == 6
    assert all(re.fullmatch(NAME_PATTERN, name) for name in names)
    # one letter that no file name may have makes the same name of two values
    same = [run.name for run in planned(grid={"mel.window": ["hann", "hamming"]})]
    assert same == ["mel.window-hann", "mel.window-hamming"]
    assert free_name("a", ["a", "a.2"]) == "a.3"

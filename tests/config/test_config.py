import pytest
import yaml

from pygoodvibes.config.config import SOURCES
from pygoodvibes.config.validate import validate
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.protocols.dcase2020 import MACHINES
from pygoodvibes.util.errors import UserError
from settings_to_check import MINIMAL, all_configs, examples, minimal, read, synthetic


def test_keys_left_out_take_their_defaults():
    checked = validate(read(MINIMAL))
    assert checked.mel.n_mels == 128
    assert checked.projection.n_components == 0.99
    assert checked.detectors["lof"].n_neighbors == 20
    assert checked.dataset.wants("fan", "00")


def test_a_detector_named_after_its_method_needs_no_method():
    names = dict.fromkeys(METHODS)
    checked = validate(minimal(detectors=names))
    assert [settings.method for settings in checked.detectors.values()] == list(METHODS)
    named = {"lof": {"method": "knn", "n_neighbors": 3}, "again": {"method": "lof"}}
    checked = validate(minimal(detectors=named))
    assert checked.detectors["lof"].method == "knn"
    assert checked.detectors["again"].method == "lof"


def test_machines_select():
    machines = {"fan": ["00"], "pump": "all"}
    dataset = validate(minimal(**synthetic(machines=machines))).dataset
    assert dataset.wants("fan") and dataset.wants("fan", "00") and dataset.wants("pump", "77")
    assert not dataset.wants("fan", "02") and not dataset.wants("valve")
    assert dataset.wanted(MACHINES) == ["fan", "pump"]


def keys_with_values(table, path=()):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from keys_with_values(value, (*path, key))
        else:
            yield (*path, key), value


# keys of config.yaml that have no default, or another one on purpose
NO_DEFAULT = {
    ("dataset", "name"),
    ("dataset", "source"),
    ("detectors", "iforest", "n_estimators"),  # a parameter of scikit-learn's class
    *(
        ("detectors", name, "method")
        for name in (*METHODS, "iforest", "original_ocsvm", "original_lof")
    ),
    *(("detectors", name, "components") for name in ("original_ocsvm", "original_lof")),
}
OTHER_VALUE = {
    ("default_detector",),
    ("choice", "fixed"),
    ("detectors", "frames", "max_frames"),  # fewer, for speed
    *(
        ("detectors", name, key)
        for name in ("autoencoder", "idnn")
        for key in ("epochs", "batch_size", "max_frames")
    ),
    # spelled out, so that `dvc exp run --set-param` can change the list
    *(("dataset", "machines", machine) for machine in MACHINES),
}


# the files of config/


def test_the_default_config_shows_every_key_at_its_default(folder):
    shown = read((folder / "config.yaml").read_text())
    bare = {
        "dataset": {key: shown["dataset"][key] for key in ("name", "source", "machines")},
        "detectors": {
            name: {"method": settings["method"]} for name, settings in shown["detectors"].items()
        },
    }
    defaults = validate(bare).model_dump(mode="json")
    defaults = dict(keys_with_values(defaults))
    values = dict(keys_with_values(shown))
    assert set(values) - set(defaults) == {("detectors", "iforest", "n_estimators")}
    assert set(defaults) - set(values) == set(), "keys that config.yaml does not show"
    for key in values.keys() - NO_DEFAULT - OTHER_VALUE:
        assert values[key] == defaults[key], key
        assert type(values[key]) is type(defaults[key]), key


def test_every_config_and_every_example_is_valid(folder):
    texts = all_configs(folder)
    assert {"config.yaml", "dcase2020.yaml", "example 0"} <= set(texts)
    for name, text in texts.items():
        validate(read(text), name=name)


def test_the_examples_show_every_source_and_every_layout(folder):
    datasets = [validate(read(text)).dataset for text in examples(folder)]
    assert {dataset.source for dataset in datasets} == set(SOURCES)
    layouts = {dataset.layout for dataset in datasets if dataset.source == "folder"}
    assert layouts == {"dcase", "mimii", "manifest"}
    arrays = {bool(dataset.array) for dataset in datasets if dataset.source == "embedding"}
    assert arrays == {True, False}


def block_style(text):
    return not any(
        isinstance(event, yaml.CollectionStartEvent) and event.flow_style and not empty
        for event, empty in with_emptiness(text)
    )


def with_emptiness(text):
    events = list(yaml.parse(text))
    for event, following in zip(events, [*events[1:], None], strict=True):
        yield event, isinstance(following, yaml.CollectionEndEvent)


def test_configs_are_in_block_style(folder):
    assert block_style("a:\n  - 1\nb: []\n")
    assert not block_style("a: [1]\n") and not block_style("a: {b: 1}\n")
    for name, text in all_configs(folder).items():
        assert block_style(text), name


# words for what is allowed


def test_the_default_detector_comes_first_whatever_the_order():
    config = {"dataset": {"name": "x", "source": "synthetic"}, "detectors": {"knn": {}, "lof": {}}}
    assert list(validate(config).detectors) == ["knn", "lof"]
    assert list(validate({**config, "default_detector": "lof"}).detectors) == ["lof", "knn"]
    assert list(validate({**config, "default_detector": "gmm"}).detectors) == ["knn", "lof"]


def test_the_default_config_has_its_default_first(root):
    content = yaml.safe_load((root / "config/config.yaml").read_text())
    turned = {**content, "detectors": dict(sorted(content["detectors"].items(), reverse=True))}
    assert next(iter(turned["detectors"])) != "fusion"
    assert next(iter(validate(turned).detectors)) == validate(turned).fixed_default == "fusion"


@pytest.mark.parametrize("name", ["config.yaml", "dcase2020.yaml"])
def test_the_label_free_choice_is_the_default_of_the_default_configs(root, name):
    checked = validate(yaml.safe_load((root / "config" / name).read_text()))
    assert checked.with_choice and checked.fixed_default == "fusion"
    original = validate(yaml.safe_load((root / "config/original.yaml").read_text()))
    assert not original.with_choice


@pytest.mark.parametrize(
    ("dataset", "evaluation", "year"),
    [
        ({"source": "synthetic"}, None, None),
        ({"source": "synthetic"}, 2021, 2021),
        ({"source": "zenodo", "year": 2021, "machines": "all"}, None, 2021),
        ({"source": "zenodo", "year": 2021, "machines": "all"}, 2024, 2024),
    ],
)
def test_the_rules_are_those_of_the_config_else_of_the_data_set(dataset, evaluation, year):
    content = {"dataset": {"name": "x", **dataset}, "evaluation": {"year": evaluation}}
    content["detectors"] = {"knn": {}}
    assert validate(content).year == year


def test_the_choice_is_compared_with_a_fixed_default():
    config = {"dataset": {"name": "x", "source": "synthetic"}, "detectors": {"knn": {}, "lof": {}}}
    assert not validate(config).with_choice
    assert validate(config).fixed_default == "knn"
    chosen = {**config, "default_detector": "choice"}
    for fixed, first in ((None, "knn"), ("lof", "lof"), ("gmm", "knn")):
        checked = validate({**chosen, "choice": {"fixed": fixed}})
        assert checked.with_choice
        assert next(iter(checked.detectors)) == checked.fixed_default == first
    # where the default is a detector, that is the fixed one
    named = validate({**config, "default_detector": "knn", "choice": {"fixed": "lof"}})
    assert named.fixed_default == "knn"


def test_there_may_be_no_choice_unless_it_is_the_default():
    config = {"dataset": {"name": "x", "source": "synthetic"}, "detectors": {"knn": {}, "lof": {}}}
    assert validate(config).choice
    without = validate({**config, "choice": None, "default_detector": "lof"})
    assert without.choice is None and without.fixed_default == "lof"
    with pytest.raises(UserError, match="section choice is null: give it settings, or name a det"):
        validate({**config, "choice": None, "default_detector": "choice"})


def test_no_detector_may_be_called_choice():
    config = {"dataset": {"name": "x", "source": "synthetic"}, "detectors": {"knn": {}}}
    config["detectors"]["choice"] = {"method": "lof"}
    with pytest.raises(UserError, match=r"choice: a detector can't have this name.*call it other"):
        validate(config)

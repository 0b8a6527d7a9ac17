import json
import re

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.config import schema as config_schema
from pygoodvibes.config.allowed_values import in_words
from pygoodvibes.config.config import DETECTORS, SOURCES, Config
from pygoodvibes.config.validate import validate
from pygoodvibes.data.sources.base import MACHINES
from pygoodvibes.data.sources.embedding import Columns
from pygoodvibes.detectors import estimator
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.documentation.config import key_tables, schema_text, write_schema
from pygoodvibes.documentation.markdown import cell
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import Section

MINIMAL = """
dataset:
  name: x
  source: synthetic
detectors:
  lof:
"""


def read(text):
    return yaml.safe_load(text)


def minimal(**sections):
    return read(MINIMAL) | sections


def synthetic(**keys):
    return {"dataset": {"name": "x", "source": "synthetic", **keys}}


def source(name, **keys):
    return {"dataset": {"name": "x", "source": name, **keys}}


def detector(name, settings):
    return {"detectors": {name: settings}}


NAME = "a name of letters, digits, '.', '_' and '-'"
SHARE = "a number between 0 and 1 (both excluded)"
METHOD = (
    "one of autoencoder, frames, fusion, gmm, idnn, knn, local_density, lof, mahalanobis, "
    "ocsvm, random_projection, or the dotted path of an estimator"
)
IN_QUOTES = "; put machine IDs in quotes, as in '00', or YAML reads them as numbers"
IS_TEXT = (
    "; this is text: leave out the quotes, and write exponents with a point and a sign, "
    "as in 1.0e-10"
)

# what is set -> the whole message
WRONG = [
    # keys that don't exist
    (
        {"sead": 1},
        "sead: there is no such key; did you mean seed? allowed here: seed, dataset, audio, mel, "
        "embedding, projection, held_out, default_detector, detectors, choice, threshold, "
        "evaluation, figures",
    ),
    (
        {"mel": {"n_mel": 64}},
        "mel.n_mel: there is no such key; did you mean n_mels? allowed here: n_fft, hop_length, "
        "win_length, window, center, pad_mode, power, n_mels, fmin, fmax, htk, norm, amin",
    ),
    (
        {"audio": {"rate": 1}},
        "audio.rate: there is no such key; allowed here: sample_rate, resample, channel",
    ),
    (
        detector("lof", {"n_neighbours": 5}),
        "detectors.lof.n_neighbours: there is no such key; did you mean n_neighbors? allowed here: "
        "input, components, false_alarm_rate, method, n_neighbors, contamination, metric",
    ),
    (
        source("embedding", path="t.csv", columns={"clp": "a"}),
        "dataset.columns.clp: there is no such key; did you mean clip? allowed here: clip, "
        "machine, id, split, label, values, normal, anomaly",
    ),
    (
        source("zenodo", path="x"),
        "dataset.path: there is no such key; did you mean parts? allowed here: name, machines, "
        "published, source, parts, base_url",
    ),
    ({5: 6}, "5: a key must be text; put it in quotes"),
    # keys that are missing
    ({"dataset": {"source": "synthetic"}}, f"dataset.name: this key is missing; it must be {NAME}"),
    (
        {"dataset": {"name": "x"}},
        "dataset.source: this key is missing; it must be one of embedding, folder, kaggle, "
        "mel, synthetic, zenodo",
    ),
    (source("folder"), "dataset.path: this key is missing; it must be text, not empty"),
    (source("mel"), "dataset.path: this key is missing; it must be text, not empty"),
    (
        {"embedding": {"mean": True}},
        "embedding.method: this key is missing; it must be 'statistics'",
    ),
    # sections that are none
    ({"dataset": None}, "dataset: null is not allowed; it must be a table of keys"),
    ({"audio": 5}, "audio: 5 is not allowed; it must be a table of keys"),
    ({"detectors": {}}, "detectors: {} is not allowed; it must be a table with at least one key"),
    (
        {"detectors": ["lof"]},
        "detectors: ['lof'] is not allowed; it must be a table with at least one key",
    ),
    (detector("lof", 5), "detectors.lof: 5 is not allowed; it must be a table of keys"),
    # the data set
    (
        source("tape"),
        "dataset.source: 'tape' is not allowed; it must be one of embedding, folder, kaggle, "
        "mel, synthetic, zenodo",
    ),
    (synthetic(name="a/b"), f"dataset.name: 'a/b' is not allowed; it must be {NAME}"),
    (
        synthetic(machines={"fan": [0]}),
        f"dataset.machines.fan.0: 0 is not allowed; it must be {NAME}{IN_QUOTES}",
    ),
    (
        synthetic(machines={"fan": 0}),
        "dataset.machines.fan: 0 is not allowed; it must be 'all', or a list of at least one "
        f"item, each {NAME}{IN_QUOTES}",
    ),
    (
        synthetic(machines={}),
        "dataset.machines: {} is not allowed; it must be 'all', or a table with at least one key",
    ),
    (
        synthetic(machines=["fan"]),
        "dataset.machines: ['fan'] is not allowed; it must be 'all', or a table with at least one "
        "key",
    ),
    (synthetic(machines={1: "all"}), "dataset.machines.1: a key must be text; put it in quotes"),
    (
        synthetic(machines={"a b": "all"}),
        f"dataset.machines.a b: 'a b' is not allowed; it must be {NAME}",
    ),
    *(
        (
            source(name, machines={"gearbox": "all"}),
            "dataset.machines.gearbox: there is no such machine type; allowed here: fan, pump, "
            "slider, valve, ToyCar, ToyConveyor",
        )
        for name in ("synthetic", "zenodo", "kaggle")
    ),
    (
        synthetic(train_clips=0),
        "dataset.train_clips: 0 is not allowed; it must be a whole number of at least 1",
    ),
    (
        synthetic(seconds=0.5),
        "dataset.seconds: 0.5 is not allowed; it must be a number from 1 to 60",
    ),
    (
        synthetic(published="dcase2021"),
        "dataset.published: 'dcase2021' is not allowed; it must be 'none' or 'dcase2020'",
    ),
    (
        source("folder", path="x", layout="dcse"),
        "dataset.layout: 'dcse' is not allowed; it must be 'auto', 'dcase', 'mimii' or 'manifest'",
    ),
    (
        source("folder", path="x", layout="manifest"),
        "dataset.manifest: name a CSV file with layout 'manifest', and only with it",
    ),
    (
        source("folder", path="x", manifest="m.csv"),
        "dataset.manifest: name a CSV file with layout 'manifest', and only with it",
    ),
    (
        source("zenodo", parts=["dev"]),
        "dataset.parts.0: 'dev' is not allowed; it must be 'development', 'additional_training' "
        "or 'evaluation'",
    ),
    (
        source("zenodo", base_url="zenodo.org"),
        "dataset.base_url: 'zenodo.org' is not allowed; it must be an address that begins with "
        "http:// or https://",
    ),
    (
        source("kaggle", dataset="x"),
        "dataset.dataset: 'x' is not allowed; it must be text like owner/name",
    ),
    (
        source("embedding", path="t.csv", columns={"values": []}),
        "dataset.columns.values: [] is not allowed; it must be 'rest', or a list of at least one "
        "item, each text",
    ),
    # sound and spectrogram
    (
        {"audio": {"sample_rate": "16 kHz"}},
        "audio.sample_rate: '16 kHz' is not allowed; it must be a whole number from 1000 to 384000",
    ),
    (
        {"audio": {"sample_rate": "16000"}},
        "audio.sample_rate: '16000' is not allowed; it must be a whole number from 1000 to 384000"
        + IS_TEXT,
    ),
    (
        {"audio": {"resample": 1}},
        "audio.resample: 1 is not allowed; it must be true or false",
    ),
    (
        {"mel": {"hop_length": 2048}},
        "mel.hop_length: 2048 is more than the window (1024 samples), so that samples between "
        "frames would be lost",
    ),
    ({"mel": {"win_length": 2048}}, "mel.win_length: 2048 is more than n_fft (1024)"),
    (
        {"mel": {"hop_length": 512.0}},
        "mel.hop_length: 512.0 is not allowed; it must be a whole number of at least 1; write 512",
    ),
    ({"mel": {"fmax": 9000}}, "mel.fmax: 9000 Hz is above half the sample rate (8000 Hz)"),
    ({"mel": {"fmin": 9000.0}}, "mel.fmin: 9000 Hz is above half the sample rate (8000 Hz)"),
    ({"mel": {"fmin": 10.0, "fmax": 5.0}}, "mel.fmax: 5 Hz must lie above fmin (10 Hz)"),
    (
        # what YAML makes of 1e-10
        {"mel": {"amin": "1e-10"}},
        f"mel.amin: '1e-10' is not allowed; it must be a number above 0{IS_TEXT}",
    ),
    (
        {"mel": {"amin": float("inf")}},
        "mel.amin: inf is not allowed; it must be a number above 0",
    ),
    (
        {"mel": {"amin": float("nan")}},
        "mel.amin: nan is not allowed; it must be a number above 0",
    ),
    # embedding and projection
    (
        {"embedding": {"method": "cnn"}},
        "embedding.method: 'cnn' is not allowed; it must be 'statistics'",
    ),
    (
        {
            "embedding": {
                "method": "statistics",
                **dict.fromkeys(("mean", "std", "max", "delta"), False),
                "gwrp": [],
            }
        },
        "embedding: no statistic is switched on; set mean, std, max or delta to true",
    ),
    (
        {"embedding": {"method": "statistics", "quantiles": [0.5, 2.0]}},
        "embedding.quantiles.1: 2.0 is not allowed; it must be a number from 0 to 1",
    ),
    (
        {"projection": {"n_components": 1.5}},
        "projection.n_components: 1.5 is not allowed; it must be a whole number of at least 1, "
        f"{SHARE}, or 'all'",
    ),
    (
        {"projection": {"n_components": 1.0}},
        "projection.n_components: 1.0 is not allowed; it must be a whole number of at least 1, "
        f"{SHARE}, or 'all'; write 1",
    ),
    (
        {"held_out": {"folds": 1}},
        "held_out.folds: 1 is not allowed; it must be a whole number from 2 to 100",
    ),
    # detectors
    (
        detector("my lof", {"method": "lof"}),
        f"detectors.my lof: 'my lof' is not allowed; it must be {NAME}",
    ),
    (
        detector("loff", None),
        "detectors.loff: no method has this detector's name, so it needs the key method; it must "
        f"be {METHOD}; did you mean lof?",
    ),
    (
        detector("mine", {"method": "loff"}),
        f"detectors.mine.method: 'loff' is not allowed; must be {METHOD}; did you mean lof?",
    ),
    (
        detector("mine", {"method": 5}),
        f"detectors.mine.method: 5 is not allowed; it must be {METHOD}",
    ),
    (
        detector("mine", {"method": "sklearn.ensemble.IsolatedForest"}),
        "detectors.mine.method: 'sklearn.ensemble.IsolatedForest' names no estimator "
        "(module 'sklearn.ensemble' has no attribute 'IsolatedForest')",
    ),
    (
        detector("mine", {"method": "sklearn.svm.SVC"}),
        "detectors.mine.method: 'sklearn.svm.SVC' has no methods fit and score_samples",
    ),
    (
        detector("mine", {"method": "sklearn.neighbors.KernelDensity", "width": 5}),
        "detectors.mine.width: there is no such parameter; sklearn.neighbors.KernelDensity has "
        "bandwidth, algorithm, kernel, metric, atol, rtol, breadth_first, leaf_size, metric_params",
    ),
    (
        detector("mine", {"method": "sklearn.ensemble.IsolationForest", "n_estimators": -5}),
        "detectors.mine.n_estimators: The 'n_estimators' parameter of IsolationForest must be an "
        "int in the range [1, inf). Got -5 instead.",
    ),
    (
        detector("ocsvm", {"nu": 1.5}),
        "detectors.ocsvm.nu: 1.5 is not allowed; it must be a number above 0 and at most 1",
    ),
    (
        detector("ocsvm", {"gamma": "wide"}),
        "detectors.ocsvm.gamma: 'wide' is not allowed; it must be 'scale' or 'auto', or a number "
        "above 0",
    ),
    (
        detector("lof", {"contamination": 0.6}),
        "detectors.lof.contamination: 0.6 is not allowed; it must be a number above 0 and at most "
        "0.5, or null",
    ),
    (
        detector("mahalanobis", {"shrinkage": 2.0}),
        "detectors.mahalanobis.shrinkage: 2.0 is not allowed; it must be 'ledoit_wolf' or 'oas', "
        "or a number from 0 to 1",
    ),
    (
        detector("knn", {"seed": 5}),
        "detectors.knn.seed: there is no such key; allowed here: input, components, "
        "false_alarm_rate, method, n_neighbors, metric",
    ),
    # thresholds, evaluation, figures
    (
        {"threshold": {"method": "median"}},
        "threshold.method: 'median' is not allowed; it must be 'quantile' or 'gamma'",
    ),
    (
        {"evaluation": {"max_fpr": "10%"}},
        f"evaluation.max_fpr: '10%' is not allowed; it must be {SHARE}",
    ),
    (
        {"evaluation": {"confidence": 95}},
        f"evaluation.confidence: 95 is not allowed; it must be {SHARE}",
    ),
    (
        {"evaluation": {"sweep_low": 0.9}},
        "evaluation.sweep_low: 0.9 must lie below sweep_high (0.5)",
    ),
    (
        {"figures": {"contour_nus": [0.1, 1.5]}},
        f"figures.contour_nus.1: 1.5 is not allowed; it must be {SHARE}",
    ),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[m.partition(":")[0] for _, m in WRONG])
def test_each_wrong_value_gets_one_sentence_with_key_value_and_what_is_allowed(wrong, message):
    with pytest.raises(UserError) as caught:
        validate(minimal() | wrong, name="my.yaml")
    assert str(caught.value) == f"my.yaml: {message}"


def test_an_empty_config_names_the_two_keys_that_have_no_default():
    with pytest.raises(UserError) as caught:
        validate({})
    assert str(caught.value).splitlines() == [
        "config: dataset: this key is missing; it must be a table of keys",
        "config: detectors: this key is missing; it must be a table with at least one key",
    ]


def test_several_wrong_keys_get_a_line_each():
    with pytest.raises(UserError) as caught:
        validate(minimal(seed=-1, mel={"power": 5.0, "n_mels": "many"}), name="my.yaml")
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "seed",
        "mel.power",
        "mel.n_mels",
    ]


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(UserError) as caught:
        validate(minimal(seed="x" * 500))
    assert len(str(caught.value)) < 200


KEYS = [
    (section, key)
    for section in ("audio", "mel", "embedding", "projection", "held_out", "threshold")
    for key in Config.model_fields[section].annotation.model_fields
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(place=st.sampled_from(KEYS), value=anything)
def test_whatever_is_set_is_accepted_or_told_by_its_path(place, value):
    section, key = place
    table = {"method": "statistics"} if section == "embedding" else {}
    try:
        validate(minimal(**{section: {**table, key: value}}), name="my.yaml")
    except UserError as error:
        for line in str(error).splitlines():
            assert re.match(rf"my\.yaml: {section}(\.\w+)*: .", line), line


@given(value=anything)
def test_whatever_a_section_is_the_message_is_a_users(value):
    for section in ("dataset", "detectors", "mel", "figures"):
        try:
            validate(minimal(**{section: value}), name="my.yaml")
        except UserError as error:
            assert str(error).startswith(f"my.yaml: {section}")


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


# the files of config/


@pytest.fixture(scope="module")
def folder(root):
    return root / "config"


def test_the_schema_in_the_repository_is_that_of_the_models(folder):
    assert (folder / "schema.json").read_text() == schema_text(), "run: make docs"


def test_the_schema_is_written_where_it_belongs(tmp_path):
    (tmp_path / "config").mkdir()
    write_schema(tmp_path)
    assert json.loads((tmp_path / "config" / "schema.json").read_text()) == config_schema.schema()


def all_models():
    models = [Config, Columns]
    models += [
        type(Config.model_fields[name].default)
        for name in (
            "audio",
            "mel",
            "embedding",
            "projection",
            "held_out",
            "choice",
            "threshold",
            "evaluation",
            "figures",
        )
    ]
    return [
        *models,
        *SOURCES.values(),
        *DETECTORS.values(),
        estimator.Settings,
    ]


def test_the_tables_show_every_key_of_every_model():
    tables = key_tables().replace("\\|", "|")
    for model in all_models():
        for key in model.model_fields:
            assert f"| `{key}` |" in tables or f"### `{key}`" in tables, f"{model}: {key}"
            if key not in ("source", "method") and not issubclass(model, Config):
                described = (
                    base.model_fields.get(key)
                    for base in model.__mro__
                    if issubclass(base, Section)
                )
                meaning = next(each.description for each in described if each and each.description)
                assert cell(meaning).replace(r"\|", "|") in tables


def test_every_key_is_shown_once_per_table():
    for table in key_tables().split("\n#"):
        keys = re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)
        assert len(keys) == len(set(keys)), keys


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


def config_files(folder):
    return sorted(folder.glob("*.yaml"))


def examples(folder):
    text = (folder / "README.md").read_text()
    return re.findall(r"^```yaml\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def all_configs(folder):
    texts = {path.name: path.read_text() for path in config_files(folder)}
    texts |= {f"example {n}": text for n, text in enumerate(examples(folder))}
    return texts


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


def test_every_config_and_every_example_fits_the_schema(folder):
    schema = json.loads((folder / "schema.json").read_text())
    validator = jsonschema.Draft202012Validator(schema)
    validator.check_schema(schema)
    for name, text in all_configs(folder).items():
        errors = [error.message for error in validator.iter_errors(read(text))]
        assert not errors, f"{name}: {errors}"


# rules that a schema can't express, because they join several keys or ask Python
BEYOND_SCHEMA = (
    "dataset.manifest",
    "dataset.machines.gearbox",
    "mel.hop_length: 2048",
    "mel.hop_length: 512.0",
    "mel.win_length",
    "mel.fmin",
    "mel.fmax",
    "mel.amin: inf",
    "mel.amin: nan",
    "embedding: no statistic",
    "projection.n_components: 1.0",
    "detectors.mine",
    "evaluation.sweep_low",
    "5: ",
    "dataset.machines.1",
)


def test_the_schema_refuses_what_the_models_refuse():
    validator = jsonschema.Draft202012Validator(config_schema.schema())
    refused = 0
    for wrong, message in WRONG:
        if not message.startswith(BEYOND_SCHEMA):
            assert list(validator.iter_errors(minimal() | wrong)), message
            refused += 1
    assert refused > 40


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


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": "integer"}, "a whole number"),
        ({"type": "integer", "minimum": 2, "maximum": 9}, "a whole number from 2 to 9"),
        ({"type": "number", "exclusiveMinimum": 0.5}, "a number above 0.5"),
        ({"type": "number", "maximum": 3}, "a number of at most 3"),
        (
            {"type": "number", "exclusiveMaximum": 3, "minimum": 1},
            "a number of at least 1 and below 3",
        ),
        ({"type": "string", "pattern": "^x+$"}, "text that matches ^x+$"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "true or false, or null"),
        ({"enum": ["a"]}, "'a'"),
        ({"const": "all"}, "'all'"),
        ({"$ref": "#/$defs/Mel"}, "a table of keys"),
    ],
)
def test_words(node, words):
    assert in_words(node) == words


def test_what_there_are_no_words_for_is_an_error():
    with pytest.raises(ValueError, match="no words for"):
        in_words({"type": "tuple"})


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

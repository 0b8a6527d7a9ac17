import json

import jsonschema

from pygoodvibes.config import schema as config_schema
from settings_to_check import WRONG, all_configs, minimal, read


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
    "embedding.needs.axes: a letter",
    "embedding.needs.length: with pooling",
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

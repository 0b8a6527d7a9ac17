import json
import re

from pygoodvibes.config import schema as config_schema
from pygoodvibes.config.config import DETECTORS, SOURCES, Config
from pygoodvibes.config.meanings import meaning
from pygoodvibes.data.sources.embedding import Columns
from pygoodvibes.detectors import estimator
from pygoodvibes.documentation.config import key_tables, schema_text, write_schema
from pygoodvibes.documentation.markdown import cell


def test_the_schema_in_the_repository_is_that_of_the_models(root):
    assert (root / "config" / "schema.json").read_text() == schema_text(), "run: make docs"


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
                text = next(filter(None, (meaning(base, key) for base in model.__mro__)))
                assert cell(text).replace(r"\|", "|") in tables


def test_every_key_is_shown_once_per_table():
    for table in key_tables().split("\n#"):
        keys = re.findall(r"^\| `(\w+)` \|", table, flags=re.MULTILINE)
        assert len(keys) == len(set(keys)), keys

"""What is generated from the models of the config: its JSON schema, and the tables of its keys.

What a key means is its docstring in the model; what is allowed is the model's JSON schema in words.
"""

import json
import pathlib
import re
import typing
from collections.abc import Iterable

import yaml

from pygoodvibes.config import config
from pygoodvibes.config.allowed_values import in_words
from pygoodvibes.config.meanings import meaning
from pygoodvibes.config.schema import schema
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.data.sources.embedding import Columns
from pygoodvibes.detectors import base, estimator
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.documentation.markdown import cell
from pygoodvibes.embeddings.encoder_needs import INPUTS, Needs
from pygoodvibes.util.settings import Section

_SECTIONS = ("audio", "mel", "embedding", "projection", "held_out")
_LATER_SECTIONS = ("choice", "threshold", "evaluation", "figures", "report")


def schema_text() -> str:
    """Return the content of config/schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def write_schema(root: pathlib.Path) -> None:
    """Write config/schema.json below the project's folder."""
    (root / "config" / "schema.json").write_text(schema_text(), encoding="utf-8")


def key_tables() -> str:
    """Return the tables of all keys, in Markdown."""
    parts = [
        "### At the top\n",
        "Each other key at the top holds a section; those that may be left out take all their "
        "defaults.\n",
        _table(config.Config, keys=["seed", "default_detector"]),
        "### `dataset`\n",
        _summary(config.Config, "dataset"),
        "Keys of every source:\n",
        _table(
            Dataset,
            first=[f"| `source` | {_code(config.SOURCES)} | required | Where the clips are. |"],
        ),
    ]
    for source, model in config.SOURCES.items():
        parts += [f"#### `source: {source}`\n", _heading(model), _table(model, without="source")]
    parts += ["#### `dataset.columns` (`source: embedding`)\n", _heading(Columns)]
    parts.append(_table(Columns))
    for name in _SECTIONS:
        parts += _embeddings() if name == "embedding" else _section(name)
    parts += [
        "### `detectors`\n",
        _summary(config.Config, "detectors"),
        "Keys of every detector:\n",
        _table(
            base.DetectorSettings,
            first=[
                f"| `method` | {_code(METHODS)}, or the dotted path of an estimator | "
                "the detector's name | The kind of detector. |"
            ],
        ),
    ]
    for method, model in config.DETECTORS.items():
        parts += [f"#### `method: {method}`\n", _heading(model), _table(model, without="method")]
    model = estimator.Settings
    parts += ["#### `method: <dotted path>`\n", _heading(model), _table(model, without="method")]
    for name in _LATER_SECTIONS:
        parts += _section(name)
    return "\n".join(parts)


def _section(name: str) -> list[str]:
    model = config.Config.model_fields[name].annotation
    # a section that may be null
    model = next((kind for kind in typing.get_args(model) if kind is not type(None)), model)
    return [f"### `{name}`\n", _heading(model), _table(model)]


def _embeddings() -> list[str]:
    parts = []
    for method, model in config.EMBEDDINGS.items():
        first = f"| `method` | `{method}` | required in this section | The embedding. |"
        title = "" if len(config.EMBEDDINGS) == 1 else f", `method: {method}`"
        parts += [
            f"### `embedding`{title}\n",
            _heading(model),
            _table(model, without="method", first=[first]),
        ]
        if "needs" in model.model_fields:
            parts += _needs(method)
    return parts


def _needs(method: str) -> list[str]:
    parts = [f"#### `needs` (`method: {method}`)\n", _heading(Needs), _table(Needs)]
    for kind, model in INPUTS.items():
        table = _table(model, without="kind")
        parts += [f"#### `kind: {kind}` in `needs.inputs`\n", _heading(model), table]
    return parts


def _heading(model: type[Section]) -> str:
    return _line(model.__doc__) + "\n"


def _summary(model: type[Section], key: str) -> str:
    return _line(meaning(model, key)) + "\n"


def _inherited(model: type[Section]) -> set[str]:
    """Return the keys that another table shows already."""
    for common in (Dataset, base.DetectorSettings):
        if issubclass(model, common) and model is not common:
            return {
                key
                for key, field in common.model_fields.items()
                if model.model_fields[key].default == field.default
            }
    return set()


def _table(
    model: type[Section],
    *,
    keys: Iterable[str] | None = None,
    without: str = "",
    first: Iterable[str] = (),
) -> str:
    properties = model.model_json_schema()["properties"]
    left_out = _inherited(model) | {without}
    rows = list(first)
    for key in keys or properties:
        if key in left_out:
            continue
        field = model.model_fields[key]
        text = _base_meaning(model, key)
        default = "required" if field.is_required() else _default(field.default)
        allowed = re.sub(r"'([^']*)'", r"`\1`", in_words(properties[key]))
        cells = [f"`{key}`", allowed, default, _line(text)]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    if not rows:
        return "It has no keys of its own.\n"
    head = ["| key | allowed | default | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def _base_meaning(model: type[Section], key: str) -> str:
    for parent in model.__mro__:
        if text := meaning(parent, key):
            return text
    raise ValueError(f"{model.__name__}.{key} has no docstring")


def _default(value: object) -> str:
    if isinstance(value, Section):
        return "its defaults"
    text = yaml.safe_dump(value, default_flow_style=True).strip()
    return f"`{text.removesuffix('...').strip()}`"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _line(text: str) -> str:
    # outside of tables a bar is no end of a cell
    return cell(text).replace(r"\|", "|")

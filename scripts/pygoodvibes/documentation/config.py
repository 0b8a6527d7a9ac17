"""The documents of the config that are generated from its models.

`python -m pygoodvibes.documentation.config [project folder]` (with `scripts` on the path) writes
`config/schema.json` and the tables between two markers of `config/README.md`. What a key means is
its docstring in the model; what is allowed is the model's JSON schema in words.
"""

import json
import pathlib
import re
import sys
import typing
from collections.abc import Iterable

import yaml

from pygoodvibes.config import config
from pygoodvibes.config.allowed_values import in_words
from pygoodvibes.config.schema import schema
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.data.sources.embedding import Columns
from pygoodvibes.detectors import base, estimator
from pygoodvibes.detectors.registry import METHODS
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import Section

BEGIN, END = "<!-- generated: keys -->", "<!-- end -->"
"""Lines around the tables in config/README.md."""

_SECTIONS = ("audio", "mel", "embedding", "projection", "held_out")
_LATER_SECTIONS = ("choice", "threshold", "evaluation", "figures")


def schema_text() -> str:
    """Return the content of config/schema.json."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


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


def readme_text(old: str) -> str:
    """Return config/README.md with the tables of today.

    Raises
    ------
    UserError
        If the text lacks one of the markers.
    """
    before, begin, rest = old.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise UserError(f"config/README.md: must hold the lines {BEGIN} and {END}, in this order")
    return f"{before}{BEGIN}\n\n{key_tables()}\n{END}{after}"


def write(root: pathlib.Path) -> None:
    """Write config/schema.json and the tables of config/README.md.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder.
    """
    folder = root / "config"
    (folder / "schema.json").write_text(schema_text(), encoding="utf-8")
    readme = folder / "README.md"
    readme.write_text(readme_text(readme.read_text(encoding="utf-8")), encoding="utf-8")


def _section(name: str) -> list[str]:
    model = config.Config.model_fields[name].annotation
    # a section that may be null
    model = next((each for each in typing.get_args(model) if each is not type(None)), model)
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
    return parts


def _heading(model: type[Section]) -> str:
    return _one_line(model.__doc__) + "\n"


def _summary(model: type[Section], key: str) -> str:
    return _one_line(model.model_fields[key].description) + "\n"


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
        meaning = field.description or _base_description(model, key)
        default = "required" if field.is_required() else _default(field.default)
        allowed = re.sub(r"'([^']*)'", r"`\1`", in_words(properties[key]))
        cells = [f"`{key}`", allowed, default, _one_line(meaning)]
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    if not rows:
        return "It has no keys of its own.\n"
    head = ["| key | allowed | default | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*head, *rows]) + "\n"


def _base_description(model: type[Section], key: str) -> str:
    for parent in model.__mro__:
        field = getattr(parent, "model_fields", {}).get(key)
        if field is not None and field.description:
            return field.description
    raise ValueError(f"{model.__name__}.{key} has no docstring")


def _default(value: object) -> str:
    if isinstance(value, Section):
        return "its defaults"
    text = yaml.safe_dump(value, default_flow_style=True).strip()
    return f"`{text.removesuffix('...').strip()}`"


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _one_line(text: str) -> str:
    parts = re.sub(r"\s+", " ", text).strip().split("`")
    # outside of code, <machine> would be taken for HTML and * for emphasis
    parts[::2] = [re.sub(r"([<>*])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    write(pathlib.Path(*sys.argv[1:2]))

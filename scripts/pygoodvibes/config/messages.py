"""What is said of a wrong config: for each wrong key its path, its value, and what is allowed."""

import contextlib
import difflib
import functools
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from pygoodvibes.config.allowed_values import in_words
from pygoodvibes.config.config import DETECTORS, EMBEDDINGS, SOURCES, Config
from pygoodvibes.data.sources.embedding import Columns
from pygoodvibes.detectors import estimator
from pygoodvibes.util.messages import joined, message
from pygoodvibes.util.settings import ALTERNATIVE, NAME_PATTERN, Section


def _steps(loc: tuple) -> tuple[str, ...]:
    """Return the keys that lead to a value as written in the file, without what pydantic adds."""
    kept = []
    for position, step in enumerate(loc):
        chosen = {
            ("dataset", 1): SOURCES,
            ("embedding", 1): EMBEDDINGS if len(EMBEDDINGS) > 1 else (),
            ("detectors", 2): {**DETECTORS, "estimator": 0},
        }
        tag = step in chosen.get((loc[0], position), ())
        before = loc[position - 1]
        listed = isinstance(before, int) and position > 2 and loc[position - 2] == "inputs"
        # of the tables in an embedding's table, each is one of several kinds
        tag = tag or (loc[0] == "embedding" and position > 2 and (before == "beside" or listed))
        alternative = position > 1 and isinstance(step, str) and ALTERNATIVE.fullmatch(step)
        if not (tag or alternative or step == "[key]"):
            kept.append(str(step))
    return tuple(kept)


def _model(config: Mapping, steps: tuple[str, ...]) -> type[Section]:
    """Return the model of the section that holds the key at `steps`."""
    if len(steps) < 2:
        return Config
    if steps[0] == "detectors":
        if len(steps) < 3:
            return Config
        method = (config["detectors"][steps[1]] or {}).get("method", steps[1])
        return DETECTORS.get(method, estimator.Settings)
    if steps[0] == "dataset":
        return Columns if steps[1:-1] == ("columns",) else SOURCES[config["dataset"]["source"]]
    if steps[0] == "embedding":
        method = config["embedding"].get("method")
        return EMBEDDINGS[method if method in list(EMBEDDINGS) else "statistics"]
    return Config.model_fields[steps[0]].annotation


@functools.cache
def _schema(model: type[Section]) -> Mapping:
    return model.model_json_schema()


def _allowed(config: Mapping, steps: tuple[str, ...]) -> str:
    """Say what is allowed at a key."""
    if steps == ("dataset", "source"):
        return f"one of {', '.join(SOURCES)}"
    if steps == ("embedding", "method") and len(EMBEDDINGS) > 1:
        return f"one of {', '.join(EMBEDDINGS)}"
    if steps[0] == "detectors" and len(steps) == 3 and steps[2] == "method":
        return f"one of {', '.join(DETECTORS)}, or the dotted path of an estimator"
    if steps[0] == "detectors" and len(steps) == 2:
        return "a table of keys"
    model = _model(config, steps)
    properties = _schema(model)["properties"]
    # a table in an embedding may have keys that are named like those of the embedding
    places = (1,) if steps[0] == "embedding" and len(steps) > 1 else (0, 1, 2)
    [depth] = [at for at in places if steps[at : at + 1] and steps[at] in properties][-1:]
    nodes = [properties[steps[depth]]]
    for step in steps[depth + 1 :]:
        nodes = _inside(nodes, step, model)
    consts = [node["const"] for node in nodes if "const" in node]
    return f"one of {', '.join(consts)}" if len(consts) > 1 else in_words(nodes[0])


def _inside(nodes: Iterable[Mapping], step: str, model: type[Section]) -> list[Mapping]:
    """Return what may stand at a step into parts of a model's schema: something for each kind."""
    found = []
    for option in _options(nodes, model):
        if step in option.get("properties", ()):
            found.append(option["properties"][step])
        elif step.isdigit() and "items" in option:
            found.append(option["items"])
        elif "patternProperties" in option:
            found.append(next(iter(option["patternProperties"].values())))
    return found


def _options(nodes: Iterable[Mapping], model: type[Section]) -> Iterator[Mapping]:
    """Yield parts of a model's schema, and the alternatives in them."""
    for node in nodes:
        if "$ref" in node:
            definitions = _schema(model)["$defs"]
            node = definitions[node["$ref"].rpartition("/")[2]]
        yield node
        yield from _options([*node.get("anyOf", ()), *node.get("oneOf", ())], model)


def _keys(config: Mapping, steps: tuple[str, ...]) -> list[str]:
    """Return the keys that are known beside the one at `steps`."""
    model = _model(config, steps)
    if steps[0] != "embedding" or len(steps) < 3:
        return list(model.model_fields)
    nodes, table = [_schema(model)], config["embedding"]
    for step in steps[1:-1]:
        nodes = _inside(nodes, step, model)
        table = table[int(step)] if step.isdigit() else table[step]
    kinds = [option["properties"] for option in _options(nodes, model) if "properties" in option]
    for known in kinds:
        if all(known.get(key, {}).get("const", table.get(key)) == table.get(key) for key in _TAGS):
            return list(known)
    return list(kinds[0])


_TAGS = ("kind", "method")
"""Keys that tell the kinds of a table apart."""


def _yaml(value: Any) -> str:
    """Write a value as it stands in a YAML file."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _hint(steps: tuple[str, ...], value: Any, allowed: str) -> str:
    """Return what is likely to have gone wrong, where that is known."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if steps[:2] == ("dataset", "machines") and number:
        return message("put machine IDs in quotes, as in '00', or YAML reads them as numbers")
    if isinstance(value, str) and "number" in allowed:
        with contextlib.suppress(ValueError):
            float(value)
            return message(
                "this is text: leave out the quotes, and write exponents with a point and a sign, "
                "as in 1.0e-10"
            )
    whole = number and not isinstance(value, int) and allowed.startswith("a whole number")
    if whole and math.isfinite(value) and value == int(value):
        return message("write {number}", number=int(value))
    return ""


def _message(config: Mapping, item: Mapping) -> tuple[tuple[str, ...], str]:
    """Return the steps to the key that is wrong, and what to say of it."""
    steps, value, kind = _steps(item["loc"]), item.get("input"), item["type"]
    if kind == "extra_forbidden":
        keys = _keys(config, steps)
        close = difflib.get_close_matches(steps[-1], keys, n=1)
        values = {"keys": ", ".join(keys)}
        if close:
            return steps, message(
                "there is no such key; did you mean {close}? allowed here: {keys}",
                close=close[0],
                **values,
            )
        return steps, message("there is no such key; allowed here: {keys}", **values)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        key = "source" if steps[0] == "dataset" else "method"
        key = "kind" if steps[-2:-1] == ("inputs",) else key
        steps = (*steps, key)
        if not isinstance(value, Mapping) or key not in value:
            kind = "missing"
        else:
            value = value[key]
    if kind == "missing":
        return steps, message(
            "this key is missing; it must be {allowed}", allowed=_allowed(config, steps)
        )
    if kind == "value_error":
        # our own validators put the key's name before a colon
        key, colon, text = str(item["ctx"]["error"]).partition(": ")
        if not colon or " " in key:
            return steps, str(item["ctx"]["error"])
        steps = (*steps, *key.split("."))
        if steps[0] == "detectors" and steps[2:] == ("method",) and _unnamed(config, steps[1]):
            _, like, close = text.partition("; did you mean")
            allowed = f"{_allowed(config, steps)}{like}{close}"
            text = message(
                "no method has this detector's name, so it needs the key method; it must be "
                "{allowed}",
                allowed=allowed,
            )
            steps = steps[:2]
        return steps, text
    if kind == "invalid_key" or (item["loc"][-1] == "[key]" and not isinstance(value, str)):
        return steps, message("a key must be text; put it in quotes")
    allowed = in_words(_NAME) if item["loc"][-1] == "[key]" else _allowed(config, steps)
    hint = _hint(steps, value, allowed)
    said = message(
        "{value} is not allowed; it must be {allowed}", value=_yaml(value), allowed=allowed
    )
    return steps, joined([said, hint]) if hint else said


_NAME = {"type": "string", "pattern": NAME_PATTERN}


def _unnamed(config: Mapping, detector: str) -> bool:
    return "method" not in (config["detectors"][detector] or {})


def _step(name: str) -> str:
    """Write a key of a path, in quotes where it could not be told from what is around it."""
    return name if re.fullmatch(r"[\w.-]+( [\w.-]+)*", name) else repr(name)


def sentences(config: Mapping, error: ValidationError) -> list[str]:
    """Turn pydantic's errors into one sentence a key."""
    by_steps: dict[tuple[str, ...], dict[str, None]] = {}
    for item in error.errors():
        steps, text = _message(config, item)
        by_steps.setdefault(steps, {})[text] = None
    return [
        message("{name}: {reason}", name=".".join(map(_step, steps)), reason=text)
        for steps, texts in by_steps.items()
        # an alternative that fits less well than one whose inner key is wrong
        if not any(other[: len(steps)] == steps != other for other in by_steps)
        for text in texts
    ]

"""What a JSON schema allows, in words: for messages about a wrong config and for its tables.

Comes in: a part of a JSON schema as pydantic writes it. Goes out: the end of a sentence that begins
with 'must be'.
"""

from collections.abc import Mapping

from pygoodvibes.embeddings.encoder_needs import AXES_PATTERN
from pygoodvibes.embeddings.onnx import SHA256_PATTERN
from pygoodvibes.util.settings import NAME_PATTERN

_PATTERNS = {
    NAME_PATTERN: "a name of letters, digits, '.', '_' and '-'",
    r"^https?://": "an address that begins with http:// or https://",
    r"^[\w.-]+/[\w.-]+$": "text like owner/name",
    AXES_PATTERN: "one of the letters b, c, t, f and d for each axis",
    SHA256_PATTERN: "64 hexadecimal digits",
}


def in_words(node: Mapping) -> str:
    """Say what a part of a JSON schema allows.

    Parameters
    ----------
    node : mapping
        The part, e.g. ``{'type': 'integer', 'minimum': 1}``.

    Returns
    -------
    str
        E.g. 'a whole number of at least 1'.

    Raises
    ------
    ValueError
        If the part says nothing that there are words for.
    """
    if "anyOf" in node:
        return _either([in_words(option) for option in node["anyOf"]])
    if "oneOf" in node or "$ref" in node:
        return "a table of keys"
    if "const" in node:
        return repr(node["const"])
    if "enum" in node:
        names = [repr(value) for value in node["enum"]]
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    kind = node.get("type")
    if kind in _KINDS:
        return _KINDS[kind](node)
    raise ValueError(f"no words for {node}")


def _either(parts: list[str]) -> str:
    # null is always the least interesting
    parts = sorted(dict.fromkeys(parts), key=lambda text: text == "null")
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])}, or {parts[-1]}"


def _number(node: Mapping, noun: str) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if above is not None and below is not None:
        return f"{noun} between {above:g} and {below:g} (both excluded)"
    if low is not None and high is not None:
        return f"{noun} from {_plain(low)} to {_plain(high)}"
    limits = [
        words.format(_plain(limit))
        for limit, words in (
            (above, "above {}"),
            (low, "of at least {}"),
            (below, "below {}"),
            (high, "at most {}" if above is not None else "of at most {}"),
        )
        if limit is not None
    ]
    return " ".join([noun, " and ".join(limits)]).strip()


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _text(node: Mapping) -> str:
    if "pattern" in node:
        return _PATTERNS.get(node["pattern"], f"text that matches {node['pattern']}")
    return "text, not empty" if node.get("minLength") else "text"


def _list(node: Mapping) -> str:
    least = " of at least one item" if node.get("minItems") else ""
    return f"a list{least}, each {in_words(node['items'])}"


def _table(node: Mapping) -> str:
    return "a table with at least one key" if node.get("minProperties") else "a table of keys"


_KINDS = {
    "boolean": lambda node: "true or false",
    "null": lambda node: "null",
    "integer": lambda node: _number(node, "a whole number"),
    "number": lambda node: _number(node, "a number"),
    "string": _text,
    "array": _list,
    "object": _table,
}

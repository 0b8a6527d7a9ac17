"""Settings of a config file, changed by their keys: a YAML text and changes in, the text out.

Comments, the order of keys and quotes stay. What comes out is checked as the config that it is, and
holds nothing but the changes.
"""

import copy
import io
import pathlib
from collections.abc import Sequence

from pygoodvibes.config.read import read_content
from pygoodvibes.util.atomic import write_bytes
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import Message, message


def set_keys(path: str, changes: Sequence[str]) -> list[Message]:
    """Change settings of a config file.

    Parameters
    ----------
    path : str
        The file.
    changes : sequence of str
        Each 'KEY=VALUE'. A key names tables from the outside in, between points; an entry of a
        list by its place from 0, by what it is, or by its `name`: 'detectors.lof.n_neighbors',
        'dataset.machines.fan.0'. A key that isn't there is added. A value is YAML: 5, null,
        [1, 2], text.

    Returns
    -------
    list of Message
        What was changed, a sentence for each.

    Raises
    ------
    UserError
        If the file is missing or no YAML, a change is none, a key leads nowhere, or the config
        would not be valid. The file is then left as it is.
    """
    from pygoodvibes.config.validate import validate

    content = read_content(path)
    text = pathlib.Path(path).read_bytes().decode("utf-8")
    document, dump = _opened(text, path)
    said = []
    for change in changes:
        keys, value = _parsed(change)
        before = _put(content, keys, value, path=path)
        last = _last_leaf(document, keys)
        _put(document, keys, _as_read(value), path=path)
        _move_comment(last, _last_leaf(document, keys))
        said.append(_told(path, keys, before, value))
    validate(content, name=path)
    changed = dump(document)
    if _read(changed) != content:
        raise UserError(
            "{path}: can't be changed so that only this changes; change it in an editor", path=path
        )
    write_bytes(path, changed.encode("utf-8"))
    return said


_MISSING = object()


def _parsed(change: str) -> tuple[list[str], object]:
    import yaml

    key, sign, text = change.partition("=")
    keys = key.strip().split(".")
    if not sign or not all(keys):
        raise UserError(
            "{change!r} is no change such as detectors.lof.n_neighbors=5", change=change
        )
    try:
        return keys, yaml.safe_load(text)
    except yaml.YAMLError:
        raise UserError(
            "{key}: {value!r} is no value in YAML; put a text with signs between quotes",
            key=key,
            value=text,
        ) from None


def _read(text: str) -> object:
    import yaml

    return yaml.safe_load(text)


def _opened(text: str, path: str) -> tuple:
    """Return the document and what writes it, laid out as it was."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError
    from ruamel.yaml.util import load_yaml_guess_indent

    class Representer(YAML().Representer):
        """Writes null, where ruamel.yaml writes nothing."""

    Representer.add_representer(
        type(None),
        lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null"),
    )
    yaml = YAML()
    yaml.Representer = Representer
    yaml.preserve_quotes = True
    yaml.width = 2**20  # no line is broken that was none
    plain = text.replace("\r\n", "\n")
    _, indent, offset = load_yaml_guess_indent(plain)
    indent = indent or 2
    yaml.indent(mapping=2 if offset else indent, sequence=indent, offset=offset or 0)
    try:
        document = yaml.load(plain)
    except YAMLError as error:
        raise UserError(
            "{path}: no valid YAML ({error})", path=path, error=" ".join(str(error).split())
        ) from None

    def dump(changed: object) -> str:
        written = io.StringIO()
        yaml.dump(changed, written)
        return written.getvalue().replace("\n", "\r\n") if "\r\n" in text else written.getvalue()

    return document, dump


def _as_read(value: object) -> object:
    """Quote texts that would be read as something else: 'on', '00'."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import SingleQuotedScalarString

    if isinstance(value, str) and _read(value) != value:
        return SingleQuotedScalarString(value)
    if isinstance(value, list):
        entries = CommentedSeq(map(_as_read, value))
        if not value:
            entries.fa.set_flow_style()
        return entries
    if isinstance(value, dict):
        table = CommentedMap({key: _as_read(entry) for key, entry in value.items()})
        if not value:
            table.fa.set_flow_style()
        return table
    return value


def _put(content: object, keys: Sequence[str], value: object, *, path: str) -> object:
    """Set a value in place, and return the one before."""
    place = content
    for depth, key in enumerate(keys[:-1]):
        found = _find(place, key, keys[: depth + 1], path=path)
        entry = place[found] if isinstance(place, list) or found in place else None
        if entry is None:
            entry = place[found] = type(place)() if isinstance(place, dict) else {}
        place = entry
    found = _find(place, keys[-1], keys, path=path)
    before = _MISSING if isinstance(place, dict) and found not in place else place[found]
    before = copy.deepcopy(before) if before is not _MISSING else before
    place[found] = value
    return before


def _find(place: object, key: str, keys: Sequence[str], *, path: str) -> str | int:
    """Return by what an entry is had, given the key that a reader names."""
    whole = ".".join(keys)
    if isinstance(place, dict):
        return next((known for known in place if str(known) == key), key)
    if not isinstance(place, list):
        raise UserError(
            "{path}: {key}: {above} is no table and no list, and has no keys",
            path=path,
            key=whole,
            above=".".join(keys[:-1]) or path,
        )
    named = [
        number
        for number, entry in enumerate(place)
        if str(entry.get("name") if isinstance(entry, dict) else entry) == key
    ]
    if len(named) == 1:
        return named[0]
    if key.isdecimal() and int(key) < len(place):
        return int(key)
    raise UserError(
        "{path}: {key}: no such entry in the list {above}, which has {count}",
        path=path,
        key=whole,
        above=".".join(keys[:-1]),
        count=len(place),
    )


def _last_leaf(document: object, keys: Sequence[str]) -> tuple | None:
    """Return table or list, and key, of the last line of the innermost table that keys lead to."""
    place = document
    for key in keys[:-1]:
        if not isinstance(place, dict) or not isinstance(place.get(key), dict):
            break
        place = place[key]
    leaf = None
    while isinstance(place, dict | list) and len(place) and not place.fa.flow_style():
        key = next(reversed(place)) if isinstance(place, dict) else len(place) - 1
        leaf, place = (place, key), place[key]
    return leaf


def _move_comment(before: tuple | None, after: tuple | None) -> None:
    """Let what stands below a table stay below it when a line is added at its end."""
    if before is None or after is None or (before[0] is after[0] and before[1] == after[1]):
        return
    (place, key), (new_place, new_key) = before, after
    spot = 2 if isinstance(place, dict) else 0
    tokens = place.ca.items.get(key)
    if not tokens or tokens[spot] is None:
        return
    token = tokens[spot]
    own, end, below = token.value.partition("\n")
    if not below:
        return
    moved = copy.copy(token)
    moved.value = f"\n{below}"
    new_spot = 2 if isinstance(new_place, dict) else 0
    new_place.ca.items.setdefault(new_key, [None] * 4)[new_spot] = moved
    if own:
        token.value = f"{own}{end}"
    else:
        del place.ca.items[key]


def _told(path: str, keys: Sequence[str], before: object, value: object) -> Message:
    values = {"path": path, "key": ".".join(keys), "after": _short(value)}
    if before is _MISSING:
        return message("{path}: {key} is {after}; it was not set", **values)
    if before == value and type(before) is type(value):
        return message("{path}: {key} is {after} already", **values)
    return message("{path}: {key} is {after}; it was {before}", before=_short(before), **values)


def _short(value: object) -> str:
    import yaml

    return (
        yaml.safe_dump(value, default_flow_style=True, width=2**20).removesuffix("\n...\n").strip()
    )

"""What a study is: a YAML file of keys and values; its points."""

import difflib
import itertools
import pathlib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from pygoodvibes.experiments.settings_diff import plain
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import BY_LINES, Message, joined, message
from pygoodvibes.util.settings import Name, Section

Measure = Literal["auc", "pauc", "sensitivity", "specificity", "f1"]

MEASURES = {
    "auc": "AUC",
    "pauc": "pAUC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "f1": "F1",
}
"""Columns of metrics.csv that a study averages, and what they are called."""


class Study(Section):
    """A study, as its file has it."""

    title: Annotated[str, Field(min_length=1)]
    """Heading of the table and the figure."""

    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = Field(default={})
    """Keys of the config, with dots, and their values: all are combined with each other."""

    combinations: list[Annotated[dict[str, Any], Field(min_length=1)]] = Field(default=[])
    """Values that go together; each combination is combined with the whole grid."""

    detectors: Annotated[list[Name], Field(min_length=1)] | None = None
    """Detectors to run (null: those that the study changes the settings of, or else all that see
    what it changes)."""

    measures: Annotated[list[Measure], Field(min_length=1)] = Field(default=["auc", "pauc"])
    """What the figure shows."""


_MUST_BE = {
    "title": "text, not empty",
    "grid": "a table of keys of the config, each with a list of at least one value",
    "combinations": "a list of tables, each with at least one key of the config and its value",
    "detectors": "a list of names of detectors",
    "measures": f"a list of some of {', '.join(MEASURES)}",
}


def read_study(path: str | pathlib.Path) -> Study:
    """Read and check the file of a study.

    Raises
    ------
    UserError
        If it is missing, no YAML, or no study: the key, what is wrong with it and what is allowed.
    """
    try:
        content = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError("{path}: {reason}", path=path, reason=error.strerror) from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(
            "{path}: no valid YAML ({error})", path=path, error=" ".join(str(error).split())
        ) from None
    if not isinstance(content, dict):
        raise UserError(
            "{path}: must be a table of keys: {keys}", path=path, keys=", ".join(Study.model_fields)
        )
    return check_study(content, name=str(path))


def check_study(content: Mapping, *, name: str) -> Study:
    """Check the content of a study; see `read_study`."""
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        said = dict.fromkeys(_sentence(item) for item in error.errors())
        lines = [message("{name}: {reason}", name=name, reason=sentence) for sentence in said]
        raise UserError(joined(lines, BY_LINES)) from None
    if not study.grid and not study.combinations:
        raise UserError("{name}: nothing to vary; it needs the key grid or combinations", name=name)
    fixed = list(study.grid)
    for position, combination in enumerate(study.combinations):
        if list(combination) != list(study.combinations[0]):
            raise UserError(
                "{name}: combinations.{position}: all combinations must have the same keys "
                "in the same order, {keys}",
                name=name,
                position=position,
                keys=", ".join(study.combinations[0]),
            )
        for key in combination:
            if key in study.grid:
                raise UserError(
                    "{name}: {key}: it is in grid and in combinations; choose one",
                    name=name,
                    key=key,
                )
    for key in [*fixed, *(study.combinations[0] if study.combinations else ())]:
        steps = key.split(".")
        if steps[0] == "dataset":
            raise UserError(
                "{name}: {key}: a study is about one data set; write a config file for each "
                "data set and run the study with both",
                name=name,
                key=key,
            )
        if not all(steps) or (steps[0] == "detectors" and len(steps) < 3):
            raise UserError(
                "{name}: {key}: must be the path of one value, as in mel.n_mels or "
                "detectors.lof.n_neighbors",
                name=name,
                key=key,
            )
    return study


def _sentence(item: Mapping) -> Message:
    key = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, Study.model_fields, n=1)
        values = {"key": key, "keys": ", ".join(Study.model_fields)}
        if close:
            return message(
                "{key}: there is no such key; did you mean {close}? allowed here: {keys}",
                close=close[0],
                **values,
            )
        return message("{key}: there is no such key; allowed here: {keys}", **values)
    if item["type"] == "missing":
        return message(
            "{key}: this key is missing; it must be {allowed}", key=key, allowed=_MUST_BE[key]
        )
    where = ".".join(str(step) for step in item["loc"] if not str(step).startswith("["))
    value = "null" if item["input"] is None else repr(item["input"])
    return message(
        "{where}: {value} is not allowed; {key} must be {allowed}",
        where=where,
        value=value,
        key=key,
        allowed=_MUST_BE[key],
    )


def points_of(study: Study) -> list[dict[str, Any]]:
    """Return all settings of a study, each a table of dotted keys and values, in their order."""
    grid = [
        dict(zip(study.grid, values, strict=True))
        for values in itertools.product(*study.grid.values())
    ]
    # the keys of the grid come first: they are the slowest to vary and head the table
    return [point | other for point in grid for other in study.combinations or [{}]]


def changed(config: Mapping, settings: Mapping[str, Any]) -> dict:
    """Return a config with other values for dotted keys; missing sections are made."""
    result = dict(config)
    for key, value in settings.items():
        section = result
        *steps, last = key.split(".")
        for step in steps:
            inner = section.get(step)
            section[step] = dict(inner) if isinstance(inner, Mapping) else {}
            section = section[step]
        section[last] = value
    return result


def label(settings: Mapping[str, Any], *, most: int = 100) -> str:
    """Name settings so that the name can be part of a file name, e.g. ``mel.n_mels-64``."""
    text = ".".join(
        f"{key}-{re.sub('[^A-Za-z0-9._-]+', '_', plain(value))}" for key, value in settings.items()
    )
    return text[:most]


def free_name(name: str, taken: Iterable[str]) -> str:
    """Return the name, with a number if others have it already."""
    if name not in taken:
        return name
    return next(
        other for number in itertools.count(2) if (other := f"{name}.{number}") not in taken
    )

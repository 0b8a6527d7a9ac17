"""Which runs of the workflow a study takes: as few as possible."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pygoodvibes.config.config import Config
from pygoodvibes.config.validate import validate
from pygoodvibes.experiments.study import Study, changed, free_name, label, points_of
from pygoodvibes.util.errors import UserError


@dataclasses.dataclass(frozen=True)
class Run:
    """One run of the workflow.

    Attributes
    ----------
    name : str
        Name of its folder.
    settings : mapping
        What it sets outside `detectors`, by dotted key.
    config : Config
        The whole config, validated.
    variants : mapping
        For each detector of the config: the detector's name in the study, and its settings by
        dotted key.
    """

    name: str
    settings: Mapping[str, Any]
    config: Config
    variants: Mapping[str, tuple[str, Mapping[str, Any]]]


def plan(study: Study, config: Config, *, name: str) -> list[Run]:
    """Work out which runs a study takes.

    Parameters
    ----------
    study : Study
        What to vary.
    config : Config
        What to start from.
    name : str
        What to call the study in messages.

    Raises
    ------
    UserError
        If a setting makes no valid config, or a detector is not there.
    """
    base = config.model_dump(mode="json")
    # intervals over clips, the slowest part of an evaluation, are in no table of a study
    base["evaluation"]["bootstrap"] = 0
    if config.with_choice:
        # its variants are what is compared, and not to be chosen among
        base["default_detector"] = None
    points = points_of(study)
    touched = dict.fromkeys(key.split(".")[1] for key in points[0] if key.startswith("detectors."))
    kept = list(study.detectors or touched or _concerned(base["detectors"], points[0]))
    for detector in kept:
        if detector not in base["detectors"] and detector not in touched:
            raise UserError(
                "{name}: detectors: the config has no detector {detector}; it has {detectors}",
                name=name,
                detector=detector,
                detectors=", ".join(base["detectors"]),
            )
    if config.dataset.made_by and any(key == "audio.sample_rate" for key in points[0]):
        raise UserError(
            "{name}: audio.sample_rate: the clips of source {source} have one sample "
            "rate; it can't vary",
            name=name,
            source=config.dataset.source,
        )
    runs: list[Run] = []
    for settings, group in _grouped(points):
        variants: dict[str, tuple[str, dict]] = {}
        tables: dict[str, dict] = {}
        for detector in kept:
            of_points = [
                {key: point[key] for key in point if key.startswith(f"detectors.{detector}.")}
                for point in group
            ]
            for overrides in _distinct(of_points):
                inner = {key.split(".", 2)[2]: value for key, value in overrides.items()}
                variant = free_name(f"{detector}.{label(inner)}" if inner else detector, variants)
                variants[variant] = (detector, overrides)
                start = base["detectors"].get(detector, {"method": detector})
                tables[variant] = changed(start, inner)
        document = changed(base, settings) | {"detectors": tables}
        runs.append(
            Run(
                name=free_name(label(settings) or "detectors", [run.name for run in runs]),
                settings=settings,
                config=validate(document, name=name),
                variants=variants,
            )
        )
    return runs


def _concerned(detectors: Mapping[str, Mapping], keys: Iterable[str]) -> list[str]:
    """Return the detectors that settings outside `detectors` can change."""
    if all(key.startswith("projection.") for key in keys):
        return [
            name for name, settings in detectors.items() if settings["input"] == "projection"
        ] or list(detectors)
    return list(detectors)


def _grouped(points: Sequence[Mapping]) -> list[tuple[dict, list[Mapping]]]:
    """Put points together that only differ in settings of detectors."""
    groups: list[tuple[dict, list[Mapping]]] = []
    for point in points:
        outside = {key: point[key] for key in point if not key.startswith("detectors.")}
        for settings, group in groups:
            if _same(settings, outside):
                group.append(point)
                break
        else:
            groups.append((outside, [point]))
    return groups


def _distinct(tables: Iterable[Mapping]) -> list[Mapping]:
    distinct: list[Mapping] = []
    for table in tables:
        if not any(_same(table, other) for other in distinct):
            distinct.append(table)
    return distinct


def _same(one: Mapping, other: Mapping) -> bool:
    # 1, 1.0 and true are equal for Python, but not the same settings
    return repr(dict(one)) == repr(dict(other))

"""Studies: many settings of some keys of the config, one table and one figure.

Comes in: a study (YAML: which keys, which values) and the config it starts from. Each setting of
keys outside `detectors` is a run of the workflow in a folder of its own; settings of detectors
share a run, as detectors of one config, since loading scikit-learn takes longer than a fit. Goes
out: a row per setting and detector. What was computed before is taken from the same cache that the
main job uses.
"""

import dataclasses
import difflib
import itertools
import math
import os
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError

from pygoodvibes import over_ids
from pygoodvibes.allowed import NAME_PATTERN
from pygoodvibes.cells import best_marked, best_of, with_bounds
from pygoodvibes.comparison import plain
from pygoodvibes.config import Config, validate
from pygoodvibes.errors import UserError
from pygoodvibes.records import read_records, write_records
from pygoodvibes.settings import Name, Section
from pygoodvibes.tables import NOTHING, Table, percent
from pygoodvibes.titles import data_title

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
        raise UserError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be a table of keys: {', '.join(Study.model_fields)}")
    return check_study(content, name=str(path))


def check_study(content: Mapping, *, name: str) -> Study:
    """Check the content of a study; see `read_study`."""
    try:
        study = Study.model_validate(content)
    except ValidationError as error:
        said = dict.fromkeys(_sentence(item) for item in error.errors())
        raise UserError("\n".join(f"{name}: {sentence}" for sentence in said)) from None
    if not study.grid and not study.combinations:
        raise UserError(f"{name}: nothing to vary; it needs the key grid or combinations")
    fixed = list(study.grid)
    for position, combination in enumerate(study.combinations):
        if list(combination) != list(study.combinations[0]):
            raise UserError(
                f"{name}: combinations.{position}: all combinations must have the same keys in the "
                f"same order, {', '.join(study.combinations[0])}"
            )
        for key in combination:
            if key in study.grid:
                raise UserError(f"{name}: {key}: it is in grid and in combinations; choose one")
    for key in [*fixed, *(study.combinations[0] if study.combinations else ())]:
        steps = key.split(".")
        if steps[0] == "dataset":
            raise UserError(
                f"{name}: {key}: a study is about one data set; write a config file for each "
                "data set and run the study with both"
            )
        if not all(steps) or (steps[0] == "detectors" and len(steps) < 3):
            raise UserError(
                f"{name}: {key}: must be the path of one value, as in mel.n_mels or "
                "detectors.lof.n_neighbors"
            )
    return study


def _sentence(item: Mapping) -> str:
    key = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        close = difflib.get_close_matches(key, Study.model_fields, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        return f"{key}: there is no such key; {hint}allowed here: {', '.join(Study.model_fields)}"
    if item["type"] == "missing":
        return f"{key}: this key is missing; it must be {_MUST_BE[key]}"
    where = ".".join(str(step) for step in item["loc"] if not str(step).startswith("["))
    value = "null" if item["input"] is None else repr(item["input"])
    return f"{where}: {value} is not allowed; {key} must be {_MUST_BE[key]}"


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


def _free(name: str, taken: Iterable[str]) -> str:
    """Return the name, with a number if others have it already."""
    if name not in taken:
        return name
    return next(
        other for number in itertools.count(2) if (other := f"{name}.{number}") not in taken
    )


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
                f"{name}: detectors: the config has no detector {detector}; it has "
                f"{', '.join(base['detectors'])}"
            )
    if config.dataset.source in ("synthetic", "zenodo", "kaggle") and any(
        key == "audio.sample_rate" for key in points[0]
    ):
        raise UserError(
            f"{name}: audio.sample_rate: the clips of source {config.dataset.source} have one "
            "sample rate; it can't vary"
        )
    runs: list[Run] = []
    for settings, group in _grouped(points):
        variants: dict[str, tuple[str, dict]] = {}
        tables: dict[str, dict] = {}
        for detector in kept:
            own = [
                {key: point[key] for key in point if key.startswith(f"detectors.{detector}.")}
                for point in group
            ]
            for each in _distinct(own):
                inner = {key.split(".", 2)[2]: value for key, value in each.items()}
                variant = _free(f"{detector}.{label(inner)}" if inner else detector, variants)
                variants[variant] = (detector, each)
                start = base["detectors"].get(detector, {"method": detector})
                tables[variant] = changed(start, inner)
        document = changed(base, settings) | {"detectors": tables}
        runs.append(
            Run(
                name=_free(label(settings) or "detectors", [run.name for run in runs]),
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
    found: list[Mapping] = []
    for table in tables:
        if not any(_same(table, other) for other in found):
            found.append(table)
    return found


def _same(one: Mapping, other: Mapping) -> bool:
    # 1, 1.0 and true are equal for Python, but not the same settings
    return repr(dict(one)) == repr(dict(other))


def rows_of(
    run: Run,
    metrics: Iterable[Mapping],
    *,
    resamples: int,
    confidence: float,
    seed: int,
) -> list[dict]:
    """Return what a run found out: a row per detector and its settings.

    Parameters
    ----------
    run : Run
        The run.
    metrics : iterable of mapping
        Rows of its metrics.csv.
    resamples, confidence, seed
        Of the bootstrap over machine IDs: as in `pygoodvibes.over_ids.interval`.

    Returns
    -------
    list of dict
        detector; settings: by dotted key; means and types: by measure the mean of types, and the
        means of the machine types; bounds: by measure the interval, (None, None) if none.
    """
    metrics = list(metrics)
    values = {name: over_ids.by_detector(metrics, name) for name in MEASURES}
    rows = []
    for variant, (detector, own) in run.variants.items():
        row: dict = {"detector": detector, "settings": {**run.settings, **own}}
        row |= {"means": {}, "types": {}, "bounds": {}}
        for name in MEASURES:
            mine = values[name].get(variant, {})
            row["means"][name] = over_ids.mean_of_types(mine)
            row["types"][name] = over_ids.type_means(mine)
            row["bounds"][name] = over_ids.interval(
                mine, resamples=resamples, confidence=confidence, seed=seed
            ) or (None, None)
        rows.append(row)
    return rows


def _keys(rows: Iterable[Mapping]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row["settings"]))


def _machines(rows: Iterable[Mapping]) -> list[str]:
    names = {machine for row in rows for machine in row["types"]["auc"]}
    return sorted(names, key=lambda name: (name.lower(), name))


def axes_of(rows: Sequence[Mapping]) -> dict[str, list[str]]:
    """Return the keys that vary and their values in words, in order.

    A key whose value follows from another's, as a hop that is always half the window, is no axis
    of its own.
    """
    axes: dict[str, list[str]] = {}
    for key in _keys(rows):
        texts = [_text(row, key) for row in rows]
        if len(set(texts)) < 2:
            continue
        follows = any(
            len({(_text(row, other), _text(row, key)) for row in rows})
            == len({_text(row, other) for row in rows})
            for other in axes
        )
        if not follows:
            axes[key] = list(dict.fromkeys(texts))
    return axes


def _text(row: Mapping, key: str) -> str:
    return plain(row["settings"][key]) if key in row["settings"] else NOTHING


def study_table(rows: Sequence[Mapping], *, title: str, data: str, confidence: float) -> Table:
    """Return the table that people read.

    Parameters
    ----------
    rows : sequence of mapping
        From `rows_of`, of all runs.
    title : str
        What the study is about.
    data : str
        Which data these are, for the heading.
    confidence : float
        Coverage of the intervals.
    """
    keys, machines = _keys(rows), _machines(rows)
    more = [name for name in MEASURES if name not in ("auc", "pauc")]
    columns = ["Detector", *keys, "AUC", "pAUC", *machines, *(MEASURES[name] for name in more)]
    types = {
        machine: best_marked([row["types"]["auc"].get(machine, math.nan) for row in rows])
        for machine in machines
    }
    best = {name: best_of([row["means"][name] for row in rows]) for name in ("auc", "pauc")}
    cells = []
    for number, row in enumerate(rows):
        heads = []
        for name in ("auc", "pauc"):
            text = with_bounds(row["means"][name], *row["bounds"][name])
            heads.append(f"**{text}**" if best[name][number] else text)
        cells.append(
            [row["detector"], *(_text(row, key) for key in keys), *heads]
            + [types[machine][number] for machine in machines]
            + [percent(row["means"][name]) for name in more]
        )
    notes = [
        "In %. AUC and pAUC: mean of machine types, each the mean of its machine IDs; in brackets "
        f"the {100 * confidence:g} % interval from a bootstrap over machine IDs, which says how "
        "much other machines would change the number, not how sure the order of the rows is. The "
        "columns of machine types give the AUC. Sensitivity, specificity and F1: at the "
        "threshold, mean of types.",
        "Bold: the best of the column. Choosing a row by these numbers uses test labels: what the "
        "best one reaches is an oracle's result.",
    ]
    if any(row["bounds"]["auc"] == (None, None) for row in rows):
        notes.append(
            f"No interval: it takes {over_ids.LEAST_IDS} machine IDs and evaluation.bootstrap "
            "above 0."
        )
    return Table(f"{title} ({data})", columns, cells, notes, frozenset({"Detector"}))


def csv_rows(rows: Sequence[Mapping]) -> tuple[list[dict], list[str]]:
    """Return the rows of the study's CSV file and its columns: shares; '' for none."""
    keys, machines = _keys(rows), _machines(rows)
    columns = ["detector", *keys]
    for name in MEASURES:
        columns += [name, f"{name}_low", f"{name}_high"]
    columns += [f"auc_{machine}" for machine in machines]
    written = []
    for row in rows:
        entry = {"detector": row["detector"]}
        entry |= {
            key: plain(row["settings"][key]) if key in row["settings"] else "" for key in keys
        }
        for name in MEASURES:
            low, high = row["bounds"][name]
            entry |= {
                name: _number(row["means"][name]),
                f"{name}_low": _number(low),
                f"{name}_high": _number(high),
            }
        for machine in machines:
            entry[f"auc_{machine}"] = _number(row["types"]["auc"].get(machine))
        written.append(entry)
    return written, columns


def _number(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.6g}"


def figure_rows(rows: Sequence[Mapping], axes: Iterable[str]) -> list[dict]:
    """Return what `pygoodvibes.figures.studies` draws: settings as texts, those of `axes` only."""
    axes = list(axes)
    return [
        {
            "detector": row["detector"],
            "settings": {key: _text(row, key) for key in axes if key in row["settings"]},
            **{part: row[part] for part in ("means", "types", "bounds")},
        }
        for row in rows
    ]


def _snakemake(root: pathlib.Path, *arguments: str, cwd: pathlib.Path, log: pathlib.Path) -> None:
    """Run Snakemake and keep what it says; of a failure, show the end of that."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(root / "Snakefile")]
    command += ["--workflow-profile", str(root / "profiles" / "default"), "--quiet", "rules"]
    # DVC names the main project in experiment copies; elsewhere the main project is here
    environment = {"DVC_ROOT": str(root), **os.environ}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [*command, *arguments],
            cwd=cwd,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if not done.returncode:
        return
    said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    errors = [line.removeprefix("Error: ") for line in said if line.startswith("Error: ")]
    if errors:
        raise UserError(errors[0])
    if any("LockException" in line for line in said):
        raise UserError(
            f"{cwd}: locked, because another run works here or one was killed; if none does, "
            f"delete {cwd / '.snakemake' / 'locks'}"
        )
    print("\n".join(said[-25:]), file=sys.stderr)
    raise UserError(f"a run of the study failed; all that Snakemake said is in {log}")


def _prepare(run: Run, folder: pathlib.Path, data: pathlib.Path) -> None:
    """Make the folder of a run: its config, and a link to the clips."""
    folder.mkdir(parents=True, exist_ok=True)
    data.mkdir(exist_ok=True)
    link = folder / "data"
    target = os.path.relpath(data.resolve(), folder.resolve())
    if not link.is_symlink() or link.readlink() != pathlib.Path(target):
        link.unlink(missing_ok=True)
        link.symlink_to(target, target_is_directory=True)
    text = yaml.safe_dump(
        run.config.model_dump(mode="json"), sort_keys=False, default_flow_style=False
    )
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def run(
    study_path: str, *, config_path: str, config: Config, jobs: int
) -> tuple[Table, pathlib.Path]:
    """Run a study in the project's root folder and write its table and figure.

    Parameters
    ----------
    study_path : str
        File of the study; its name names the results.
    config_path : str
        The config to start from.
    config : Config
        Its content.
    jobs : int > 0
        Jobs at a time.

    Returns
    -------
    tuple of (Table, pathlib.Path)
        The table, and where it and the figure are, without the ending of their names.

    Raises
    ------
    UserError
        If the study or a setting of it is wrong, or a run fails.
    """
    root = pathlib.Path.cwd()
    if not (root / "Snakefile").is_file():
        raise UserError("there is no Snakefile here; run this in the project's root folder")
    if jobs < 1:
        raise UserError(f"--jobs: {jobs} is not allowed; it must be a whole number of at least 1")
    name = pathlib.PurePath(study_path).stem
    study = read_study(study_path)
    if not re.match(NAME_PATTERN, name):
        raise UserError(f"{study_path}: its name must be made of letters, digits, '.', '_' and '-'")
    runs = plan(study, config, name=study_path)
    dataset = config.dataset.name
    place = root / "resources" / dataset / "studies" / name
    if config.dataset.source in ("synthetic", "zenodo", "kaggle"):
        # the runs share the clips: they are made here, where the main job makes them
        print("clips ...", end="", flush=True)
        started = time.monotonic()
        arguments = ["--configfile", str(pathlib.Path(config_path).resolve()), "-j", str(jobs)]
        _snakemake(root, *arguments, "--", "data", cwd=root, log=place / "clips.log")
        print(f" {time.monotonic() - started:.0f} s")
    rows: list[dict] = []
    for number, each in enumerate(runs, start=1):
        print(f"run {number} of {len(runs)}: {each.name} ...", end="", flush=True)
        started = time.monotonic()
        folder = place / each.name
        _prepare(each, folder, root / "data")
        _snakemake(
            root,
            "--directory",
            str(folder),
            "--configfile",
            str(folder / "config.yaml"),
            "-j",
            str(jobs),
            "--",
            f"results/{dataset}/metrics.json",
            cwd=root,
            log=folder / "snakemake.log",
        )
        print(f" {time.monotonic() - started:.0f} s")
        rows += rows_of(
            each,
            read_records(folder / "results" / dataset / "metrics.csv"),
            resamples=config.evaluation.bootstrap,
            confidence=config.evaluation.confidence,
            seed=config.seed,
        )
    data = data_title(name=dataset, source=config.dataset.source)
    table = study_table(rows, title=study.title, data=data, confidence=config.evaluation.confidence)

    # matplotlib takes a second to load: only once there is something to draw
    from pygoodvibes.figures import style
    from pygoodvibes.figures.studies import plot_study

    target = pathlib.Path("results", dataset, "studies", name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(f"{name}.md").write_text(table.markdown(), encoding="utf-8")
    write_records(target.with_name(f"{name}.csv"), *csv_rows(rows))
    axes = axes_of(rows)
    figure = plot_study(
        figure_rows(rows, axes),
        axes,
        {measure: MEASURES[measure] for measure in study.measures},
        title=study.title,
        confidence=config.evaluation.confidence,
        title_suffix=data,
    )
    style.save(figure, target.with_name(f"{name}.png"))
    return table, target

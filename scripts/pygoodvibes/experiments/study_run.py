"""Studies: many settings of some keys of the config, one table and one figure.

Comes in: a study (YAML: which keys, which values) and the config it starts from. Each setting of
keys outside `detectors` is a run of the workflow in a folder of its own; settings of detectors
share a run, as detectors of one config, since loading scikit-learn takes longer than a fit. Goes
out: a row per setting and detector. What was computed before is taken from the same cache that the
main job uses.
"""

import os
import pathlib
import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import yaml

from pygoodvibes.config.config import Config
from pygoodvibes.experiments.embedding_cost import cost_of_run
from pygoodvibes.experiments.embedding_study import (
    compares_embeddings,
    embedding_rows,
    embeddings_table,
)
from pygoodvibes.experiments.embedding_study import csv_rows as embedding_csv_rows
from pygoodvibes.experiments.study import MEASURES, Study, read_study
from pygoodvibes.experiments.study_plan import Run, plan
from pygoodvibes.experiments.study_table import axes_of, csv_rows, figure_rows, rows_of, study_table
from pygoodvibes.report.table import Table
from pygoodvibes.util.csv_files import read_records, write_records
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.settings import NAME_PATTERN

if TYPE_CHECKING:
    from matplotlib.figure import Figure


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
            "{cwd}: locked, because another run works here or one was killed; if none "
            "does, delete {locks}",
            cwd=cwd,
            locks=cwd / ".snakemake" / "locks",
        )
    print("\n".join(said[-25:]), file=sys.stderr)
    raise UserError("a run of the study failed; all that Snakemake said is in {log}", log=log)


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
        The table, and where it and the figure are, without the ending of their names. If the
        embeddings differ, those of their comparison, which come beside.

    Raises
    ------
    UserError
        If the study or a setting of it is wrong, or a run fails.
    """
    root = pathlib.Path.cwd()
    if not (root / "Snakefile").is_file():
        raise UserError("there is no Snakefile here; run this in the project's root folder")
    if jobs < 1:
        raise UserError(
            "--jobs: {jobs} is not allowed; it must be a whole number of at least 1", jobs=jobs
        )
    name = pathlib.PurePath(study_path).stem
    study = read_study(study_path)
    if not re.match(NAME_PATTERN, name):
        raise UserError(
            "{study_path}: its name must be made of letters, digits, '.', '_' and '-'",
            study_path=study_path,
        )
    runs = plan(study, config, name=study_path)
    dataset = config.dataset.name
    place = root / "resources" / dataset / "studies" / name
    if config.dataset.made_by:
        # the runs share the clips: they are made here, where the main job makes them
        print("clips ...", end="", flush=True)
        started = time.monotonic()
        arguments = ["--configfile", str(pathlib.Path(config_path).resolve()), "-j", str(jobs)]
        _snakemake(root, *arguments, "--", "data", cwd=root, log=place / "clips.log")
        print(f" {time.monotonic() - started:.0f} s")
    rows: list[dict] = []
    compare = compares_embeddings(runs)
    scores, costs = {}, {}
    for number, planned in enumerate(runs, start=1):
        print(f"run {number} of {len(runs)}: {planned.name} ...", end="", flush=True)
        started = time.monotonic()
        folder = place / planned.name
        _prepare(planned, folder, root / "data")
        metrics = _run_workflow(root, folder, dataset, jobs)
        print(f" {time.monotonic() - started:.0f} s")
        rows += rows_of(
            planned,
            metrics,
            resamples=config.evaluation.bootstrap,
            confidence=config.evaluation.confidence,
            seed=config.seed,
        )
        if compare:
            scores[planned.name] = read_records(folder / "resources" / dataset / "scores.csv")
            costs[planned.name] = cost_of_run(folder, planned.config)
    target = pathlib.Path("results", dataset, "studies", name)
    table = _write(rows, study, config, target)
    if not compare:
        return table, target
    compared = embedding_rows(
        runs,
        scores,
        costs,
        max_fpr=config.evaluation.max_fpr,
        resamples=config.evaluation.bootstrap,
        confidence=config.evaluation.confidence,
        seed=config.seed,
    )
    target = target.with_name(f"{name}.embeddings")
    return _write_embeddings(compared, study, config, target), target


def _run_workflow(root: pathlib.Path, folder: pathlib.Path, dataset: str, jobs: int) -> list[dict]:
    """Run the workflow in the folder of a run; return the rows of its metrics.csv."""
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
    return read_records(folder / "results" / dataset / "metrics.csv")


def _write(rows: list[dict], study: Study, config: Config, target: pathlib.Path) -> Table:
    """Write table (text and CSV) and figure of a study beside each other; return the table."""
    data, confidence = config.dataset.title, config.evaluation.confidence
    table = study_table(rows, title=study.title, data=data, confidence=confidence)

    # matplotlib takes a second to load: only once there is something to draw
    from pygoodvibes.figures.studies import plot_study

    axes = axes_of(rows)
    figure = plot_study(
        figure_rows(rows, axes),
        axes,
        {measure: MEASURES[measure] for measure in study.measures},
        title=study.title,
        confidence=confidence,
        title_suffix=data,
    )
    _write_files(target, table, csv_rows(rows), figure)
    return table


def _write_embeddings(
    rows: list[dict], study: Study, config: Config, target: pathlib.Path
) -> Table:
    """Write the comparison of embeddings in the same three forms; return the table."""
    from pygoodvibes.figures.embeddings import plot_embeddings

    words = {"title": study.title, "confidence": config.evaluation.confidence}
    data = config.dataset.title
    table = embeddings_table(rows, data=data, resamples=config.evaluation.bootstrap, **words)
    figure = plot_embeddings(rows, title_suffix=data, **words)
    _write_files(target, table, embedding_csv_rows(rows), figure)
    return table


def _write_files(
    target: pathlib.Path, table: Table, rows: tuple[list[dict], list[str]], figure: "Figure"
) -> None:
    from pygoodvibes.figures import style

    target.parent.mkdir(parents=True, exist_ok=True)
    target.with_name(f"{target.name}.md").write_text(table.markdown(), encoding="utf-8")
    write_records(target.with_name(f"{target.name}.csv"), *rows)
    style.save(figure, target.with_name(f"{target.name}.png"))

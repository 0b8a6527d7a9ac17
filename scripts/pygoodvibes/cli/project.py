"""Commands on a config or on its results: set, check, show, pdf, compare, study, prune."""

import os
import pathlib

from pygoodvibes.cli.lines import SPOKEN
from pygoodvibes.config.read import read_config
from pygoodvibes.data.sources.base import Dataset
from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import printable
from pygoodvibes.util.paths import locate

SHOWN = 10
"""Rows of a manifest that would be left out which `check` names."""


def results_folder(path: str) -> pathlib.Path:
    """Return the folder of results of a config file."""
    return pathlib.Path("results", read_config(path).dataset.name)


def set_keys(path: str, *, changes: list[str]) -> None:
    """Change settings of a config file by their keys; comments and order stay."""
    from pygoodvibes.config import edit

    for said in edit.set_keys(path, changes):
        print(printable(said))


def check(path: str, *, cache: bool = False) -> int:
    """Say whether a config file, and the CSV manifest that it names, are valid.

    With --cache, say whether what was computed is whole.
    """
    config = read_config(path)
    _check_manifest(config.dataset)
    folder = getattr(config.dataset, "path", None)
    if folder and not locate(folder).exists():
        print(f"{path}: valid, but dataset.path is not there: {folder}")
    else:
        print(f"{path}: valid")
    return _check_cache(config.dataset.name) if cache else 0


def _check_manifest(dataset: Dataset) -> None:
    """Refuse a CSV manifest as the run would; say which rows it would leave out."""
    if not getattr(dataset, "manifest", None):
        return
    from pygoodvibes.data.sources import folder

    left_out = [clip for clip in folder.find(dataset) if clip.reason]
    for clip in left_out[:SHOWN]:
        print(printable(f"{dataset.manifest}: {clip.path}: left out, {clip.reason}"))
    if len(left_out) > SHOWN:
        print(f"{dataset.manifest}: and {len(left_out) - SHOWN} more")


def _check_cache(name: str) -> int:
    """Read all that was computed for a data set, and earlier results; return the exit code."""
    from pygoodvibes.workflow import checksums

    cache = checksums.earlier_results() or pathlib.Path("resources/.cache")
    files, damaged = checksums.check_all(pathlib.Path("resources", name), cache)
    for file in damaged:
        print(checksums.told(file, cache))
    if not damaged:
        print(f"all {len(files)} files are whole")
    return int(bool(damaged))


def report_path(path: str) -> None:
    """Print where the report of a config file goes."""
    print(results_folder(path) / "report.html")


def show(path: str, *, table: bool = False) -> None:
    """Sum up the results of a config file, and say where they are; with --table in full."""
    from pygoodvibes.report.run_end import end_of_run
    from pygoodvibes.util.csv_files import read_records

    config = read_config(path)
    folder = pathlib.Path("results", config.dataset.name)
    averages = folder / "averages.csv"
    if not averages.is_file():
        raise UserError(
            "{table}: no results yet; run snakemake -j8 --configfile {path}",
            table=averages,
            path=path,
        )
    if table:
        print((folder / "tables" / "averages.md").read_text(encoding="utf-8"))
        return
    title = config.dataset.title
    lines = end_of_run(
        read_records(averages), folder, data=title, config=path, language=SPOKEN.get()
    )
    print("\n".join(["", *lines]))


def pdf(path: str, *, tables: bool = False) -> None:
    """Print the page for everyone to a PDF beside it, with the browser on this machine.

    It is four pages; with --tables it has all tables and the config, too.
    """
    from pygoodvibes.report.pdf import print_page

    folder = results_folder(path)
    print_page(folder / "summary.html", folder / "summary.pdf", whole=tables)
    print(folder / "summary.pdf")


def compare(path: str, *, sort: str, all_commits: bool) -> None:
    """Compare DVC's experiments with the last commit: a table and a figure."""
    from pygoodvibes.experiments.compare import write_comparison

    table = write_comparison(path, sort=sort, all_commits=all_commits)
    _print_table(table, results_folder(path) / "experiments")


def study(path: str, *, config: str, jobs: int) -> None:
    """Run a study, many settings of some keys: a table and a figure."""
    from pygoodvibes.experiments.study_run import run

    table, place = run(path, config_path=config, config=read_config(config), jobs=jobs)
    _print_table(table, place)


def prune(path: str, *, keep_days: float, max_gb: float | None) -> None:
    """Remove earlier results that nothing links to any more, the oldest first."""
    from pygoodvibes.workflow import result_cache

    cache = pathlib.Path(os.environ.get("SNAKEMAKE_OUTPUT_CACHE", "resources/.cache"))
    if not cache.is_dir():
        raise UserError("{cache}: no such folder; there are no earlier results", cache=cache)
    count, freed = result_cache.prune(
        cache, [pathlib.Path(path)], keep_days=keep_days, max_gb=max_gb
    )
    print(f"{cache}: {count} files removed, {freed / 1e9:.2f} GB")


def _print_table(table, place: pathlib.Path) -> None:
    """Print a table, and where it and its figure are: files of one name with several endings."""
    print(f"\n{table.markdown()}")
    print(f"Table:  {place.with_name(f'{place.name}.md')}, {place.with_name(f'{place.name}.csv')}")
    print(f"Figure: {place.with_name(f'{place.name}.png')}")

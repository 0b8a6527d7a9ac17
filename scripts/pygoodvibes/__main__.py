"""The command `pygoodvibes`."""

import argparse
import os
import pathlib
import sys
from typing import TYPE_CHECKING

from pygoodvibes import fit_command, score_command
from pygoodvibes.errors import UserError
from pygoodvibes.names import NOT_UTF8, in_utf8

if TYPE_CHECKING:
    from pygoodvibes.config import Config

# Whatever takes long to load is imported where it is needed: a clip is to be scored at once.


def read_content(path: str) -> dict:
    """Read a config file, without checking its keys.

    Raises
    ------
    UserError
        If it is missing, or no YAML table.
    """
    import yaml

    try:
        content = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be a table of keys")
    return content


def read_config(path: str) -> "Config":
    """Read and check a config file.

    Raises
    ------
    UserError
        If it is missing, no YAML, or not valid.
    """
    from pygoodvibes import config

    return config.validate(read_content(path), name=path)


def results_folder(path: str) -> pathlib.Path:
    """Return the folder of results of a config file."""
    return pathlib.Path("results", read_config(path).dataset.name)


def check(path: str) -> None:
    """Say whether a config file is valid."""
    read_config(path)
    print(f"{path}: valid")


def report_path(path: str) -> None:
    """Print where the report of a config file goes."""
    print(results_folder(path) / "report.html")


def show(path: str) -> None:
    """Print the main table of the results of a config file, and where the rest is."""
    folder = results_folder(path)
    table = folder / "tables" / "averages.md"
    if not table.is_file():
        raise UserError(f"{table}: no results yet; run snakemake -j8 --configfile {path}")
    if (folder / "summary.html").is_file():
        print(f"\nSummary: {folder / 'summary.html'} (for everyone; as PDF: make pdf)")
    print(f"\n{table.read_text(encoding='utf-8')}")
    print(f"Tables:  {folder / 'tables'}")
    print(f"Figures: {folder / 'figures'}")
    if (folder / "report.html").is_file():
        print(f"Report:  {folder / 'report.html'}")


def pdf(path: str) -> None:
    """Print the page for everyone to a PDF beside it, with the browser on this machine."""
    from pygoodvibes.pdf import print_page

    folder = results_folder(path)
    print_page(folder / "summary.html", folder / "summary.pdf")
    print(folder / "summary.pdf")


def compare(path: str, *, sort: str, all_commits: bool) -> None:
    """Compare DVC's experiments with the last commit: a table and a figure."""
    from pygoodvibes import comparison

    table = comparison.write_comparison(path, sort=sort, all_commits=all_commits)
    _print_table(table, results_folder(path) / "experiments")


def study(path: str, *, config: str, jobs: int) -> None:
    """Run a study, many settings of some keys: a table and a figure."""
    from pygoodvibes import studies

    table, place = studies.run(path, config_path=config, config=read_config(config), jobs=jobs)
    _print_table(table, place)


def prune(path: str, *, keep_days: float, max_gb: float | None) -> None:
    """Remove earlier results that nothing links to any more, the oldest first."""
    from pygoodvibes import pruning

    cache = pathlib.Path(os.environ.get("SNAKEMAKE_OUTPUT_CACHE", "resources/.cache"))
    if not cache.is_dir():
        raise UserError(f"{cache}: no such folder; there are no earlier results")
    count, freed = pruning.prune(cache, [pathlib.Path(path)], keep_days=keep_days, max_gb=max_gb)
    print(f"{cache}: {count} files removed, {freed / 1e9:.2f} GB")


def _print_table(table, place: pathlib.Path) -> None:
    """Print a table, and where it and its figure are: files of one name with several endings."""
    print(f"\n{table.markdown()}")
    print(f"Table:  {place.with_name(f'{place.name}.md')}, {place.with_name(f'{place.name}.csv')}")
    print(f"Figure: {place.with_name(f'{place.name}.png')}")


def fit(path: str, **options) -> int:
    """Learn what is normal from a folder of recordings: a model file."""
    _one_thread()
    return fit_command.run(path, read_content=read_content, **options)


def score(path: list[str], **options) -> int:
    """Score recordings with model files, and say whether they are normal."""
    _one_thread()
    return score_command.run(path, **options)


def _one_thread() -> None:
    """Let NumPy's libraries use one thread a process, as in the workflow: the same digits."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")


COMMANDS = {
    "fit": fit,
    "score": score,
    "check": check,
    "show": show,
    "report-path": report_path,
    "pdf": pdf,
    "compare": compare,
    "study": study,
    "prune": prune,
}


def _add_arguments(name: str, command: argparse.ArgumentParser) -> None:
    """Tell a command what may stand behind it."""
    if name in ("fit", "score"):
        {"fit": fit_command, "score": score_command}[name].add_arguments(command)
        return
    if name == "study":
        command.add_argument("path", metavar="study", help="e.g. config/studies/lof.yaml")
        command.add_argument("--config", default="config/config.yaml", help="config file")
        command.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="jobs at a time")
        return
    if name == "prune":
        command.add_argument(
            "path", metavar="resources", nargs="?", default="resources", help="what is in use"
        )
        command.add_argument(
            "--keep-days", type=float, default=7.0, help="keep what was used within so many days"
        )
        command.add_argument("--max-gb", type=float, help="stop at this size of the folder")
        return
    command.add_argument(
        "path", metavar="config", nargs="?", default="config/config.yaml", help="config file"
    )
    if name == "compare":
        command.add_argument(
            "--sort",
            default="auc",
            help="auc, pauc, difference, pauc_difference, or a machine type",
        )
        command.add_argument(
            "--all-commits",
            action="store_true",
            help="also the experiments of other commits than the last",
        )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    parser = argparse.ArgumentParser("pygoodvibes", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__, description=function.__doc__)
        _add_arguments(name, command)
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    parser = build_parser()
    parsed, rest = parser.parse_known_args(arguments)
    options = vars(parsed)
    # argparse takes several names at one place only; options may stand between them
    named = [text for text in rest if text == "-" or not text.startswith("-")]
    if options["command"] != "score" or named != rest:
        parser.parse_args(arguments)
    else:
        options["path"] += rest
    if hasattr(sys.stdout, "reconfigure"):
        # a name that the terminal has no characters for is no reason to stop
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        code = COMMANDS[options.pop("command")](options.pop("path"), **options) or 0
        sys.stdout.flush()  # here, where a full disk is one sentence
        return code
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1  # who reads the output has seen enough
    except UnicodeEncodeError as error:
        print(f"Error: {in_utf8(error.object)}: {NOT_UTF8}", file=sys.stderr)
        return 1
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        print(f"Error: {named}{error.strerror or error}", file=sys.stderr)
        return 1
    finally:
        _drop_what_is_left()


def _drop_what_is_left() -> None:
    """Forget what standard output takes no more, or Python would try again at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())

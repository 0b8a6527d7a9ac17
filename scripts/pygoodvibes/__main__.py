"""The command `pygoodvibes`."""

import argparse
import pathlib
import sys

import yaml

from pygoodvibes import config
from pygoodvibes.errors import UserError


def read_config(path: str) -> config.Config:
    """Read and check a config file.

    Raises
    ------
    UserError
        If it is missing, no YAML, or not valid.
    """
    try:
        content = yaml.safe_load(pathlib.Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: no valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise UserError(f"{path}: must be a table of keys")
    return config.validate(content, name=path)


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
    print(f"\n{table.read_text(encoding='utf-8')}")
    print(f"Tables:  {folder / 'tables'}")
    print(f"Figures: {folder / 'figures'}")
    if (folder / "report.html").is_file():
        print(f"Report:  {folder / 'report.html'}")


COMMANDS = {"check": check, "show": show, "report-path": report_path}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return its exit code."""
    parser = argparse.ArgumentParser("pygoodvibes", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        command = commands.add_parser(name, help=function.__doc__)
        command.add_argument("config", nargs="?", default="config/config.yaml")
    options = parser.parse_args(arguments)
    try:
        COMMANDS[options.command](options.config)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

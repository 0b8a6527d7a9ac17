"""What README.md and docs/results.md show of the run on the default data: two tables, a figure.

Both tables are made from `metrics.csv` of that run, which git tracks.
"""

import pathlib
import shutil

from pygoodvibes.evaluation.averages import AVERAGED, averages
from pygoodvibes.report.run_tables import averages_table
from pygoodvibes.util.csv_files import read_records

RESULTS = pathlib.Path("results/synthetic")
FIGURE = pathlib.Path("docs/bars.png")

SHORT = {
    "choice": "the default: `fusion` and two more, chosen for each machine ID without labels",
    "fusion": "nearest neighbours on several views of a clip",
    "autoencoder": "neural baseline, trained briefly",
    "random_projection": "control: nearest neighbour after a random projection",
    "original_ocsvm": "PyGoodVibes of 2021: one-class SVM on three components",
}
"""Detectors in README's table, and what each is."""

AVERAGE = "mean of types"


def long_table(root: pathlib.Path) -> str:
    """Return the table of docs/results.md: all detectors, all averages, with its notes.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder.
    """
    rows = [
        {**row, **{key: float(row[key] or "nan") for key in AVERAGED}}
        for row in read_records(root / RESULTS / "metrics.csv")
    ]
    table = averages_table(averages(rows), [], data="synthetic data", max_fpr=0.1).markdown()
    return table.partition("\n\n")[2].strip()


def short_table(table: str) -> str:
    """Return README's table: the mean over machine types of the detectors in `SHORT`.

    Parameters
    ----------
    table : str
        Markdown of the averages, each cell 'AUC / pAUC' in %.
    """
    head, _, *rows = ([cell.strip() for cell in row.split("|")] for row in table_rows(table))
    averages = {row[1]: row[head.index(AVERAGE)].split(" / ") for row in rows}
    lines = ["| detector | what it is | AUC, % | pAUC, % |", "| --- | --- | ---: | ---: |"]
    for name, what in SHORT.items():
        if name in averages:
            auc, pauc = averages[name]
            lines.append(f"| `{name}` | {what} | {auc} | {pauc} |")
    lines.append("\nMean over the machine types; chance is 50 for both.")
    return "\n".join(lines)


def table_rows(table: str) -> list[str]:
    """Return the rows of a Markdown table, its heading and rule included."""
    return [line for line in table.splitlines() if line.startswith("|")]


def copy_figure(root: pathlib.Path) -> None:
    """Bring the figure of README in step with the run."""
    shutil.copyfile(root / RESULTS / "figures" / "bars.png", root / FIGURE)

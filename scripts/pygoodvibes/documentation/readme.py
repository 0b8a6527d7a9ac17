"""What README.md and docs/results.md show of a run on the default data: two tables and a figure."""

import pathlib
import shutil

START, END = "<!-- generated: table -->", "<!-- end -->"
RESULTS = pathlib.Path("results/synthetic")
FIGURE = pathlib.Path("docs/bars.png")
PAGE = pathlib.Path("docs/results.md")
"""The page with all detectors and all averages."""

SHORT = {
    "choice": "the default: `fusion` and two more, chosen for each machine ID without labels",
    "fusion": "nearest neighbours on several views of a clip",
    "autoencoder": "neural baseline, trained briefly",
    "idnn": "neural baseline, trained briefly",
    "random_projection": "control: nearest neighbour after a random projection",
    "original_ocsvm": "PyGoodVibes of 2021: one-class SVM on three components",
}
"""Detectors in README's table, and what each is."""

AVERAGE = "mean of types"


def with_table(text: str, table: str) -> str:
    """Return a page with what stands between its marks replaced by Markdown."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{table.strip()}\n{END}{after}"


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


def write(root: pathlib.Path) -> None:
    """Bring README.md and the page of results in step with the run."""
    averages = (root / RESULTS / "tables" / "averages.md").read_text(encoding="utf-8")
    table = averages.partition("\n\n")[2]
    for page, part in ((root / "README.md", short_table(table)), (root / PAGE, table)):
        page.write_text(with_table(page.read_text(encoding="utf-8"), part), encoding="utf-8")
    shutil.copyfile(root / RESULTS / "figures" / "bars.png", root / FIGURE)


if __name__ == "__main__":
    write(pathlib.Path())

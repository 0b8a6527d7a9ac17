"""The parts of README.md that come out of a run: one table and one figure of the default data."""

import pathlib
import shutil

START, END = "<!-- generated: table -->", "<!-- end -->"
RESULTS = pathlib.Path("results/synthetic")
FIGURE = pathlib.Path("docs/bars.png")


def with_table(text: str, table: str) -> str:
    """Return a README with what stands between its marks replaced by a table's Markdown."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    body = table.partition("\n\n")[2].strip()
    return f"{before}{START}\n{body}\n{END}{after}"


def write(root: pathlib.Path) -> None:
    """Bring README.md in step with the results."""
    readme = root / "README.md"
    table = (root / RESULTS / "tables" / "averages.md").read_text(encoding="utf-8")
    readme.write_text(with_table(readme.read_text(encoding="utf-8"), table), encoding="utf-8")
    shutil.copyfile(root / RESULTS / "figures" / "bars.png", root / FIGURE)


if __name__ == "__main__":
    write(pathlib.Path())

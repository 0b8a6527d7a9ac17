"""The map of the library for CONTRIBUTING.md: its rooms, in the order in which they import."""

import ast
import pathlib
import tomllib

from pygoodvibes.documentation.markdown import cell


def order(root: pathlib.Path) -> list[str]:
    """Return the names of the rooms, each importing only those before it.

    Parameters
    ----------
    root : pathlib.Path
        The project's folder; pyproject.toml holds the order, which `make lint` checks.
    """
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = settings["tool"]["importlinter"]["contracts"]
    return contract["layers"][::-1]


def rooms(root: pathlib.Path) -> str:
    """Return a table with what each room says of itself."""
    lines = ["| room | what it is for |", "| --- | --- |"]
    for name in order(root):
        path = root / "scripts" / "pygoodvibes" / name / "__init__.py"
        text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        lines.append(f"| `{name}` | {cell(text)} |")
    return "\n".join(lines)

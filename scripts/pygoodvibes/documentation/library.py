"""The reference of the library: every public function and class, from signatures and docstrings.

`python -m pygoodvibes.documentation.library [project folder]` (with `scripts` on the path) writes
docs/reference/api.md. The modules are read, not imported.
"""

import ast
import pathlib
import sys
from collections.abc import Iterator

from pygoodvibes.documentation.markers import cell

PAGE = pathlib.Path("docs/reference/api.md")
PACKAGE = pathlib.Path(__file__).resolve().parents[1]

_HEAD = """\
# The library

Every public function and class of `pygoodvibes`, with the first sentence of its docstring; the code
has the rest: shapes, units, errors, papers. Higher score = more anomalous, everywhere.

```python
from pygoodvibes import metrics

metrics.auc([False, False, True], [0.1, 0.4, 0.9])  # 1.0
```

This page is generated (`make docs`).
"""


def first_sentence(node: ast.Module | ast.ClassDef | ast.FunctionDef) -> str:
    """Return the first line of a docstring, in one line; '' if there is none."""
    text = ast.get_docstring(node) or ""
    return " ".join(text.partition("\n\n")[0].split())


def signature(node: ast.FunctionDef, *, method: bool = False) -> str:
    """Return a function as it is called: the names and defaults of its parameters."""
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    static = any(getattr(item, "id", "") == "staticmethod" for item in node.decorator_list)
    pairs = list(zip(plain, defaults, strict=True))[method and not static :]
    parts = [_parameter(argument.arg, default) for argument, default in pairs]
    if arguments.vararg:
        parts.append(f"*{arguments.vararg.arg}")
    elif arguments.kwonlyargs:
        parts.append("*")
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        parts.append(_parameter(argument.arg, default))
    if arguments.kwarg:
        parts.append(f"**{arguments.kwarg.arg}")
    return f"{node.name}({', '.join(parts)})"


def _parameter(name: str, default: ast.expr | None) -> str:
    return name if default is None else f"{name}={ast.unparse(default)}"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Go through the modules of the package: name and syntax tree."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if parts[-1] == "__main__":
            continue
        name = ".".join(part for part in parts if part != "__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def page() -> str:
    """Return the content of docs/reference/api.md."""
    parts = [_HEAD]
    for name, tree in modules():
        lines = []
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                lines.append(_entry(signature(node), node))
            elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                lines.append(_entry(f"class {node.name}", node))
                lines += [f"  {line}" for line in _methods(node)]
        if lines:
            parts.append(f"## {name}\n\n{cell(first_sentence(tree))}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def _methods(node: ast.ClassDef) -> list[str]:
    return [
        _entry(signature(method, method=True), method)
        for method in node.body
        if isinstance(method, ast.FunctionDef) and not method.name.startswith("_")
    ]


def _entry(call: str, node: ast.ClassDef | ast.FunctionDef) -> str:
    return f"- `{call}`: {cell(first_sentence(node))}"


def write(root: pathlib.Path) -> None:
    """Write docs/reference/api.md below the project's folder."""
    (root / PAGE).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write(pathlib.Path(*sys.argv[1:2]))

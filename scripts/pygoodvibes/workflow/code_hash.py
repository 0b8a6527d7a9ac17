"""What a result was made from: the code of a step, and the state of a folder of clips."""

import ast
import functools
import hashlib
import pathlib
import re

PACKAGE = pathlib.Path(__file__).resolve().parents[1]


_FROM = rf"from[ \t]+{PACKAGE.name}\b[^\n(]*(?:\([^)]*\))?"
_IMPORT = rf"import[ \t][^\n]*\b{PACKAGE.name}\b[^\n]*"
_IMPORTS = re.compile(rf"^[ \t]*({_FROM}|{_IMPORT})", re.MULTILINE)
"""Statements that import from this package, each on lines of its own."""


@functools.cache
def imports_of(path: pathlib.Path) -> tuple[str, ...]:
    """Return the modules of this package that a file imports, at any depth of its code."""
    text = _content(path).decode()
    try:
        # of all that stands in hundreds of files, which takes long to parse, a few lines matter
        tree = ast.parse("\n".join(_IMPORTS.findall(text)))
    except SyntaxError:  # such a line stands in a text, or goes on below
        tree = ast.parse(text)
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from package import name`: the name may be a module or something in one
            modules.add(node.module)
            modules.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(sorted(name for name in modules if name.split(".")[0] == PACKAGE.name))


@functools.cache
def _content(path: pathlib.Path) -> bytes:
    return path.read_bytes()


@functools.cache
def _files(module: str) -> list[pathlib.Path]:
    """Return the files that importing a module runs: its own, and those of its packages."""
    place = PACKAGE
    files = [place / "__init__.py"]
    for step in module.split(".")[1:]:
        inside = _inside(place)
        if step in inside and (place / step / "__init__.py").is_file():
            place /= step
            files.append(place / "__init__.py")
        elif f"{step}.py" in inside:
            files.append(place / f"{step}.py")
    return files


@functools.cache
def _inside(folder: pathlib.Path) -> frozenset[str]:
    return frozenset(path.name for path in folder.iterdir())


@functools.cache
def _runs(path: pathlib.Path) -> frozenset[pathlib.Path]:
    """Return the files that run where a file is imported, by its own imports."""
    return frozenset(file for module in imports_of(path) for file in _files(module))


@functools.cache
def code_files(script: pathlib.Path, modules: tuple[str, ...] = ()) -> list[pathlib.Path]:
    """Return the library files that a script can run, however deep they are imported.

    Parameters
    ----------
    script : pathlib.Path
        A rule's script.
    modules : tuple of str
        Modules that it imports by a name that only the config tells.

    Returns
    -------
    list of pathlib.Path
        Sorted; the script itself is not among them.
    """
    seen: set[pathlib.Path] = set()
    new = {path for module in modules for path in _files(module)} | _runs(script.resolve())
    while new:
        seen |= new
        new = frozenset().union(*map(_runs, new)) - seen
    return sorted(seen)


def modules(script: pathlib.Path, named: tuple[str, ...] = ()) -> list[str]:
    """Return the names of the modules of this package that a script can import, as `code_files`."""
    return [_module(path) for path in code_files(script, named)]


@functools.cache
def _module(path: pathlib.Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


@functools.cache
def _name(path: pathlib.Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@functools.cache
def code_hash(script: pathlib.Path, *modules: str) -> str:
    """Hash the library code behind a rule.

    Snakemake notices a changed script, but neither its rerun trigger nor its cache key sees the
    modules that the script imports: rules have this hash among their params.
    """
    digest = hashlib.sha256()
    for path in code_files(script, modules):
        digest.update(_name(path).encode() + b"\0")
        digest.update(_content(path) + b"\0")
    return digest.hexdigest()[:16]

"""What a result was made from: the code of a step, and the state of a folder of clips."""

import ast
import functools
import hashlib
import os
import pathlib

PACKAGE = pathlib.Path(__file__).resolve().parent


@functools.cache
def _imports(path: pathlib.Path) -> tuple[str, ...]:
    """Return the modules of this package that a file imports, at any depth of its code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            # `from package import name`: the name may be a module or something in one
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(sorted(name for name in found if name.split(".")[0] == PACKAGE.name))


def _files(module: str) -> list[pathlib.Path]:
    """Return the files that importing a module runs: its own, and those of its packages."""
    place = PACKAGE
    files = [place / "__init__.py"]
    for step in module.split(".")[1:]:
        if (place / step / "__init__.py").is_file():
            place /= step
            files.append(place / "__init__.py")
        elif (place / f"{step}.py").is_file():
            files.append(place / f"{step}.py")
    return files


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
    waiting = [path for module in modules for path in _files(module)]
    waiting += [path for module in _imports(script.resolve()) for path in _files(module)]
    seen: set[pathlib.Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += [file for module in _imports(path) for file in _files(module)]
    return sorted(seen)


def modules(script: pathlib.Path, named: tuple[str, ...] = ()) -> list[str]:
    """Return the names of the modules of this package that a script can import, as `code_files`."""
    paths = (path.relative_to(PACKAGE.parent) for path in code_files(script, named))
    return [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]


@functools.cache
def code_hash(script: pathlib.Path, *modules: str) -> str:
    """Hash the library code behind a rule.

    Snakemake notices a changed script, but neither its rerun trigger nor its cache key sees the
    modules that the script imports: rules have this hash among their params.
    """
    digest = hashlib.sha256()
    for path in code_files(script, modules):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


SNAPSHOT = ".snapshot"
"""File in a folder of clips that we made ourselves: the folder's fingerprint at that time."""


def fingerprint(folder: pathlib.Path) -> str:
    """Hash names, sizes and times of change of all files below a folder, without reading them."""
    digest = hashlib.sha256()
    waiting: list[tuple[pathlib.Path, tuple]] = [(folder, ())]
    while waiting:
        place, above = waiting.pop()
        status = place.stat()
        identity = (status.st_dev, status.st_ino)
        if identity in above:
            continue  # a link that leads back to a folder above would be followed for ever
        inner = place.relative_to(folder).as_posix()
        within = b"" if inner == "." else os.fsencode(f"{inner}/")
        with os.scandir(place) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    waiting.append((pathlib.Path(entry.path), (*above, identity)))
                    continue
                try:
                    status = entry.stat()
                except OSError:
                    status = entry.stat(follow_symlinks=False)  # a link that leads nowhere
                digest.update(within + os.fsencode(entry.name))
                digest.update(f"\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:16]


def take_snapshot(folder: pathlib.Path) -> None:
    """Note the state of a folder of clips that was just made."""
    (folder / SNAPSHOT).write_text(fingerprint(folder) + "\n", encoding="utf-8")


def state(path: pathlib.Path) -> str:
    """Tell whether clips have changed: a text that stays the same as long as they do.

    Returns
    -------
    str
        '' for a folder that isn't there yet or is still as we made it; else the fingerprint of the
        folder, or size and time of change of the file.
    """
    if path.is_file():
        status = path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"
    if not path.is_dir():
        return ""
    now, snapshot = fingerprint(path), path / SNAPSHOT
    made = snapshot.read_text(encoding="utf-8").strip() if snapshot.is_file() else None
    return "" if now == made else now


def drop_broken_links(folder: pathlib.Path) -> int:
    """Remove links below a folder that lead nowhere, so that what they named is made again.

    Returns
    -------
    int
        How many there were.
    """
    dropped = 0
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place, name)
            if path.is_symlink() and not path.exists():
                path.unlink()
                dropped += 1
    return dropped

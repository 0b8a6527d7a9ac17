"""Kinds with one file for each member, found by looking: no list has to name the members.

Comes in: a package's folder, and the key by which the config picks a member. Goes out: the names of
the modules whose `Settings` say `<key>: Literal["<name of the module>"]`. Nothing is imported to
find them.
"""

import functools
import pathlib


@functools.cache
def find_members(folder: pathlib.Path, key: str) -> tuple[str, ...]:
    """Return the members of a kind, by module name.

    Parameters
    ----------
    folder : pathlib.Path
        Of the package that holds them.
    key : str
        The key of the config that names one: 'method' or 'source'.

    Returns
    -------
    tuple of str
        Sorted.
    """
    return tuple(
        path.stem
        for path in sorted(folder.glob("*.py"))
        if f'\n    {key}: Literal["{path.stem}"]' in path.read_text(encoding="utf-8")
    )

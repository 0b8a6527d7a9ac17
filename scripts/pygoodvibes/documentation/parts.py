"""The generated parts of Markdown pages, by name; Cog (cogapp) puts them in their places.

A page says `part("<name>")` between Cog's marks; `make docs` fills it in, and `make lint` fails
where a page is behind the code.
"""

import pathlib

from pygoodvibes.documentation import command, config, files, results, rooms, years
from pygoodvibes.protocols import registry


def part(name: str) -> str:
    """Return a generated part of a page, with an empty line around it.

    Parameters
    ----------
    name : str
        'rooms', 'commands', 'keys' (of the config), 'detectors', 'detectors_in_short', 'year_2021'
        and so on, or a table of `pygoodvibes.documentation.files.TABLES`.

    Raises
    ------
    KeyError
        If there is no such part.
    """
    makers = {
        "commands": command.reference,
        "keys": config.key_tables,
        "rooms": lambda: rooms.rooms(pathlib.Path()),
        "detectors": lambda: results.long_table(pathlib.Path()),
        "detectors_in_short": lambda: results.short_table(results.long_table(pathlib.Path())),
        **{f"year_{y}": lambda y=y: years.year_table(y) for y in registry.years()},
    } | {table: lambda entry=entry: files.table(*entry) for table, entry in files.TABLES.items()}
    return f"\n{makers[name]().strip()}\n\n"

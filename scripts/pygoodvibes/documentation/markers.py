"""Parts of Markdown pages that are generated: they stand between two comments."""

import re
from collections.abc import Mapping

from pygoodvibes.util.errors import UserError

END = "<!-- end -->"
"""Line below a generated part."""


def begin(name: str) -> str:
    """Return the line above the generated part of a name."""
    return f"<!-- generated: {name} -->"


def names(text: str) -> list[str]:
    """Return the names of the generated parts of a page, in order."""
    return re.findall(r"<!-- generated: (\w+) -->", text)


def fill(text: str, parts: Mapping[str, str]) -> str:
    """Replace the generated parts of a page.

    Parameters
    ----------
    text : str
        The page.
    parts : mapping of str to str
        What stands in each part, by name.

    Returns
    -------
    str
        The page with the parts of today.

    Raises
    ------
    UserError
        If the page lacks the comments of a part, or has one that nobody makes.
    """
    strange = set(names(text)) ^ set(parts)
    if strange:
        raise UserError(f"generated parts without a maker or a place: {', '.join(sorted(strange))}")
    for name, body in parts.items():
        before, _, rest = text.partition(begin(name))
        _, end, after = rest.partition(END)
        if not end:
            raise UserError(f"no line {END} after {begin(name)}")
        text = f"{before}{begin(name)}\n\n{body.strip()}\n\n{END}{after}"
    return text


def cell(text: str) -> str:
    """Return a text as the cell of a table: in one line, and nothing in it taken for markup."""
    parts = re.sub(r"\s+", " ", text).strip().split("`")
    # outside of code, <machine> would be taken for HTML and * for emphasis
    parts[::2] = [re.sub(r"([<>*])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts).replace("|", r"\|")

"""Texts as Markdown."""

import re


def cell(text: str) -> str:
    """Return a text as the cell of a table: in one line, and nothing in it taken for markup."""
    parts = re.sub(r"\s+", " ", text).strip().split("`")
    # outside of code, <machine> would be taken for HTML and * for emphasis
    parts[::2] = [re.sub(r"([<>*])", r"\\\1", text_part) for text_part in parts[::2]]
    return "`".join(parts).replace("|", r"\|")

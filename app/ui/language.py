"""Words in the reader's language.

Those of the pages stand in texts/<language>.yaml. What the library says, in English, is translated
by its catalogs (`pygoodvibes.util.language`).
"""

import functools
import pathlib
import re

import streamlit as st
import yaml

from pygoodvibes.util.language import Language, language_of, languages
from pygoodvibes.util.messages import printable

LANGUAGES = {code: language_of(code).name for code in languages()}
TEXTS = pathlib.Path(__file__).parent / "texts"

NONE = "\N{EN DASH}"
"""What stands where there is no number."""


@functools.cache
def catalogue(language: str) -> dict[str, str]:
    """Return the texts of a language by key."""
    return yaml.safe_load((TEXTS / f"{language}.yaml").read_text(encoding="utf-8"))


def current() -> str:
    """Return the reader's language, a key of `LANGUAGES`."""
    return st.session_state.get("lang") or "en"


def spoken() -> Language:
    """Return how the library speaks in the reader's language."""
    return language_of(current())


def t(key: str, **values: object) -> str:
    """Return a text; `values` fill the names in braces."""
    return catalogue(current())[key].format(**values)


def plain(text: str) -> str:
    """Return a name so that Markdown shows it as it is: it comes from others."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", printable(text))


def number(value: float, digits: int = 0) -> str:
    """Write a number as the language does: 1,234.5 or 1 234,5."""
    return spoken().number(value, digits)


def percent(share: float, digits: int = 0) -> str:
    """Write a share from 0 to 1 as percent, a dash for NaN."""
    if share != share:
        return NONE
    return f"{number(100 * share, digits)}\N{NO-BREAK SPACE}%"


def span(low: float, high: float, digits: int = 0) -> str:
    """Write a range of numbers."""
    return f"{number(low, digits)}\N{EN DASH}{number(high, digits)}"


def sentence(text: str) -> str:
    """Say in the reader's language a reason, note or error that the library gives in English."""
    return spoken().say(text)

"""Words in the reader's language; all of them stand in texts/<language>.yaml."""

import functools
import pathlib
import re

import streamlit as st
import yaml

LANGUAGES = {"en": "English", "fr": "Français"}
TEXTS = pathlib.Path(__file__).parent / "texts"

NONE = "\N{EN DASH}"
"""What stands where there is no number."""

_NARROW_SPACE = "\N{NARROW NO-BREAK SPACE}"


@functools.cache
def catalogue(language: str) -> dict[str, str]:
    """Return the texts of a language by key."""
    return yaml.safe_load((TEXTS / f"{language}.yaml").read_text(encoding="utf-8"))


def current() -> str:
    """Return the reader's language, a key of `LANGUAGES`."""
    return st.session_state.get("lang") or "en"


def t(key: str, **values: object) -> str:
    """Return a text; `values` fill the names in braces."""
    return catalogue(current())[key].format(**values)


def number(value: float, digits: int = 0) -> str:
    """Write a number as the language does: 1,234.5 or 1 234,5."""
    text = f"{value:,.{digits}f}"
    if current() == "fr":
        text = text.replace(",", _NARROW_SPACE).replace(".", ",")
    return text


def percent(share: float, digits: int = 0) -> str:
    """Write a share from 0 to 1 as percent, a dash for NaN."""
    if share != share:
        return NONE
    return f"{number(100 * share, digits)}\N{NO-BREAK SPACE}%"


def span(low: float, high: float, digits: int = 0) -> str:
    """Write a range of numbers."""
    return f"{number(low, digits)}\N{EN DASH}{number(high, digits)}"


def sentence(reason: str) -> str:
    """Say in the reader's language why a clip can't be used; what is not known stays as it is."""
    if current() == "en":
        return reason
    for entry in catalogue(current())["reasons"]:
        if match := re.search(entry["if"], reason):
            return entry["say"].format(*match.groups())
    return reason

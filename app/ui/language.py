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


@functools.cache
def _patterns(language: str) -> list[tuple[re.Pattern, str]]:
    """Return what the library may say, as patterns of the whole, and how the language says it."""
    entries = catalogue(language)["reasons"]
    return [(re.compile(entry["if"], re.DOTALL), entry["say"]) for entry in entries]


def sentence(text: str) -> str:
    """Say in the reader's language a reason, note or error that the library gives in English.

    Of several, with semicolons between them, each is said by itself; what is not known stays as it
    is.
    """
    if current() == "en":
        return text
    return translated(text) or "; ".join(translated(part) or part for part in text.split("; "))


def translated(text: str) -> str | None:
    """Return what the library says in the reader's language, None if that is not known."""
    for pattern, say in _patterns(current()):
        match = pattern.fullmatch(text)
        # a part of that name must be known itself: the reason after the name of a file
        if match and all(map(translated, match.groupdict().values())):
            return say.format(*map(_part, match.groups()))
    parts = [translated(part) for part in text.split("; ")] if "; " in text else [None]
    return None if None in parts else " ; ".join(parts)


_NUMBERS = re.compile(r"-?\d+\.\d+(, -?\d+\.\d+)*")


def _part(text: str) -> str:
    """Return a part of a sentence, which may be a reason itself or some numbers."""
    if not _NUMBERS.fullmatch(text):
        return sentence(text)
    return " ; ".join(number(float(each), len(each.partition(".")[2])) for each in text.split(", "))

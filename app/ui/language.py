"""Words in the reader's language.

Those of the pages stand in texts/<language>.yaml. What the library says, in English, stands in the
gettext catalogs locale/<language>/LC_MESSAGES/pygoodvibes.po; `make messages` brings new sentences
into them.
"""

import functools
import pathlib
import re
import string

import streamlit as st
import yaml

from pygoodvibes.util.find_template import Templates
from pygoodvibes.util.messages import Message, message, printable

LANGUAGES = {"en": "English", "fr": "Français"}
TEXTS = pathlib.Path(__file__).parent / "texts"
CATALOGS = pathlib.Path(__file__).parent / "locale"

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


def plain(text: str) -> str:
    """Return a name so that Markdown shows it as it is: it comes from others."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", printable(text))


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
def translations(language: str) -> dict[str, str]:
    """Return what the library says, in a language, by its template in English."""
    from babel.messages.pofile import read_po

    path = CATALOGS / language / "LC_MESSAGES" / "pygoodvibes.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    return {entry.id: entry.string for entry in catalog if entry.id and entry.string}


@functools.cache
def _templates(language: str) -> Templates:
    return Templates(translations(language))


OF_OTHERS = (
    message("No such file or directory"),
    message("Permission denied"),
    message("Is a directory"),
    message("Format not recognised"),
    message(
        "Stochastic Optimizer: Maximum iterations ({iterations}) reached and the optimization "
        "hasn't converged yet."
    ),
)
"""What the system and other libraries say most, so that it gets into the catalogs."""


def sentence(text: str) -> str:
    """Say in the reader's language a reason, note or error that the library gives in English.

    A message has its template; of a text that was in a file, the template is found again. What is
    not in the catalog stays English.
    """
    if current() == "en":
        return text
    return translated(text) or text


def translated(text: str) -> str | None:
    """Return what the library says in the reader's language, None if the catalog lacks it."""
    known = translations(current())
    if not isinstance(text, Message) or text.template not in known:
        text = _templates(current()).find(text)
    if text is None:
        return None
    if not text.values:
        return known[text.template]
    return "".join(
        literal + ("" if name is None else _value(text.values[name]))
        for literal, name, _, _ in string.Formatter().parse(known[text.template])
    )


_NUMBERS = re.compile(r"-?\d+\.\d+(, -?\d+\.\d+)*")


def _value(text: str) -> str:
    """Return a value in a sentence, which may be a message itself or some numbers."""
    if not _NUMBERS.fullmatch(text):
        return translated(text) or text
    parts = text.split(", ")
    return "\N{NO-BREAK SPACE}; ".join(
        number(float(digits), len(digits.partition(".")[2])) for digits in parts
    )

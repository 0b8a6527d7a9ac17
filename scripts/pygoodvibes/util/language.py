"""Languages: a gettext catalog each, `locale/<language>/LC_MESSAGES/pygoodvibes.po`.

Comes in: what the library says, in English, as messages or as texts that were in a file. Goes out:
the same in another language, and numbers as that language writes them. `make messages` brings new
sentences into the catalogs. A catalog is all that a language takes.
"""

import ast
import functools
import pathlib
import re
import string
from collections.abc import Mapping

from pygoodvibes.util.find_template import Templates
from pygoodvibes.util.messages import Message, message

CATALOGS = pathlib.Path(__file__).parents[1] / "locale"
FILE = "LC_MESSAGES/pygoodvibes.po"

# In the catalog: what the language calls itself.
NAME = message("English")
# In the catalog: the same numbers as the language writes them, and what stands between them.
NUMBERS = message("1,234.5, 2.5")

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


def catalog_of(language: str) -> pathlib.Path | None:
    """Return the file of a language's catalog; None for English, which needs none."""
    return None if language == "en" else CATALOGS / language / FILE


@functools.cache
def languages() -> tuple[str, ...]:
    """Return the codes of all languages, English first."""
    return ("en", *sorted(path.parents[1].name for path in CATALOGS.glob(f"*/{FILE}")))


def wanted_language(environment: Mapping[str, str]) -> str:
    """Return the language that the environment asks for, as gettext reads it; English else.

    Parameters
    ----------
    environment : mapping of str to str
        LANGUAGE (several, in order), LC_ALL, LC_MESSAGES and LANG count; the first that is set.
    """
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    asked = next((environment[name] for name in names if environment.get(name)), "")
    codes = (re.split(r"[_.@]", each)[0].lower() for each in asked.split(":"))
    return next((code for code in codes if code in languages()), "en")


@functools.cache
def language_of(code: str) -> "Language":
    """Return a language by its code, one of `languages`."""
    path = catalog_of(code)
    return ENGLISH if path is None else read_language(path)


def read_language(path: pathlib.Path) -> "Language":
    """Read a language from its catalog."""
    known = read_catalog(path)
    header = dict(line.split(": ", 1) for line in known.pop("").splitlines() if ": " in line)
    return Language(header["Language"], known)


def read_catalog(path: pathlib.Path) -> dict[str, str]:
    """Return what is translated in a gettext catalog, by its English; its header is that of ''.

    Babel, which writes catalogs, is not among the few packages that `fit` and `score` take.
    """
    known = {}
    for entry in path.read_text(encoding="utf-8").split("\n\n"):
        parts, field = {"msgid": "", "msgstr": ""}, "msgid"
        for line in entry.splitlines():
            if not line.startswith("#"):
                word, quote, rest = line.partition('"')
                field = word.strip() or field
                parts[field] += ast.literal_eval(quote + rest)
        if parts["msgstr"]:
            known[parts["msgid"]] = parts["msgstr"]
    return known


_IN_NUMBERS = re.compile(r"(?<=\d),(?=\d{3})|(?<=\d)\.(?=\d)|(?<=\d), (?=[-+]?\d)")
_NUMBERS = re.compile(r"[-+]?\d{1,3}(,\d{3})*(\.\d+)?|[-+]?\d+\.\d+(, [-+]?\d+\.\d+)*")


class Language:
    """A language.

    Parameters
    ----------
    code : str
        As in ISO 639, 'fr'.
    known : mapping of str to str
        What the library says, in this language, by its template in English.
    """

    def __init__(self, code: str, known: Mapping[str, str]):
        self.code = code
        self.known = known
        numbers = re.fullmatch("1(.*)234(.)5(.*)2(.)5", known.get(NUMBERS, NUMBERS))
        self._signs = {",": numbers[1], ".": numbers[2], ", ": numbers[3]}
        self._templates = functools.cache(lambda: Templates(known))

    @property
    def name(self) -> str:
        """Return what the language calls itself."""
        return self.known.get(NAME, NAME)

    @property
    def separators(self) -> str:
        """Return the decimal sign, and what stands between thousands."""
        return self._signs["."] + self._signs[","]

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number: 1,234.5 or 1 234,5."""
        return self.numbers(f"{value:,.{digits}f}")

    def numbers(self, text: object) -> str:
        """Write the numbers in a text as the language does; it must hold no words with numbers."""
        return _IN_NUMBERS.sub(lambda found: self._signs[found[0]], str(text))

    def say(self, text: str) -> str:
        """Say what the library says in English; what is not in the catalog stays English."""
        return self.translated(text) or text

    def translated(self, text: str) -> Message | None:
        """Return what the library says in this language, None if the catalog lacks it.

        A message has its template; of a text that was in a file, the template is found again. So
        what comes out is a message, too: who shows it can tell its words from its values.
        """
        if not self.known:
            return None
        if not isinstance(text, Message) or text.template not in self.known:
            text = self._templates().find(text)
        if text is None:
            return None
        said = self.known[text.template]
        values = {name: self._value(value) for name, value in text.values.items()}
        if values:
            pieces = string.Formatter().parse(said)
            whole = "".join(
                word + ("" if name is None else values[name]) for word, name, *_ in pieces
            )
        else:
            whole = said
        result = Message(whole)
        result.template, result.values = said, values
        return result

    def _value(self, text: str) -> str:
        """Return a value in a sentence, which may be a message itself or some numbers."""
        if _NUMBERS.fullmatch(text):
            return self.numbers(text)
        return self.say(text)


ENGLISH = Language("en", {})

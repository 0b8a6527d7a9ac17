"""A sentence that knows how it was made: what the library says, ready to be said in a language.

A template in English and its values come in, a `Message` goes out. It is the English text, so that
files and the command line take it as any other text; who says it in another language takes the
template and the values.
"""

import string
import unicodedata
from collections.abc import Iterable


class Message(str):
    """An English text with the template and the values that it was made of.

    Attributes
    ----------
    template : str
        The text with the names of the values in braces, as `str.format` takes it; the key of its
        translation.
    values : dict of str to str
        What stands in the text for each name. A value that is a message itself stays one.
    """

    template: str
    values: dict[str, str]


def message(template: str, /, **values: object) -> Message:
    """Make a message.

    Parameters
    ----------
    template : str
        The text with names in braces. Without values it is the text as it stands; a message is
        returned as it is.
    values : object
        By name; written into the text as `str.format` does. Of a `UserError` the message is taken.

    Returns
    -------
    Message
        The English text.

    Raises
    ------
    KeyError
        If the template names a value that is not given.
    """
    if isinstance(template, Message):
        return template
    written: dict[str, str] = {}
    text = template
    if values:
        pieces = []
        for literal, name, form, conversion in string.Formatter().parse(template):
            pieces.append(literal)
            if name is not None:
                written[name] = _written(values[name], form or "", conversion)
                pieces.append(written[name])
        text = "".join(pieces)
    result = Message(text)
    result.template, result.values = template, written
    return result


def _written(value: object, form: str, conversion: str | None) -> str:
    if isinstance(value, Exception) and value.args and isinstance(value.args[0], Message):
        value = value.args[0]
    if isinstance(value, Message) and not form and conversion is None:
        return value
    converted = string.Formatter().convert_field(value, conversion)
    return format(converted, form)


def printable(text: str) -> str:
    r"""Return a text as a terminal may show it: characters that steer the terminal as escapes.

    Names of files come from others. They may hold escape sequences, which clear the screen or write
    over lines, line ends, which look like lines of ours, and marks that turn the order of letters.

    Parameters
    ----------
    text : str
        Of a `Message`, the values are escaped, and the line ends of its template stay.

    Returns
    -------
    str
        With \x1b, \n, \u202e and the like in place of such characters; bytes that were no UTF-8
        become \udc80 to \udcff.
    """
    if not isinstance(text, Message):
        if text.isascii() and text.isprintable():  # as almost all are
            return text
        return "".join(_escaped(each) if _steers(each) else each for each in text)
    if not text.values:
        return "\n".join(map(printable, str(text).split("\n")))
    pieces = []
    for literal, name, _, _ in string.Formatter().parse(text.template):
        pieces.append(literal)
        if name is not None:
            pieces.append(printable(text.values[name]))
    return "".join(pieces)


_STEERING = {"Cc", "Cs", "Zl", "Zp"}
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def _steers(character: str) -> bool:
    """Say whether a character is no letter, sign or space, but an order."""
    return (
        unicodedata.category(character) in _STEERING
        or unicodedata.bidirectional(character) in _TURNING
    )


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


BY_SEMICOLONS = message("{first}; {rest}")
BY_LINES = message("{first}\n{rest}")
BY_WORDS = message("{first} {rest}")
BY_COMMAS = message("{first}, {rest}")
BY_AND = message("{first} and {rest}")


def joined(messages: Iterable[str], by: Message = BY_SEMICOLONS) -> Message:
    """Join messages, one or more, in one message: `BY_SEMICOLONS` or another of the `BY_`."""
    first, *rest = messages
    if not rest:
        return message(first)
    return message(by.template, first=first, rest=joined(rest, by))


def templates(text: str) -> tuple[str, ...]:
    """Return the templates of a message and of the messages in it: what it says, without amounts.

    Parameters
    ----------
    text : str
        A message; another text is its own template.
    """
    if not isinstance(text, Message):
        return (text,)
    inner = (value for value in text.values.values() if isinstance(value, Message))
    return (text.template, *(each for value in inner for each in templates(value)))

"""A sentence that knows how it was made: what the library says, ready to be said in a language.

A template in English and its values come in, a `Message` goes out. It is the English text, so that
files and the command line take it as any other text; who says it in another language takes the
template and the values.
"""

import string
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


BY_SEMICOLONS = message("{first}; {rest}")
BY_LINES = message("{first}\n{rest}")


def joined(messages: Iterable[str], by: Message = BY_SEMICOLONS) -> Message:
    """Join messages, one or more, in one message: `BY_SEMICOLONS` or `BY_LINES`."""
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

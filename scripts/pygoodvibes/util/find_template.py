"""Find again how a text of the library was made, where a file kept no more than the text.

A text and the templates that the library has come in, a `Message` goes out: the same that was made
before the text went into the file. Nothing else is known of the texts than the templates.
"""

import functools
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pygoodvibes.util.messages import (
    BY_AND,
    BY_COMMAS,
    BY_LINES,
    BY_SEMICOLONS,
    BY_WORDS,
    Message,
)

_ENOUGH = 3
"""Letters of the begin, or of the end, by which templates are looked up."""


@dataclass(frozen=True)
class _Template:
    """A template in pieces: `literals[0]`, `names[0]`, `literals[1]`, ... to the last literal.

    `numbers` says of each value whether its format makes it a number.
    """

    text: str
    literals: tuple[str, ...]
    names: tuple[str, ...]
    numbers: tuple[bool, ...]

    @property
    def letters(self) -> int:
        """How many letters of a text it accounts for."""
        return sum(letter.isalpha() for literal in self.literals for letter in literal)

    def matches(self, text: str) -> Iterator[tuple[str, ...]]:
        """Yield the values of the names, in all ways that they can stand in a text."""
        if not self.names:
            if text == self.text:
                yield ()
            return
        first, *between, last = self.literals
        if len(text) < len(first) + len(last):
            return
        if text.startswith(first) and text.endswith(last):
            for values in self._split(text[len(first) : len(text) - len(last)], between):
                by_name = dict(zip(self.names, values, strict=True))
                if all(
                    by_name[name] == value for name, value in zip(self.names, values, strict=True)
                ):
                    yield values

    def _split(self, text: str, between: list[str]) -> Iterator[tuple[str, ...]]:
        number = self.numbers[len(self.names) - len(between) - 1]
        if not between:
            if not number or _is_number(text):
                yield (text,)
            return
        place = text.find(between[0])
        while place >= 0:
            if not number or _is_number(text[:place]):
                for rest in self._split(text[place + len(between[0]) :], between[1:]):
                    yield (text[:place], *rest)
            place = text.find(between[0], place + 1)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def _parse(template: str) -> _Template:
    literals, names, numbers = [""], [], []
    for literal, name, form, _ in string.Formatter().parse(template):
        literals[-1] += literal
        if name is not None:
            literals.append("")
            names.append(name)
            numbers.append(bool(form) and form[-1] in "defgEFG")
    return _Template(template, tuple(literals), tuple(names), tuple(numbers))


class Templates:
    """Templates to find among.

    Parameters
    ----------
    templates : iterable of str
        Templates as `pygoodvibes.util.messages.message` takes them. There must be some text
        between two values.
    """

    def __init__(self, templates: Iterable[str]):
        # what lists words or sentences fits half of all texts
        wanted = (text for text in templates if text not in (BY_WORDS, BY_COMMAS, BY_AND))
        known = [template for template in map(_parse, wanted) if any(template.literals)]
        joints = (BY_SEMICOLONS, BY_LINES)
        # if two account for as many letters: a template that joins goes first, since messages are
        # joined last; else the one with more letters of its own
        self._known = sorted(
            known, key=lambda template: (template.text not in joints, -template.letters)
        )
        # of hundreds of templates, the begin or the end of a text leaves some
        self._by_begin: dict[str, list[tuple[int, _Template]]] = {}
        self._by_end: dict[str, list[tuple[int, _Template]]] = {}
        self._others: list[tuple[int, _Template]] = []
        for place, template in enumerate(self._known):
            begin, end = template.literals[0][:_ENOUGH], template.literals[-1][-_ENOUGH:]
            if len(begin) == _ENOUGH:
                self._by_begin.setdefault(begin, []).append((place, template))
            elif len(end) == _ENOUGH:
                self._by_end.setdefault(end, []).append((place, template))
            else:
                self._others.append((place, template))
        self._whole = {template.text: template for template in known if not template.names}
        self._best = functools.lru_cache(maxsize=10_000)(self._find)

    def find(self, text: str) -> Message | None:
        """Return the message that a text is, its values found in the same way; None if none.

        If several fit, it is the one whose templates account for the most letters of the text.
        """
        return self._best(str(text))[1]

    def _find(self, text: str) -> tuple[int, Message | None]:
        if whole := self._whole.get(text):
            # nothing accounts for more; to try all others on a long text would take minutes
            return whole.letters, _made(text, whole, ())
        best: tuple[int, Message | None] = 0, None
        candidates = [
            *self._by_begin.get(text[:_ENOUGH], ()),
            *self._by_end.get(text[-_ENOUGH:], ()),
            *self._others,
        ]
        for _, template in sorted(candidates, key=lambda candidate: candidate[0]):
            for values in template.matches(text):
                inner = [self._best(value) for value in values]
                letters = template.letters + sum(known for known, _ in inner)
                if letters > best[0]:
                    parts = [
                        value if inner_message is None else inner_message
                        for value, (_, inner_message) in zip(values, inner, strict=True)
                    ]
                    best = letters, _made(text, template, parts)
        return best


def _made(text: str, template: _Template, values: Iterable[str]) -> Message:
    result = Message(text)
    result.template, result.values = template.text, dict(zip(template.names, values, strict=True))
    return result

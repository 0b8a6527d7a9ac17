"""Help and wrong usage in the language that is asked for: what argparse says, and what it is told.

Comes in: a parser with English texts. Goes out: the same parser in another language; a text that
the catalog lacks stays English.
"""

import argparse
import contextlib
import itertools
import re
import textwrap
from collections.abc import Iterator

from pygoodvibes.cli.lines import WIDEST
from pygoodvibes.util.language import Language
from pygoodvibes.util.messages import Message, message

OF_ARGPARSE = (
    message("usage: "),
    message("positional arguments"),
    message("options"),
    message("show this help message and exit"),
    message("%(prog)s: error: %(message)s\n"),
    message("argument %(argument_name)s: %(message)s"),
    message("the following arguments are required: %s"),
    message("unrecognized arguments: %s"),
    message("expected one argument"),
    message("expected at least one argument"),
    message("not allowed with argument %s"),
    message("ambiguous option: %(option)s could match %(matches)s"),
    message("invalid choice: %(value)r (choose from %(choices)s)"),
    message("invalid %(type)s value: %(value)r"),
)
"""What argparse says by itself, so that it gets into the catalogs."""


class Paragraphs(argparse.HelpFormatter):
    """Breaks paragraphs between words, as wide as the terminal; examples, indented, stay lines.

    What an example does is said below it where there is no room beside it.
    """

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        width = min(width, WIDEST)
        lines = []
        for is_prose, group in itertools.groupby(
            text.splitlines(), lambda line: bool(line) and not line.startswith(" ")
        ):
            if is_prose:
                paragraph = " ".join(group)
                lines += _wrapped(paragraph, width, indent=indent)
                continue
            for line in group:
                lines += _example(f"{indent}{line}", width) if line else [""]
        return "\n".join(lines)


def _example(line: str, width: int) -> list[str]:
    parts = re.fullmatch(r"( *\S.*?) {2,}(\S.*)", line)
    if len(line) <= width or parts is None:
        return [line]
    beyond = " " * (len(line) - len(line.lstrip()) + 4)
    return [parts[1], *_wrapped(parts[2], width, indent=beyond)]


def _wrapped(text: str, width: int, *, indent: str) -> list[str]:
    # a no-break space is no place to break: it keeps a French colon where it belongs
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


@contextlib.contextmanager
def argparse_in(language: Language) -> Iterator[None]:
    """Let argparse say its own words in a language.

    It looks them up with gettext, in compiled catalogs of its own, which nobody has.
    """
    own = argparse._
    argparse._ = lambda text: language.known.get(text, text)
    try:
        yield
    finally:
        argparse._ = own


def translate(parser: argparse.ArgumentParser, language: Language) -> None:
    """Put the messages that a parser and its commands say of themselves into a language."""

    def say(text: str | None) -> str | None:
        # to find the template of another text again, all of the catalog would be tried on it
        return language.say(text) if isinstance(text, Message) else text

    parser.description, parser.epilog = say(parser.description), say(parser.epilog)
    for action in parser._actions:
        action.help = say(action.help)
        if isinstance(action, argparse._SubParsersAction):
            action.metavar = say(action.metavar)
            for listed in action._choices_actions:
                listed.help = say(listed.help)
            for command in action.choices.values():
                translate(command, language)


def asked_for(arguments: list[str]) -> str | None:
    """Return the language that arguments ask for, before they are read; None if they don't."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--lang")
    with contextlib.suppress(argparse.ArgumentError):
        return parser.parse_known_args(arguments)[0].lang
    return None

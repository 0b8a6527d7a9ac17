"""Help and wrong usage in the language that is asked for: what argparse says, and what it is told.

Comes in: a parser with English texts. Goes out: the same parser in another language; a text that
the catalog lacks stays English.
"""

import argparse
import contextlib
from collections.abc import Iterator

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

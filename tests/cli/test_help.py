import argparse

import pytest

from pygoodvibes.cli.help import OF_ARGPARSE, Paragraphs, argparse_in, asked_for, translate
from pygoodvibes.cli.main import COMMANDS, build_parser, main
from pygoodvibes.util.language import language_of, languages
from pygoodvibes.util.messages import Message

OTHERS = [language for language in languages() if language != "en"]


def texts(parser):
    """Yield what a parser and its commands say of themselves."""
    yield from (parser.description, parser.epilog)
    for action in parser._actions:
        yield action.help
        if isinstance(action, argparse._SubParsersAction):
            yield from (listed.help for listed in action._choices_actions)
            for command in action.choices.values():
                yield from texts(command)


def shown(arguments, capsys):
    """Return what a command prints before it leaves, on both outputs."""
    with pytest.raises(SystemExit):
        main(arguments)
    return "".join(capsys.readouterr())


@pytest.mark.parametrize("language", OTHERS)
def test_all_help_that_is_made_of_messages_is_translated(language):
    parser = build_parser()
    english = list(texts(parser))
    translate(parser, language_of(language))
    of_plants = 0
    for before, after in zip(english, texts(parser), strict=True):
        if isinstance(before, Message):
            of_plants += 1
            known = language_of(language).known
            assert before.template in known and str(after) == str(known[before.template])
        else:
            assert after == before
    assert of_plants > 50


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["score", "--help", "--lang", "fr"], "utilisation : pygoodvibes score"),
        (["score", "--help", "--lang=fr"], "montrer cette aide et terminer"),
        (["fit", "--help", "--lang", "de"], "exitcode"),
        (["fit", "--lang", "de"], "es fehlen diese Argumente: FOLDER"),
        (["fit", ".", "--hop", "-1", "--lang", "fr"], "-1 n'est pas un nombre de secondes"),
        (["score", "--order", "odd", "--lang", "fr"], "valeur impossible : 'odd'"),
        (["fit", ".", "--lang", "xx"], "invalid choice: 'xx'"),
    ],
)
def test_help_and_wrong_usage_are_in_the_language_that_is_asked_for(arguments, said, capsys):
    out = shown(arguments, capsys).replace("\u00a0", " ").replace("Rückgabewert", "exitcode")
    assert said in out
    # and the next command is in English again
    assert "usage: pygoodvibes fit" in shown(["fit", "--help"], capsys)


def test_the_locale_decides_where_nothing_is_asked_for(monkeypatch, capsys):
    monkeypatch.setenv("LANGUAGE", "de_AT.UTF-8")
    assert "Aufruf: pygoodvibes" in shown(["--help"], capsys)
    assert "usage: pygoodvibes" in shown(["fit", "--help", "--lang", "en"], capsys)


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], None),
        (["score", "a.pgv", "--lang", "fr", "b.wav"], "fr"),
        (["--lang=de"], "de"),
        (["fit", "--lang"], None),
        (["fit", "--la", "fr"], None),
        (["score", "--language"], None),
    ],
)
def test_the_language_is_known_before_arguments_are_read(arguments, asked):
    assert asked_for(arguments) == asked


def test_words_of_argparse_are_those_that_it_uses():
    import inspect

    source = inspect.getsource(argparse)
    for text in OF_ARGPARSE:
        assert repr(str(text))[1:-1] in source, text
    own = argparse._
    with argparse_in(language_of("fr")):
        assert argparse._("options") == "options" and argparse._("usage: ") != "usage: "
        assert argparse._("no word of ours") == "no word of ours"
    assert argparse._ is own


def length_of_longest_line(text):
    return max(len(line.rstrip()) for line in text.splitlines())


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("command", COMMANDS)
def test_help_is_no_wider_than_the_terminal(command, language, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    help_text = shown([command, "--help", "--lang", language], capsys)
    assert length_of_longest_line(help_text) <= 80


def test_paragraphs_are_broken_between_words_and_examples_stay_lines(monkeypatch):
    monkeypatch.setenv("COLUMNS", "42")
    epilog = (
        "examples:\n  a --b c        short\n  a --bcdefg hijk        too long for a line\n\n"
        "One two three four five six\nseven eight nine\N{NO-BREAK SPACE}: ten.\n"
    )
    parser = argparse.ArgumentParser("a", epilog=epilog, formatter_class=Paragraphs, add_help=False)
    assert parser.format_help().partition("\n\n")[2] == (
        "examples:\n  a --b c        short\n  a --bcdefg hijk\n      too long for a line\n\n"
        "One two three four five six seven eight\nnine\N{NO-BREAK SPACE}: ten.\n"
    )
    monkeypatch.setenv("COLUMNS", "300")
    parser.epilog = 60 * "word "
    assert length_of_longest_line(parser.format_help()) <= 100


@pytest.mark.parametrize(
    ("language", "word"), [("en", "COMMAND"), ("fr", "COMMANDE"), ("de", "BEFEHL")]
)
def test_a_command_is_missed_in_the_language_wherever_it_is_asked_for(language, word, capsys):
    for arguments in (["--lang", language], ["odd", "--lang", language]):
        said = shown(arguments, capsys).splitlines()[-1]
        assert word in said and "command:" not in said
    assert f"{word} ..." in shown(["--lang", language, "--help"], capsys)

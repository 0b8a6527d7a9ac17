"""The catalogs: complete, typeset as their language, and found again; and how a language speaks."""

import pathlib
import re
import string

import pytest
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po

from pygoodvibes.util.language import (
    ENGLISH,
    Language,
    catalog_of,
    language_of,
    languages,
    read_catalog,
    wanted_language,
)
from pygoodvibes.util.messages import BY_AND, BY_COMMAS, BY_WORDS, message, printable

ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYWORDS = {"message": None, "UserError": None, "say": None}
OTHERS = languages()[1:]

# words that a language shares with English
SHARED = {
    "fr": {"1 machine", "{count:,d} machines", "AUC", "F1", "ID", "Machine", "Machines", "Score",
           "Section", "Verdict", "pAUC", "section", "sections", "AUC source", "F1 source",
           "Test normal source", "options"},
    "de": {"AUC", "Drift: {drift}", "F1", "ID", "Normal", "Score", "Section", "Test normal", "pAUC",
           "git {command}: {reason}"},
}  # fmt: skip


@pytest.fixture(params=OTHERS)
def language(request):
    return language_of(request.param)


@pytest.fixture(scope="module")
def extracted():
    """Return the templates that Babel finds, as `make messages` does."""
    found = {
        text
        for folder in ("scripts", "app")
        for _, _, text, _, _ in extract_from_dir(ROOT / folder, keywords=KEYWORDS)
    }
    options = {"silent": "false"}
    for path in (ROOT / "report").glob("*.j2"):
        found |= {each[1] for each in extract_from_file("jinja2", path, KEYWORDS, options=options)}
    return {text if isinstance(text, str) else text[0] for text in found}


# the catalogs


def test_every_sentence_of_the_library_is_translated(extracted, language):
    """Where it fails: `make messages`, then write what is missing into the catalog."""
    assert len(extracted) > 600
    assert sorted(extracted - set(language.known)) == []


def test_the_catalog_has_no_sentence_that_the_library_lacks(extracted, language):
    assert sorted(set(language.known) - extracted) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalog_is_read_as_babel_reads_it(code):
    path = catalog_of(code)
    with path.open("rb") as file:
        catalog = read_po(file, locale=code)
    known = read_catalog(path)
    assert f"Language: {code}\n" in known.pop("")
    assert known == {entry.id: entry.string for entry in catalog if entry.id and entry.string}


def placeholders(template):
    """Return the names in braces, with their formats."""
    fields = string.Formatter().parse(template)
    return {(name, form, conversion) for _, name, form, conversion in fields if name is not None}


def test_the_translation_has_the_values_of_the_english(language):
    wrong = {
        text for text, said in language.known.items() if placeholders(text) != placeholders(said)
    }
    assert wrong == set()
    assert placeholders("{a:g} of {b}") != placeholders("{a} sur {b}")


def test_the_french_is_typeset_as_french():
    for said in language_of("fr").known.values():
        assert not re.search(r" [:;?!%](\s|$)|« | »", said), said
        assert not re.search(r"[^\s\d\W/];(\s|$)|\w\?(\s|$)", said), said


def letters(template):
    literals = (literal for literal, *_ in string.Formatter().parse(template))
    return any(letter.isalpha() for literal in literals for letter in literal)


class Filled(dict):
    """Values for a template: numbers where its format asks for one."""

    def __init__(self, template):
        fields = string.Formatter().parse(template)
        values = {name: 7 if form else f"<{name}>" for _, name, form, _ in fields if name}
        super().__init__(values)


def test_nothing_is_left_in_english(language):
    same = {text for text, said in language.known.items() if letters(text) and text == said}
    assert same == SHARED[language.code]


def test_every_sentence_is_found_again_in_a_file(language):
    for template in language.known:
        made = message(template, **Filled(template))
        if letters(template) and template not in (BY_WORDS, BY_COMMAS, BY_AND):
            assert language.translated(str(made)) == language.translated(made) is not None, template


# how a language speaks


def test_english_says_what_it_is_given():
    made = message("{count:,d} clips of {share:.1f} %", count=1200, share=2.5)
    assert ENGLISH.say(made) == "1,200 clips of 2.5 %"
    assert ENGLISH.number(1234.5, 1) == "1,234.5"
    assert (ENGLISH.name, ENGLISH.separators, language_of("en")) == ("English", ".,", ENGLISH)


def test_numbers_in_a_sentence_are_written_as_the_language_does():
    known = {
        "1,234.5, 2.5": "1.234,5; 2,5",
        "{a} of {b}": "{a} von {b}",
        "{count:,d} clips": "{count:,d} Aufnahmen",
    }
    other = Language("xx", known)
    clips = message("{count:,d} clips", count=1_000_000)
    made = message("{a} of {b}", a="-1.25, 2.50", b=clips)
    assert other.say(made) == "-1,25; 2,50 von 1.000.000 Aufnahmen"
    assert other.number(-1234.56, 1) == "-1.234,6"
    assert other.numbers("93.3 [91.0, 95.5] / 30,987") == "93,3 [91,0; 95,5] / 30.987"
    # names of machines, lists of whole numbers
    assert other.say(message("{a} of {b}", a="00", b="1, 2")) == "00 von 1, 2"
    assert other.say("1,200 clips") == "1.200 Aufnahmen"
    assert (other.name, other.separators) == ("English", ",.")


def test_what_a_catalog_lacks_stays_english(language):
    assert language.translated("the 7 smells") is None
    assert language.say("results/a.csv: too green") == "results/a.csv: too green"


def test_a_language_is_a_catalog(tmp_path, monkeypatch):
    from pygoodvibes.util import language as module

    folder = tmp_path / "eo" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "pygoodvibes.po").write_text(
        '# one\nmsgid ""\nmsgstr ""\n"Language: eo\\n"\n\n#: a.py\nmsgid "English"\n'
        'msgstr "Esperanto"\n\nmsgid ""\n"1 \\"clip\\"\\n"\n"more"\nmsgstr ""\n"unu\\n"\n'
        '"peco"\n\nmsgid "not yet"\nmsgstr ""\n',
        encoding="utf-8",
    )
    monkeypatch.setattr(module, "CATALOGS", tmp_path)
    assert module.languages.__wrapped__() == ("en", "eo")
    found = module.language_of.__wrapped__("eo")
    assert (found.code, found.name) == ("eo", "Esperanto")
    assert found.known == {"English": "Esperanto", '1 "clip"\nmore': "unu\npeco"}


@pytest.mark.parametrize(
    ("environment", "code"),
    [
        ({}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "de_DE@euro", "LC_MESSAGES": "C"}, "en"),
        ({"LC_ALL": "de_AT", "LANG": "fr_FR"}, "de"),
        ({"LANGUAGE": "tr:fr:de", "LANG": "de_DE"}, "fr"),
        ({"LANG": "../../etc"}, "en"),
        ({"LANGUAGE": "", "LANG": "DE_de"}, "de"),
    ],
)
def test_the_language_that_the_environment_asks_for(environment, code):
    assert wanted_language(environment) == code


def test_what_was_said_can_be_shown_safely():
    """Values come from others, words do not: of the former, what steers a terminal is escaped."""
    known = {"{path}: gone\nfor good": "{path} : parti\npour de bon"}
    told = Language("fr", known).say(message("{path}: gone\nfor good", path="a\x1b[2J\n.wav"))
    assert printable(told) == "a\\x1b[2J\\n.wav : parti\npour de bon"

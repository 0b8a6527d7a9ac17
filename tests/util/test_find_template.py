"""A text from a file is the message again that it was."""

import pytest

from pygoodvibes.util.find_template import Templates
from pygoodvibes.util.messages import joined, message

TEMPLATES = (
    "{path}: {reason}",
    "{path}: no such file",
    "no such file",
    "can't be read ({reason})",
    "{key} {asked} lowered to {used}: {clips} training clips",
    "{detector} has {value:.2f}",
    "chosen: {detectors} ({reason}, {more})",
    "{name} {values}, the highest of {candidates} candidates",
    "record at {rate} Hz, not {found}, but {rate} Hz",
    "a {{brace}} {x!r}",
    "{first}; {rest}",
)


@pytest.fixture
def known():
    return Templates(TEMPLATES)


NESTED = message("can't be read ({reason})", reason=message("no such file"))


@pytest.mark.parametrize(
    "made",
    [
        message("no such file"),
        message("{path}: no such file", path="a/b: c.csv"),
        message("{path}: {reason}", path="a.csv", reason=NESTED),
        message("{detector} has {value:.2f}", detector="frames: mean, whiten", value=-1.5),
        message("record at {rate} Hz, not {found}, but {rate} Hz", rate=8000, found=16000),
        message("a {{brace}} {x!r}", x="it's"),
        joined([message("no such file"), NESTED, message("no such file")]),
        message(
            "chosen: {detectors} ({reason}, {more})",
            detectors="fusion + fusion: delta, whiten",
            reason=message(
                "{name} {values}, the highest of {candidates} candidates",
                name="separation",
                values="2.50, 1.25",
                candidates=26,
            ),
            more=message("{detector} has {value:.2f}", detector="fusion", value=1),
        ),
    ],
)
def test_a_text_becomes_the_message_that_it_was(known, made):
    found = known.find(str(made))

    def told(text):
        values = getattr(text, "values", {})
        return (
            str(text),
            getattr(text, "template", None),
            {key: told(values[key]) for key in values},
        )

    assert told(found) == told(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "something else",
        "a.csv: something else",
        "one; two",
        "frames has many",
        "record at 8000 Hz, not 1, but 9000 Hz",
    ],
)
def test_a_text_of_no_template_is_none(known, text):
    assert known.find(text) is None


def test_a_long_text_without_values_is_found_at_once():
    text = "words, and more of them; " * 100
    known = Templates([text, "{a}, {b}; {c}", "{a}, and {b} of {c}; {d}"])
    found = known.find(text)
    assert (found.template, found.values) == (text, {})


def test_of_several_the_one_that_accounts_for_most_is_found(known):
    both = "n 64 lowered to 12: 12 training clips; a.csv: no such file"
    found = known.find(both)
    assert found.template == "{first}; {rest}"
    assert found.values["first"].template.startswith("{key} {asked}")
    assert found.values["rest"].template == "{path}: no such file"


def test_a_template_without_words_of_its_own_needs_a_known_value(known):
    assert known.find("a.csv: no such file").values == {"path": "a.csv"}
    assert known.find("a.csv: too green") is None

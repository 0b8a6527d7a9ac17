"""A message is the English text, and knows its template and values."""

import copy
import csv
import io
import json
import pickle

import pytest

from pygoodvibes.util.errors import UserError
from pygoodvibes.util.messages import BY_LINES, Message, joined, message, printable, templates


def test_a_message_is_the_text_that_an_f_string_would_be():
    name, share, path = "a b", 0.12345, "x/y.wav"
    made = message("{path}: {name!r} has {share:.2f}, {{}}", path=path, name=name, share=share)
    assert made == f"{path}: {name!r} has {share:.2f}, {{}}"
    assert made.template == "{path}: {name!r} has {share:.2f}, {{}}"
    assert made.values == {"path": "x/y.wav", "name": "'a b'", "share": "0.12"}


def test_without_values_a_template_is_the_text_as_it_stands():
    made = message("a {brace} and {")
    assert (made, made.template, made.values) == ("a {brace} and {", "a {brace} and {", {})


def test_a_value_that_is_a_message_or_an_error_stays_one():
    inner = message("no {what}", what="file")
    for value in (inner, UserError("no {what}", what="file")):
        outer = message("{path}: {reason}", path="a.csv", reason=value)
        assert outer == "a.csv: no file"
        assert isinstance(outer.values["reason"], Message)
        assert outer.values["reason"].values == {"what": "file"}
    assert message(outer) is outer
    assert type(message("{error}", error=ValueError("bad")).values["error"]) is str


def test_a_value_that_is_not_given_is_an_error():
    with pytest.raises(KeyError, match="path"):
        message("{path}: {reason}", reason="gone")


def test_messages_are_joined_in_one():
    both = joined([message("no {what}", what="file"), message("try again")])
    assert both == "no file; try again"
    assert (both.values["first"].template, both.values["rest"].template) == (
        "no {what}",
        "try again",
    )
    assert joined(["a", "b", "c"], BY_LINES) == "a\nb\nc"
    assert joined(["a"]) == "a"


def test_templates_are_what_is_said_without_the_amounts():
    def said(decibels):
        return joined([message("{by} dB", by=decibels), message("no {what}", what=message("file"))])

    assert templates(said(1)) == templates(said(2))
    assert templates(said(1)) == ("{first}; {rest}", "{by} dB", "no {what}", "file")
    assert templates("plain {text}") == ("plain {text}",)


def test_an_error_has_the_message():
    error = UserError("{path}: no {what}", path="a", what="b")
    assert str(error) == "a: no b"
    assert error.message.template == "{path}: no {what}"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_what_is_sent_to_another_process_keeps_template_and_values(copied):
    error = copied(UserError("{path}: {reason}", path="a", reason=message("no {x}", x="b")))
    assert str(error) == "a: no b"
    assert error.message.values["reason"].values == {"x": "b"}


def test_files_hold_the_text():
    made = message("{path}: gone", path="a")
    assert json.dumps({"note": made}) == '{"note": "a: gone"}'
    file = io.StringIO()
    csv.writer(file).writerow([made])
    assert file.getvalue() == "a: gone\r\n"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[31mred\x9b2J", "\\x1b[31mred\\x9b2J"),
        ("a\rb\nc\td\x7f", "a\\rb\\nc\\td\\x7f"),
        ("evil\u202egnp.exe\u2028", "evil\\u202egnp.exe\\u2028"),
        ("caf\udce9", "caf\\udce9"),
        ("Büro 3\u00a0機械 \u200cفن 🔧.wav", "Büro 3\u00a0機械 \u200cفن 🔧.wav"),
    ],
)
def test_what_steers_a_terminal_is_escaped_and_what_people_write_stays(name, shown):
    assert printable(name) == shown
    first = message("{path}: no such file", path=name)
    assert printable(first) == f"{shown}: no such file"
    # the lines of several messages stay lines, those of a name don't
    assert printable(joined([first, message("two\nlines")], BY_LINES)) == (
        f"{shown}: no such file\ntwo\nlines"
    )

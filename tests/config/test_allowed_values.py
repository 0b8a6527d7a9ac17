import pytest

from pygoodvibes.config.allowed_values import in_words


@pytest.mark.parametrize(
    ("node", "words"),
    [
        ({"type": "integer"}, "a whole number"),
        ({"type": "integer", "minimum": 2, "maximum": 9}, "a whole number from 2 to 9"),
        ({"type": "number", "exclusiveMinimum": 0.5}, "a number above 0.5"),
        ({"type": "number", "maximum": 3}, "a number of at most 3"),
        (
            {"type": "number", "exclusiveMaximum": 3, "minimum": 1},
            "a number of at least 1 and below 3",
        ),
        ({"type": "string", "pattern": "^x+$"}, "text that matches ^x+$"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, "true or false, or null"),
        ({"enum": ["a"]}, "'a'"),
        ({"const": "all"}, "'all'"),
        ({"$ref": "#/$defs/Mel"}, "a table of keys"),
    ],
)
def test_words(node, words):
    assert in_words(node) == words


def test_what_there_are_no_words_for_is_an_error():
    with pytest.raises(ValueError, match="no words for"):
        in_words({"type": "tuple"})

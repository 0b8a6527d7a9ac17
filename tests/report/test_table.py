import html.parser
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pygoodvibes.report.table import (
    NOTHING,
    Table,
    best_marked,
    best_of,
    percent,
    points,
    with_bounds,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "+1.2"),
        (-0.1, "-10.0"),
        (0.0, "0.0"),
        (-0.0001, "0.0"),
        (math.nan, NOTHING),
        (None, NOTHING),
    ],
)
def test_differences_have_their_sign(value, text):
    assert points(value) == text


def test_interval_in_brackets():
    assert with_bounds(0.5, 0.25, 0.75) == "50.0 [25.0, 75.0]"
    assert with_bounds(0.01, -0.01, 0.02, points) == "+1.0 [-1.0, +2.0]"
    assert with_bounds(0.5, None, None) == "50.0"


def test_the_best_is_bold():
    assert best_marked([0.5, math.nan, 0.75]) == ["50.0", NOTHING, "**75.0**"]
    assert best_marked([0.75, 0.75, 0.5]) == ["**75.0**", "**75.0**", "50.0"]
    # no reader sees a difference
    assert best_marked([0.75001, 0.75, 0.7]) == ["**75.0**", "**75.0**", "70.0"]


@pytest.mark.parametrize("values", [[], [0.5], [0.5, math.nan], [math.nan, math.nan]])
def test_alone_is_not_best(values):
    assert not any(best_of(values))


texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12
)
anything = st.text(max_size=12)


def cells_of(line):
    """Split a row of a Markdown table as GitHub does: at bars that no backslash escapes."""
    assert line.startswith("| ")
    assert line.endswith(" |")
    parts = re.split(r"(?<!\\)((?:\\\\)*)\|", line)
    joined = [
        before + slashes for before, slashes in zip(parts[::2], [*parts[1::2], ""], strict=True)
    ]
    return [re.sub(r"\\([\\|])", r"\1", cell.strip()) for cell in joined[1:-1]]


@given(st.lists(st.tuples(anything, anything), max_size=4))
def test_no_cell_breaks_the_markdown_table(rows):
    text = Table("Title", ["a", "b|c"], rows, text=frozenset(["a"])).markdown()
    lines = text.split("\n\n")[1].strip().split("\n") if rows else text.strip().split("\n")[2:]
    assert len(lines) == len(rows) + 2
    assert cells_of(lines[0]) == ["a", "b|c"]
    for line, row in zip(lines[2:], rows, strict=True):
        assert cells_of(line) == [" ".join(cell.split()) for cell in row]
    assert len({len(line) for line in lines}) == 1


def test_a_markdown_table():
    table = Table(
        "AUC", ["Name", "AUC"], [["lof", "97.1"], ["a|b", "5.0"]], ["Of\nfans."], {"Name"}
    )
    assert table.markdown() == (
        "## AUC\n"
        "\n"
        "| Name |  AUC |\n"
        "| ---- | ---: |\n"
        "| lof  | 97.1 |\n"
        "| a\\|b |  5.0 |\n"
        "\n"
        "- Of fans.\n"
    )


class Parser(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.cells, self.open, self.tags = [], False, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open = tag in ("td", "th")
        if self.open:
            self.cells.append("")

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.cells[-1] += data


@given(st.lists(st.tuples(texts, texts), max_size=3), texts)
def test_no_cell_breaks_the_html_table(rows, note):
    text = Table("<T>", ["a", "b"], rows, [note]).html()
    parser = Parser(text)
    assert parser.cells == ["a", "b", *(cell for row in rows for cell in row)]
    assert parser.tags.count("tr") == len(rows) + 1
    assert "&lt;T&gt;" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("", NOTHING),
        (None, NOTHING),
        (float("nan"), NOTHING),
        ("0.5", "50.0"),
        (1, "100.0"),
        (0.12345, "12.3"),
    ],
)
def test_percent(value, shown):
    assert percent(value) == shown

import io

import pytest

from pygoodvibes.cli.lines import show


class Terminal(io.StringIO):
    def isatty(self):
        return True


LONG = "Note: " + "threshold from twelve clips " * 6 + "recordings/" + "x" * 50 + ".wav"


@pytest.mark.parametrize(("columns", "width"), [("80", 80), ("20", 40), ("300", 100)])
def test_a_terminal_gets_lines_that_fit_it(monkeypatch, columns, width):
    monkeypatch.setenv("COLUMNS", columns)
    file = Terminal()
    show(LONG, "  short", file=file)
    lines = file.getvalue().splitlines()
    # a path is never broken
    assert all(len(line) <= width for line in lines if "x" * 50 not in line)
    assert len(lines) > 2 and lines[0].startswith("Note: ") and lines[-1] == "  short"
    assert all(line.startswith("  ") for line in lines[1:])
    assert " ".join(" ".join(lines[:-1]).split()) == LONG


def test_files_get_every_line_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    file = io.StringIO()
    show(LONG, file=file)
    assert file.getvalue() == f"{LONG}\n"


def test_nothing_steers_the_terminal(monkeypatch):
    file = Terminal()
    show("a\x1b[31m\nb", file=file)
    assert file.getvalue() == "a\\x1b[31m\\nb\n"

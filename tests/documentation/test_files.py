import pathlib
import re

import pytest

from pygoodvibes.documentation.files import TABLES, table
from pygoodvibes.util.errors import UserError

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def test_a_column_without_a_meaning_is_an_error():
    assert "| `machine` |  | Machine type, e.g. `pump`. |" in table(["machine"], {})
    with pytest.raises(UserError, match="without a meaning: colour"):
        table(["machine", "colour"], {})
    with pytest.raises(UserError, match="without a column: colour"):
        table(["machine"], {"colour": ("", "Its colour.")})


def test_every_table_of_files_stands_on_the_page():
    text = read("docs/reference/files.md")
    assert set(re.findall(r'part\("(\w+)"\)', text)) == set(TABLES)

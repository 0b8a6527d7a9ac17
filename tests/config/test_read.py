import subprocess
import sys

import pytest

from pygoodvibes.config.read import read_config, read_content
from pygoodvibes.util.errors import UserError


def test_content_is_read_as_it_is_and_a_config_is_checked(tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text("dataset:\n  name: x\n  source: synthetic\ndetectors:\n  knn:\n")
    assert read_content(path)["detectors"] == {"knn": None}
    assert read_config(path).detectors["knn"].method == "knn"
    path.write_text("colour: red\n")
    assert read_content(path) == {"colour": "red"}
    with pytest.raises(UserError, match="colour: there is no such key"):
        read_config(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a: [", "no valid YAML"), ("- a\n", "table of keys"), (None, "No such file")],
)
def test_what_is_no_table_of_keys_is_refused_with_its_name(tmp_path, text, said):
    path = tmp_path / "c.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match=f"c.yaml: .*{said}"):
        read_content(path)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_config_in_another_encoding_is_told(tmp_path, encoding):
    path = tmp_path / "c.yaml"
    path.write_text("name: débit", encoding=encoding)
    with pytest.raises(UserError, match=r"c\.yaml: no text in UTF-8; save it again"):
        read_content(path)


def test_content_is_read_without_pydantic():
    code = "import sys, pygoodvibes.config.read; assert 'pydantic' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)

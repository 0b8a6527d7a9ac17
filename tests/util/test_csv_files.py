import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pygoodvibes.util.csv_files import read_columns, read_records, write_records
from pygoodvibes.util.errors import UserError

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=10)


@given(st.lists(st.fixed_dictionaries({"id": texts, "note, or not": texts}), max_size=5))
@settings(deadline=None)
def test_any_text_comes_back(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("records") / "r.csv"
    write_records(path, records, ["id", "note, or not"])
    assert read_records(path) == records
    assert read_columns(path) == ["id", "note, or not"]


def test_ids_keep_their_zeros(tmp_path):
    write_records(tmp_path / "r.csv", [{"id": "00", "n": 3}], ["n", "id"])
    assert (tmp_path / "r.csv").read_bytes() == b"n,id\n3,00\n"
    assert read_records(tmp_path / "r.csv") == [{"n": "3", "id": "00"}]


def test_a_column_that_nobody_named_is_a_mistake(tmp_path):
    with pytest.raises(ValueError, match="other"):
        write_records(tmp_path / "r.csv", [{"id": "00", "other": 1}], ["id"])


def test_blank_lines_are_passed_over(tmp_path):
    (tmp_path / "r.csv").write_text("a,b\n\n1,2\n\n")
    assert read_records(tmp_path / "r.csv") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize("row", ["1", "1,2,3"])
def test_a_row_of_another_length_than_the_header_is_refused(tmp_path, row):
    (tmp_path / "r.csv").write_text(f"a,b\n1,2\n{row}\n")
    with pytest.raises(UserError, match=r"r\.csv, line 3: more or fewer values than the 2 column"):
        read_records(tmp_path / "r.csv")


def test_files_that_are_no_table_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"missing\.csv: no such file"):
        read_records(tmp_path / "missing.csv")
    with pytest.raises(UserError, match="can't be read"):
        read_records(tmp_path)
    (tmp_path / "r.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    with pytest.raises(UserError, match="no CSV file in UTF-8"):
        read_records(tmp_path / "r.csv")

import pytest

from pygoodvibes.protocols.registry import REFERENCES, protocol_of, years
from pygoodvibes.util.errors import UserError


def test_one_file_a_year_each_named_after_its_year():
    assert years() == (2020, 2021, 2022, 2023, 2024, 2025, 2026)
    assert [protocol_of(year).year for year in years()] == list(years())
    assert (REFERENCES / "dcase2020.csv").is_file()


def test_another_year_is_refused_with_the_known_ones():
    with pytest.raises(UserError, match="no year 2019 here; known are 2020, 2021"):
        protocol_of(2019)

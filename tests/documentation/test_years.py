import pytest

from pygoodvibes.documentation.years import year_table
from pygoodvibes.protocols.registry import years


@pytest.mark.parametrize("year", years())
def test_all_facts_of_a_year_stand_in_its_table(year):
    text = year_table(year)
    facts, published = text.split("\n\n")
    assert all(line.count("|") == 3 for line in facts.splitlines())
    assert all(line.count("|") == 5 for line in published.splitlines())
    assert facts.count("zenodo.org/records/") == 3


def test_what_a_year_has_that_others_have_not():
    assert "hidden, development set | ToyTrain, gearbox, slider" in year_table(2024)
    assert "counts the anomalies of this domain" in year_table(2021)
    assert "| domain of evaluation clips | hidden |" in year_table(2022)
    assert "| domain of evaluation clips | told by folder and name |" in year_table(2021)
    assert "`<machine>/supplemental/`" in year_table(2025)
    assert "2 channels; 6, 10 or 16 s; sample rate: not found" in year_table(2026)
    assert "| top team |  | not found | not found |" in year_table(2026)
    assert "| top team |  | 0.6697 |" in year_table(2023)

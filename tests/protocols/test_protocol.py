import re

import pytest

from pygoodvibes.protocols.protocol import ASDKIT, NOT_FOUND
from pygoodvibes.protocols.registry import protocol_of, years

SINCE_2021 = [year for year in years() if year > 2020]


@pytest.mark.parametrize(
    ("year", "values"), [(2021, 84), (2022, 63), (2023, 21), (2024, 27), (2025, 24), (2026, 15)]
)
def test_so_many_values_make_the_official_score(year, values):
    protocol = protocol_of(year)
    assert protocol.mean == "harmonic"
    assert len(list(protocol.parts["evaluation"].pairs())) * len(protocol.metrics) == values


def test_machine_ids_of_the_development_set_of_2020():
    protocol = protocol_of(2020)
    assert len(list(protocol.parts["development"].pairs())) == 23
    assert (protocol.domains, protocol.mean) == ((), "arithmetic")
    assert protocol.score_file("fan", "00") == "anomaly_score_fan_id_00.csv"
    assert protocol.decision_file("fan", "00") == "decision_result_fan_id_00.csv"


@pytest.mark.parametrize("year", SINCE_2021)
def test_a_section_is_of_one_part(year):
    protocol = protocol_of(year)
    for part, clips in protocol.parts.items():
        assert {protocol.part_of(*pair) for pair in clips.pairs()} == {part}
        assert set(clips.hidden_attributes) <= set(clips.sections)
    assert protocol.part_of("ToyConveyor", "00") == ""
    assert protocol.part_of("fan", "07") == ""


def test_names_of_the_files_to_hand_in():
    old, new = protocol_of(2021), protocol_of(2023)
    assert old.file_domains == ("source", "target") and new.file_domains == ("",)
    assert old.score_file("fan", "03", "target") == "anomaly_score_fan_section_03_target_test.csv"
    assert (
        old.decision_file("fan", "03", "source") == "decision_result_fan_section_03_source_test.csv"
    )
    assert new.score_file("shaker", "00") == "anomaly_score_shaker_section_00_test.csv"
    assert new.decision_file("shaker", "00") == "decision_result_shaker_section_00_test.csv"


def test_what_a_year_changed():
    assert protocol_of(2021).anomalies == "own domain"
    assert {protocol_of(year).anomalies for year in SINCE_2021[1:]} == {"both domains"}
    assert {year for year in years() if protocol_of(year).channels == 2} == {2026}
    assert {year for year in years() if protocol_of(year).supplemental} == {2025}
    assert {year for year in years() if protocol_of(year).decision_quantile is None} == {2020}
    assert protocol_of(2024).records["additional_training"] == "11259435"  # not the withdrawn one


@pytest.mark.parametrize("year", years())
def test_records_and_archives_of_all_parts(year):
    protocol = protocol_of(year)
    assert set(protocol.records) == set(protocol.archives)
    assert set(protocol.records) == {"development", "additional_training", "evaluation"}
    assert all(re.fullmatch("[0-9]{7,8}", record) for record in protocol.records.values())
    assert len({name.format(machine="fan") for name in protocol.archives.values()}) == 3


@pytest.mark.parametrize("year", years())
def test_published_results_have_a_source_or_say_that_there_is_none(year):
    published = protocol_of(year).published
    for result in published:
        assert result.part in ("development", "evaluation") and result.source
        assert (result.score is None and not result.means) == (result.source == NOT_FOUND)
        assert all(0 < value < 1 for value in [result.score or 0.5, *result.means.values()])
    assert len([each for each in published if each.source == ASDKIT]) == (16 if year <= 2024 else 0)
    assert len({(each.system, each.part) for each in published}) == len(published)


def test_best_published_scores():
    top = {
        year: each.score
        for year in SINCE_2021
        for each in protocol_of(year).published
        if each.system == "top team"
    }
    assert top == {
        2021: 0.668,
        2022: 0.7097,
        2023: 0.6697,
        2024: 0.6624,
        2025: None,
        2026: None,
    }


def test_what_was_not_found_says_so():
    assert protocol_of(2026).sample_rate is None
    assert NOT_FOUND in protocol_of(2025).formulas_from

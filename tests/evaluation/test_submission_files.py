import pytest

from clip_folders import touch
from pygoodvibes.evaluation.submission_files import find_files
from pygoodvibes.protocols.registry import protocol_of
from pygoodvibes.util.errors import UserError


@pytest.mark.parametrize(
    ("year", "name", "key"),
    [
        (2020, "anomaly_score_fan_id_00.csv", ("fan", "00", "")),
        (2021, "anomaly_score_fan_section_03_target_test.csv", ("fan", "03", "target")),
        (2022, "anomaly_score_ToyCar_section_03_test.csv", ("ToyCar", "03", "")),
        (2022, "anomaly_score_ToyCar_section_03.csv", ("ToyCar", "03", "")),
        (
            2023,
            "anomaly_score_DCASE2023T2bandsaw_section_00_test_seed13711_id(0_)_Eval.csv",
            ("bandsaw", "00", ""),
        ),
        (
            2023,
            "anomaly_score_DCASE2023T2fan_section_00_test_seed13711_id(0_).csv",
            ("fan", "00", ""),
        ),
        (2024, "anomaly_score_3DPrinter_section_00_test.csv", ("3DPrinter", "00", "")),
        (2026, "anomaly_score_sliderEmu_section_00_test.csv", ("sliderEmu", "00", "")),
    ],
)
def test_names_of_all_years(tmp_path, year, name, key):
    decision = name.replace("anomaly_score", "decision_result")
    touch(tmp_path, name, decision, "result.csv", "anomaly_score.csv")
    files = find_files(tmp_path, protocol_of(year))
    assert files.scores == {key: tmp_path / name}
    assert files.decisions == {key: tmp_path / decision}
    assert files.others == ()


def test_files_of_another_year_or_section(tmp_path):
    touch(tmp_path, "anomaly_score_DCASE2023T2fan_section_00_test_seed1.csv")
    with pytest.raises(UserError, match="its name says 2023, not 2024"):
        find_files(tmp_path, protocol_of(2024))
    touch(tmp_path / "b", "anomaly_score_fan_section_03_test.csv")
    # 2021 has a file a domain
    for year, others in ((2021, 1), (2022, 0), (2023, 1)):
        assert len(find_files(tmp_path / "b", protocol_of(year)).others) == others


def test_two_files_of_one_section_are_refused(tmp_path):
    touch(tmp_path, "anomaly_score_fan_section_03_test.csv", "anomaly_score_fan_section_03.csv")
    with pytest.raises(UserError, match="are of one machine type and section; keep one"):
        find_files(tmp_path, protocol_of(2022))


def test_a_folder_without_score_files(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        find_files(tmp_path / "a", protocol_of(2023))
    with pytest.raises(UserError, match=r"no score file; one is called anomaly_score_fan_section"):
        find_files(tmp_path, protocol_of(2023))
    touch(tmp_path, "dev_data/mse/anomaly_score_fan_section_00_test.csv")
    with pytest.raises(UserError, match=r"perhaps .*dev_data/mse is the folder you mean"):
        find_files(tmp_path, protocol_of(2023))

import pytest

from pygoodvibes.data.attributes import parse_attributes, read_attributes
from pygoodvibes.util.errors import UserError


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("car_B1_spd_34V_mic_1", (("car", "B1"), ("spd", "34V"), ("mic", "1"))),
        ("car_B1_spd_2_mic_2_mic_1", (("car", "B1"), ("spd", "2"), ("mic", "2"), ("mic", "1"))),
        ("vel_730_ac_0.11", (("vel", "730"), ("ac", "0.11"))),
        ("m-n_W", (("m-n", "W"),)),
        ("pat_04_panel_bs-c", (("pat", "04"), ("panel", "bs-c"))),
        ("n_B", (("n", "B"),)),
        ("A1Spd28VMic1", (("", "A1Spd28VMic1"),)),
        ("strength_1_ambient", (("", "strength_1_ambient"),)),
        ("mic_imp23_mic_pos_A", (("", "mic_imp23_mic_pos_A"),)),
        ("noAttribute", ()),
        ("", ()),
    ],
)
def test_attributes_of_a_name(text, pairs):
    assert parse_attributes(text) == pairs


def test_a_table_of_parameters_and_values(tmp_path):
    table = tmp_path / "attributes_00.csv"
    table.write_text(
        "file_name,d1p,d1v,d2p,d2v\n"
        "fan/train/section_00_source_train_normal_0000_a.wav,mic_pos,A,ac,0.11\n"
        "fan/train/section_00_source_train_normal_0001_a.wav,mic,2,mic,1\n"
        "fan/test/section_00_0000.wav,noAttribute,,,\n"
        "fan/test/section_00_0001.wav,spd,-3,,\n"
    )
    assert read_attributes(table) == {
        "section_00_source_train_normal_0000_a.wav": (("mic_pos", "A"), ("ac", "0.11")),
        "section_00_source_train_normal_0001_a.wav": (("mic", "2"), ("mic", "1")),
        "section_00_0000.wav": (),
        "section_00_0001.wav": (("spd", "-3"),),
    }


def test_a_table_of_full_names(tmp_path):
    table = tmp_path / "attributes_03.csv"
    table.write_text(
        "file_name,file_name_with_attributes\n"
        "ToyCar/test/section_03_0000.wav,ToyCar/test/section_03_source_test_normal_0007_vel_0.5.wav\n"
    )
    assert read_attributes(table) == {"section_03_0000.wav": (("vel", "0.5"),)}
    table.write_text(
        "source_file_name,target_file_name\n"
        "section_00_source_train_normal_0000_noAttribute.wav,"
        "section_00_source_train_normal_0000_car_A1.wav\n"
    )
    assert list(read_attributes(table).values()) == [(("car", "A1"),)]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file,d1p,d1v\na.wav,x,1\n", "no table of attributes"),
        ("file_name,kind\na.wav,x\n", "no table of attributes"),
        ("file_name,d1p,d1v\nfan/a.wav,x,1\nfan/a.wav,x,2\n", "names a.wav twice"),
    ],
)
def test_another_table_is_refused(tmp_path, text, reason):
    (tmp_path / "attributes_00.csv").write_text(text)
    with pytest.raises(UserError, match=reason):
        read_attributes(tmp_path / "attributes_00.csv")

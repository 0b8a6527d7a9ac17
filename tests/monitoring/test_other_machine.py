import dataclasses

import pytest

from pygoodvibes.monitoring import other_machine


@pytest.fixture
def fan(model):
    return dataclasses.replace(model, name="fan_id_00", machine="fan", id="00")


def test_another_machine_id_is_told_once_with_the_number_of_clips(fan):
    clips = [
        "today/normal_id_00_00000001.wav",
        "today/normal_id_04_00000001.wav",
        "today/anomaly_id_02_00000002.wav",
        "today/section_04_source_test_normal_0000.wav",
    ]
    assert other_machine.of_others([fan], clips) == [
        "today/normal_id_04_00000001.wav (and 2 more): recordings of machine ID 02, 04, and model "
        "fan_id_00 is one of 00"
    ]


def test_another_machine_type_is_told_by_the_folder(fan):
    clips = ["dcase/pump/test/normal_id_00_00000001.wav", "fan/id_02/normal/00000003.wav"]
    assert other_machine.of_others([fan], clips) == [
        f"{clips[0]}: recordings of machine type pump, and model fan_id_00 is one of fan",
        f"{clips[1]}: recordings of machine ID 02, and model fan_id_00 is one of 00",
    ]


@pytest.mark.parametrize(
    "clip",
    [
        "fan/test/normal_id_00_00000001.wav",
        "today/normal_id_00_00000001.wav",  # a folder of no machine type
        "pump/new.wav",  # no name of DCASE
        "-",
    ],
)
def test_what_names_do_not_tell_is_not_told(fan, clip):
    assert other_machine.of_others([fan], [clip]) == []


def test_a_model_of_no_id_or_of_a_machine_of_ones_own_knows_no_other(fan):
    clip = "dcase/pump/test/normal_id_04_00000001.wav"
    own = dataclasses.replace(fan, machine="presse", id="")
    assert other_machine.of_others([own], [clip]) == []
    assert not other_machine.is_other_id(fan, "") and other_machine.is_other_id(fan, "04")


def test_several_models_are_asked_and_one_that_fits_is_enough(fan):
    other = dataclasses.replace(fan, name="fan_id_02", id="02")
    clips = ["fan/test/normal_id_02_00000001.wav", "fan/test/normal_id_00_00000001.wav"]
    assert other_machine.of_others([fan, other], clips) == []
    assert len(other_machine.of_others([fan, other], ["fan/normal_id_06_00000001.wav"])) == 2

import unicodedata

import pytest

from pygoodvibes.data.fault_words import fault_word

FAULTS = {
    "English": "faulty broken_bearing anomaly_id_00 bearingFault pump-FAILURE damage2 leak NOK bad",
    "French": "défaut défaut_roulement defaut EnPanne panne fuite cassée anormal usure défaillance",
    "German": "Schaden Lagerschaden Lagerschäden defekt beschädigt Störung Stoerung Fehler Unwucht",
}


@pytest.mark.parametrize("language", FAULTS)
def test_a_fault_is_found_in_every_language_and_spelling(language):
    for name in FAULTS[language].split():
        assert fault_word(name), name
        # as some systems keep accents: letter and accent apart
        assert fault_word(unicodedata.normalize("NFD", name)), name
        assert fault_word(name.upper()) or name in ("bearingFault", "EnPanne"), name


HARMLESS = (
    "bon healthy normal_id_00_00000001.wav gut sain default panneau_solaire pump-3 2024-05-01 "
    "fan_0db train broker kontrolle bade broking defaults.wav id_02 high-speed HS okay ok"
)
DENIED = (
    "no_fault fault-free sans_défaut ohne-Schaden fehlerfrei unbeschädigt undamaged nofault "
    "keineStörung"
)


@pytest.mark.parametrize("name", HARMLESS.split())
def test_other_names_are_left_alone(name):
    assert fault_word(name) == ""


@pytest.mark.parametrize("name", DENIED.split())
def test_what_is_denied_is_no_fault(name):
    assert fault_word(name) == ""


def test_the_word_is_told():
    assert fault_word("2024 Défaut-roulement") == "defaut"

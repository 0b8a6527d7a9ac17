import pytest

from pygoodvibes.config.validate import validate
from pygoodvibes.util.errors import UserError
from settings_to_check import WRONG, minimal


@pytest.mark.parametrize(("wrong", "message"), WRONG, ids=[m.partition(":")[0] for _, m in WRONG])
def test_each_wrong_value_gets_one_sentence_with_key_value_and_what_is_allowed(wrong, message):
    with pytest.raises(UserError) as caught:
        validate(minimal() | wrong, name="my.yaml")
    assert str(caught.value) == f"my.yaml: {message}"


def test_an_empty_config_names_the_two_keys_that_have_no_default():
    with pytest.raises(UserError) as caught:
        validate({})
    assert str(caught.value).splitlines() == [
        "config: dataset: this key is missing; it must be a table of keys",
        "config: detectors: this key is missing; it must be a table with at least one key",
    ]


def test_several_wrong_keys_get_a_line_each():
    with pytest.raises(UserError) as caught:
        validate(minimal(seed=-1, mel={"power": 5.0, "n_mels": "many"}), name="my.yaml")
    assert [line.split(": ")[1] for line in str(caught.value).splitlines()] == [
        "seed",
        "mel.power",
        "mel.n_mels",
    ]


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(UserError) as caught:
        validate(minimal(seed="x" * 500))
    assert len(str(caught.value)) < 200

import os

import pytest

from pygoodvibes.util.paths import in_utf8


@pytest.mark.parametrize("name", ["a.wav", "café.wav", "泵/1.wav", ""])
def test_names_in_utf8_stay_as_they_are(name):
    assert in_utf8(name) == name


def test_bytes_that_are_not_utf8_become_escapes():
    name = os.fsdecode(b"caf\xe9/\xff.wav")
    assert in_utf8(name) == "caf\\udce9/\\udcff.wav"
    assert in_utf8(name).encode() == b"caf\\udce9/\\udcff.wav"

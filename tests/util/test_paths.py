import os
from pathlib import Path

import pytest

from pygoodvibes.util.paths import in_utf8, locate


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "project/data").mkdir(parents=True)
    (tmp_path / "copy").mkdir()
    monkeypatch.chdir(tmp_path / "copy")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path / "project"


def test_relative_paths_count_from_the_working_folder(project, monkeypatch):
    assert locate("data") == Path("data")
    monkeypatch.chdir(project)
    assert locate("data").is_dir()


def test_what_lies_outside_a_copy_is_found_from_the_project(project, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(project))
    assert locate("data") == project / "data"
    Path("data").mkdir()
    assert locate("data") == Path("data")


def test_absolute_paths_stay(project, monkeypatch):
    monkeypatch.setenv("DVC_ROOT", str(project))
    assert locate("/nowhere/at/all") == Path("/nowhere/at/all")


def test_the_home_folder_has_a_sign(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert locate("~/clips") == tmp_path / "clips"


@pytest.mark.parametrize("name", ["a.wav", "café.wav", "泵/1.wav", ""])
def test_names_in_utf8_stay_as_they_are(name):
    assert in_utf8(name) == name


def test_bytes_that_are_not_utf8_become_escapes():
    name = os.fsdecode(b"caf\xe9/\xff.wav")
    assert in_utf8(name) == "caf\\udce9/\\udcff.wav"
    assert in_utf8(name).encode() == b"caf\\udce9/\\udcff.wav"

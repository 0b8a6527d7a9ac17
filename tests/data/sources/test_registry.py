import shutil
import subprocess
import sys

import pytest

from pygoodvibes.data.sources import registry


@pytest.mark.parametrize(
    ("source", "path", "expected"),
    [
        ("synthetic", None, "data/pump"),
        ("zenodo", None, "data/pump"),
        ("folder", "/recordings/pump", "/recordings/pump"),
        ("mel", "tables/clips.csv", "tables"),
        ("embedding", "clips.csv", "."),
    ],
)
def test_the_folder_of_clips_by_source(source, path, expected):
    section = {"source": source, "name": "pump", "path": path}
    assert registry.dataset_of(section).folder == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("synthetic", "synthetic data, no recordings"),
        ("zenodo", "DCASE 2020 Task 2"),
        ("kaggle", "DCASE 2020 Task 2"),
        ("folder", "data set plant"),
    ],
)
def test_what_headings_call_the_data(source, expected):
    assert registry.dataset_of({"source": source, "name": "plant"}).title == expected


def test_an_array_beside_a_table_of_vectors_is_watched_where_it_lies():
    section = {"source": "embedding", "name": "x", "path": "tables/v.csv", "array": "v.npy"}
    assert registry.dataset_of(section).watched == ["tables/v.csv", "tables/v.npy"]


def test_a_source_is_a_module_of_its_name():
    assert set(registry.SOURCES) == {
        "embedding",
        "folder",
        "kaggle",
        "mel",
        "synthetic",
        "zenodo",
    }


TAPE = """
from typing import Literal

from pygoodvibes.data.clip import Clip
from pygoodvibes.data.sources.base import Dataset


class Settings(Dataset):
    source: Literal["tape"]
    reels: int = 1


def find(settings):
    names = [f"{number}.wav" for number in range(settings.reels)]
    return [Clip("pump", "00", "train", "normal", name, name) for name in names]
"""
USE = """
from pygoodvibes.config.config import SOURCES
from pygoodvibes.config.schema import schema
from pygoodvibes.config.validate import validate
from pygoodvibes.data.list_clips import find

section = {"name": "x", "source": "tape", "reels": 3}
config = validate({"dataset": section, "detectors": {"knn": {}}})
print(len(find(config.dataset)), "tape" in SOURCES, '"reels"' in repr(schema()).replace("'", '"'))
"""


def test_a_source_is_added_by_one_file(root, tmp_path):
    shutil.copytree(root / "scripts/pygoodvibes", tmp_path / "pygoodvibes")
    (tmp_path / "pygoodvibes/data/sources/tape.py").write_text(TAPE)
    done = subprocess.run(
        [sys.executable, "-c", USE],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("3 True True\n", "")

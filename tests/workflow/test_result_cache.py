import os
import time

import pytest

from pygoodvibes.cli.main import main
from pygoodvibes.workflow.result_cache import drop_broken_links, prune

DAY = 86400


@pytest.fixture
def project(tmp_path):
    """A folder of five earlier results of 1000 bytes, one a day, of which the second is in use."""
    cache = tmp_path / "cache"
    cache.mkdir()
    for age in range(5):
        path = cache / f"{age}_scores.csv"
        path.write_bytes(bytes(1000))
        os.utime(path, (time.time() - (age + 0.5) * DAY,) * 2)
    (tmp_path / "resources/fan").mkdir(parents=True)
    (tmp_path / "resources/fan/00.csv").symlink_to(cache / "1_scores.csv")
    return tmp_path


def left(project):
    return sorted(path.name[0] for path in (project / "cache").iterdir())


def test_what_is_in_use_stays(project):
    found = prune(project / "cache", [project / "resources"])
    assert found == (4, 4000)
    assert left(project) == ["1"]
    assert (project / "resources/fan/00.csv").read_bytes() == bytes(1000)


def test_what_is_young_stays(project):
    assert prune(project / "cache", [project / "resources"], keep_days=3) == (2, 2000)
    assert left(project) == ["0", "1", "2"]


def test_the_oldest_go_first_until_the_folder_is_small_enough(project):
    assert prune(project / "cache", [], max_gb=3e-6) == (2, 2000)
    assert left(project) == ["0", "1", "2"]


def test_the_command_tells_what_it_did(project, monkeypatch, capsys):
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(project / "cache"))
    assert main(["prune", str(project / "resources"), "--keep-days", "4"]) == 0
    assert "1 files removed" in capsys.readouterr().out
    assert left(project) == ["0", "1", "2", "3"]
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(project / "none"))
    assert main(["prune"]) == 1
    assert "no such folder" in capsys.readouterr().err


def test_broken_links_are_dropped_and_nothing_else(tmp_path):
    folder = tmp_path / "resources"
    (folder / "mel").mkdir(parents=True)
    (tmp_path / "cached").write_text("x")
    (folder / "mel/good").symlink_to(tmp_path / "cached")
    (folder / "mel/broken").symlink_to(tmp_path / "gone")
    (folder / "file").write_text("x")
    drop_broken_links(folder)
    assert sorted(path.name for path in folder.rglob("*")) == ["file", "good", "mel"]
    drop_broken_links(tmp_path / "nothing")

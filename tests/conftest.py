"""What every test can ask for."""

import os
import pathlib

import pytest
from hypothesis import settings

import pygoodvibes  # noqa: F401 - before NumPy, which then rounds as in the workflow's jobs

# how long an example takes depends on what else the machine does
settings.register_profile("pygoodvibes", deadline=None)
settings.load_profile("pygoodvibes")

ROOT = pathlib.Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def root() -> pathlib.Path:
    """Return the project's root folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> pathlib.Path:
    """Return the folder of real clips and published results (tests marked `shared`)."""
    return pathlib.Path(os.environ.get("PYGOODVIBES_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> pathlib.Path:
    """Return a folder of the project with the results of a small data set; not to be changed."""
    import small_run

    root = tmp_path_factory.mktemp("small")
    small_run.make(root)
    return root


def pytest_collection_modifyitems(config, items):
    """Leave tests marked `shared` out where that folder is not there (a plain clone)."""
    folder = pathlib.Path(os.environ.get("PYGOODVIBES_SHARED", ROOT.parent / "shared"))
    if (folder / "golden").is_dir():
        return
    if os.environ.get("PYGOODVIBES_REQUIRE_SHARED"):
        raise pytest.UsageError(f"{folder}: the folder of real clips and golden results is missing")
    left_out = [item for item in items if item.get_closest_marker("shared")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("shared")]

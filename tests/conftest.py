"""What every test can ask for."""

import os
import pathlib

import pytest
from hypothesis import settings

import pygoodvibes  # noqa: F401 - before NumPy, which then rounds as in the workflow's jobs

# what is expected of the command line is English, whatever the locale of who runs the tests
os.environ["LANGUAGE"] = "en"

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


def pytest_configure(config):
    """Keep what JAX compiles, which takes most of a small training, for the tests that follow."""
    if hasattr(config, "cache"):
        place = config.cache.mkdir("jax")
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(place))
        os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


SLOW = ("workflow", "cluster", "browser")
"""Marks of tests that take long; with a file of them at the end, all but one core would idle."""


def pytest_collection_modifyitems(config, items):
    """Put slow files first; leave those marked `shared` out where that folder is missing."""
    slow = {item.path for item in items if any(map(item.get_closest_marker, SLOW))}
    items.sort(key=lambda item: item.path not in slow)  # stable: files stay together
    folder = pathlib.Path(os.environ.get("PYGOODVIBES_SHARED", ROOT.parent / "shared"))
    if (folder / "golden").is_dir():
        return
    if os.environ.get("PYGOODVIBES_REQUIRE_SHARED"):
        raise pytest.UsageError(f"{folder}: the folder of real clips and golden results is missing")
    left_out = [item for item in items if item.get_closest_marker("shared")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("shared")]

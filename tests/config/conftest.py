"""The folder of the configs."""

import pytest


@pytest.fixture(scope="session")
def folder(root):
    return root / "config"

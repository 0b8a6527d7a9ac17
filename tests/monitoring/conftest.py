"""A fitted model."""

import pytest

import own_machine


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    return own_machine.fit(tmp_path_factory.mktemp("fit") / "pump", detectors="fusion,knn").model

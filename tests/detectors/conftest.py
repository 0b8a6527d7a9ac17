"""The networks, fitted."""

import pytest

from frame_networks import MODULES, TRAIN, build


@pytest.fixture(scope="session")
def networks():
    return {method: build(method).fit(TRAIN) for method in MODULES}

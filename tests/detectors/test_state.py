"""What leads from a name in a file to a declared class, and from a method to what it leaves."""

import pytest

from pygoodvibes.detectors import state
from pygoodvibes.detectors.registry import METHODS


def test_every_method_declares_what_it_leaves_behind():
    for method in METHODS:
        kind = state.fitted_by(method)
        assert kind.names, method
        for name in kind.names:
            assert state.find(name).fields and state.class_of(name).__name__ == name.split(".")[1]


@pytest.mark.parametrize("name", ["os.system", "", "fusion", "fusion.re", ".STATES", "config.Mel"])
def test_no_other_name_leads_anywhere(name):
    assert state.find(name) is None

"""Made tables with and without gaps, and the figures drawn from them."""

import pytest

from made_figures import FULL, GAPS, draw_all, make
from pygoodvibes.figures import style


@pytest.fixture(scope="session")
def full():
    return make(FULL)


@pytest.fixture(scope="session")
def gaps():
    return make(GAPS)


@pytest.fixture(scope="session")
def gap_figures(gaps):
    return draw_all(gaps)


@pytest.fixture
def coarse(monkeypatch):
    """Write small pictures where only their equality matters."""
    monkeypatch.setattr(style, "DPI", 30)
